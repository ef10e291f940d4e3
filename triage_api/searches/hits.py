"""What is shown of a found post before it is opened: its labels, from the database, never from the index."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from nlp.types import ACTIONABLE
from store.posts import current_assessments
from store.tables import AssessmentRow, Post, QueueItem, Source
from triage_api.access.models import Person
from triage_api.agreement.blind import blind_among
from triage_api.queue.listing import copies_of
from triage_api.searches.models import HitOut

_WITHOUT_TEXTS = tuple(defer(column, raiseload=True) for column in (Post.title, Post.text, Post.provenance))


def hits_of(session: Session, person: Person, ids: Sequence[str], *, only_flagged: bool) -> list[HitOut]:
    """Return the posts of a result that still live, in its order; with `only_flagged`, those that are flagged today.

    The criteria of a post that the person is still to judge blind are left out.
    """
    if not ids:
        return []
    live = select(Post).where(Post.id.in_(ids), Post.status == "live").options(*_WITHOUT_TEXTS)
    posts = {post.id: post for post in session.scalars(live)}
    rows = current_assessments(session, list(posts), bodies=False)
    items = _open_items(session, posts)
    titles = dict(session.execute(select(Source.id, Source.title)).all())
    copies = copies_of(session, {post.same_text for post in posts.values()})
    blind = blind_among(session, person, list(posts))
    shown = [(posts[identity], rows[identity]) for identity in ids if identity in posts and identity in rows]
    return [
        _hit(
            post,
            row,
            titles.get(post.source_id, post.source_id),
            copies.get(post.same_text, 1),
            items.get(post.id),
            [] if post.id in blind else row.criteria,
        )
        for post, row in shown
        if not only_flagged or ACTIONABLE.intersection(row.flagged)
    ]


def _open_items(session: Session, posts: Collection[str]) -> dict[str | None, str]:
    # By the post alone: asked for the open ones too, SQLite goes through all that is open.
    rows = session.execute(
        select(QueueItem.post_id, QueueItem.id, QueueItem.status).where(QueueItem.post_id.in_(posts))
    )
    return {row.post_id: row.id for row in rows if row.status == "open"}


def _hit(post: Post, row: AssessmentRow, source: str, copies: int, item: str | None, criteria: list[str]) -> HitOut:
    return HitOut(
        id=post.id,
        kind=post.kind,
        lang=row.lang,
        urgency=row.urgency,
        signals=row.flagged,
        criteria=criteria,
        source=source,
        city=post.city,
        region=post.region,
        posted_at=post.posted_at,
        ingested_at=post.ingested_at,
        copies=copies,
        item=item,
    )
