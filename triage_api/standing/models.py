"""Shapes of standing searches and of what they found."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

from pydantic import BaseModel

from nlp.searches import SearchScope
from triage_api.searches.models import HitOut
from triage_api.shell.fields import Line, Needed
from triage_api.sources.covering import Coverage

Ending = Literal["answered", "lapsed", "ended", "erased", "owner", "unreadable", "found", "closed"]
"""Why a standing search is over: its request has its answer, its days (or its runaway's) are up, somebody ended it, its
subject was erased, its owner may not search any more (account, role or training), its query is none any more, the youth
is found, the case is closed."""
Standing = Literal["running"] | Ending
ENDINGS: tuple[Ending, ...] = get_args(Ending)


class StandIn(BaseModel):
    """A search of one's own, made for a request, that is to be repeated."""

    search: Line


class RenewIn(BaseModel):
    """Why a standing search must go on."""

    why: Needed


class StandingLine(BaseModel):
    """A standing search in a list."""

    id: str
    search: str
    """The search that it repeats."""
    request: str
    by: str
    """Pseudonym of who lets it stand."""
    scope: SearchScope
    """What is asked; empty once its subject is erased."""
    state: Standing
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    renewals: int
    ran_at: datetime | None
    hits: int
    """Posts found new since it stands, those erased since left out."""
    unseen: int
    """Those of them that its owner has not opened."""


class StandingHitOut(HitOut):
    """A post that a repetition found new: labels only."""

    found_at: datetime
    seen_at: datetime | None
    """When its owner first opened the post, which is an entry in the register."""


class StandingOut(StandingLine):
    """A standing search with what it found, newest first."""

    purpose: str
    ground: str
    items: list[StandingHitOut]
    coverage: Coverage
    """What it would find posts of if it ran now, and what it would not."""


class StandingPage(BaseModel):
    """Standing searches, newest first."""

    items: list[StandingLine]
    next: str | None
