"""Shapes of an erasure."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from triage_api.shell.fields import Paragraph


class EraseIn(BaseModel):
    """Why what a partner told of a youth is erased; it stays in the register, so it names nobody."""

    reason: Paragraph


class Erased(BaseModel):
    """What was erased."""

    request: str
    erased_at: datetime
    searches: int
    posts: int
    """Texts that were pasted for the request."""
    beside: list[str]
    """Other requests that named a contact of this one: each is erased by itself."""
