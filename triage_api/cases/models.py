"""Shapes of a case: its steps, and how it was closed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, StringConstraints

from triage_api.helplines.lines import Helplines
from triage_api.shell.fields import Cleaned

Step = Literal["report", "planning", "inquiry", "decision", "action"]
STEPS: tuple[Step, ...] = get_args(Step)
"""The steps of the Entente multisectorielle (Québec, 2001, revised 2021), in their order: report to youth protection,
liaison and planning, inquiry and assessment, decision, action and information."""
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=3000), Cleaned]


def _in_reach(day: date) -> date:
    if not 1970 <= day.year <= 2200:
        raise ValueError("a day lies between 1970 and 2200")
    return day


class StepIn(BaseModel):
    """A step that people took, outside of the product."""

    step: Step
    on: Annotated[date, AfterValidator(_in_reach)]


class CloseIn(BaseModel):
    """The end of a case; `reason` where there was no report to youth protection, in one's own words."""

    reason: Words = ""


class StepOut(BaseModel):
    """A step, and the day on which it was taken; None: not written down."""

    step: Step
    on: date | None
    by: str
    """Pseudonym of who wrote it down."""


class ClosingOut(BaseModel):
    """How a case was closed, or that somebody asked for it to be."""

    reported_on: date | None
    reason: str
    asked_by: str
    asked_at: datetime
    mine: bool
    """One's own asking: somebody else closes it."""
    closed_by: str
    closed_at: datetime | None
    alone: bool


class CaseOut(BaseModel):
    """A case: the request it belongs to, its steps, and its end."""

    request: str
    status: str
    region: str
    steps: list[StepOut]
    closing: ClosingOut | None
    helplines: Helplines
