"""Shapes of the register and of the sources, as those who check see them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel


class EntryOut(BaseModel):
    """One entry of the register. `actor` is a pseudonym; `sealed_sha256` is the digest of what is sealed, if any."""

    n: int
    at: datetime
    event: str
    actor: str
    public: dict[str, Any]
    sealed_sha256: str | None
    leaf: str


class RegisterPage(BaseModel):
    """Entries by number; `next` is where the following ones begin."""

    items: list[EntryOut]
    next: str | None


class SourceLine(BaseModel):
    """A source and whether it may be collected today."""

    id: str
    title: str
    kind: str
    approved_until: datetime | None
    problem: str
    posts: int
    last_run: datetime | None
    last_status: str


class SourcePage(BaseModel):
    """All sources, by title."""

    items: list[SourceLine]
    next: None = None
