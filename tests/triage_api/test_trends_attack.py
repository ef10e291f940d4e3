"""Whoever has all that was published of a month narrows no withheld figure; what would let them is refused."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import date
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from month_figures import drawn, keep
from told_house import code, events

from disclosure.attack import Attack
from disclosure.weakness import weaknesses
from store.counts import TREND, trend_name, trend_of
from store.errors import Conflict
from triage_api.trends.figures import ATTRIBUTES, FLAGGED, Cell, alone, figure_in, flagged_only, regional, values_of
from triage_api.trends.pairs import PAIRED, pair, view_of
from triage_api.trends.publishing import BY_REGION, publish_over, standard

pytestmark = pytest.mark.thorough

MONTH = date(2026, 1, 1)


def cells_of(figures: Counter[str]) -> Counter[Cell]:
    """Return the cells of figures, summed here and not by the code that is tested."""
    found = Counter[Cell]()
    for name, number in figures.items():
        figure, value, region = trend_of(name.removeprefix(TREND))
        wanted = {(value, region), (value, "*")} | ({("", region), ("", "*")} if figure == "moved" else set())
        for one in wanted:
            found[Cell(figure, *one)] += number
    return found


def told_in(space, counts, *views):
    """Return published cells as figures of a space, exact where they are told: the attacker is given more than any."""
    cells = {cell: count for view in views for cell, count in view.items()}
    return [figure_in(space, cell, None if count is None else counts[cell]) for cell, count in cells.items()]


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10_000), st.sampled_from([60, 800, 6000]), st.sampled_from([0.03, 0.3]))
def test_nothing_small_follows_from_all_views_of_a_month(seed, texts, flagged):
    counts = cells_of(drawn(seed, texts, flagged))
    views = standard(MONTH, counts)
    total = {FLAGGED: views[BY_REGION][FLAGGED]}
    assert weaknesses(told_in(regional(MONTH), counts, views[BY_REGION]), 10) == []
    for name in ATTRIBUTES:
        space = alone(MONTH, Cell(name, "", "*"))
        assert weaknesses(told_in(space, counts, views[name], total), 10) == []
    for cell, count in views["criterion"].items():
        assert weaknesses(told_in(alone(MONTH, cell), counts, {cell: count}, total), 10) == []
    assert weaknesses(told_in(alone(MONTH, Cell("moved", "", "*")), counts, views["moved"]), 10) == []


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10_000), st.sampled_from([900, 6000]))
def test_nor_from_the_pairs_that_were_told_beside_them(seed, texts):
    counts = cells_of(drawn(seed, texts, 0.2))
    views = standard(MONTH, counts)
    for attribute in ("kind", "side"):
        with suppress(Conflict):  # it is refused, and nothing is published
            views[view_of(attribute)] = pair(MONTH, attribute, counts, views)
    told = [one for one in PAIRED if view_of(one) in views]
    total = {FLAGGED: views[BY_REGION][FLAGGED]}
    for one in told:
        for signal in values_of("signal"):
            own = {cell: count for cell, count in views[BY_REGION].items() if cell[:2] == ("signal", signal)}
            space = flagged_only(MONTH, signal, one)
            figures = told_in(space, counts, own, total, views[one], views[view_of(one)])
            attack = Attack(figures)
            withheld = [row for figure, row in zip(figures, attack.rows, strict=True) if figure.count is None]
            assert attack.narrow(withheld, 10) == []
    for first, second in combinations(told, 2):
        space = flagged_only(MONTH, first, second)
        shown = (views[first], views[second], views[view_of(first)], views[view_of(second)])
        attack = Attack(figures := told_in(space, counts, total, *shown))
        withheld = [row for figure, row in zip(figures, attack.rows, strict=True) if figure.count is None]
        assert attack.narrow(withheld, 10) == []


def split(kinds: dict[str, int], minors: int) -> Counter[str]:
    """Return a month in which Laval has some texts of each kind and so many with a signal, and Montréal many.

    Three others have a few, so that what is left of a total beside those two is not small.
    """
    found = Counter[str]()
    few = [(region, {"ad": 10, "post": 10}, 6) for region in ("Estrie", "Mauricie", "Outaouais")]
    for region, by_kind, signal in (("Laval", kinds, minors), ("Montréal", {"ad": 60, "post": 60}, 100), *few):
        number = sum(by_kind.values())
        found[trend_name("read", "", region)] = 10 * number
        found[trend_name("flagged", "", region)] = number
        found[trend_name("signal", "minor", region)] = signal
        found.update({trend_name("kind", kind, region): count for kind, count in by_kind.items()})
    return found


@pytest.fixture
def ask(analyst):
    def one(by: str):
        return analyst.api("GET", "/trends", params={"by": by, "since": "2026-01", "until": "2026-01"})

    return one


def test_a_view_that_could_be_subtracted_is_refused_with_the_name_of_the_other(store, ask):
    keep(store, MONTH, split({"ad": 20, "post": 20}, 36))  # 40 less 36: four that are not minor, in Laval
    publish_over(store)
    cells = {(cell["value"], cell["region"]): cell for cell in ask("signal,region").json()["months"][0]["cells"]}
    assert cells["minor", "Laval"]["count"] is not None
    answer = ask("kind,region")
    assert code(answer) == (409, "differencing", "by")
    assert "signal,region" in answer.json()["error"]["message"]
    assert len(events(store, "view.published")) == 1, "what is refused is not remembered"


def test_a_view_of_which_nothing_follows_is_told_and_remembered(store, ask):
    keep(store, MONTH, split({"ad": 30, "post": 30}, 30))
    publish_over(store)
    first = ask("kind,region")
    assert first.status_code == 200, first.text
    cells = {(cell["value"], cell["region"]): cell["count"] for cell in first.json()["months"][0]["cells"]}
    assert cells["ad", "Laval"] == 30
    assert cells["ad", "Estrie"] is cells["ad", "Côte-Nord"] is None, "zero is a small figure"
    assert ask("region,kind").json() == first.json()
    told = events(store, "view.published")
    assert [one["views"] for one in told[1:]] == [["kind,region"]]


def test_only_some_months_are_made_in_one_call(store, analyst):
    for month in (9, 10, 11, 12):
        keep(store, date(2025, month, 1), split({"ad": 30, "post": 30}, 30))
    publish_over(store)
    params = {"by": "kind,region", "since": "2025-09", "until": "2025-12"}
    assert code(analyst.api("GET", "/trends", params=params)) == (422, "too_many_new", "since")
    assert analyst.api("GET", "/trends", params=params | {"since": "2025-10"}).status_code == 200
    assert analyst.api("GET", "/trends", params=params).status_code == 200
