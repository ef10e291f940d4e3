"""A person's judgement of a post before they are shown more of it; a graver second one opens the item again."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from nlp.types import URGENCIES, Urgency
from store.decisions import STANDING
from store.erasure import hold_texts
from store.errors import Conflict, NotFound
from store.intake import decided_end
from store.register import Event
from store.tables import Decision, Judgement, Post, QueueItem, Skip
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.agreement.blind import graver, judges_of, wants_judgement
from triage_api.agreement.checking import check_agreement
from triage_api.agreement.models import JudgementIn, JudgementOut, SealIn, Turn
from triage_api.desk import Desk
from triage_api.queue.claims import hold
from triage_api.queue.deciding import check_criteria, decide, require_unedited
from triage_api.queue.listing import holder
from triage_api.queue.models import DecisionIn, DecisionOut
from triage_api.shell.recording import enter, recording

SOONER: dict[str, Urgency] = {"refer": "soon", "escalate": "immediate", "quarantine": "immediate"}
"""How soon an item is to be read again when its second reader found it so grave."""


def judge(desk: Desk, person: Person, identity: str, given: JudgementIn) -> JudgementOut:
    """Record what a person found in the post of an item that they hold, once; `Conflict` if they judged it before.

    A first reading is of an open item that the person has claimed; a second one of a decided item that they took from
    the list of those. A second judgement graver than the decision that stands opens the item again.
    """
    require(person, Action.QUEUE_WORK)
    check_criteria(desk, given.criteria)
    with recording(desk.store) as session:
        item, post = _held(session, identity)
        turn = _require_turn(session, desk, person, item)
        require_unedited(post, given.version)
        row = _write(session, desk, person, item, given)
        reopened = turn == "second" and _settle(session, desk, person, item, post, row)
        public = {"item": item.id, "post": post.id, "turn": turn, "reopened": reopened}
        enter(session, desk.store, person, Event.JUDGEMENT_MADE, public)
        paired = len(judges_of(session, [item.id])[item.id]) > 1
        told = JudgementOut(item=item.id, post=post.id, turn=turn, reopened=reopened)
    if paired:
        check_agreement(desk)
    return told


def seal(desk: Desk, person: Person, identity: str, given: SealIn) -> DecisionOut:
    """Put a text in quarantine that a second reader has before them: judged, opened again and decided at one stroke.

    If the last step fails the item is open and theirs, so nothing is lost.
    """
    judge(desk, person, identity, JudgementIn(verdict="quarantine", criteria=given.criteria))
    return decide(
        desk, person, identity, DecisionIn(verdict="quarantine", criteria=given.criteria, reason=given.reason)
    )


def _held(session: Session, identity: str) -> tuple[QueueItem, Post]:
    """Return an item and its post, the text's name, the post and the item held in this order: see `store.locks`."""
    known = session.scalar(select(QueueItem.post_id).where(QueueItem.id == identity))
    if known is not None:
        hold_texts(session, [known])
    post = session.scalar(select(Post).where(Post.id == known, Post.status == "live").with_for_update())
    item = session.scalar(select(QueueItem).where(QueueItem.id == identity).with_for_update())
    if item is None:
        raise NotFound("No such item.")
    if post is None:
        raise Conflict("There is no text to judge.", code="not_double")
    return item, post


def _require_turn(session: Session, desk: Desk, person: Person, item: QueueItem) -> Turn:
    judged = judges_of(session, [item.id]).get(item.id, set())
    if person.id in judged:
        raise Conflict("You have judged this item.", code="judged")
    if not wants_judgement(item, len(judged)):
        raise Conflict("This item is not judged by two people.", code="not_double")
    if holder(item, desk.store.clock()) != person.id:
        raise Conflict("Claim the item before you judge it.", code="not_held")
    return "first" if item.status == "open" else "second"


def _write(session: Session, desk: Desk, person: Person, item: QueueItem, given: JudgementIn) -> Judgement:
    row = Judgement(item_id=item.id, user_id=person.id, verdict=given.verdict, grid=desk.grid.version)
    row.criteria, row.at = sorted(set(given.criteria)), desk.store.clock()
    session.add(row)
    session.flush()
    return row


def _settle(session: Session, desk: Desk, person: Person, item: QueueItem, post: Post, made: Judgement) -> bool:
    """Give a second reading's lease back, and open the item again if it must be; tell whether it was.

    It has waited since now and nobody has taken it, so whoever is on duty hears of one that is immediate; its text
    stays as long as that of any post that waits. Who would have it in quarantine goes on holding it.
    """
    decided = select(Decision).where(Decision.item_id == item.id, STANDING).order_by(Decision.id.desc())
    first = session.scalars(decided.limit(1)).one()
    item.claimed_by, item.claimed_until = first.user_id, None
    if not graver(made.verdict, first.verdict):
        return False
    now = made.at  # to the moment: `store.judgements.was_judged`
    item.status, item.created_at, item.hour = "open", now, int(now.timestamp()) // 3600
    item.claimed_by = item.taken_at = item.handed_to = None
    session.execute(delete(Skip).where(Skip.item_id == item.id))
    if made.verdict == "quarantine":
        hold(session, item, person, desk)
    _hasten(item, SOONER.get(made.verdict, "routine"))
    end = now + timedelta(days=desk.store.settings.retain_watched_days)
    post.expires_at = decided_end(session, desk.store.settings, post, end)
    return True


def _hasten(item: QueueItem, least: Urgency) -> None:
    if URGENCIES.index(least) > item.rank:
        item.urgency, item.rank = least, URGENCIES.index(least)
    if item.urgency == "immediate":
        item.lane = "immediate"
