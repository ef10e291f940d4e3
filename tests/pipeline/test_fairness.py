"""Fairness: the figures by hand on made-up readings, and the bars on the shipped reader."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from nlp.reader import Reader
from nlp.types import Signal
from pipeline import fairness
from pipeline.bench import Rendering, Sex
from pipeline.fairness import BARS, Fairness, as_text
from pipeline.fairness_differences import name_differences, sex_differences, way_differences
from pipeline.fairness_figures import (
    Bar,
    Outcome,
    Read,
    adults_queued,
    false_alarm_ratio,
    name_flips,
    sexes,
    size_of,
)
from pipeline.measures import Measure
from vigie.console import Console
from vigie.main import app

HELD = (
    "name_flips",
    "name_false_alarm_ratio",
    "girl_boy_recall_gap",
    "girl_boy_recall_gap_recruitment",
    "girl_boy_recall_gap_minor",
    "girl_boy_recall_gap_distress",
    "girl_boy_recall_gap_third_party",
    "adults_queued",
)
"""Bars that the shipped reader meets: two names in one text at most 1 %, girls and boys at most 5 points apart, false
alarms of no community's names over 1.25 times another's, adults' own ads queued at most 1 %."""
PRESENT = {
    # the bar is 1.25 for each: 1 text of 19 in standard French, Maghrebi French and texto against 5 in joual
    "dialect_false_alarm_ratio_fr": 3.67,
    # none of 17 in texto against 2 in standard and in African American English
    "dialect_false_alarm_ratio_en": 5.00,
}
"""Bars that it does not meet, and what it does: no model may be worse, and a better one moves its figures here."""


@pytest.fixture(scope="module")
def shipped() -> Fairness:
    return fairness.fairness(Reader.load(), count=200)


@pytest.mark.parametrize("name", HELD)
def test_a_bar_that_holds_goes_on_holding(shipped: Fairness, name: str) -> None:
    one = shipped.bar(name)
    assert one.figure.value is not None
    assert one.figure.value <= one.bar


@pytest.mark.parametrize("name", PRESENT)
def test_a_bar_that_does_not_hold_gets_no_further_away(shipped: Fairness, name: str) -> None:
    one = shipped.bar(name)
    assert one.figure.value is not None
    assert one.figure.value <= PRESENT[name] + 0.005


def test_every_bar_is_held_to_one_or_the_other(shipped: Fairness) -> None:
    assert {one.name for one in shipped.bars} == {*HELD, *PRESENT} == set(BARS)


def test_the_shipped_figures_count_the_whole_bench(shipped: Fairness) -> None:
    assert shipped.renderings == sum(map(len, fairness.renderings()))
    assert sum(one.ads for one in shipped.adults) == 60
    assert {one.axis for one in shipped.groups} == {"name", "dialect"}
    told = "\n".join(as_text(shipped))
    assert "NaN" not in shipped.model_dump_json()
    assert all(words in told for words in BARS.values())


def _read(carrier: str, name: str, flagged: set[Signal], labelled: set[Signal] = frozenset(), **more: str) -> Read:  # type: ignore[assignment]
    sex: Sex = "boy" if more.get("sex") == "boy" else "girl"
    rendering = Rendering(
        carrier, "fr", "post", frozenset(labelled), "none", f"{carrier} {name}", more.get("group", name), sex, name
    )
    return Read(rendering, Outcome(frozenset(flagged), more.get("queued") == "yes"))


def test_name_flips_are_pairs_that_differ() -> None:
    told = [_read("a", name, {"minor"} if name == "Z" else set()) for name in "WXYZ"]
    assert name_flips(told, 20).value == pytest.approx(6 / 12)  # Z against three, both ways round
    assert name_flips(told[:3], 20).value == 0
    queued = [_read("a", "X", {"minor"}), _read("a", "Y", {"minor"}, queued="yes")]
    assert name_flips(queued, 20).value == 1
    apart = [_read("a", "X", {"minor"}), _read("a", "Y", set(), sex="boy"), *told[:2]]
    assert name_flips(apart[1:2] + apart[2:], 20).value == 0  # a boy's name is not swapped for a girl's


