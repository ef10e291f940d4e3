"""The gazetteer: municipalities of Québec with their administrative region, and cities elsewhere in Canada.

Names are compared by their folded words, so that accents, case, hyphens and "St-" for "Saint-" do not matter.
Written for this project from general knowledge; `nlp/data/cities.yaml` says how to add to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal, get_args

import yaml

from nlp.fold import fold

OUTSIDE = "Hors Québec"
LARGE = frozenset(
    {
        "Montréal",
        "Québec",
        "Laval",
        "Gatineau",
        "Longueuil",
        "Sherbrooke",
        "Lévis",
        "Saguenay",
        "Trois-Rivières",
        "Terrebonne",
    }
)
"""Cities of Québec with more than 100,000 people (census of 2021)."""
PlaceType = Literal["large_city", "other_city", "unknown"]
PLACE_TYPES: tuple[PlaceType, ...] = get_args(PlaceType)
Need = Literal["", "capital", "place"]
"""What a spelling needs before it counts: nothing, a capital letter, or a sentence that points to a place."""
_WORD = re.compile(r"[^\W_]+")
_SHORT = {"st": "saint", "ste": "sainte"}


@dataclass(frozen=True, slots=True)
class Spelling:
    """What one way of writing a city stands for."""

    city: str
    need: Need


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """All cities: region by canonical name, spellings by their words, and by a first word how many may follow."""

    regions: dict[str, str]
    spellings: dict[tuple[str, ...], Spelling]
    lengths: dict[str, tuple[int, ...]]


def region_of(city: str) -> str:
    """Return the administrative region of a canonical city name, "Hors Québec", or "" when it is unknown."""
    return gazetteer().regions.get(city, "")


@cache
def regions() -> tuple[str, ...]:
    """Return the administrative regions by name, and "Hors Québec"."""
    return tuple(sorted(set(gazetteer().regions.values()) | {OUTSIDE}))


def canonical_region(name: str) -> str | None:
    """Return the name of an administrative region given in any case, with or without accents and dashes, or None."""
    return _region_names().get(key(name))


@cache
def _region_names() -> dict[tuple[str, ...], str]:
    return {key(region): region for region in regions()}


def region_told(named: str, cities: Iterable[str]) -> str:
    """Return the administrative region of a text, "" if unknown.

    What its source calls its region counts only if it is one; where the source says nothing, the first of the cities
    counts that the gazetteer knows.
    """
    if named:
        return canonical_region(named) or ""
    return next((region for region in map(region_of, cities) if region), "")


def place_type(cities: Iterable[str]) -> PlaceType:
    """Return what kind of place the first of some cities is that the gazetteer knows; `LARGE` has those of Québec."""
    known = next((city for city in cities if region_of(city)), "")
    if not known:
        return "unknown"
    return "large_city" if known in LARGE else "other_city"


def canonical_city(name: str) -> str | None:
    """Return the canonical French name of a city given in any spelling ("mtl", "st-jerome"), or None."""
    spelling = gazetteer().spellings.get(key(name))
    return spelling.city if spelling else None


def key(name: str) -> tuple[str, ...]:
    """Return the folded words by which a name is compared."""
    return tuple(map(spell_out, _WORD.findall(fold(name).text)))


def spell_out(word: str) -> str:
    """Return "saint" for "st" and "sainte" for "ste"; any other folded word as it is."""
    return _SHORT.get(word, word)


@cache
def gazetteer() -> Gazetteer:
    """Load the gazetteer once; it is never changed."""
    raw = yaml.safe_load(resources.files("nlp.data").joinpath("cities.yaml").read_text("utf-8"))
    regions: dict[str, str] = {}
    spellings: dict[tuple[str, ...], Spelling] = {}
    for region, cities in raw.items():
        for city, details in cities.items():
            regions[city] = region
            for words, spelling in _spellings(city, details or {}):
                spellings.setdefault(words, spelling)
    return Gazetteer(regions, spellings, lengths_by_first(spellings))


def _spellings(city: str, details: dict[str, Any]) -> list[tuple[tuple[str, ...], Spelling]]:
    known = [city, *details.get("also", [])]
    own: Need = details.get("need", "")
    found = [(key(name), Spelling(city, own if name == city else "")) for name in known]
    return found + [(key(name), Spelling(city, "place")) for name in details.get("unsure", [])]


def lengths_by_first(spellings: Iterable[tuple[str, ...]]) -> dict[str, tuple[int, ...]]:
    """Return by first word the numbers of words that spellings have, the largest first."""
    grouped: dict[str, set[int]] = {}
    for words in spellings:
        grouped.setdefault(words[0], set()).add(len(words))
    return {first: tuple(sorted(lengths, reverse=True)) for first, lengths in grouped.items()}
