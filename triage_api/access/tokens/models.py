"""The shapes of programs' tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from triage_api.access.actions import Action
from triage_api.shell.fields import Needed

MAX_DAYS = 366


class TokenIn(BaseModel):
    """A token to be made: what it is for, which of its owner's actions it may be used for, and for how long."""

    label: Needed
    scopes: Annotated[list[Action], Field(min_length=1, max_length=len(Action))]
    days: Annotated[int, Field(ge=1, le=MAX_DAYS)] = 90


class TokenOut(BaseModel):
    """A token as its owner sees it; `token` itself only in the answer that made it."""

    id: str
    label: str
    scopes: list[Action]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    """To the hour."""
    token: str | None = None


class TokenPage(BaseModel):
    """The person's tokens, newest first."""

    items: list[TokenOut]
    next: None = None
