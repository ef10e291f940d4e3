"""Shapes of one's own reading time."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel


class DayOut(BaseModel):
    """A day of one's own reading, in the time of Québec; minutes are cut down to whole ones."""

    day: date
    minutes: int
    posts: int
    stretches: int
    """How often reading began anew after a break."""
    over: bool
    """Whether it reached the limit that is in force now."""


class ExposureOut(BaseModel):
    """One's own reading time."""

    limit_minutes: int
    run_minutes: int
    """Since the last break."""
    break_due: bool
    asks_to_stop: bool
    only_immediate: bool
    """Whether only what is immediate is offered now."""
    days: list[DayOut]
    """Today and the seven days before, newest first."""
