"""A campaign as one of its posts sees it: the other posts, what they share with this one, and when they came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from store.posts import current_assessments
from store.tables import AssessmentRow, LinkContact, LinkedPost, Post

Shared = Literal["copy", "phone", "email", "handle", "text", "others"]
"""What two posts share: the same words, a contact, nearly the same text; ``others``: tied by posts between them."""

_MOST_DATED = 5000
"""Posts of a campaign, the newest, that are counted by week."""


@dataclass(frozen=True, slots=True)
class Similar:
    """Another post, and what it shares with the one that is read."""

    post: Post
    said: AssessmentRow | None
    because: tuple[Shared, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """When a campaign was first and last seen, and the moments of its newest posts."""

    first: datetime
    last: datetime
    moments: list[datetime]


def similar_to(session: Session, post: Post, limit: int) -> list[Similar]:
    """Return live posts that are copies of a post or of its campaign, copies first, then the newest.

    The caller has seen that the post itself may be linked. What of the others may not be is the caller's to leave out.
    """
    copies = _copies(session, post, limit)
    members = _members(session, post, limit)
    posts = {other.id: other for other in (*copies, *members)}
    because = _shared(session, post.id, list(posts))
    said = current_assessments(session, list(posts))
    same = {other.id for other in copies}
    copied: tuple[Shared, ...] = ("copy",)
    tied = {key: (copied if key in same else ()) + because.get(key, ()) for key in posts}
    found = [Similar(other, said.get(key), tied[key] or ("others",)) for key, other in posts.items()]
    return found[:limit]


def span_of(session: Session, campaign: str) -> Span | None:
    """Return when a campaign was seen; None once all of it is gone."""
    members = LinkedPost.campaign == campaign, LinkedPost.version > 0
    first, last = session.execute(select(func.min(LinkedPost.at), func.max(LinkedPost.at)).where(*members)).one()
    if first is None or last is None:
        return None
    newest = select(LinkedPost.at).where(*members).order_by(LinkedPost.at.desc()).limit(_MOST_DATED)
    return Span(first, last, list(session.scalars(newest)))


def _copies(session: Session, post: Post, limit: int) -> list[Post]:
    same = Post.same_text == post.same_text, Post.status == "live", Post.id != post.id
    return list(session.scalars(select(Post).where(*same).order_by(Post.seq.desc()).limit(limit)))


def _members(session: Session, post: Post, limit: int) -> list[Post]:
    own = select(LinkedPost.campaign).where(LinkedPost.post_id == post.id, LinkedPost.version == post.version)
    campaign = session.scalar(own)
    if campaign is None:
        return []
    linked = and_(LinkedPost.post_id == Post.id, LinkedPost.version == Post.version)
    others = LinkedPost.campaign == campaign, Post.status == "live", Post.id != post.id
    query = select(Post).join(LinkedPost, linked).where(*others)
    return list(session.scalars(query.order_by(LinkedPost.at.desc(), Post.id).limit(limit)))


def _shared(session: Session, own: str, others: list[str]) -> dict[str, tuple[Shared, ...]]:
    """Return the kinds of contact, and the text, that linked posts share with a post."""
    mine = select(LinkContact.contact).where(LinkContact.post_id == own)
    holding = select(LinkContact.post_id, LinkContact.contact).where(LinkContact.post_id.in_(others))
    kinds: dict[str, set[str]] = {}
    for identity, contact in session.execute(holding.where(LinkContact.contact.in_(mine))):
        kinds.setdefault(identity, set()).add(contact.partition(":")[0])
    group = select(LinkedPost.text_group).where(LinkedPost.post_id == own, LinkedPost.version > 0)
    alike = LinkedPost.post_id.in_(others), LinkedPost.version > 0, LinkedPost.text_group.in_(group)
    for identity in session.scalars(select(LinkedPost.post_id).where(*alike)):
        kinds.setdefault(identity, set()).add("text")
    return {key: tuple(cast("list[Shared]", sorted(found))) for key, found in kinds.items()}
