"""Whether an organisation is open at a moment. Holidays are not known."""

from __future__ import annotations

from datetime import datetime, timedelta

from triage_api.access.shifts import Shift, read_shift
from triage_api.duty.hours import merged, stretches

_MINUTE = timedelta(minutes=1)
_AHEAD = timedelta(days=8)
"""Hours come again each week: looking further finds nothing new."""


def open_now(hours: str, now: datetime) -> bool | None:
    """Tell whether hours hold a moment, to the minute; None where they are not known."""
    shift = _shift(hours)
    return None if shift is None else any(begins <= now for begins, _ in stretches(shift, now, now + _MINUTE))


def changes_at(hours: str, now: datetime) -> datetime | None:
    """Return when what is open closes, or what is closed opens; None: not known, or never."""
    shift = _shift(hours)
    if shift is None:
        return None
    spans = merged(stretches(shift, now, now + _AHEAD))
    current = next((ends for begins, ends in spans if begins <= now), None)
    if current is not None:
        return current if current < now + _AHEAD else None
    return next((begins for begins, _ in spans), None)


def _shift(hours: str) -> Shift | None:
    try:
        return read_shift(hours)
    except ValueError:  # written past the form: better not known than wrong
        return None
