from __future__ import annotations

from importlib.resources import files

import pytest
from pydantic import ValidationError

from nlp.criteria.matching import load_patterns
from nlp.features import is_demographic
from nlp.grid import load_grid, parse_grid
from nlp.types import ACTIONABLE, SIGNALS

SOURCE = files("models").joinpath("grid.yaml").read_text(encoding="utf-8")


def test_it_is_bilingual_and_versioned() -> None:
    grid = load_grid()
    assert grid.version == "0.2.0"
    assert grid.grid.languages == ("fr", "en")
    assert all(one.name_fr != one.name_en and one.def_fr != one.def_en for one in grid.criteria)


def test_the_criteria_of_the_first_version_keep_their_ids() -> None:
    first = {f"R0{n}" for n in range(1, 8)} | {f"M0{n}" for n in range(1, 7)} | {f"D0{n}" for n in range(1, 8)}
    first |= {f"C0{n}" for n in range(1, 8)} | {"V01", "V02", "V03", "X01", "X02", "X03"}
    assert first <= {one.id for one in load_grid().criteria}
    assert {f"N0{n}" for n in range(1, 6)} <= {one.id for one in load_grid().counters}


@pytest.mark.parametrize("signal", SIGNALS)
def test_every_signal_has_criteria(signal: str) -> None:
    assert load_grid().raising(signal)  # type: ignore[arg-type] # the parameter is one of SIGNALS


@pytest.mark.parametrize("identity", ["C08", "D09", "M08", "V06"])
def test_present_danger_is_read_at_once(identity: str) -> None:
    criterion = load_grid().criterion(identity)
    assert criterion.reading == "immediate"
    assert ACTIONABLE.intersection(criterion.signals)


def test_an_automated_criterion_has_patterns_or_a_structure() -> None:
    worded = {one.criterion for one in load_patterns()}
    assert {one.id for one in load_grid().criteria if one.automated} <= worded
    assert {one.id for one in load_grid().counters} <= worded


def test_patterns_name_only_what_the_grid_knows() -> None:
    grid = load_grid()
    known = {one.id for one in grid.criteria if one.automated} | {one.id for one in grid.counters} | {"T01", "T02"}
    assert {one.criterion for one in load_patterns()} <= known


OTHERWISE_MEANT = {
    "ben",
    "black",
    "blacked",
    "brune",
    "europe",
    "marina",
    "mike",
    "noire",
    "noires",
    "noirs",
    "straight",
}
"""Spelled like a name or an origin, meant otherwise: « ben payé », a black eye, des idées noires."""


def test_no_demographic_word_is_a_pattern() -> None:
    spoken = {word for one in load_patterns() for step in one.steps for word in step.words if not step.gap}
    begun = {word for one in load_patterns() for step in one.steps for word in step.prefixes}
    assert {word for word in spoken | begun if is_demographic(word)} <= OTHERWISE_MEANT


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("{id: R02,", "{id: R01,", "ids used twice: R01"),
        ("sources: [FBI_REC, POLARIS, PSC_INFO]", "sources: [NOBODY]", "NOBODY"),
        ("version: 0.2.0", "version: two", "version"),
        ("grade: A", "grade: Z", "grade"),
        ("signals: [minor], reading: soon", "signals: [minors], reading: soon", "signals"),
        ("counters:", "contraries:", "counters"),
    ],
)
def test_a_grid_that_does_not_hold_is_refused(old: str, new: str, what: str) -> None:
    assert old in SOURCE
    with pytest.raises(ValidationError, match=what):
        parse_grid(SOURCE.replace(old, new))
