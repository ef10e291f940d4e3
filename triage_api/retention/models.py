"""Shapes of retention: what goes when, to whom it was handed over, what went."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from triage_api.shell.fields import Needed


class HandIn(BaseModel):
    """By which referral, acknowledged by its pivot, all that is kept of a request was handed over."""

    referral: Needed


class ReceiverOut(BaseModel):
    """A referral of the request that its pivot acknowledged: to whom it can have been handed over."""

    referral: str
    organisation: str


class DueOut(BaseModel):
    """A request that goes soon, or is over and held; nothing of what was told."""

    request: str
    status: str
    answered_at: datetime | None
    """None: it never was, but the youth was found or the case closed."""
    ends_at: datetime
    handed_at: datetime | None
    held: bool
    receivers: list[ReceiverOut]


class DuePage(BaseModel):
    """Requests that go within some days, soonest first."""

    items: list[DueOut]
    days: int
    next: None = None


class MonthOut(BaseModel):
    """What was erased in a month, by kind; the figures outlive what they count."""

    month: str
    kinds: dict[str, int]
    total: int = Field(ge=0)


class DeletionsOut(BaseModel):
    """What was erased, the newest month first."""

    items: list[MonthOut]
    next: None = None
