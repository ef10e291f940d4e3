"""Entities against four sets of texts labelled by hand, each written before the rules that it judged were mended.

A row is `{"id", "text", "entities": {kind: [{"value", …}]}}`; `"trap": true` marks a text that holds no contact though
it looks as if it did. Kinds that a row does not name are empty in it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest

from nlp.entities import entities
from nlp.types import EntityKind

SETS = ("entities_gold", "entities_gold2", "entities_gold3", "entities_gold4")
CONTACTS: tuple[EntityKind, ...] = ("phones", "emails", "handles")
BARS: dict[EntityKind, tuple[float, float, float]] = {
    "phones": (0.98, 0.95, 0.97),
    "emails": (0.95, 0.92, 0.94),
    "handles": (0.90, 0.90, 0.92),
    "ages": (0.92, 0.92, 0.94),
    "cities": (0.92, 0.92, 0.94),
    "prices": (0.92, 0.92, 0.94),
}
"""Least precision, recall and F1."""
JUDGED = (SETS[:1], SETS[1:2], SETS)
"""The later sets are small, so they are judged with the others."""
MOST_FALSE = 3 / 120
"""Contacts found where there is none, for each trap."""
FICTIONAL = re.compile(r"\+1[2-9]\d\d55501\d\d")


@dataclass
class Tally:
    """What was found, missed and made up, by kind; what is said of the ages and accounts found; false contacts."""

    hit: Counter[EntityKind] = field(default_factory=Counter)
    missed: Counter[EntityKind] = field(default_factory=Counter)
    false: Counter[EntityKind] = field(default_factory=Counter)
    told: list[bool] = field(default_factory=list)
    traps: int = 0
    trapped: list[str] = field(default_factory=list)

    def figures(self, kind: EntityKind) -> tuple[float, float, float]:
        """Return precision, recall and F1."""
        hit, missed, false = self.hit[kind], self.missed[kind], self.false[kind]
        return hit / (hit + false), hit / (hit + missed), 2 * hit / (2 * hit + missed + false)


@cache
def rows(name: str) -> list[dict[str, Any]]:
    lines = (Path(__file__).parent / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


@cache
def tally(*names: str) -> Tally:
    result = Tally()
    for row in (row for name in names for row in rows(name)):
        found = entities(row["text"])
        for kind in get_args(EntityKind):
            wanted = {same(one["value"]): one for one in row["entities"].get(kind, [])}
            got = {same(one.value): dict(one.extra) for one in found[kind]}
            result.hit[kind] += len(wanted.keys() & got.keys())
            result.missed[kind] += len(wanted.keys() - got.keys())
            result.false[kind] += len(got.keys() - wanted.keys())
            result.told += [
                got[value][what] == wanted[value][what]
                for value in wanted.keys() & got.keys()
                for what in ("assertion", "platform")
                if wanted[value].get(what)
            ]
        result.traps += bool(row.get("trap"))
        result.trapped += [row["id"] for kind in CONTACTS if row.get("trap") and found[kind]]
    return result


def same(value: str | float) -> str | float:
    """Return what makes two values the same: accounts do not differ by case."""
    return value.casefold() if isinstance(value, str) else float(value)


@pytest.mark.parametrize("names", JUDGED)
@pytest.mark.parametrize("kind", get_args(EntityKind))
def test_bars(names: tuple[str, ...], kind: EntityKind) -> None:
    figures = tally(*names).figures(kind)
    assert all(figure >= bar for figure, bar in zip(figures, BARS[kind], strict=True)), figures


@pytest.mark.parametrize("name", SETS)
def test_traps_hold_no_contact(name: str) -> None:
    result = tally(name)
    assert result.traps >= 40
    assert len(result.trapped) <= MOST_FALSE * result.traps, result.trapped


@pytest.mark.parametrize("name", SETS)
def test_assertions_and_platforms(name: str) -> None:
    told = tally(name).told
    assert sum(told) >= 0.92 * len(told)


@pytest.mark.parametrize("name", SETS)
def test_sets_are_fictional_and_have_no_twins(name: str) -> None:
    texts = [row["text"] for row in rows(name)]
    assert len(texts) == len(set(texts))
    for row in rows(name):
        assert not row.get("trap") or not any(row["entities"].get(kind) for kind in CONTACTS)
        assert all(FICTIONAL.fullmatch(one["value"]) for one in row["entities"].get("phones", []))
        assert all(one["value"].endswith((".example", ".test")) for one in row["entities"].get("emails", []))
