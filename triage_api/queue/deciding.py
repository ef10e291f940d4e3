"""Deciding: one transaction for the decision, its entry in the register, and the end of all copies of the text."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from store.batches import batches
from store.captures import erase_capture
from store.decisions import followers, verdict_end
from store.erasure import hold_texts
from store.errors import BadInput, Conflict
from store.outbox import announce
from store.quarantine import quarantine_copies
from store.register import Event
from store.tables import Decision, Post, QueueItem
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.agreement.blind import require_judged
from triage_api.desk import Desk
from triage_api.duty.alerts import hush
from triage_api.queue.claims import HANDED, close, open_item, require_free
from triage_api.queue.models import DecisionIn, DecisionOut
from triage_api.queue.ordering import next_item
from triage_api.shell.recording import enter, recording

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that a transaction is about to commit, and the capture files to delete once it has."""

    row: Decision
    item: QueueItem
    paths: Sequence[str] = ()


def decide(desk: Desk, person: Person, identity: str, given: DecisionIn) -> DecisionOut:
    """Record a decision on a post that the person holds or that nobody holds, with an entry in the register.

    The post's end follows from the verdict, and with it that of all copies of its text that nobody has decided on. A
    quarantined text goes from all posts that carry it.
    """
    require(person, Action.QUEUE_WORK)
    check_criteria(desk, given.criteria)
    with recording(desk.store) as session:
        named = session.scalar(select(QueueItem.post_id).where(QueueItem.id == identity))
        post = hold_words(session, [named] if named else []).get(named or "")
        item = open_item(session, identity)
        require_free(item, person, desk)
        if post is None:
            raise Conflict("A request is answered, not decided.", code="answer_request")
        require_judged(session, person, item, given.verdict)
        if given.verdict != "quarantine":  # which waits for nothing
            require_unedited(post, given.version)
        done = record(desk, session, person, item, post, given)
        enter_decision(desk, session, person, done)
        following = next_item(desk, session, person)
        told = told_of(done, following)
    erase_files(desk, [done])
    return told


def check_criteria(desk: Desk, criteria: Sequence[str]) -> None:
    """Raise `BadInput` (`unknown_criteria`) for an id that the grid in force does not have."""
    if unknown := sorted(set(criteria) - {criterion.id for criterion in desk.grid.criteria}):
        told = f"Not in grid {desk.grid.version}: {', '.join(unknown)[:200]}."
        raise BadInput(told, code="unknown_criteria", field="criteria")


def require_unedited(post: Post, read: int | None) -> None:
    """Raise `BadInput` (`edited`) if a post, its row held, says something else than the version that a person read."""
    if read is not None and read != post.version:
        raise BadInput("The post was edited since it was opened: read it again.", code="edited", field="verdict")


def hold_words(session: Session, ids: Collection[str]) -> dict[str, Post]:
    """Return posts by id; their rows and those of all copies of their texts are held, before their items' rows.

    See `store.locks`. The copies follow what is decided.
    """
    if not ids:
        return {}
    hold_texts(session, ids)
    of_now = select(Post.same_text).where(Post.id.in_(ids))
    of_items = select(QueueItem.same_text).where(QueueItem.post_id.in_(ids))
    texts = set(session.scalars(of_now.union(of_items))) - {""}
    rows = select(Post.id).where(or_(Post.id.in_(ids), Post.same_text.in_(texts)))
    session.execute(rows.order_by(Post.id).with_for_update()).all()
    held = select(Post).where(Post.id.in_(ids)).execution_options(populate_existing=True)
    return {post.id: post for post in session.scalars(held)}


def record(  # noqa: PLR0917 - who decides what on which post, and where
    desk: Desk, session: Session, person: Person, item: QueueItem, post: Post, given: DecisionIn, act: str = ""
) -> Decided:
    """Write a decision and what follows from it, but its entry, in the caller's transaction; post and item are held."""
    row = _row(desk, person, item, post, given, act)
    session.add(row)
    close(item, person)
    hush(session, HANDED, [item.id], desk.store.clock())
    session.flush()
    if given.verdict == "quarantine":
        return Decided(row, item, _quarantine_copies(desk, session, post, person))
    post.expires_at = verdict_end(desk.store.settings, given.verdict, desk.store.clock())
    end_copies(session, item.same_text, post.id, post.expires_at)
    announce(session, [post.id], desk.store.clock())
    return Decided(row, item)


def enter_decision(desk: Desk, session: Session, person: Person, done: Decided) -> None:
    """Write the entry of a decision.

    Of several that were made together each has its own: its proof names one post and no other, and whoever counts
    entries counts decisions. They share `act`.
    """
    row = done.row
    public = {"item": row.item_id, "post": row.post_id, "verdict": row.verdict, "criteria": row.criteria}
    together = {"act": row.act} if row.act else {}
    enter(session, desk.store, person, Event.DECISION_MADE, {**public, "grid": row.grid, **together})


def end_copies(session: Session, text: str, identity: str, end: datetime | None) -> list[str]:
    """Give the copies of a text that follow a post the end that was decided, and return them; their rows are held."""
    copies = followers(session, text, identity) if text else []
    for some in batches(copies, _BATCH):
        session.execute(update(Post).where(Post.id.in_(some)).values(expires_at=end))
    return copies


def erase_files(desk: Desk, done: Collection[Decided]) -> None:
    """Delete the captures of what was quarantined: after the commit, so that one that fails has lost no evidence."""
    for path in (path for each in done for path in each.paths):
        erase_capture(desk.store.settings.captures, path)


def told_of(done: Decided, following: str | None) -> DecisionOut:
    """Return what is told of a decision."""
    row = done.row
    shown = {"id": row.id, "item": row.item_id, "post": row.post_id, "verdict": row.verdict, "criteria": row.criteria}
    return DecisionOut.model_validate({**shown, "next": following})


def new_act() -> str:
    """Return a name for decisions that are made together."""
    return f"a-{secrets.token_hex(8)}"


def _row(desk: Desk, person: Person, item: QueueItem, post: Post, given: DecisionIn, act: str) -> Decision:
    return Decision(
        item_id=item.id,
        post_id=item.post_id,
        user_id=person.id,
        verdict=given.verdict,
        criteria=sorted(set(given.criteria)),
        sealed=desk.store.keys.sealed(given.reason, f"decision:{item.id}"),
        grid=desk.grid.version,
        created_at=desk.store.clock(),
        act=act,
        ended_before=post.expires_at,
    )


def _quarantine_copies(desk: Desk, session: Session, post: Post, person: Person) -> list[str]:
    same = select(Post.id).where(Post.same_text == post.same_text, Post.status == "live")
    copies = {post.id, *session.scalars(same.order_by(Post.id).with_for_update())}
    return quarantine_copies(desk.store, session, copies, person.pseudonym)
