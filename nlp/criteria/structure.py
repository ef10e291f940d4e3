"""Criteria that no word shows: several names on one line, a tour of towns, an age that is contradicted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp.types import Entities, Entity

MINOR = 18
_NAME = r"[A-ZÀ-Ý][a-zà-ÿ'’-]{2,11}"
_SEPARATOR = (
    r"\s*(?:\(\d\d\)\s*)?(?:,|/|&|\+|•|·|\||–|-|\bet\b|\bou\b|\band\b|\bor\b|,\s*et\b|,\s*and\b"
    r"|♡|❤️?|💋|✨|🌸|💎|🌹|⭐)\s*"
)
_NAMES = re.compile(rf"(?<![\w.]){_NAME}(?:{_SEPARATOR}(?:{_NAME})(?:\s*\(\d\d\))?){{1,9}}(?!\w)")
_ONE_NAME = re.compile(_NAME)
_NAMES_OF_LIST = 2
_ASSERTED = {"claimed": 1.0, "just_turned": 1.0, "ordinal": 0.7, "other_person": 0.7, "range": 0.3}
_TEEN = 10
_CHILD = 0.5
"""What a younger child's age keeps: most are ordinary family talk."""
_DAYS = re.compile(
    r"\b(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|demain|semaine|ensuite|puis|lun|mer|jeu|ven|sam|dim"
    r"|mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun|(?:mon|tues|wednes|thurs|fri|satur|sun)day|tomorrow|week|next|then|until"
    r"|weekend|jusqu|prochaine?|till?)\b|→|➡|✈|>|\b\d{1,2}\s?(?:-|–|au|to)\s?\d{1,2}\b",
    re.I,
)
_TOWNS_OF_TOUR = 2


def name_lists(text: str, cities: tuple[Entity, ...]) -> Iterator[tuple[int, int]]:
    """Yield the spans where two or more capitalised names stand in a list; towns in the list do not count."""
    towns = [(city.start, city.end) for city in cities]
    for found in _NAMES.finditer(text):
        names = [(one.start() + found.start(), one.end() + found.start()) for one in _ONE_NAME.finditer(found.group())]
        people = [name for name in names if not any(start < name[1] and name[0] < end for start, end in towns)]
        if len(people) >= _NAMES_OF_LIST:
            yield people[0][0], people[-1][1]


def tours(text: str, cities: tuple[Entity, ...]) -> Iterator[tuple[int, int]]:
    """Yield the span from the first to the last town where two or more are joined by days, dates or arrows."""
    places = sorted((city.start, city.end) for city in cities)
    if len(places) >= _TOWNS_OF_TOUR:
        start, end = places[0][0], places[-1][1]
        if _DAYS.search(text, max(0, start - 20), min(len(text), end + 20)):
            yield start, end


def minor_ages(found: Entities) -> list[Entity]:
    """Return the ages under 18 that are said of a person, one entity each."""
    return [age for age in found["ages"] if _years(age) < MINOR and age_weight(age) > 0]


def age_weight(age: Entity) -> float:
    """Return how much an age under 18 shows: one's own most, a small child's or a range least, a limit nothing."""
    weight = _ASSERTED.get(dict(age.extra).get("assertion", ""), 0.0)
    return weight if _years(age) >= _TEEN else weight * _CHILD


def conflicting_ages(found: Entities) -> bool:
    """Tell whether an age under 18 stands beside one of 18 to 21."""
    ages = {_years(age) for age in found["ages"]}
    return any(MINOR <= age <= MINOR + 3 for age in ages) and any(age < MINOR for age in ages)


def _years(age: Entity) -> float:
    return float(age.value)
