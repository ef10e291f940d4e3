"""Two views that are safe each by itself, and what follows from both."""

from __future__ import annotations

from itertools import product

from attackers import Attacker
from hypothesis import given, settings
from hypothesis import strategies as st

from disclosure.differencing import Refusal, refusals
from disclosure.figures import LEAST, Figure, Scope, alone_and_all, crossed, scope_of
from disclosure.suppression import suppressed
from disclosure.weakness import weaknesses

DAYS, REGIONS = "abcd", "pq"


def _view(cells: dict[tuple[str, str], int], days: list[frozenset[str]]) -> list[Figure]:
    """Publish the counts of some sets of days, by region."""
    inside = {cell: count for cell, count in cells.items() if any(cell[0] in own for own in days)}
    return suppressed(crossed(inside, {"day": days, "region": alone_and_all(REGIONS)}))


def _whole(days: str) -> Scope:
    return scope_of({"day": days, "region": REGIONS})


@given(
    st.lists(st.one_of(st.integers(0, 12), st.integers(10, 60)), min_size=8, max_size=8),
    st.sets(st.sampled_from(DAYS), min_size=1),
    st.sets(st.sampled_from(DAYS), min_size=1),
)
@settings(max_examples=25, deadline=None)
def test_what_is_not_refused_survives_differencing(counts: list[int], first: set[str], second: set[str]) -> None:
    cells = dict(zip(product(DAYS, REGIONS), counts, strict=True))
    earlier, later = _view(cells, [frozenset(first)]), _view(cells, [frozenset(second)])
    refused = refusals(later, earlier)
    attacker = Attacker([*earlier, *later])
    told = {one.scope for one in (*earlier, *later) if one.count is not None}
    withheld = {one.scope for one in (*earlier, *later)} - told
    ranges = {scope: attacker.range_of(scope) for scope in withheld}
    narrow = {scope for scope, (low, high) in ranges.items() if high - low < LEAST - 1e-6}
    assert narrow == {one.scope for one in refused if one.kind == "narrow"}
    parts = (first - second, second - first, first & second)
    for days, regions in product([frozenset(own) for own in parts if own], alone_and_all(REGIONS)):
        scope = scope_of({"day": days, "region": regions})
        if not refused and scope not in withheld:
            assert attacker.range_of(scope)[1] >= LEAST - 1e-6


@given(st.lists(st.one_of(st.integers(0, 12), st.integers(10, 60)), min_size=8, max_size=8), st.integers(1, 3))
@settings(max_examples=10, deadline=None)
def test_a_view_that_knows_the_earlier_ones_is_not_refused(counts: list[int], first: int) -> None:
    cells = dict(zip(product(DAYS, REGIONS), counts, strict=True))
    published: list[Figure] = []
    for days in (DAYS[:first], DAYS):  # as months go by
        inside = {cell: count for cell, count in cells.items() if cell[0] in days}
        sets = {"day": alone_and_all(days), "region": alone_and_all(REGIONS)}
        view = suppressed(crossed(inside, sets), published=published)
        before = {one.scope: one.count for one in published}
        assert all(one.count == before[one.scope] for one in view if before.get(one.scope) is not None)
        assert refusals(view, published) == []
        published += view


def test_what_can_no_longer_be_mended_is_refused() -> None:
    published = [Figure(scope_of({"x": "a"}), 30), Figure(scope_of({"x": "b"}), 30)]
    view = suppressed([Figure(scope_of({"x": "ab"}), 60), Figure(scope_of({"x": "abc"}), 63)], published=published)
    assert [one.count for one in view] == [60, None]
    assert refusals(view, published) == []
    told = [Figure(scope_of({"x": "abc"}), 63)]
    assert {one.kind for one in refusals(told, published)} == {"overlap"}


def test_one_day_more_is_refused_if_few_came_that_day() -> None:
    cells = {("a", "p"): 30, ("a", "q"): 30, ("b", "p"): 2, ("b", "q"): 2, ("c", "p"): 20, ("c", "q"): 20}
    earlier = _view(cells, [frozenset("a")])
    later = _view(cells, [frozenset("ab")])
    assert weaknesses(earlier) == weaknesses(later) == []
    assert Refusal("implied", _whole("ab"), _whole("a")) in refusals(later, earlier)
    assert refusals(_view(cells, [frozenset("ac")]), earlier) == []


def test_a_small_group_left_out_is_refused_though_no_figure_holds_another() -> None:
    counts = {"a": 3, "b": 20, "c": 20}
    one, two, three = (Figure(scope_of({"x": own}), sum(counts[value] for value in own)) for own in ("ab", "bc", "ac"))
    assert refusals([two], [one]) == []
    assert {refusal.kind for refusal in refusals([three], [one, two])} == {"overlap"}


def test_a_withheld_figure_is_not_given_away_by_a_second_table() -> None:
    cells = {(d, r): 40 for d in "ab" for r in "pq"} | {("a", "p"): 4}
    earlier = suppressed(crossed(cells, {"day": alone_and_all("ab"), "region": alone_and_all("pq")}))
    hidden = [one for one in earlier if one.count is None]
    assert len(hidden) == 4
    partner = next(one for one in hidden if one.scope == scope_of({"day": "b", "region": "p"}))
    told = [Figure(partner.scope, 40)]
    assert Refusal("narrow", scope_of({"day": "a", "region": "p"})) in refusals(told, earlier)
    assert refusals(earlier, earlier) == []


def test_what_came_or_went_between_two_states_is_not_told() -> None:
    before, after = (Figure(scope_of({"x": "a"}), count) for count in (30, 33))
    assert refusals([after], [before]) == [Refusal("changed", before.scope, before.scope)]
    moved = [Figure(scope_of({"x": "ab"}), 20)]
    assert refusals(moved, [before]) == [Refusal("inconsistent", None)]


def test_what_was_weak_before_is_not_held_against_a_new_view() -> None:
    weak = [Figure(scope_of({"x": own}), count) for own, count in (("ab", 25), ("a", 21))]
    fresh = [Figure(scope_of({"x": "c"}), 40)]
    assert refusals(fresh, weak) == []
    assert refusals([Figure(scope_of({"x": "d"}), 5)], weak) == [Refusal("small", scope_of({"x": "d"}))]


def test_rounded_views_may_be_told_where_rounding_hides_the_difference() -> None:
    told, same, near = (Figure(scope_of({"x": own}), count) for own, count in (("a", 40), ("ab", 40), ("ab", 45)))
    assert [refusal.kind for refusal in refusals([same], [told], base=5)] == ["implied", "overlap"]
    assert refusals([near], [told], base=5) == []
    assert [refusal.kind for refusal in refusals([near], [told])] == ["implied", "overlap"]
