"""Claiming, releasing, skipping and deciding: one transaction each."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from store.captures import erase_capture
from store.erasure import hold_texts
from store.errors import BadInput, Conflict, NotFound
from store.outbox import announce
from store.quarantine import quarantine_copies
from store.register import Event
from store.tables import Decision, Post, QueueItem, Skip
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.desk import Desk
from triage_api.queue.listing import describe, holder, next_item
from triage_api.queue.models import DecisionIn, DecisionOut, ItemOut, NextOut, Verdict
from triage_api.shell.recording import enter, recording


def claim(desk: Desk, person: Person, identity: str) -> ItemOut:
    """Hold an item for a while, or hold it longer; `Conflict` (`claimed`) if another person holds it."""
    require(person, Action.QUEUE_WORK)
    now = desk.store.clock()
    with desk.store.database.writing() as session:
        item = _open_item(session, identity)
        hold(item, person, desk)
        return describe(session, [item], person, now)[0]


def release(desk: Desk, person: Person, identity: str) -> ItemOut:
    """Give an item back; one that nobody holds stays as it is."""
    require(person, Action.QUEUE_WORK)
    now = desk.store.clock()
    with desk.store.database.writing() as session:
        item = _open_item(session, identity)
        require_free(item, person, desk)
        item.claimed_by = item.claimed_until = None
        return describe(session, [item], person, now)[0]


def skip(desk: Desk, person: Person, identity: str) -> NextOut:
    """Pass an item over without a reason: it is given back and not offered to this person again."""
    require(person, Action.QUEUE_WORK)
    now = desk.store.clock()
    with desk.store.database.writing() as session:
        item = _open_item(session, identity)
        if holder(item, now) == person.id:
            item.claimed_by = item.claimed_until = None
        session.execute(delete(Skip).where(Skip.item_id == identity, Skip.user_id == person.id))
        session.add(Skip(item_id=identity, user_id=person.id, at=now))
        session.flush()
        return NextOut(next=next_item(session, person, now))


def decide(desk: Desk, person: Person, identity: str, given: DecisionIn) -> DecisionOut:
    """Record a decision on a post that the person holds or that nobody holds, with an entry in the register.

    The post's end follows from the verdict. A quarantined text goes from all posts that carry it.
    """
    require(person, Action.QUEUE_WORK)
    _check_criteria(desk, given)
    paths: list[str] = []
    with recording(desk.store) as session:
        post = _held_post(session, identity)
        item = _open_item(session, identity)
        require_free(item, person, desk)
        if post is None:
            raise Conflict("A request is answered, not decided.", code="answer_request")
        decision = _decision(session, desk, person, item, given)
        close(item, person)
        session.flush()
        if given.verdict == "quarantine":
            paths = _quarantine_copies(desk, session, post, person)
        else:
            post.expires_at = _end(desk, given.verdict)
            announce(session, [post.id], desk.store.clock())
        public = {
            "item": item.id,
            "post": post.id,
            "verdict": given.verdict,
            "criteria": decision.criteria,
            "grid": decision.grid,
        }
        enter(session, desk.store, person, Event.DECISION_MADE, public)
        following = next_item(session, person, desk.store.clock())
    for path in paths:  # only now: a transaction that fails must not have lost its evidence
        erase_capture(desk.store.settings.captures, path)
    return DecisionOut(
        id=decision.id,
        item=item.id,
        post=post.id,
        verdict=given.verdict,
        criteria=decision.criteria,
        next=following,
    )


def hold(item: QueueItem, person: Person, desk: Desk) -> None:
    """Put a person's claim on an item, in the caller's transaction; `Conflict` if another person's is in force."""
    require_free(item, person, desk)
    item.claimed_by = person.id
    item.claimed_until = desk.store.clock() + timedelta(minutes=desk.store.settings.claim_minutes)


def require_free(item: QueueItem, person: Person, desk: Desk) -> None:
    """Raise `Conflict` (`claimed`) if another person's claim on an item is in force."""
    if holder(item, desk.store.clock()) not in (None, person.id):
        raise Conflict("Somebody else reads this item now.", code="claimed")


def close(item: QueueItem, person: Person) -> None:
    """Take an item out of the queue, in the caller's transaction."""
    item.status, item.claimed_by, item.claimed_until = "decided", person.id, None


def _held_post(session: Session, identity: str) -> Post | None:
    """Return an item's post with its text and row held, before the item's: see `store.locks`."""
    post = session.scalar(select(QueueItem.post_id).where(QueueItem.id == identity))
    if post is None:
        return None
    hold_texts(session, [post])
    return session.scalar(select(Post).where(Post.id == post).with_for_update())


def _open_item(session: Session, identity: str) -> QueueItem:
    item = session.scalar(select(QueueItem).where(QueueItem.id == identity).with_for_update())
    if item is None:
        raise NotFound("No such item.")
    if item.status != "open":
        raise Conflict("This item is no longer in the queue.", code="decided")
    return item


def _check_criteria(desk: Desk, given: DecisionIn) -> None:
    known = {criterion.id for criterion in desk.grid.criteria}
    if unknown := sorted(set(given.criteria) - known):
        raise BadInput(
            f"Not in grid {desk.grid.version}: {', '.join(unknown)[:200]}.", code="unknown_criteria", field="criteria"
        )


def _decision(session: Session, desk: Desk, person: Person, item: QueueItem, given: DecisionIn) -> Decision:
    row = Decision(
        item_id=item.id,
        post_id=item.post_id,
        user_id=person.id,
        verdict=given.verdict,
        criteria=sorted(set(given.criteria)),
        sealed=desk.store.keys.sealed(given.reason, f"decision:{item.id}"),
        grid=desk.grid.version,
        created_at=desk.store.clock(),
    )
    session.add(row)
    session.flush()
    return row


def _end(desk: Desk, verdict: Verdict) -> datetime | None:
    """Return when a decided post's text goes; None while a referral is under way."""
    settings = desk.store.settings
    days = {"dismiss": settings.retain_dismissed_days, "watch": settings.retain_watched_days}.get(verdict)
    return None if days is None else desk.store.clock() + timedelta(days=days)


def _quarantine_copies(desk: Desk, session: Session, post: Post, person: Person) -> list[str]:
    same = select(Post.id).where(Post.same_text == post.same_text, Post.status == "live")
    copies = {post.id, *session.scalars(same.order_by(Post.id).with_for_update())}
    return quarantine_copies(desk.store, session, copies, person.pseudonym)
