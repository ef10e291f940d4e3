"""What somebody who keeps the directory should look at; the desk sees it, and `vigie doctor` tells it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.clock import house_day
from store.settings import Settings
from store.store import Store
from store.tables import Agreement, Organisation, Pivot
from triage_api.directory.models import Flag

SOON = timedelta(days=60)
"""So long before its end an agreement, or a pivot, is flagged."""
_WORDS: Mapping[Flag, str] = {
    "stale": "nobody has asked for long whether it is still so",
    "no_pivot": "no pivot is valid: nothing can be sent to it",
    "pivot_stale": "nobody has asked for long whether this is still the pivot",
    "pivot_ends": "is valid for less than 60 days more",
    "pivot_over": "is valid no more",
    "no_backup": "nobody who is valid stands in",
    "agreement_ends": "ends within 60 days",
    "agreement_over": "has ended",
}


def is_stale(settings: Settings, confirmed_at: datetime, now: datetime) -> bool:
    """Tell whether nobody has asked for too long whether an entry is still so."""
    return now - confirmed_at > timedelta(days=settings.directory_stale_days)


def is_valid(pivot: Pivot, now: datetime) -> bool:
    """Tell whether a pivot of a current organisation can be told something."""
    return pivot.ended_at is None and pivot.valid_until > now


def of_pivot(store: Store, pivot: Pivot, backup: Pivot | None) -> list[Flag]:
    """Return what is to be looked at in a pivot; nothing in one that was ended."""
    now = store.clock()
    if pivot.ended_at is not None:
        return []
    checks: dict[Flag, bool] = {
        "pivot_over": pivot.valid_until <= now,
        "pivot_ends": now < pivot.valid_until <= now + SOON,
        "pivot_stale": is_stale(store.settings, pivot.confirmed_at, now),
        "no_backup": backup is None or not is_valid(backup, now),
    }
    return [flag for flag, holds in checks.items() if holds]


def of_agreement(agreement: Agreement, today: date) -> list[Flag]:
    """Return what is to be looked at in an agreement; nothing in one that somebody ended."""
    if agreement.ended_at is not None:
        return []
    if agreement.ends_on < today:
        return ["agreement_over"]
    return ["agreement_ends"] if agreement.ends_on <= today + SOON else []


def of_organisation(
    store: Store, row: Organisation, pivots: Sequence[Pivot], agreements: Sequence[Agreement]
) -> list[Flag]:
    """Return what is to be looked at in an organisation and all that hangs on it, each flag once."""
    now, today = store.clock(), house_day(store.clock())
    if row.ended_at is not None:
        return []
    known = {pivot.id: pivot for pivot in pivots}
    found: list[Flag] = ["stale"] if is_stale(store.settings, row.confirmed_at, now) else []
    found += [] if any(is_valid(pivot, now) for pivot in pivots) else ["no_pivot"]
    for pivot in pivots:
        found += of_pivot(store, pivot, known.get(pivot.backup_id or ""))
    for agreement in agreements:
        found += of_agreement(agreement, today)
    return list(dict.fromkeys(found))


def warnings(store: Store, session: Session) -> Iterator[str]:
    """Yield a line for each thing in the directory that somebody should look at; pivots by their number."""
    today = house_day(store.clock())
    current = select(Organisation).where(Organisation.ended_at.is_(None)).order_by(Organisation.name)
    for row in session.scalars(current):
        pivots = session.scalars(select(Pivot).where(Pivot.organisation_id == row.id)).all()
        agreements = session.scalars(select(Agreement).where(Agreement.organisation_id == row.id)).all()
        known = {pivot.id: pivot for pivot in pivots}
        for flag in of_organisation(store, row, pivots, ()):
            if flag in ("stale", "no_pivot"):
                yield f"directory: {row.name}: {_WORDS[flag]}"
        for pivot in pivots:
            for flag in of_pivot(store, pivot, known.get(pivot.backup_id or "")):
                yield f"directory: {row.name}: pivot {pivot.id}: {_WORDS[flag]}"
        for agreement in agreements:
            for flag in of_agreement(agreement, today):
                yield f"directory: {row.name}: agreement {agreement.id}: {_WORDS[flag]}"
