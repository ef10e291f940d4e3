"""How a post is laid out for reading: its text in pieces, the evidence marked, a long text in parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from nlp.grid import Criterion
from triage_api.desk import Desk
from triage_api.posts.models import CriterionOut, PostOut
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
class LegendLine:
    """One criterion that is marked, None where the model's words are; how often, and which mark is the first."""

    criterion: str | None
    count: int
    first: int


@dataclass(frozen=True, slots=True)
class Reading:
    """One part of a post's text, ready for the template."""

    pieces: list[tuple[int, Piece]]
    """Each with the number of its mark, 0 for plain text."""
    part: int
    parts: int
    meanings: dict[str, Meaning]
    legend: dict[str, list[LegendLine]]
    """By signal, what is marked in this part."""


@dataclass(frozen=True, slots=True)
class Picker:
    """The grid to decide with: the criteria that the post meets, those with most evidence first; the rest by family."""

    met: list[Meaning]
    families: dict[str, list[Meaning]]


def lay_out(post: PostOut, part: int, lang: Lang) -> Reading:
    """Return part `part` (from 1) of a post's text with its evidence marked."""
    parts = max(-(-len(post.text) // PART), 1)
    part = min(max(part, 1), parts)
    asked_for = ((start, end, Mark("found", None)) for start, end in post.found)
    cut = pieces(post.text, (*marks_of(post.assessment), *asked_for), (part - 1) * PART, part * PART)
    number = count(1)
    numbered = [(next(number) if piece.marks else 0, piece) for piece in cut]
    return Reading(numbered, part, parts, meanings_of(post, lang), legend_of(numbered))


def legend_of(numbered: Iterable[tuple[int, Piece]]) -> dict[str, list[LegendLine]]:
    """Return what is marked, by signal; a mark that others cut in pieces counts once for each."""
    found: dict[Mark, list[int]] = {}
    for number, piece in numbered:
        for mark in piece.marks:
            found.setdefault(mark, []).append(number)
    legend: dict[str, list[LegendLine]] = {}
    for mark, numbers in found.items():
        legend.setdefault(mark.signal, []).append(LegendLine(mark.criterion, len(numbers), numbers[0]))
    return legend


def marks_of(assessment: dict[str, Any] | None) -> Iterator[tuple[int, int, Mark]]:
    """Yield each span of evidence, of signals that are flagged, of what speaks against them, of suspended criteria."""
    if assessment is None:
        return
    for name, signal in assessment["signals"].items():
        if signal["flag"]:
            for span in signal["evidence"]:
                yield span["start"], span["end"], Mark(name, span["criterion"])
    for span in assessment["counter"]:
        yield span["start"], span["end"], Mark("counter", span["criterion"])
    for span in assessment.get("set_aside", ()):
        yield span["start"], span["end"], Mark("suspended", span["criterion"])


def meanings_of(post: PostOut, lang: Lang) -> dict[str, Meaning]:
    """Return what the criteria of a post mean, by id."""
    criteria = [Meaning(c.id, *_words(c, lang)) for c in post.criteria]
    counters = [Meaning(c.id, c.fr if lang == "fr" else c.en, "") for c in post.counters]
    return {meaning.id: meaning for meaning in (*criteria, *counters)}


def picker_of(desk: Desk, post: PostOut, lang: Lang) -> Picker:
    """Return the whole grid, to decide with."""
    evidence = Counter(mark.criterion for _, _, mark in marks_of(post.assessment))
    met = sorted((c.id for c in post.criteria), key=lambda one: (-evidence[one], one))
    grid = {c.id: (c.family, Meaning(c.id, *_words(c, lang))) for c in desk.grid.criteria}
    families: dict[str, list[Meaning]] = {family: [] for family in desk.grid.families}
    for identity, (family, meaning) in grid.items():
        if identity not in met:
            families[family].append(meaning)
    return Picker([grid[identity][1] for identity in met], families)


def _words(criterion: Criterion | CriterionOut, lang: Lang) -> tuple[str, str]:
    french = lang == "fr"
    return (criterion.name_fr, criterion.def_fr) if french else (criterion.name_en, criterion.def_en)
