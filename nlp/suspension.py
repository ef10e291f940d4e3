"""Criteria on which two readers agree too little: people see their words, and no figure is made of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from nlp.features import Prepared
from nlp.types import Evidence

MOST_SHOWN = 4
"""Spans shown of one suspended criterion."""


def set_aside(ready: Prepared, without: frozenset[str]) -> tuple[Prepared, tuple[Evidence, ...]]:
    """Return a text as if it met none of the criteria `without`, and the words that meet them, by place.

    All that is made of criteria is made of a text's findings: features, floors of urgency, evidence.
    """
    if not without:
        return ready, ()
    kept = tuple(one for one in ready.findings if one.criterion not in without)
    found = (
        Evidence(one.start, one.end, ready.text[one.start : one.end], one.criterion, round(one.weight, 3))
        for one in ready.findings
        if one.criterion in without
    )
    return replace(ready, findings=kept), shown_of_each(found)


def shown_of_each(found: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Return the heaviest spans of each criterion that do not overlap, `MOST_SHOWN` at most, by place."""
    kept: dict[str | None, list[Evidence]] = {}
    for span in sorted(found, key=lambda one: (-one.weight, one.start - one.end, one.start)):
        own = kept.setdefault(span.criterion, [])
        if len(own) < MOST_SHOWN and all(span.end <= one.start or one.end <= span.start for one in own):
            own.append(span)
    return tuple(sorted((one for own in kept.values() for one in own), key=lambda one: (one.start, one.criterion)))
