"""Alerts to people at the desks: that something waits, never what. Each is seen by the person it is for alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, delete, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from store.holds import in_force
from store.tables import DeskAlert, Duty, LegalHold, QueueItem, Referral, Request, RightsCase
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.desk import Desk
from triage_api.duty.models import AlertLine, SeenIn

_KEPT = timedelta(days=30)
_QUEUE = "/queue"
_IMMEDIATE = ("immediate", "requests")
PLACES: Mapping[str, str] = {
    "referral_late": "/referrals?state=sent",
    "consent_withdrawn": "/consents/withdrawn",
    "cases_meet": "/meetings/crossings",
    "rights_due": "/rights/cases",
    "disclosure_review": "/referrals/reviews",
    "runaway_ending": "/requests",
    "majority": "/requests",
    "hold_ending": "/holds",
    "notice_uncertain": "/notices",
}
"""The kinds of alert that are about no item of the queue, and the page that lists what each is about."""


def tell(session: Session, kind: str, pairs: Iterable[tuple[str, str]], now: datetime) -> int:
    """Alert users to something, given as pairs of ids; return how many alerts are new.

    Each person is told of it once, whoever else tells it at the same moment.
    """
    rows = [{"user_id": user, "kind": kind, "about": about, "at": now} for user, about in sorted(set(pairs))]
    if not rows:
        return 0
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    once = insert(DeskAlert).on_conflict_do_nothing(index_elements=["user_id", "kind", "about"])
    return len(session.scalars(once.returning(DeskAlert.id), rows).all())


def tell_again(session: Session, kind: str, user: str, about: str, now: datetime) -> None:
    """Alert a user to something; what they were told of before, and saw, is new again."""
    tell(session, kind, [(user, about)], now)
    same = DeskAlert.user_id == user, DeskAlert.kind == kind, DeskAlert.about == about
    session.execute(update(DeskAlert).where(*same).values(at=now, seen_at=None))


def hush(session: Session, kind: str, abouts: Collection[str], now: datetime) -> None:
    """Mark what told of some things as seen: whoever it was for need not know any more."""
    told = update(DeskAlert).where(DeskAlert.kind == kind, DeskAlert.about.in_(abouts), DeskAlert.seen_at.is_(None))
    session.execute(told.values(seen_at=now))


def is_immediate() -> ColumnElement[bool]:
    """Return the condition that an item is immediate: a post of that lane, or a request that says danger is now."""
    return and_(QueueItem.lane.in_(_IMMEDIATE), QueueItem.urgency == "immediate")


def reads_as_immediate(item: QueueItem) -> bool:
    """Tell the same of an item that is at hand."""
    return item.lane in _IMMEDIATE and item.urgency == "immediate"


def is_untaken(now: datetime) -> ColumnElement[bool]:
    """Return the condition that nobody is at an item: never taken, given back, or its claim lapsed."""
    lapsed = or_(QueueItem.claimed_until.is_(None), QueueItem.claimed_until <= now)
    return or_(QueueItem.taken_at.is_(None), lapsed)


def lines(session: Session, user: str, now: datetime) -> list[AlertLine]:
    """Return a user's alerts that are not seen and still true, one line a kind."""
    since = func.min(case((DeskAlert.kind == "unacknowledged", QueueItem.created_at), else_=DeskAlert.at))
    query = select(DeskAlert.kind, func.count(), since, func.max(DeskAlert.id))
    query = query.outerjoin(QueueItem, QueueItem.id == DeskAlert.about)
    query = query.where(DeskAlert.user_id == user, DeskAlert.seen_at.is_(None), _true(user, now))
    found = session.execute(query.group_by(DeskAlert.kind).order_by(DeskAlert.kind.desc())).all()
    return [
        AlertLine(kind=kind, count=count, since=since, upto=upto, place=PLACES.get(kind, _QUEUE))
        for kind, count, since, upto in found
    ]


def _true(user: str, now: datetime) -> ColumnElement[bool]:
    """Return what keeps an alert true: nobody is at the item, or it is still handed over to this person.

    One about something else is true while that waits to be done, or until whoever told it hushes it.
    """
    waits = QueueItem.status == "open"
    return or_(
        and_(DeskAlert.kind == "unacknowledged", waits, is_untaken(now)),
        and_(DeskAlert.kind == "handed", waits, QueueItem.handed_to == user),
        DeskAlert.kind.in_(PLACES.keys() - _still(now).keys()),
        _done_by_nobody(now),
    )


def _done_by_nobody(now: datetime) -> ColumnElement[bool]:
    """Return the condition that what an alert told of, if it can be asked, still waits to be done."""
    return or_(*(and_(DeskAlert.kind == kind, condition) for kind, condition in _still(now).items()))


def _still(now: datetime) -> dict[str, ColumnElement[bool]]:
    """Return what still waits to be done, by kind; alerts of the other kinds are true until seen or hushed."""
    referral = exists().where(Referral.id == DeskAlert.about)
    missing = Request.found_at.is_(None), Request.closed_at.is_(None)
    return {
        "referral_late": referral.where(Referral.state == "sent", Referral.sealed != b""),
        "disclosure_review": or_(
            referral.where(Referral.reviewed_at.is_(None)),
            exists().where(Request.id == DeskAlert.about, Request.reviewed_at.is_(None)),
        ),
        "rights_due": exists().where(RightsCase.id == DeskAlert.about, RightsCase.answered_at.is_(None)),
        "runaway_ending": exists().where(Request.id == DeskAlert.about, *missing),
        "hold_ending": exists().where(LegalHold.id == DeskAlert.about, in_force(now)),
    }


def own_alerts(desk: Desk, person: Person) -> list[AlertLine]:
    """Return the person's own alerts."""
    require(person, Action.DUTY_READ)
    with desk.store.database.reading() as session:
        return lines(session, person.id, desk.store.clock())


def seen(desk: Desk, person: Person, given: SeenIn) -> None:
    """Note that the person saw their own alerts of a kind; what came since stays."""
    require(person, Action.DUTY_READ)
    mine = (DeskAlert.user_id == person.id, DeskAlert.kind == given.kind, DeskAlert.seen_at.is_(None))
    with desk.store.database.writing() as session:
        session.execute(update(DeskAlert).where(*mine, DeskAlert.id <= given.upto).values(seen_at=desk.store.clock()))


def forget_past(session: Session, now: datetime) -> None:
    """Delete what is older than thirty days: watches that ended, alerts about what no longer waits."""
    old = now - _KEPT
    session.execute(delete(Duty).where(Duty.ends_at <= old))
    waits = select(QueueItem.id).where(QueueItem.status == "open")
    over = ~_done_by_nobody(now)
    session.execute(delete(DeskAlert).where(DeskAlert.at <= old, DeskAlert.about.not_in(waits), over))
