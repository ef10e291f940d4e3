"""How a case and its solution are laid out: the grid to answer with, and the text with the reader's evidence marked."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from triage_api.desk import Desk
from triage_api.posts.view import LegendLine, Meaning, Picker, legend_of, marks_of
from triage_api.shell.inert import Piece, pieces
from triage_api.shell.languages import Lang
from triage_api.teaching.models import SolutionOut


@dataclass(frozen=True, slots=True)
class Solved:
    """A solution, ready for the template."""

    pieces: list[tuple[int, Piece]]
    legend: dict[str, list[LegendLine]]
    meanings: dict[str, Meaning]
    why: str
    seen: list[str]
    """Signals that the reader flags."""


def solved(desk: Desk, told: SolutionOut, lang: Lang) -> Solved:
    """Return a solution as a page shows it."""
    number = count(1)
    cut = pieces(told.case.text, marks_of(told.assessment))
    numbered = [(next(number) if piece.marks else 0, piece) for piece in cut]
    seen = [name for name, signal in told.assessment["signals"].items() if signal["flag"]]
    why = told.why_fr if lang == "fr" else told.why_en
    return Solved(numbered, legend_of(numbered), meanings(desk, lang), why, seen)


def whole_grid(desk: Desk, lang: Lang) -> Picker:
    """Return the grid to answer with: none of it is said to be met."""
    known = meanings(desk, lang)
    families: dict[str, list[Meaning]] = {family: [] for family in desk.grid.families}
    for one in desk.grid.criteria:
        families[one.family].append(known[one.id])
    return Picker([], families)


def meanings(desk: Desk, lang: Lang) -> dict[str, Meaning]:
    """Return what every criterion and counter-indicator means, by id."""
    french, grid = lang == "fr", desk.grid
    told = [Meaning(c.id, *((c.name_fr, c.def_fr) if french else (c.name_en, c.def_en))) for c in grid.criteria]
    told += [Meaning(c.id, c.fr if french else c.en, "") for c in grid.counters]
    return {meaning.id: meaning for meaning in told}