def test_false_alarms_count_texts_without_a_sign_only() -> None:
    told = [_read(carrier, group, {"minor"} if group == "X" else set()) for carrier in "abc" for group in "XY"]
    assert false_alarm_ratio(told, 20).value == pytest.approx(3.5 / 0.5)
    labelled = [_read(carrier, group, set(), {"minor"}) for carrier in "abc" for group in "XY"]
    assert false_alarm_ratio(labelled, 20).value is None


def test_the_gap_of_recall_is_girls_minus_boys() -> None:
    told = [_read(c, "X", {"minor"}, {"minor", "distress"}) for c in "ab"]
    told += [_read(c, "Y", {"minor", "distress"}, {"minor", "distress"}, sex="boy") for c in "ab"]
    by_name = {one.signal: one for one in sexes(told, 20)}
    assert by_name["all signals"].gap.value == -0.5
    assert by_name["minor"].gap.value == 0
    assert (by_name["distress"].girls, by_name["distress"].boys) == (0, 1)
    assert by_name["recruitment"].gap.value is None


@pytest.mark.parametrize(
    ("gap", "size"),
    [
        ((-0.1, -0.2, -0.05), (0.1, 0.05, 0.2)),
        ((-0.01, -0.03, 0.02), (0.01, 0.0, 0.03)),
        ((0.1, 0.0, 0.2), (0.1, 0, 0.2)),
    ],
)
def test_a_gap_is_as_wide_whichever_way_it_goes(gap: tuple[float, ...], size: tuple[float, ...]) -> None:
    names = ("value", "low", "high")
    assert size_of(Measure(**dict(zip(names, gap, strict=True)))) == Measure(**dict(zip(names, size, strict=True)))


def test_adults_queued_is_a_share_of_renderings() -> None:
    told = [_read("a", "X", {"minor"}, queued="yes"), *(_read("b", name, set()) for name in "XYZ")]
    assert adults_queued(told, 20).value == 0.25


@pytest.mark.parametrize(
    ("figure", "verdict"),
    [
        ((0.5, 0.2, 0.9), "holds"),
        ((0.9, 0.2, 1.5), "holds; too few texts to be sure"),
        ((1.2, 0.9, 1.5), "does not hold; too few texts to be sure"),
        ((2.0, 1.5, 3.0), "does not hold"),
        ((None, None, None), "none"),
    ],
)
def test_a_verdict_says_when_the_texts_are_too_few(figure: tuple[float | None, ...], verdict: str) -> None:
    value, low, high = figure
    assert Bar(name="x", figure=Measure(value=value, low=low, high=high), bar=1.0).verdict == verdict


def test_differences_name_who_was_told_apart() -> None:
    girls = [_read("a", name, {"minor"} if name != "Z" else set()) for name in "XYZ"]
    boys = [_read("a", name, set(), sex="boy") for name in "VW"]
    (name,) = name_differences([*girls, *boys])
    assert (name.where, name.got, name.instead_of) == ("girl, Z", "nothing", "minor")
    (sex,) = sex_differences([*girls, *boys])
    assert (sex.where, sex.got, sex.instead_of) == ("boys", "nothing", "minor (girls)")
    ways = [_read("d", "", set(), group="standard"), _read("d", "", {"distress"}, group="texto", queued="yes")]
    (way,) = way_differences(ways)
    assert (way.where, way.got, way.instead_of) == ("texto", "distress, queued", "nothing (standard)")


def test_the_verb_tells_the_bench(monkeypatch: pytest.MonkeyPatch) -> None:
    names, ways, adults = fairness.renderings()
    monkeypatch.setattr(fairness, "renderings", lambda: (names[:80], ways[:10], adults[:10]))
    told = CliRunner().invoke(app, ["evaluate", "--fairness", "--json"], obj=Console())
    assert json.loads(told.stdout)["fairness"]["renderings"] == 100
    lines = CliRunner().invoke(app, ["evaluate", "--fairness"], obj=Console()).stdout
    assert "adults' own ads that are queued" in lines
