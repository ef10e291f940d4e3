"""The shapes of approving a source: what is asked, granted, suspended, and how a source stands."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, Field

from crawlers.sources.approvals import MAX_RETENTION, State
from triage_api.shell.fields import Line, Needed, Paragraph


class LeaveIn(BaseModel):
    """The leave that is asked for: it holds once somebody else has granted it."""

    assessment: Needed
    """Number of the privacy assessment (EFVP)."""
    mandate: Needed
    ground: Needed
    """Legal ground."""
    expires_on: date
    """Last day, in Québec."""
    region: Line = ""
    """Administrative region that it is for; empty: all."""
    retention_days: Annotated[int, Field(ge=0, le=MAX_RETENTION)] | None = None
    """Days that an unflagged text of this source stays, where that is less than elsewhere."""


class GrantIn(BaseModel):
    """Granting the leave that waits."""

    approval: int | None = None
    """Number of the leave that was read: another one that waits meanwhile is not granted."""
    reason: Line = ""
    """Why nobody else can: only for whoever asked, where the house's profile lets one go on alone."""


class SuspendIn(BaseModel):
    """Why a source may not be asked any more."""

    why: Paragraph


class LeaveOut(BaseModel):
    """A leave, as asked for, granted or suspended; people are told by pseudonym."""

    approval: int
    assessment: str
    mandate: str
    ground: str
    region: str
    retention_days: int | None
    asked_by: str
    asked_at: datetime
    granted_by: str | None
    granted_at: datetime | None
    alone_reason: str
    expires_at: datetime
    suspended_at: datetime | None
    suspended_by: str
    suspended_why: str


class SourceStanding(BaseModel):
    """How a source stands, and what is still missing before it may be collected."""

    source: str
    state: State
    problem: str
    """What is missing, as the end of a sentence that begins with the source; empty where it is approved."""
    leave: LeaveOut | None
    """The newest leave that was granted, in force or not."""
    waiting: LeaveOut | None
    """The leave that waits for its second approver."""
    by_me: bool
    """Whether the reader is the one who asked for what waits."""
    alone_at: datetime | None
    """When the one who asked may grant alone, with a reason; None: never."""
