"""Reading the ledger: who was told what about this subject, on what ground. Each reading is an entry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, Text, func, or_, select
from sqlalchemy import cast as cast_to
from sqlalchemy.orm import Session

from store.errors import BadInput
from store.register import Event
from store.store import Store
from store.tables import Disclosure, Organisation, Pivot, Post, Referral, Request
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.grounds.catalogue import GROUNDS
from triage_api.ledger.models import GroundCount, LedgerFilter, LedgerPage, LineOut
from triage_api.ledger.writing import Kind
from triage_api.shell.cursors import unwrap, wrap
from triage_api.shell.recording import enter, recording
from triage_api.shell.spreadsheets import as_csv

MOST = 10_000
"""Lines that one file holds."""
_COLUMNS = ("at", "kind", "about", "request", "organisation", "pivot", "ground", "consent", "fields", "by", "entry")


def read_ledger(
    store: Store, person: Person, wanted: LedgerFilter, *, cursor: str | None = None, limit: int = 100
) -> LedgerPage:
    """Return lines, newest first; `BadInput` for a request, post or organisation that never was, or another cursor.

    An empty answer is one about something that exists: that a number was mistyped never reads as "nobody was told".
    """
    require(person, Action.LEDGER_READ)
    before = None if cursor is None else Disclosure.id < unwrap(cursor, int)[0]
    with recording(store) as session:
        found = _wanted(session, wanted)
        page = found if before is None else [*found, before]
        rows = _lines(session, page, limit + 1)
        counts = _counts(session, found)
        _enter(session, store, person, wanted, {"count": len(rows[:limit])})
    more = rows[limit - 1].id if len(rows) > limit else None
    return LedgerPage(
        items=rows[:limit], next=wrap(more) if more else None, total=sum(one.count for one in counts), grounds=counts
    )


def ledger_file(store: Store, person: Person, wanted: LedgerFilter) -> bytes:
    """Return lines as CSV, newest first, `MOST` at most; what a spreadsheet would take for a formula is quoted."""
    require(person, Action.LEDGER_READ)
    with recording(store) as session:
        rows = _lines(session, _wanted(session, wanted), MOST)
        _enter(session, store, person, wanted, {"count": len(rows), "file": True})
    return as_csv(_COLUMNS, ([getattr(row, name) for name in _COLUMNS] for row in rows))


def _enter(session: Session, store: Store, person: Person, wanted: LedgerFilter, more: dict[str, Any]) -> None:
    said = wanted.model_dump(mode="json", exclude_defaults=True)
    enter(session, store, person, Event.LEDGER_READ, {**said, **more})


def _wanted(session: Session, wanted: LedgerFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.request:
        found.append(Disclosure.subject_id == _subject(session, wanted.request))
    if wanted.post:
        found.append(Disclosure.about.in_(_referrals_of(session, wanted.post)))
    if wanted.organisation:
        if session.get(Organisation, wanted.organisation) is None:
            raise BadInput("No organisation has this number.", code="unknown_organisation", field="organisation")
        found.append(Disclosure.organisation_id == wanted.organisation)
    if wanted.ground:
        found.append(Disclosure.ground == wanted.ground)
    if wanted.since is not None:
        found.append(Disclosure.at >= wanted.since)
    if wanted.until is not None:
        found.append(Disclosure.at < wanted.until)
    return found


def _subject(session: Session, request: str) -> str:
    subject = session.scalar(select(Request.subject_id).where(Request.id == request))
    if subject is None:
        raise BadInput("No request has this number.", code="unknown_request", field="request")
    return subject


def _referrals_of(session: Session, post: str) -> list[str]:
    if session.scalar(select(Post.id).where(Post.id == post)) is None:
        raise BadInput("No post has this number.", code="unknown_post", field="post")
    carries = cast_to(Referral.posts, Text).contains(f'"{post}"', autoescape=True)
    return list(session.scalars(select(Referral.id).where(or_(Referral.post_id == post, carries))))


def _lines(session: Session, found: Sequence[ColumnElement[bool]], limit: int) -> list[LineOut]:
    query = (
        select(Disclosure, Request.id, Organisation.name, Pivot.name)
        .outerjoin(Organisation, Organisation.id == Disclosure.organisation_id)
        .outerjoin(Pivot, Pivot.id == Disclosure.pivot_id)
        .outerjoin(Request, _first_request())
    )
    rows = session.execute(query.where(*found).order_by(Disclosure.id.desc()).limit(limit))
    return [_out(line, request, organisation, pivot) for line, request, organisation, pivot in rows]


def _first_request() -> ColumnElement[bool]:
    """Return the condition that joins each line with one request of its subject."""
    first = select(func.min(Request.id)).where(Request.subject_id == Disclosure.subject_id)
    return Request.id == first.correlate(Disclosure).scalar_subquery()


def _out(line: Disclosure, request: str | None, organisation: str | None, pivot: str | None) -> LineOut:
    return LineOut(
        id=line.id,
        at=line.at,
        kind=cast("Kind", line.kind),
        about=line.about,
        request=request,
        organisation=organisation or "",
        pivot=pivot or "",
        ground=line.ground,
        consent=line.consent_id,
        fields=line.fields,
        by=line.by,
        entry=line.entry,
    )


def _counts(session: Session, found: Sequence[ColumnElement[bool]]) -> list[GroundCount]:
    query = select(Disclosure.ground, func.count()).where(*found).group_by(Disclosure.ground)
    counted = {ground: count for ground, count in session.execute(query)}  # noqa: C416 - no plain pairs to the checker
    return [GroundCount(ground=one, count=counted.get(one, 0)) for one in sorted(GROUNDS.keys() | counted.keys())]
