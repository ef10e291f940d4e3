"""Withheld figures before an attacker who does linear programming, and before one who tries every table."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import product
from math import inf

import pytest
from attackers import Attacker
from hypothesis import given, settings
from hypothesis import strategies as st

from disclosure.atoms import TooMany
from disclosure.attack import Attack, Inconsistent, Interval
from disclosure.figures import LEAST, Figure, Scope, alone_and_all, crossed, scope_of
from disclosure.rounding import rounded
from disclosure.suppression import suppressed
from disclosure.weakness import Weakness, weaknesses

KEY = bytes(range(32))
COUNT = st.one_of(st.integers(0, 12), st.integers(0, 60))


@st.composite
def tables(draw: st.DrawFn) -> list[Figure]:
    """Draw a table of two or three dimensions, perhaps with subtotals, small figures and large ones mixed."""
    dimensions = {"month": "abc"[: draw(st.integers(1, 3))], "region": "pqr"[: draw(st.integers(1, 3))]}
    if draw(st.booleans()):
        dimensions["signal"] = "xy"
    counts = {cell: draw(COUNT) for cell in product(*dimensions.values())}
    sets = {name: alone_and_all(values) for name, values in dimensions.items()}
    if draw(st.booleans()) and len(dimensions["month"]) == 3:
        sets["month"].append(frozenset("ab"))
    return crossed(counts, sets)


def _scope(**values: str) -> Scope:
    return scope_of(values)


@given(tables())
@settings(max_examples=15, deadline=None)
def test_what_is_withheld_survives_an_attacker(figures: list[Figure]) -> None:
    published = suppressed(figures)
    for figure, shown in zip(figures, published, strict=True):
        assert shown.scope == figure.scope
        assert shown.count in (None, figure.count)
        assert shown.count is None or shown.count >= LEAST
    attacker = Attacker(published)
    for shown in published:
        if shown.count is None:
            low, high = attacker.range_of(shown.scope)
            assert high - low >= LEAST - 1e-6
    told = [one for one in published if one.count is not None]
    for large, small in product(told, told):
        pairs = list(zip(large.scope, small.scope, strict=True))
        if large is not small and all(inner <= outer for (_, outer), (_, inner) in pairs):
            assert (large.count or 0) - (small.count or 0) >= LEAST
    assert weaknesses(published) == []


@given(tables())
@settings(max_examples=8, deadline=None)
def test_rounding_gives_nothing_back(figures: list[Figure]) -> None:
    published = rounded(suppressed(figures), KEY)
    assert weaknesses(published, base=5) == []
    attacker = Attacker(published, spread=4)
    for shown in published:
        if shown.count is None:
            low, high = attacker.range_of(shown.scope)
            assert high - low >= LEAST - 1e-6


@cache
def _every_table() -> list[list[int]]:
    keys, sets = list(product("ab", "pq")), {"month": alone_and_all("ab"), "region": alone_and_all("pq")}
    guesses = (guess for guess in product(range(9), repeat=4) if sum(guess) <= 12)
    return [[one.count or 0 for one in crossed(dict(zip(keys, guess, strict=True)), sets)] for guess in guesses]


@given(st.lists(st.integers(0, 2), min_size=4, max_size=4), st.sets(st.integers(0, 8)))
@settings(max_examples=25, deadline=None)
def test_intervals_are_those_of_every_table_tried(cells: list[int], hidden: set[int]) -> None:
    figures = _table(dict(zip(product("ab", "pq"), cells, strict=True)))
    shown = [Figure(one.scope, None if at in hidden else one.count) for at, one in enumerate(figures)]
    agreeing = [t for t in _every_table() if all(s.count in (None, c) for s, c in zip(shown, t, strict=True))]
    attack = Attack(shown)
    for at, row in enumerate(attack.rows):
        found = attack.interval(row)
        assert found.low == min(table[at] for table in agreeing)
        highest = max(table[at] for table in agreeing)
        assert highest > 4 if found.high == inf else highest == found.high  # tables of more than 12 were not tried


def test_an_odd_system_has_the_exact_interval_of_whole_numbers() -> None:
    pairs = {"ab": 3, "bc": 3, "ac": 4}  # halves would do: a + b + c = 5
    figures = [Figure(scope_of({"x": names}), count) for names, count in pairs.items()]
    attack = Attack([*figures, Figure(scope_of({"x": "a"}), None)])
    assert attack.interval(attack.rows[-1]) == Interval(2, 2)


def _table(counts: Mapping[tuple[str, str], int]) -> list[Figure]:
    months, regions = zip(*counts, strict=True)
    return crossed(counts, {"month": alone_and_all(months), "region": alone_and_all(regions)})


def test_as_little_as_it_takes_is_withheld() -> None:
    counts = {(m, r): 40 for m in "abc" for r in "pqr"} | {
        ("a", "p"): 3,
        ("b", "q"): 20,
        ("b", "p"): 20,
        ("a", "q"): 20,
    }
    hidden = {one.scope for one in suppressed(_table(counts)) if one.count is None}
    assert hidden == {_scope(month=m, region=r) for m in "ab" for r in "pq"}


def test_a_table_without_small_figures_is_told_whole() -> None:
    figures = _table({(m, r): 10 for m in "ab" for r in "pq"})
    assert suppressed(figures) == figures


def test_a_naive_table_is_seen_through() -> None:
    counts = {("a", "p"): 3, ("a", "q"): 40, ("b", "p"): 40, ("b", "q"): 40}
    naive = [Figure(f.scope, None if f.count == 3 else f.count) for f in _table(counts)]
    assert Weakness("narrow", _scope(month="a", region="p")) in weaknesses(naive)
    assert Weakness("small", _scope(month="a", region="p")) in weaknesses(_table(counts))


def test_a_withheld_total_of_told_parts_is_known() -> None:
    figures = _table({("a", region): 800 for region in "pqr"})
    shown = [Figure(f.scope, None if f.count == 2400 else f.count) for f in figures]
    assert {one.kind for one in weaknesses(shown)} == {"narrow"}


def test_figures_that_hold_or_overlap_each_other() -> None:
    holding = [Figure(_scope(x="ab"), 25), Figure(_scope(x="a"), 21)]
    assert weaknesses(holding) == [
        Weakness("implied", _scope(x="ab"), _scope(x="a")),
        Weakness("overlap", _scope(x="ab")),
    ]
    ring = [Figure(_scope(x=names), count) for names, count in {"ab": 23, "bc": 40, "ac": 23}.items()]
    assert {one.kind for one in weaknesses(ring)} == {"overlap"}
    assert weaknesses(suppressed(ring)) == weaknesses(suppressed(holding)) == []


def test_rounding_is_fair_and_the_same_each_time() -> None:
    figures = [Figure(_scope(x=str(n)), 12) for n in range(2000)]
    told = [one.count for one in rounded(figures, KEY)]
    assert set(told) == {10, 15}
    assert abs(sum(count == 15 for count in told if count) / 2000 - 2 / 5) < 0.05
    assert rounded(figures, KEY) == rounded(figures, KEY) != rounded(figures, bytes(32))
    kept = [Figure(_scope(x="a"), 20), Figure(_scope(x="b"), None)]
    assert rounded(kept, KEY) == kept
    with pytest.raises(ValueError, match="32 bytes"):
        rounded(figures, b"short")


def test_figures_that_cannot_be_used() -> None:
    with pytest.raises(Inconsistent):
        Attack([Figure(_scope(x="ab"), 10), Figure(_scope(x="a"), 11)])
    with pytest.raises(ValueError, match="same dimensions"):
        Attack([Figure(_scope(x="a"), 10), Figure(_scope(y="a"), 11)])
    with pytest.raises(ValueError, match="every figure with its count"):
        suppressed([Figure(_scope(x="a"), None)])
    with pytest.raises(Inconsistent):
        suppressed([Figure(_scope(x="a"), 20)], published=[Figure(_scope(x="a"), 30)])
    with pytest.raises(Inconsistent):
        suppressed([Figure(_scope(x="ab"), 20)], published=[Figure(_scope(x="a"), 30)])
    with pytest.raises(ValueError, match="at least one value"):
        scope_of({"x": ""})
    with pytest.raises(ValueError, match="below zero"):
        crossed({("a",): -1}, {"x": alone_and_all("a")})
    with pytest.raises(ValueError, match="none of the sets"):
        crossed({("b",): 1}, {"x": alone_and_all("a")})
    values = [str(n) for n in range(40)]
    lines = [
        Figure(scope_of({"x": values, "y": values, "z": values} | {name: [v]}), 1) for name in "xyz" for v in values
    ]
    with pytest.raises(TooMany):
        Attack(lines)
    assert suppressed([]) == weaknesses([]) == []
