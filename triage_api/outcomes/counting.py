"""Counting a quarter: every table over the same rows, each over words that are always all there.

A word without a row is withheld like any small figure: that there was none would tell something too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

from sqlalchemy import ColumnElement, Row, and_, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from disclosure.figures import LEAST, alone_and_all, crossed, scope_of
from disclosure.suppression import suppressed
from nlp.cities import gazetteer
from store.tables import Consent, Meeting, MeetingPart, Organisation, QueueItem, Referral, Request
from triage_api.dashboard.house import percentile
from triage_api.directory.kinds import KINDS
from triage_api.grounds.catalogue import GROUNDS
from triage_api.outcomes.models import CellOut, TableName, TableOut, TimeOut
from triage_api.outcomes.quarters import Quarter
from triage_api.referrals.models import OUTCOMES
from triage_api.requests.models import AnswerKind

NEAREST = 5
UNKNOWN, NONE, OTHER = "?", "none", "other"
_MINUTE, _HOUR = 60, 3600


def request_tables(session: Session, quarter: Quarter) -> list[TableOut]:
    """Return the requests of a quarter by each thing that they are counted by."""
    columns = Request.runaway, Request.channel, Request.region, Request.answer_kind
    rows = session.execute(select(*columns).where(_within(Request.created_at, quarter))).all()
    regions = sorted(set(gazetteer().regions.values()))
    return [
        _table("runaway", ["runaway", OTHER], ("runaway" if row.runaway else OTHER for row in rows)),
        _table("channel", ["portal", "call"], (row.channel for row in rows)),
        _table("region", [*regions, UNKNOWN], (row.region if row.region in regions else UNKNOWN for row in rows)),
        _table("answer", [*get_args(AnswerKind), NONE], (row.answer_kind or NONE for row in rows)),
    ]


def referral_tables(session: Session, quarter: Quarter) -> list[TableOut]:
    """Return the referrals that were sent in a quarter by each thing that they are counted by."""
    rows = _referrals(session, quarter)
    grounds = [*GROUNDS, UNKNOWN]
    return [
        _table("organisation", KINDS, (row.kind for row in rows)),
        _table("ground", grounds, (row.ground if row.ground in GROUNDS else UNKNOWN for row in rows)),
        _table("acknowledged", ["in_time", "late", NONE], map(_acknowledged, rows)),
        _table("outcome", [*OUTCOMES, NONE], (row.outcome or NONE for row in rows)),
    ]


def outcome_reached(session: Session, quarter: Quarter, share: int) -> bool | None:
    """Tell whether so many of a hundred referrals of a quarter have an outcome; None if there are too few to say."""
    rows = _referrals(session, quarter)
    told = sum(row.outcome != "" for row in rows)
    return None if len(rows) < LEAST else 100 * told >= share * len(rows)


def figures_alone(session: Session, quarter: Quarter) -> list[CellOut]:
    """Return the figures that are no part of another one."""
    met = and_(Meeting.id.in_(select(MeetingPart.meeting_id)), _within(Meeting.proposed_at, quarter))
    counted = {
        "consents_given": _count(session, _within(Consent.starts_at, quarter)),
        "consents_withdrawn": _count(session, _within(Consent.withdrawn_at, quarter)),
        "meetings": _count(session, met),
    }
    return [CellOut(name=name, count=None if count < LEAST else rounded(count)) for name, count in counted.items()]


def times(session: Session, quarter: Quarter) -> list[TimeOut]:
    """Return how long it took until a request was first read, and until it was answered."""
    query = select(Request.created_at, Request.answered_at, QueueItem.taken_at)
    query = query.outerjoin(QueueItem, QueueItem.request_id == Request.id)
    rows = session.execute(query.where(_within(Request.created_at, quarter))).all()
    read = sorted((row.taken_at - row.created_at).total_seconds() for row in rows if row.taken_at)
    answered = sorted((row.answered_at - row.created_at).total_seconds() for row in rows if row.answered_at)
    return [
        TimeOut(name="first_reading", median_s=_time(read, 0.5, LEAST), p90_s=_time(read, 0.9, 2 * LEAST)),
        TimeOut(name="answer", median_s=_time(answered, 0.5, LEAST), p90_s=_time(answered, 0.9, 2 * LEAST)),
    ]


def rounded(count: int) -> int:
    """Return a figure to the nearest multiple of `NEAREST`."""
    return NEAREST * ((count + NEAREST // 2) // NEAREST)


def told_of(counts: Mapping[str, int]) -> tuple[dict[str, int | None], int | None]:
    """Return parts and their total as they are told: small ones withheld, with others so that none can be worked out.

    The total is withheld only if it is small itself, so that it is told in all tables of the same rows or in none.
    """
    figures = crossed({(name,): count for name, count in counts.items()}, {"part": alone_and_all(counts)})
    total = sum(counts.values())
    whole = scope_of({"part": counts}) if counts else ()
    fixed = [one for one in figures if one.scope == whole and total >= LEAST]
    told = {one.scope: one.count for one in suppressed(figures, published=fixed)}
    parts = {name: _rounded_if_told(told[scope_of({"part": [name]})]) for name in counts}
    return parts, rounded(total) if total >= LEAST else None


def _rounded_if_told(count: int | None) -> int | None:
    return None if count is None else rounded(count)


def _table(name: TableName, words: Sequence[str], values: Iterable[str]) -> TableOut:
    counted = Counter(values)
    parts, total = told_of({word: counted[word] for word in words})
    return TableOut(name=name, cells=[CellOut(name=word, count=parts[word]) for word in words], total=total)


def _referrals(session: Session, quarter: Quarter) -> Sequence[Row[*tuple[Any, ...]]]:
    columns = Organisation.kind, Referral.ground, Referral.acknowledged_at, Referral.due_at, Referral.outcome
    query = select(*columns).join(Organisation, Organisation.id == Referral.organisation_id)
    return session.execute(query.where(_within(Referral.sent_at, quarter))).all()


def _acknowledged(row: Row[*tuple[Any, ...]]) -> str:
    if row.acknowledged_at is None:
        return NONE
    return "in_time" if row.due_at is None or row.acknowledged_at <= row.due_at else "late"


def _within(column: InstrumentedAttribute[Any], quarter: Quarter) -> ColumnElement[bool]:
    return and_(column >= quarter.since, column < quarter.until)


def _count(session: Session, found: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).where(found)) or 0


def _time(ordered: Sequence[float], share: float, least: int) -> int | None:
    """Return a percentile of some seconds, to five minutes or, from two hours on, to the hour."""
    value = percentile(ordered, share) if len(ordered) >= least else None
    if value is None:
        return None
    unit = 5 * _MINUTE if value < 2 * _HOUR else _HOUR
    return int(unit * round(value / unit))
