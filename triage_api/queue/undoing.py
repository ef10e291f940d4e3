"""Undoing: for a moment, whoever decided may take their last decision back, with all that was decided with it."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from store.batches import batches
from store.decisions import STANDING
from store.errors import Conflict, NotFound
from store.outbox import announce
from store.register import Event
from store.tables import Decision, Post, QueueItem, RegisterEntry
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.desk import Desk
from triage_api.queue.claims import lease_end
from triage_api.queue.deciding import end_copies, hold_words
from triage_api.queue.listing import describe
from triage_api.queue.models import Verdict
from triage_api.queue.ordering import is_free
from triage_api.queue.working_models import UndoneOut, UndoOut
from triage_api.shell.recording import enter, recording

_BATCH = 500
_LOOKED_AT = 1000
"""Entries of the register, the newest, that are looked at for what left the house within the moment."""


def undoable(desk: Desk, person: Person) -> UndoOut | None:
    """Return what a person can take back still; None: nothing."""
    require(person, Action.QUEUE_WORK)
    with desk.store.database.reading() as session:
        act = _last_act(session, person)
        left = _seconds_left(desk, act)
        if left <= 0 or act[0].verdict == "quarantine":
            return None
        return UndoOut(item=act[0].item_id, verdict=cast("Verdict", act[0].verdict), items=len(act), seconds=left)


def undo(desk: Desk, person: Person, identity: str) -> UndoneOut:
    """Take back one's last decision, that on this item: what it was made for waits again, claimed by this person.

    The ends of the posts are put back, and searches hear of it. `Conflict` says why that cannot be, and what to do:
    it is not the last one (`undo_not_last`), it is too late (`undo_late`), the text is in quarantine
    (`undo_quarantine`), something has left the house (`undo_left`), the posts have changed since (`undo_changed`).
    """
    require(person, Action.QUEUE_WORK)
    with recording(desk.store) as session:
        act = _undoable_act(desk, session, person, identity)
        posts = hold_words(session, [row.post_id for row in act if row.post_id])
        items = _held_items(session, act)
        if any(row.undone_at is not None for row in act):  # by another page of the same person, meanwhile
            raise _not_last()
        _require_inside(session, posts, act[0].created_at)
        again = _decided_again(session, act)
        undone = [row for row in act if _can_wait_again(items[row.item_id], posts.get(row.post_id or ""))]
        undone = [row for row in undone if row.item_id not in again]
        if not undone:
            raise Conflict("The posts were edited or erased since: see the queue.", code="undo_changed")
        for row in undone:
            _take_back(desk, session, person, row, items[row.item_id], posts[cast("str", row.post_id)])
        announce(session, [cast("str", row.post_id) for row in undone], desk.store.clock())
        session.flush()
        for row in undone:
            public = {"item": row.item_id, "post": row.post_id, "verdict": row.verdict}
            enter(session, desk.store, person, Event.DECISION_UNDONE, public | ({"act": row.act} if row.act else {}))
        shown = next((row.item_id for row in undone if row.item_id == identity), undone[0].item_id)
        done = [row.item_id for row in undone]
        left = [row.item_id for row in act if row not in undone]
        return UndoneOut(items=done, left=left, item=describe(desk, session, [items[shown]], person)[0])


def _undoable_act(desk: Desk, session: Session, person: Person, identity: str) -> list[Decision]:
    item = session.get(QueueItem, identity)
    if item is None:
        raise NotFound("No such item.")
    if item.request_id is not None:
        raise Conflict("An answer has left the house: write the partner a message.", code="undo_left")
    act = _last_act(session, person)
    if identity not in {row.item_id for row in act}:
        raise _not_last()
    if act[0].verdict == "quarantine":
        raise Conflict("The text is sealed: the quarantine officer gives it back.", code="undo_quarantine")
    if _seconds_left(desk, act) <= 0:
        raise Conflict("It is too late to take this back: ask a supervisor.", code="undo_late")
    return act


def _last_act(session: Session, person: Person) -> list[Decision]:
    """Return a person's newest decision that stands, with those that were made with it; none if they made none."""
    own = select(Decision).where(Decision.user_id == person.id, STANDING)
    last = session.scalar(own.order_by(Decision.id.desc()).limit(1))
    if last is None or not last.act:
        return [last] if last else []
    return list(session.scalars(own.where(Decision.act == last.act).order_by(Decision.id)))


