"""Whether the scores of a model drift: how they lie now against how they lay when it began.

The measure is the population stability index with its customary cut-offs (N. Siddiqi, "Credit Risk Scorecards", 2006,
ch. 9): under .1 nothing to see, from .25 on a shift. By chance alone it is about ``(bins - 1) * (1/n + 1/m)``
(B. Yurdakul, "Statistical Properties of Population Stability Index", 2018): under .04 for a thousand posts each.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from nlp.types import SIGNALS, Signal
from store.clock import house_day
from store.counts import BINS, first_day, model_name, score_name, totals
from store.tables import AssessmentRow
from triage_api.dashboard.models import Drifting, DriftOut, DriftsOut

DAYS = 28
LEAST_DAYS = 7
"""Days after the first 28 from which on a comparison is made: a whole week, because weekdays differ."""
LEAST = 1000
"""Texts in each period below which chance moves the index too much."""
SHIFTING, SHIFTED = 0.1, 0.25


def drift(session: Session, now: datetime) -> DriftsOut:
    """Compare the last 28 whole days with the first 28 whole days of the model in force, signal by signal.

    A new model begins anew: its first day, on which another one read too, is left out.
    """
    model = session.scalar(select(AssessmentRow.model).order_by(AssessmentRow.id.desc()).limit(1)) or ""
    began = first_day(session, model_name(model)) if model else None
    if began is None:
        return _drifts(model, None, None, {}, {})
    first = began + timedelta(days=1), began + timedelta(days=DAYS)
    yesterday = house_day(now) - timedelta(days=1)
    last = max(first[1] + timedelta(days=1), yesterday - timedelta(days=DAYS - 1)), yesterday
    before = totals(session, *first)
    if (last[1] - last[0]).days + 1 < LEAST_DAYS:
        return _drifts(model, first, None, before, {})
    return _drifts(model, first, last, before, totals(session, *last))


def index_of(before: Sequence[int], now: Sequence[int]) -> float:
    """Return the population stability index of two histograms; half a text is added to each bin, none is empty."""
    expected, found = _shares(before), _shares(now)
    return sum((new - old) * math.log(new / old) for old, new in zip(expected, found, strict=True))


def _shares(counts: Sequence[int]) -> list[float]:
    whole = sum(counts) + len(counts) / 2
    return [(each + 0.5) / whole for each in counts]


def _drifts(
    model: str,
    first: tuple[date, date] | None,
    last: tuple[date, date] | None,
    before: Mapping[str, int],
    now: Mapping[str, int],
) -> DriftsOut:
    since, until = first or (None, None)
    now_since, now_until = last or (None, None)
    signals = [_of_signal(signal, _bins(before, signal, model), _bins(now, signal, model), last) for signal in SIGNALS]
    days = {"since": since, "until": until, "now_since": now_since, "now_until": now_until}
    return DriftsOut(model=model, **days, signals=signals)


def _of_signal(signal: Signal, before: list[int], now: list[int], last: tuple[date, date] | None) -> DriftOut:
    told = DriftOut(
        signal=signal, state="new", psi=None, before=sum(before), now=sum(now), bins_before=before, bins_now=now
    )
    if last is None:
        return told
    if min(told.before, told.now) < LEAST:
        return told.model_copy(update={"state": "few"})
    psi = round(index_of(before, now), 3)
    return told.model_copy(update={"state": _state(psi), "psi": psi})


def _state(psi: float) -> Drifting:
    if psi < SHIFTING:
        return "steady"
    return "shifting" if psi < SHIFTED else "shifted"


def _bins(figures: Mapping[str, int], signal: Signal, model: str) -> list[int]:
    return [figures.get(score_name(signal, number / BINS, model), 0) for number in range(BINS)]
