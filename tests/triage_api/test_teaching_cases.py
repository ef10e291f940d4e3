"""The fictional cases against the rules that hold for every text here, their solutions, and how attempts are drawn."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from fixtures.corpora import check
from nlp.grid import load_grid
from nlp.types import SIGNALS, URGENCIES
from triage_api.teaching.cases import load_cases
from triage_api.teaching.course import SIZE, TRAPS, draw
from triage_api.teaching.marking import mark

CASES = load_cases()
GRID = load_grid()
KNOWN = {one.id for one in (*GRID.criteria, *GRID.counters)}
CORPORA = sorted(Path(check.__file__).parent.glob("w*.jsonl"))


def each(cases):
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.id)


def test_there_are_enough_of_every_kind():
    kinds = Counter((case.lang, case.kind) for case in CASES.cases)
    assert len(CASES.cases) >= 36
    assert len(CASES.by_id) == len(CASES.cases)
    assert {lang for lang, _ in kinds} == {"fr", "en", "mixed"}
    assert kinds["fr", "post"] > kinds["en", "post"]
    assert min(kinds["fr", "ad"], kinds["en", "ad"]) >= 3
    for use in ("course", "practice"):
        ours = CASES.of(use)
        assert {name for case in ours for name in case.signals} == set(SIGNALS)
        assert {case.urgency for case in ours} == set(URGENCIES)
    assert len({case.trap for case in CASES.cases if case.trap}) >= 12
    assert {one for case in CASES.cases for one in case.verdicts} == {"dismiss", "watch", "refer", "escalate"}


@each(CASES.cases)
def test_a_case_keeps_the_content_rules_and_quotes_its_own_words(case):
    assert not list(check.content_errors(f"{case.text} {case.why.fr} {case.why.en}"))
    assert all(quote in case.text for quotes in case.signals.values() for quote in quotes)
    assert all(case.signals.values())
    assert case.kind == "ad" or "third_party" not in case.signals
    if case.kind == "ad" and "minor" in case.signals:
        assert not re.search(r"\$|\b\d{3,4}\b", re.sub(r"\d{3}-555-01\d\d", "", case.text)), "no price beside a minor"


@each(CASES.cases)
def test_a_solution_holds_together(case):
    graver = {"none": {"dismiss"}, "immediate": {"escalate"}}
    assert (case.trap is not None) == (not case.signals)
    assert bool(case.signals) or case.urgency == "none"
    if case.signals.keys() == {"third_party"}:
        assert case.verdicts == ("dismiss",), "an ad run by others keeps nothing, alone"
    elif case.urgency in graver:
        assert set(case.verdicts) == graver[case.urgency]
    if case.urgency == "soon":
        assert "dismiss" not in case.verdicts
    assert not case.trap or not case.expected
    assert not set(case.expected) & set(case.also)
    assert {*case.expected, *case.also} <= {one.id for one in GRID.criteria}


@each(CASES.cases)
def test_its_explanation_cites_the_criteria_in_both_languages(case):
    for words in (case.why.fr, case.why.en):
        cited = set(re.findall(r"\b[RMDCVXN]\d\d\b", words))
        assert cited <= KNOWN
        assert cited, "an explanation names what of the grid it is about"
        assert set(case.expected) <= cited
    assert case.why.fr != case.why.en


def test_no_case_is_in_a_corpus_nor_is_another_one_again():
    """All pairs at or over the similarity, by the corpora's own check: who shares less than a third is none."""
    own = [(case.id, case.text) for case in CASES.cases]
    ours = frozenset().union(*(check.grams(text) for _, text in own))
    rows = [json.loads(line) for path in CORPORA for line in path.read_text("utf-8").splitlines()]
    near = [
        (str(row["id"]), str(row["text"]))
        for row in rows
        if 3 * len((grams := check.grams(row["text"])) & ours) >= len(grams)
    ]
    assert len(rows) > 5000
    names = {case.id for case in CASES.cases}
    assert not [pair for pair in check.near_duplicates([*own, *near]) if names & {*pair[:2]}]
    copied = [*own, ("copied", own[0][1])]
    assert list(check.near_duplicates(copied)), "the check finds one that is copied"


def test_every_attempt_has_every_signal_something_immediate_and_traps():
    for number in range(200):
        drawn = draw(CASES, f"u-{number}", "1-x", Counter())
        assert len({case.id for case in drawn}) == len(drawn) == SIZE
        assert {case.use for case in drawn} == {"course"}
        assert {name for case in drawn for name in case.signals} == set(SIGNALS)
        assert any(case.urgency == "immediate" for case in drawn)
        assert sum(case.trap is not None for case in drawn) >= TRAPS


def test_an_attempt_is_the_same_each_time_and_the_next_one_holds_what_was_not_shown():
    first = draw(CASES, "u-1", "1-x", Counter())
    assert first == draw(CASES, "u-1", "1-x", Counter())
    assert first != draw(CASES, "u-2", "1-x", Counter())
    for number in range(50):
        before = draw(CASES, f"u-{number}", "1-x", Counter())
        after = draw(CASES, f"u-{number}", "2-x", Counter(case.id for case in before))
        assert not {case.id for case in before} & {case.id for case in after}


@pytest.mark.parametrize(
    ("case", "verdict", "criteria", "right", "missing", "beyond", "missed"),
    [
        ("c01", "watch", ["R01"], True, (), (), False),
        ("c01", "refer", ["R10", "R01"], True, (), (), False),
        ("c01", "dismiss", ["R01"], False, (), (), False),
        ("c01", "watch", [], False, ("R01",), (), False),
        ("c01", "watch", ["R01", "M01"], False, (), ("M01",), False),
        ("c02", "refer", ["R08"], False, ("R09",), (), False),
        ("c12", "escalate", [], False, ("D03",), (), False),
        ("c12", "refer", ["D03"], False, (), (), True),
        ("c30", "dismiss", [], True, (), (), False),
        ("c30", "dismiss", ["M01"], False, (), ("M01",), False),
    ],
)
def test_answers_are_held_against_solutions(case, verdict, criteria, right, missing, beyond, missed):
    marked = mark(CASES.by_id[case], verdict, criteria)
    assert (marked.right, marked.missing, marked.beyond, marked.missed) == (right, missing, beyond, missed)
