"""The posts of a campaign as labels, and who belongs to it: a person may take one out, and put it back.

Nothing of a text is shown here: opening a post makes its entry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Row, and_, func, or_, select
from sqlalchemy.orm import Session

from nlp.types import Signal, Urgency
from store.errors import Conflict, NotFound
from store.links import campaign_of, may_link, members_of
from store.locks import hold_posts
from store.parting import join_again, part, parted_among
from store.posts import current_assessments
from store.register import Event
from store.tables import AssessmentRow, LinkedPost, Post, QueueItem, Source
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.desk import Desk
from triage_api.queue.campaigns import open_among
from triage_api.queue.listing import describe
from triage_api.queue.models import ItemOut
from triage_api.queue.working_models import CampaignPage, MemberOut, PartedOut, PartIn
from triage_api.shell.cursors import moment_in, unwrap, wrap
from triage_api.shell.recording import enter, recording

_COLUMNS = (LinkedPost.post_id, LinkedPost.at, LinkedPost.because, Post.same_text, Post.region, Source.title)


def campaign_page(
    desk: Desk, person: Person, identity: str, *, cursor: str | None = None, limit: int = 50
) -> CampaignPage:
    """Return the campaign of an item's post, newest first; an item whose post has none, or a request, has no posts."""
    require(person, Action.QUEUE_READ)
    with desk.store.database.reading() as session:
        item = session.get(QueueItem, identity)
        if item is None:
            raise NotFound("No such item.")
        post = session.scalar(select(Post).where(Post.id == item.post_id, Post.status == "live"))
        name = _campaign(session, post) if post else None
        page = CampaignPage(
            item=item.id, post=item.post_id, campaign=name, posts=0, open=0, parted=False, items=[], next=None
        )
        if post is not None:
            page.parted = bool(parted_among(session, [post.id]))
        if post is not None and name is not None:
            page.posts = session.scalar(select(func.count()).select_from(members_of(name).subquery())) or 0
            page.open = open_among(session, name)
            page.items, page.next = _members(desk, session, person, post, name, cursor, limit)
        return page


def take_out(desk: Desk, person: Person, identity: str, given: PartIn) -> PartedOut:
    """Take a post out of the campaign of an item's post: it is linked no more while it says what it says."""
    require(person, Action.QUEUE_WORK)
    with recording(desk.store) as session:
        own, post = _held(session, identity, given.post)
        name = _campaign(session, own)
        if name is None:
            raise Conflict("This post is linked to no other.", code="no_campaign")
        if session.scalar(members_of(name).where(Post.id == post.id)) is None:
            raise NotFound("No such post in this campaign.")
        part(session, post, person.id, desk.store.clock())
        public = {"post": post.id, "version": post.version, "campaign": name, "parted": True}
        enter(session, desk.store, person, Event.CAMPAIGN_PARTED, public)
        return PartedOut(post=post.id, parted=True)


def put_back(desk: Desk, person: Person, identity: str, given: PartIn) -> PartedOut:
    """Have a post linked again that was taken out; `Conflict` (`not_parted`) if it was not."""
    require(person, Action.QUEUE_WORK)
    with recording(desk.store) as session:
        _, post = _held(session, identity, given.post)
        if not join_again(session, post, desk.store.clock()):
            raise Conflict("This post was not taken out of a campaign.", code="not_parted")
        public = {"post": post.id, "version": post.version, "parted": False}
        enter(session, desk.store, person, Event.CAMPAIGN_PARTED, public)
        return PartedOut(post=post.id, parted=False)


def _campaign(session: Session, post: Post) -> str | None:
    """Return the campaign of a post, None if it has none or, as the reader finds it now, may have none."""
    current = current_assessments(session, [post.id]).get(post.id)
    known = campaign_of(session, post.id, post.version) if current and may_link(current.flagged) else None
    return known.id if known else None


def _held(session: Session, identity: str, wanted: str | None) -> tuple[Post, Post]:
    """Return an item's own post and the one that is meant, their rows held."""
    item = session.get(QueueItem, identity)
    if item is None:
        raise NotFound("No such item.")
    ids = {item.post_id or "", wanted or item.post_id or ""}
    hold_posts(session, ids)
    posts = {post.id: post for post in session.scalars(select(Post).where(Post.id.in_(ids), Post.status == "live"))}
    own, meant = posts.get(item.post_id or ""), posts.get(wanted or item.post_id or "")
    if own is None and wanted is None:
        raise Conflict("This post is linked to no other.", code="no_campaign")
    if own is None or meant is None:
        raise NotFound("No such post.")
    return own, meant


def _members(  # noqa: PLR0917 - whose view of which part of which campaign
    desk: Desk, session: Session, person: Person, own: Post, campaign: str, cursor: str | None, limit: int
) -> tuple[list[MemberOut], str | None]:
    linked = and_(LinkedPost.post_id == Post.id, LinkedPost.version == Post.version)
    query = select(*_COLUMNS).join(Post, linked).join(Source, Source.id == Post.source_id)
    query = query.where(LinkedPost.campaign == campaign, Post.status == "live")
    if cursor is not None:
        query = query.where(_after(cursor))
    rows = session.execute(query.order_by(LinkedPost.at.desc(), LinkedPost.post_id).limit(limit + 1)).all()
    shown = rows[:limit]
    said = current_assessments(session, [row.post_id for row in shown])
    items = _items(desk, session, person, [row.post_id for row in shown])
    told = [_member(row, said[row.post_id], items, own) for row in shown if _may(said.get(row.post_id))]
    last = shown[-1] if len(rows) > limit else None
    return told, last and wrap(last.at.isoformat(), last.post_id)


def _may(said: AssessmentRow | None) -> bool:
    return said is not None and may_link(said.flagged)


def _items(desk: Desk, session: Session, person: Person, posts: Sequence[str]) -> dict[str, ItemOut]:
    rows = session.scalars(select(QueueItem).where(QueueItem.post_id.in_(posts)).order_by(QueueItem.id)).all()
    return {item.post or "": item for item in describe(desk, session, rows, person)}


def _member(row: Row[*tuple[Any, ...]], said: AssessmentRow, items: Mapping[str, ItemOut], own: Post) -> MemberOut:
    return MemberOut(
        post=row.post_id,
        item=items.get(row.post_id),
        urgency=cast("Urgency", said.urgency),
        signals=cast("list[Signal]", said.flagged),
        region=row.region,
        source=row.title,
        at=row.at,
        because=row.because,
        same_text=row.same_text == own.same_text,
        own=row.post_id == own.id,
    )


def _after(cursor: str) -> ColumnElement[bool]:
    at, post = unwrap(cursor, str, str)
    moment: datetime = moment_in(at)
    return or_(LinkedPost.at < moment, and_(LinkedPost.at == moment, LinkedPost.post_id > post))
