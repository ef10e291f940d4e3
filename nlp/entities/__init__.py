"""Contacts, ages, cities and prices of a post, obfuscated or not: one detector a file, none sees another's find."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

from nlp.entities.age import find_ages
from nlp.entities.city import find_cities
from nlp.entities.email import find_emails
from nlp.entities.found import Found, Reading
from nlp.entities.handle import find_handles
from nlp.entities.phone import find_phones
from nlp.entities.price import find_prices
from nlp.fold import fold
from nlp.types import Entities, Entity, EntityKind

_DETECTORS: tuple[tuple[EntityKind, Callable[[Reading], list[Found]]], ...] = (
    ("emails", find_emails),
    ("phones", find_phones),
    ("handles", find_handles),
    ("prices", find_prices),
    ("ages", find_ages),
    ("cities", find_cities),
)
"""In order of precedence: what an earlier one took, a later one cannot have."""


def entities(text: str) -> Entities:
    """Return all entities of a text by kind; each kind is there, sorted by start, each value once.

    Offsets are into the given text. Spans never overlap: the digits of a phone are no price and no age. Never raises.
    """
    reading = Reading(fold(text))
    taken = bytearray(len(reading.text))
    settled = {kind: _settle(reading, sorted(find(reading), key=_start), taken) for kind, find in _DETECTORS}
    return {kind: settled[kind] for kind in get_args(EntityKind)}


def _settle(reading: Reading, found: list[Found], taken: bytearray) -> tuple[Entity, ...]:
    """Drop what overlaps an earlier find, mark the rest as taken, and keep each value once."""
    kept: dict[tuple[object, ...], Entity] = {}
    for one in found:
        if any(taken[one.start : one.end]):
            continue
        taken[one.start : one.end] = b"\1" * (one.end - one.start)
        entity = Entity(one.value, *reading.folded.span(one.start, one.end), one.extra)
        kept.setdefault(_identity(entity), entity)
    return tuple(kept.values())


def _start(found: Found) -> tuple[int, int]:
    return found.start, -found.end


def _identity(entity: Entity) -> tuple[object, ...]:
    """Two prices are the same only in one currency; handles do not differ by case."""
    currency = dict(entity.extra).get("currency", "")
    return (entity.value.casefold() if isinstance(entity.value, str) else entity.value), currency
