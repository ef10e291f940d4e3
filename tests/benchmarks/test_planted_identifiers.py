"""The texts with planted identifiers: their rules hold, and a finder is judged as they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.redaction.measure import leak, outcome, over_redaction
from benchmarks.redaction.planted import planted, unmarked
from fixtures.corpora.check import content_errors, near_duplicates
from nlp.language import language

CASES = planted()


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_there_are_enough_texts_traps_and_identifiers_in_either_part() -> None:
    for part in ("seen", "unseen"):
        own = [case for case in CASES if case.part == part]
        assert len(own) >= 100
        assert sum(not case.spans for case in own) >= 20
        assert sum(len(case.spans) for case in own) >= 190


def test_french_leads() -> None:
    told = [language(case.text) for case in CASES]
    assert told.count("fr") >= 0.6 * len(told)
    assert told.count("en") >= 0.15 * len(told)


def test_texts_are_fictional_and_no_text_twice() -> None:
    assert [fault for case in CASES for fault in content_errors(case.text)] == []
    assert list(near_duplicates([(case.id, case.text) for case in CASES])) == []


@pytest.mark.slow
def test_no_text_is_one_that_the_reader_or_the_detectors_were_made_with() -> None:
    root = Path(__file__).parents[2]
    corpora = [row for path in sorted((root / "fixtures/corpora").glob("w*.jsonl")) for row in rows(path)]
    cases = rows(root / "tests/nlp/redact_cases.jsonl")
    others = [(str(row["id"]), str(row["text"])) for row in corpora]
    others += [(f"case-{number}", unmarked(row["marked"]).text) for number, row in enumerate(cases)]
    own = {case.id for case in CASES}
    pairs = near_duplicates([*others, *((case.id, case.text) for case in CASES)])
    assert [pair for pair in pairs if own & set(pair[:2])] == []


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"id": "a", "part": "seen", "marked": "c {{NAME|léa}}"}, "unknown type NAME"),
        ({"id": "a", "part": "seen", "marked": "c {{PERSON| léa}}"}, "blanks at its ends"),
        ({"id": "a", "part": "seen", "marked": "c {{PERSON|léa}"}, "not closed"),
        ({"id": "a", "part": "kept", "marked": "c léa"}, "part must be one of"),
    ],
)
def test_a_row_that_breaks_the_rules_is_refused(tmp_path: Path, row: dict[str, str], said: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(json.dumps(row), "utf-8")
    with pytest.raises(ValueError, match=f"bad.jsonl:1: .*{said}"):
        planted([path])


@pytest.mark.parametrize(
    ("marked", "found", "leaked", "removed"),
    [
        ("chez {{PERSON|Rose Roy}} à Laval", "Rose Roy", 0, 0),
        ("chez {{PERSON|Rose Roy}} à Laval", "Rose", 1, 0),
        ("à la {{SCHOOL|polyvalente des Pins}}, midi", "Pins", 0, 0),
        ("à la {{SCHOOL|polyvalente des Pins}}, midi", "polyvalente", 1, 0),
        ("le {{PHONE|514-555-0123}} à midi", "514-555-012", 1, 0),
        ("rien ici", "rien", 0, 4),
    ],
)
def test_what_is_left_that_tells_people_apart_leaks(marked: str, found: str, leaked: int, removed: int) -> None:
    case = unmarked(marked)
    start = case.text.index(found)
    judged = outcome(case, [(start, start + len(found))])
    assert (len(judged.leaked), judged.removed) == (leaked, removed)


def test_shares_are_over_all_texts_and_lie_in_their_intervals() -> None:
    judged = [outcome(case, []) for case in CASES]
    assert leak(judged).value == 1
    assert over_redaction(judged).high == 0
    half = leak([outcome(case, [(0, len(case.text))] if number % 2 else []) for number, case in enumerate(CASES)])
    assert 0 < half.low < half.value < half.high < 1
