"""Reading referrals: the desk all, a pivot what was sent to them and stands; each opening is an entry.

Whether one may be read is asked anew each time, in the transaction that reads it: the pivot's validity, the referral's
state, the consent that it rests on.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from store.errors import NotFound
from store.register import Event
from store.store import Store
from store.tables import Organisation, Referral
from triage_api.access.models import Person
from triage_api.access.policy import Action, Reach, require
from triage_api.consents.covering import still_given
from triage_api.consents.told import taken_back
from triage_api.directory.finding import pivots_of_user
from triage_api.evidence.models import Sheet
from triage_api.evidence.service import enter_sheet, unentered_sheet
from triage_api.helplines.lines import lines_for
from triage_api.majority.access import read_on
from triage_api.referrals.held import TO_PIVOT, said_of
from triage_api.referrals.models import ReferralOut, ReferralPage, State
from triage_api.referrals.showing import line, shown
from triage_api.shell.cursors import moment_in, unwrap, wrap
from triage_api.shell.recording import enter, recording

_BY_SENT = (Referral.sent_at.desc(), Referral.id)
_BY_MADE = (Referral.created_at.desc(), Referral.id)


def list_referrals(
    store: Store,
    person: Person,
    *,
    state: State | None = None,
    request: str = "",
    cursor: str | None = None,
    limit: int = 50,
) -> ReferralPage:
    """Return referrals, newest first: the desk all, of a state or about a request; a pivot those that are theirs."""
    granted = require(person, Action.REFERRAL_READ)
    desk = granted is Reach.ANY
    with store.database.reading() as session:
        query = select(Referral).where(Referral.sealed != b"") if desk else theirs(session, store, person)
        if state is not None:
            query = query.where(Referral.state == state)
        if request and desk:
            query = query.where(Referral.request_id == request)
        rows = list(session.scalars(_page(query, desk=desk, cursor=cursor).limit(limit + 1)))
        kept = [row for row in rows[:limit] if desk or stands(session, store, row)]
        items = [line(session, row, store.clock(), desk=desk) for row in kept]
        gone = [] if desk or cursor is not None else taken_back(session, store, person)
    last = rows[limit - 1] if len(rows) > limit else None
    more = wrap(_moment(last, desk).isoformat(), last.id) if last else None
    return ReferralPage(items=items, next=more, taken_back=gone)


def read_referral(store: Store, person: Person, identity: str) -> ReferralOut:
    """Return a referral, once its entry is in the register; `NotFound` for one that the person may not read now."""
    granted = require(person, Action.REFERRAL_READ)
    if granted is Reach.ANY:
        return _read_at_desk(store, person, identity)
    with store.database.reading() as session:
        posts, tells = _sheets_of(own(session, store, person, identity))
    made = _made(store, person, posts, tells=tells)
    with recording(store) as session:
        row = own(session, store, person, identity)
        out = shown(session, store, row, desk=False)
        enter(session, store, person, Event.REFERRAL_OPENED, said_to_pivot(row))
        out.sheets = [sheet for sheet in made if _entered(session, store, person, sheet, tells=tells)]
        out.posts = []
        out.gone = sorted(set(row.posts) - {sheet.post for sheet in out.sheets})
        out.helplines = lines_for(session, store, _region(session, row))
    return out


def own(session: Session, store: Store, person: Person, identity: str, *, hold: bool = False) -> Referral:
    """Return a referral that a pivot may read at this moment; another's and a missing one are found missing alike."""
    query = theirs(session, store, person).where(Referral.id == identity)
    row = session.scalar(query.with_for_update() if hold else query)
    if row is None or not stands(session, store, row):
        raise NotFound("No such referral.")
    return row


def theirs(session: Session, store: Store, person: Person) -> Select[Referral]:
    """Return the query of what was sent to somebody, or to whom they stand in for, and was not taken back."""
    pivots = [pivot.id for pivot in pivots_of_user(session, store, person.id)]
    readable = Referral.pivot_id.in_(pivots), Referral.state.in_(TO_PIVOT), Referral.sealed != b""
    return select(Referral).where(*readable)


def stands(session: Session, store: Store, row: Referral) -> bool:
    """Tell whether a pivot may read a referral: its consent is still given, its youth is no adult who said no yes."""
    if row.consent_id is not None and not still_given(session, store, row.consent_id):
        return False
    return row.request_id is None or read_on(session, store, row.request_id, row.organisation_id)


def said_to_pivot(row: Referral) -> dict[str, Any]:
    """Return what the entry of a pivot's act tells."""
    return said_of(row) | {"by": "pivot", "pivot": row.pivot_id}


def _read_at_desk(store: Store, person: Person, identity: str) -> ReferralOut:
    with recording(store) as session:
        row = session.get(Referral, identity)
        if row is None:
            raise NotFound("No such referral.")
        out = shown(session, store, row, desk=True)
        enter(session, store, person, Event.REFERRAL_OPENED, said_of(row))
    return out


def _sheets_of(row: Referral) -> tuple[list[str], bool]:
    """Return the posts whose sheets go with a referral, and whether address and author do."""
    return row.posts, "handles" in row.fields


def _made(store: Store, person: Person, posts: Iterable[str], *, tells: bool) -> list[Sheet]:
    """Make the sheets of the posts that are still kept; nobody sees them before they are entered."""
    made = []
    for identity in posts:
        try:
            made.append(unentered_sheet(store, person, identity, tells=tells))
        except NotFound:
            continue
    return made


def _entered(session: Session, store: Store, person: Person, sheet: Sheet, *, tells: bool) -> bool:
    """Enter a sheet; tell whether its post was still there."""
    try:
        enter_sheet(session, store, person, sheet, tells=tells)
    except NotFound:
        return False
    return True


def _region(session: Session, row: Referral) -> str:
    """Return a region of the organisation that is told: whose numbers its pivot would call."""
    regions = session.get_one(Organisation, row.organisation_id).regions
    return regions[0] if regions else ""


def _moment(row: Referral, desk: bool) -> datetime:
    return row.created_at if desk or row.sent_at is None else row.sent_at


def _page(query: Select[Referral], *, desk: bool, cursor: str | None) -> Select[Referral]:
    if cursor is not None:
        query = query.where(_after(cursor, desk=desk))
    return query.order_by(*(_BY_MADE if desk else _BY_SENT))


def _after(cursor: str, *, desk: bool) -> ColumnElement[bool]:
    said, identity = unwrap(cursor, str, str)
    moment, column = moment_in(said), Referral.created_at if desk else Referral.sent_at
    return or_(column < moment, and_(column == moment, Referral.id > identity))
