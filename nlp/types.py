"""What the reader of texts answers with: plain, immutable results that carry their own evidence.

Every ``start`` and ``end`` is a Python string index into the text that was given, half-open.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Kind = Literal["post", "ad"]
Language = Literal["fr", "en", "mixed", "other"]
Signal = Literal["recruitment", "minor", "distress", "third_party"]
Urgency = Literal["none", "routine", "soon", "immediate"]
EntityKind = Literal["phones", "emails", "handles", "ages", "cities", "prices"]
Assertion = Literal["claimed", "limit", "ordinal", "range", "just_turned", "other_person"]

SIGNALS: tuple[Signal, ...] = get_args(Signal)
ACTIONABLE: frozenset[Signal] = frozenset({"recruitment", "minor", "distress"})
"""Signals that may queue, link or keep a post; `third_party` counts only beside one of them."""
URGENCIES: tuple[Urgency, ...] = get_args(Urgency)
"""From the least to the most urgent."""
MAX_TEXT = 1_000_000
"""Characters; a longer text is refused."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Words that caused a flag; `criterion` is None where the model's words, not a criterion, carried it."""

    start: int
    end: int
    text: str
    criterion: str | None
    weight: float


@dataclass(frozen=True, slots=True)
class SignalResult:
    """One signal of one text: calibrated probability, flag, and the words behind the flag."""

    score: float
    flag: bool
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Entity:
    """One contact, age, city or price: its canonical value, where it stands, and what more is known of it."""

    value: str | int | float
    start: int
    end: int
    extra: tuple[tuple[str, str], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the contract's shape: value, the extra fields, start, end."""
        return {"value": self.value, **dict(self.extra), "start": self.start, "end": self.end}


Entities = dict[EntityKind, tuple[Entity, ...]]


@dataclass(frozen=True, slots=True)
class Assessment:
    """All that the reader says of one text, with the versions of the grid and model that said it."""

    lang: Language
    urgency: Urgency
    signals: dict[Signal, SignalResult]
    counter: tuple[Evidence, ...]
    entities: Entities
    grid: str
    model: str
    criteria: tuple[str, ...] = field(default=())
    """Ids of every criterion met, in the grid's order, suspended ones too."""
    suspended: tuple[str, ...] = field(default=())
    """Ids of the criteria that were suspended when this was read: they add to no score, flag and urgency."""
    set_aside: tuple[Evidence, ...] = field(default=())
    """Words that show suspended criteria, for people to see."""

    @property
    def flagged(self) -> tuple[Signal, ...]:
        """Return the signals that are flagged."""
        return tuple(name for name in SIGNALS if self.signals[name].flag)

    @property
    def actionable(self) -> bool:
        """Tell whether a signal is flagged that may queue a post; `third_party` alone never does."""
        return any(name in ACTIONABLE for name in self.flagged)
