"""Shapes of notices as the desk sees them: their state, never what they say, for they say nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

from pydantic import BaseModel

State = Literal["queued", "sending", "sent", "uncertain", "failed", "dropped"]
STATES: tuple[State, ...] = get_args(State)


class NoticeLine(BaseModel):
    """An e-mail to a pivot, and whether it left."""

    id: str
    kind: str
    about: str
    """Id of the referral, request or meeting."""
    organisation: str
    pivot: str
    phone: str
    """To call, where it may not have arrived."""
    state: State
    error: str
    """A code of ours, or the mail server's number."""
    attempts: int
    queued_at: datetime
    due_at: datetime | None
    """When it is sent, or tried again; None once that is settled."""
    ended_at: datetime | None
    message_id: str
    """Of the last attempt, to be looked up in the mail server's log; empty before the first."""
    may_go_again: bool


class NoticePage(BaseModel):
    """Notices, newest first."""

    items: list[NoticeLine]
    next: str | None
    problem: str
    """Code of what keeps every e-mail from being sent; empty if nothing does."""