def _seconds_left(desk: Desk, act: Sequence[Decision]) -> int:
    if not act:
        return 0
    end = act[0].created_at + timedelta(seconds=desk.store.settings.undo_seconds)
    return int((end - desk.store.clock()).total_seconds())


def _held_items(session: Session, act: Sequence[Decision]) -> dict[str, QueueItem]:
    """Return the items of decisions, their rows and those of the decisions held and read anew."""
    anew = {"populate_existing": True}
    wanted = select(QueueItem).where(QueueItem.id.in_({row.item_id for row in act})).order_by(QueueItem.id)
    items = session.scalars(wanted.with_for_update().execution_options(**anew)).all()
    rows = select(Decision).where(Decision.id.in_({row.id for row in act})).order_by(Decision.id)
    session.scalars(rows.with_for_update().execution_options(**anew)).all()
    return {item.id: item for item in items}


def _can_wait_again(item: QueueItem, post: Post | None) -> bool:
    return item.status == "decided" and post is not None and post.status == "live"


def _decided_again(session: Session, act: Sequence[Decision]) -> set[str]:
    """Return the items of an act on which somebody decided since, because an edit brought them back."""
    items = [row.item_id for row in act]
    later = select(Decision.item_id).where(Decision.item_id.in_(items), Decision.id > act[-1].id, STANDING)
    return set(session.scalars(later))


def _take_back(desk: Desk, session: Session, person: Person, row: Decision, item: QueueItem, post: Post) -> None:
    """Put an item and its post back to where they were; the copies that followed wait with it again.

    How long the copies were to be kept is nowhere noted: like all that waits, from now.
    """
    now = desk.store.clock()
    row.undone_at = now
    item.status, item.claimed_by, item.claimed_until, item.handed_to = "open", person.id, lease_end(desk), None
    post.expires_at = row.ended_before
    session.flush()
    end = now + timedelta(days=desk.store.settings.retain_watched_days)
    _withdraw_others(session, item, end_copies(session, item.same_text, post.id, end), now)


def _withdraw_others(session: Session, item: QueueItem, copies: Collection[str], now: datetime) -> None:
    """Take out of the queue what came in since with the same text, if nobody reads it: one waits for all copies.

    Only what a decision on this item would be for (`copies`): what was taken out of its campaign, or opened again by a
    second reading, waits by itself and nothing else would decide it. Nor what is more urgent than this item.
    """
    others = (QueueItem.status == "open", QueueItem.rank <= item.rank, is_free(now))
    for some in batches(copies, _BATCH):
        session.execute(update(QueueItem).where(QueueItem.post_id.in_(some), *others).values(status="withdrawn"))


def _require_inside(session: Session, posts: Collection[str], since: datetime) -> None:
    """Raise `Conflict` (`undo_left`) if a fact sheet of a post was made since a moment: somebody may have it."""
    newest = select(RegisterEntry.at, RegisterEntry.event, RegisterEntry.public).order_by(RegisterEntry.n.desc())
    for entry in session.execute(newest.limit(_LOOKED_AT)):
        if entry.at < since:
            return
        told = json.loads(entry.public) if entry.event == Event.EVIDENCE_OPENED else {}
        if "sheet" in told and told.get("post") in posts:
            raise Conflict("A fact sheet was made since: tell whoever has it, and ask a supervisor.", code="undo_left")


def _not_last() -> Conflict:
    return Conflict("Only your own last decision can be taken back.", code="undo_not_last")
