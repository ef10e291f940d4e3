"""Shapes of the dashboard: figures of the house, and of nobody in it but whoever looks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel

from nlp.types import Signal
from store.criteria import State
from triage_api.agreement.models import Standing
from triage_api.exposure.models import ExposureOut
from triage_api.queue.models import DeskOut, LaneOut

Drifting = Literal["new", "few", "steady", "shifting", "shifted"]
"""What the index says: too soon or too few posts to tell; under .1, under .25, at least .25."""


class WeekOut(BaseModel):
    """What was decided in a week and stands."""

    week: date
    """Its Monday, in Québec."""
    verdicts: dict[str, int]
    lanes: dict[str, int]

    @property
    def total(self) -> int:
        """Return how many decisions it has."""
        return sum(self.verdicts.values())


class SpanOut(BaseModel):
    """How long something took, over the newest cases."""

    what: Literal["to_queue", "to_decision"]
    lane: str
    """Empty: all lanes together."""
    cases: int
    median_s: int | None
    p90_s: int | None


class OutcomeOut(BaseModel):
    """How many requests were answered in one way."""

    kind: str
    requests: int


class FlowDayOut(BaseModel):
    """What came in and went on a whole day, in Québec."""

    day: date
    seen: int
    to_read: int
    spared: int
    dropped: int


class FlowOut(BaseModel):
    """What came in and went over whole days, up to yesterday."""

    since: date
    until: date
    figures: dict[str, int]
    """By name, see `store.counts`: seen, assessed, to_read, spared, dropped, flagged:…, urgency:…."""
    days: list[FlowDayOut]


class AgreedOut(BaseModel):
    """How far two readers agree on a criterion, or on the verdict, and whether it flags by itself."""

    subject: str
    posts: int
    met: int
    alpha: float | None
    low: float | None
    high: float | None
    standing: Standing
    state: State


class DriftOut(BaseModel):
    """How far the scores of a signal lie from those that the model in force began with."""

    signal: Signal
    state: Drifting
    psi: float | None
    """Population stability index; None where there is nothing to compare."""
    before: int
    now: int
    """Texts that were read in the two periods."""
    bins_before: list[int]
    bins_now: list[int]
    """Texts by score, in bins of .05."""

    @property
    def bins(self) -> list[tuple[int, int]]:
        """Return the two numbers of each bin."""
        return list(zip(self.bins_before, self.bins_now, strict=True))


class DriftsOut(BaseModel):
    """Whether scores drift: the first 28 whole days of the model in force against the last 28, which never overlap."""

    model: str
    """Empty: nothing was read yet."""
    since: date | None
    until: date | None
    """The first 28 days; None without a model."""
    now_since: date | None
    now_until: date | None
    """The days compared with them; None while there are too few."""
    signals: list[DriftOut]


class DashboardOut(BaseModel):
    """The house's figures, and one's own reading time."""

    at: datetime
    lanes: list[LaneOut]
    desks: list[DeskOut]
    weeks: list[WeekOut]
    """Oldest first; the last one is this week."""
    spans: list[SpanOut]
    outcomes: list[OutcomeOut]
    flow: FlowOut
    agreement: list[AgreedOut]
    """Suspended criteria first, then the weakest."""
    drift: DriftsOut
    own: ExposureOut | None
    """None for a program."""
    over: int | None
    """How many people have reached the limit of reading today; None where that is not this person's to know, or where
    the count would say who."""
