"""What an assessment says of a text that stands in its words: criteria and entities, never a score."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nlp.grid import load_grid
from triage_api.evidence.models import CriterionFact, EntityFact
from triage_api.shell.inert import inert


def criteria_met(body: Mapping[str, Any]) -> list[CriterionFact]:
    """Return the criteria that words of the text meet, in the grid's order, then what speaks in the other sense.

    Words that only the model went by stand under no criterion and are left out.
    """
    words: dict[str, list[str]] = {}
    for span in _spans(body):
        if span["criterion"] is not None:
            words.setdefault(span["criterion"], []).append(inert(span["text"]))
    grid = load_grid()
    names = [(c.id, c.name_fr, c.name_en, False) for c in grid.criteria]
    names += [(c.id, c.fr, c.en, True) for c in grid.counters]
    return [
        CriterionFact(id=one, name_fr=fr, name_en=en, counter=counter, words=list(dict.fromkeys(words[one])))
        for one, fr, en, counter in names
        if one in words
    ]


def entities_found(body: Mapping[str, Any]) -> list[EntityFact]:
    """Return contacts, ages, places and prices by kind, each once."""
    return [
        EntityFact(kind=kind, values=list(dict.fromkeys(inert(str(one["value"])) for one in found)))
        for kind, found in body["entities"].items()
        if found
    ]


def _spans(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for signal in body["signals"].values():
        if signal["flag"]:
            yield from signal["evidence"]
    yield from body["counter"]
