"""The shared data dictionary: what each figure counts, in the words of both languages.

Whoever counts the same for themselves (a clinic, a youth centre) fills in the count form by it. This table and the
catalogues' words are the one source: the page, the API, docs/data-dictionary.md and the form are made from them.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from nlp.grid import load_grid
from triage_api.shell.languages import LANGS, Lang, say
from triage_api.trends.figures import ALL, REGIONS, values_of

VERSION = "1"
"""Another one for every change of what a figure counts: figures of two versions are not compared."""
Unit = Literal["text", "move", "sampled_text", "rate"]
_UNITS: dict[str, Unit] = {
    "read": "text",
    "flagged": "text",
    "signal": "text",
    "criterion": "text",
    "kind": "text",
    "language": "text",
    "place": "text",
    "source": "text",
    "side": "text",
    "moved": "move",
    "sample": "sampled_text",
    "sample_missed": "rate",
}
FIGURES = tuple(_UNITS)
BY_REGION = frozenset({"read", "signal", "kind", "language", "place", "side", "moved"})
"""What is told by region, always or where nothing small follows."""
OTHERS = ("read", "flagged", "signal", "criterion", "kind", "language", "place", "side")
"""What other organisations may count for themselves, by the same words."""


class FigureOut(BaseModel):
    """A figure of the dictionary; words by language."""

    name: str
    title: dict[str, str]
    meaning: dict[str, str]
    unit: dict[str, str]
    period: dict[str, str]
    excluded: dict[str, str]
    suppressed: dict[str, str]
    by_region: bool
    values: dict[str, dict[str, str]]
    """What each value means; empty: the figure has none."""


class DictionaryOut(BaseModel):
    """The whole dictionary."""

    version: str
    grid: str
    regions: list[str]
    """``*`` stands for all together, ``?`` for texts that name none."""
    figures: list[FigureOut]


def dictionary() -> DictionaryOut:
    """Return the dictionary; the criteria are those of the grid in force."""
    figures = [_figure(name, unit) for name, unit in _UNITS.items()]
    return DictionaryOut(version=VERSION, grid=load_grid().version, regions=[ALL, *REGIONS], figures=figures)


def value_words(lang: Lang, figure: str, value: str) -> str:
    """Return what a value of a figure is called; a region is called what it is called."""
    if figure == "criterion":
        one = next((one for one in load_grid().criteria if one.id == value), None)
        return value if one is None else f"{value} {one.name_fr if lang == 'fr' else one.name_en}"
    if figure == "source":
        return say(lang, f"source_kind.{value}")
    if figure == "moved":
        return say(lang, "trends.unknown") if value == "?" else value
    if figure in ("signal", "kind", "language"):
        return say(lang, f"{figure}.{value}")
    return say(lang, f"trend_value.{value}")


def _figure(name: str, unit: Unit) -> FigureOut:
    counted = unit != "rate"
    values = [one for one in _VALUES.get(name, values_of(name)) if one]
    return FigureOut(
        name=name,
        title={lang: say(lang, f"trend_figure.{name}") for lang in LANGS},
        meaning={lang: say(lang, f"trend_meaning.{name}") for lang in LANGS},
        unit={lang: say(lang, f"trend_unit.{unit}") for lang in LANGS},
        period={lang: say(lang, "trends.period") for lang in LANGS},
        excluded={lang: say(lang, f"trend_excluded.{'read' if name == 'read' else unit}") for lang in LANGS},
        suppressed={lang: say(lang, f"trend_suppressed.{'count' if counted else 'rate'}") for lang in LANGS},
        by_region=name in BY_REGION,
        values={value: {lang: value_words(lang, name, value) for lang in LANGS} for value in values},
    )


_VALUES = {"sample": ("drawn", "decided", "found")}
