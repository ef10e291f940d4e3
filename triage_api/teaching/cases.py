"""The fictional cases: what each shows, what may be decided on it, and why."""

from __future__ import annotations

import hashlib
from functools import cache, cached_property
from importlib.resources import files
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from nlp.grid import Bilingual, CriterionId, Words
from nlp.types import Kind, Signal, Urgency
from store.errors import NotFound
from triage_api.queue.models import Verdict

Use = Literal["course", "practice"]
Trap = Literal[
    "sport",
    "job",
    "joke",
    "lyrics",
    "pet",
    "adult_ad",
    "prevention",
    "past",
    "news",
    "game",
    "family",
    "hyperbole",
    "clinic",
    "school",
    "denied",
    "resolved",
]
"""What makes a text without any sign look like one."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Case(_Frozen):
    """A fictional text with its solution."""

    id: Annotated[str, Field(pattern=r"^[cp]\d{2}$")]
    use: Use
    """`course`: drawn for an attempt that counts; `practice`: for exercise, its solution shown to whoever asks."""
    lang: Literal["fr", "en", "mixed"]
    kind: Kind
    trap: Trap | None = None
    text: Words
    signals: dict[Signal, list[Words]]
    """What it shows, each with its exact words."""
    urgency: Urgency
    verdicts: Annotated[tuple[Verdict, ...], Field(min_length=1)]
    """Any of them is right."""
    expected: tuple[CriterionId, ...]
    """Criteria that must be retained."""
    also: tuple[CriterionId, ...]
    """Criteria that may be retained beside them."""
    why: Bilingual


class Cases(_Frozen):
    """All cases, in the order of the file."""

    version: str
    """Changes whenever a case does: what was drawn from others is not gone on with."""
    cases: tuple[Case, ...]

    @cached_property
    def by_id(self) -> dict[str, Case]:
        """Return every case by its id."""
        return {case.id: case for case in self.cases}

    def of(self, use: Use) -> list[Case]:
        """Return the cases for one use."""
        return [case for case in self.cases if case.use == use]

    def named(self, identity: str, use: Use) -> Case:
        """Return one case; `NotFound` if there is none of this use."""
        case = self.by_id.get(identity)
        if case is None or case.use != use:
            raise NotFound("No such case.")
        return case


@cache
def load_cases() -> Cases:
    """Return the cases that are shipped; a pydantic error if the file is not what it should be."""
    read = files("fixtures").joinpath("teaching", "cases.yaml").read_bytes()
    cases = TypeAdapter(tuple[Case, ...]).validate_python(yaml.safe_load(read))
    return Cases(version=hashlib.sha256(read).hexdigest()[:8], cases=cases)
