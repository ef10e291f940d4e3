"""A look-up as the reasons see it, and what they know of the house. None of the words searched for stays in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from triage_api.access.shifts import Shift
from triage_api.oversight.names import Name, Names

Reason = Literal[
    "own_name",
    "colleague",
    "well_known",
    "same_surname",
    "repeated",
    "off_shift",
    "no_request",
    "burst",
    "unknown_contact",
    "again_often",
    "other_words",
]
WHO: tuple[Reason, ...] = ("own_name", "colleague", "well_known", "same_surname")
"""Reasons that lie in whom somebody looked for; of several the most telling counts."""
HOW: tuple[Reason, ...] = ("off_shift", "no_request", "burst", "unknown_contact", "again_often", "other_words")
"""Reasons that lie in how; each is common in one house or another."""
REASONS: tuple[Reason, ...] = (*WHO, "repeated", *HOW)


@dataclass(frozen=True, slots=True)
class Period:
    """From a moment to another; the second is outside."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who searches: by what names they are known, and when they work (None: not said)."""

    id: str
    pseudonym: str
    name: Name | None
    handles: frozenset[str]
    """The log-in name, as a handle."""
    shift: Shift | None


@dataclass(frozen=True, slots=True)
class House:
    """Whose names are looked out for."""

    accounts: Mapping[str, Account]
    names: Names[str]
    """Of all accounts, by their id."""
    well_known: Names[int] | None
    """None: the deployment supplies no list."""


@dataclass(slots=True)
class Look:
    """One search, or the openings of one item by one person."""

    user: str
    at: datetime
    search: str | None = None
    entry: int | None = None
    who: dict[Reason, str] = field(default_factory=dict)
    """Reasons that lie in whom was looked for, with the name that was asked for (of an account: its id)."""
    how: set[Reason] = field(default_factory=set)
    asked: frozenset[str] = frozenset()
    """Surnames of accounts, whoever's, that were looked for."""
    again: bool = False
    """Whether a reason was given to run the search again."""
    served: bool = False
    """Whether an open request stands behind it."""
    things: tuple[int, ...] = ()
    """Numbers of what was looked up (the search, each contact, each pair of names), the same for the same thing."""
    times: int = 1
    """How often the same person looked the same thing up in the period."""
    thing: int = 0
    """The one that was looked up so often."""

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Return all reasons, in their order."""
        met = {*self.who, *self.how} | ({"repeated"} if self.times > 1 else set())
        return tuple(reason for reason in REASONS if reason in met)
