"""How a post is laid out for reading: its text in pieces, the evidence marked, a long text in parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from triage_api.desk import Desk
from triage_api.posts.models import PostOut
from triage_api.shell.inert import Mark, Piece, pieces
from triage_api.shell.languages import Lang

PART = 20_000
"""Characters shown at once."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """A criterion or counter-indicator in the words of the page's language."""

    id: str
    name: str
    definition: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One part of a post's text, ready for the template."""

    pieces: list[Piece]
    part: int
    parts: int
    meanings: dict[str, Meaning]


def lay_out(post: PostOut, part: int, lang: Lang) -> Reading:
    """Return part `part` (from 1) of a post's text with its evidence marked."""
    parts = max(-(-len(post.text) // PART), 1)
    part = min(max(part, 1), parts)
    asked_for = ((start, end, Mark("found", None)) for start, end in post.found)
    shown = pieces(post.text, (*marks_of(post.assessment), *asked_for), (part - 1) * PART, part * PART)
    return Reading(shown, part, parts, meanings_of(post, lang))


def marks_of(assessment: dict[str, Any] | None) -> Iterator[tuple[int, int, Mark]]:
    """Yield each span of evidence, those of signals that are flagged and those that speak against them."""
    if assessment is None:
        return
    for name, signal in assessment["signals"].items():
        if signal["flag"]:
            for span in signal["evidence"]:
                yield span["start"], span["end"], Mark(name, span["criterion"])
    for span in assessment["counter"]:
        yield span["start"], span["end"], Mark("counter", span["criterion"])


def meanings_of(post: PostOut, lang: Lang) -> dict[str, Meaning]:
    """Return what the criteria of a post mean, by id."""
    criteria = [
        Meaning(c.id, *((c.name_fr, c.def_fr) if lang == "fr" else (c.name_en, c.def_en))) for c in post.criteria
    ]
    counters = [Meaning(c.id, c.fr if lang == "fr" else c.en, "") for c in post.counters]
    return {meaning.id: meaning for meaning in (*criteria, *counters)}


def grid_by_family(desk: Desk, lang: Lang) -> dict[str, list[Meaning]]:
    """Return the whole grid by family, to decide with."""
    families: dict[str, list[Meaning]] = {family: [] for family in desk.grid.families}
    for c in desk.grid.criteria:
        families[c.family].append(Meaning(c.id, *((c.name_fr, c.def_fr) if lang == "fr" else (c.name_en, c.def_en))))
    return families
