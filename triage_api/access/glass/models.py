"""The shapes of emergency access."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from triage_api.access.models import Finding
from triage_api.shell.fields import Paragraph


class GlassIn(BaseModel):
    """Why access is needed that role or training does not give."""

    reason: Paragraph


class GlassTaken(BaseModel):
    """An emergency access that was just taken, and until when."""

    id: str
    expires_at: datetime


class GlassReview(BaseModel):
    """What somebody else found of an emergency access."""

    finding: Finding
    note: Paragraph


class GlassOut(BaseModel):
    """An emergency access, or an act that went on without its second person (`act`), to whoever reviews it."""

    id: str
    who: str
    """Pseudonym."""
    act: str
    reason: str
    opened_at: datetime
    expires_at: datetime
    seen: bool
    reviewable: bool
    """Whether the reader may review it: it is another's, and open."""
    late: bool
    reviewed_at: datetime | None
    reviewed_by: str | None
    """Pseudonym."""
    finding: Finding | None
    note: str | None


class GlassPage(BaseModel):
    """Emergency accesses, newest first."""

    items: list[GlassOut]
    next: None = None
