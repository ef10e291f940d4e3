"""The leak scan names file, row, column and reason of what was left in, and never the value."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disclosure.known import KnownValues, known_hash, known_values
from disclosure.leaks import Leak, scan_rows, scan_text
from disclosure.study import FORM, StudyKey
from nlp.redact import redact

KEY = bytes(range(32))
CLOSED = {
    "region": frozenset({"Laval", "Gaspésie–Îles-de-la-Madeleine"}),
    "month": re.compile(r"\d{4}-\d{2}"),
    "who": re.compile(FORM),
}
WHO = StudyKey("a", bytes(32)).token("handle", "x")
CLEAN = {"region": "Gaspésie–Îles-de-la-Madeleine", "month": "2026-03", "who": WHO, "text": "elle a 15 ans, à Laval"}


def test_a_clean_file_has_no_leak() -> None:
    assert list(scan_rows("rows.csv", [CLEAN] * 3, CLOSED, known_values(KEY, ["Rosalie Tremblay"]))) == []


@pytest.mark.parametrize(
    ("text", "detector"),
    [
        ("appelle-moi au 514 555-0123", "redaction"),
        ("appelle-moi au 514 555-0123", "patterns"),
        ("cinq un quatre 555 zero un deux trois", "contacts"),
        ("ecris a lea.b@courriel.example", "patterns"),
        ("ecris a lea.b arobase courriel point example", "redaction"),
        ("demande Rosalie Gagnon", "redaction"),
        ("voir www.annonces.example/12", "patterns"),
        ("snap: @lea.bb", "patterns"),
        ("au H2X 1Y4", "patterns"),
        ("la maison de Zyqwav", "known"),
    ],
)
def test_what_was_left_in_a_text_is_named(text: str, detector: str) -> None:
    rows = [CLEAN, CLEAN | {"text": text}]
    leaks = list(scan_rows("rows.csv", rows, CLOSED, known_values(KEY, ["ZYQWAV"])))
    assert {(one.file, one.row, one.column) for one in leaks} == {("rows.csv", 2, "text")}
    assert detector in {one.detector for one in leaks}
    assert all(0 <= one.start < one.end <= len(text) and one.why for one in leaks)


def test_the_value_is_nowhere_in_what_is_told() -> None:
    text = "appelle Zyqwav au 514 555-0123, zyqwav@courriel.example"
    told = repr(list(scan_rows("rows.csv", [{"text": text}], {}, known_values(KEY, ["zyqwav"]))))
    assert "detector='known'" in told
    assert not [word for word in ("zyqwav", "514", "0123", "courriel") if word in told.casefold()]


def test_a_closed_column_holds_what_its_dictionary_says() -> None:
    rows = [CLEAN | {"region": "chez Rosalie"}, CLEAN | {"month": "2026-03-14"}, CLEAN | {"who": "x"}]
    found = [(one.row, one.column, one.detector) for one in scan_rows("rows.csv", rows, CLOSED)]
    assert found == [(1, "region", "dictionary"), (2, "month", "dictionary"), (3, "who", "dictionary")]


def test_a_known_value_in_the_form_of_a_closed_column() -> None:
    number = {"count": re.compile(r"\d+")}
    leaks = list(
        scan_rows("c.csv", [{"count": "12"}, {"count": "5145550123"}], number, known_values(KEY, ["+15145550123"]))
    )
    assert [(one.row, one.detector) for one in leaks][:1] == [(2, "known")]
    assert {one.row for one in leaks} == {2}


def test_a_column_named_after_somebody() -> None:
    leaks = list(scan_rows("c.csv", [{"Rosalie Gagnon": ""}, {"Rosalie Gagnon": ""}], {}))
    assert {(one.row, one.detector) for one in leaks} == {(1, "redaction")}


def test_lines_of_a_description() -> None:
    leaks = list(scan_text("datasheet.md", ["# Corpus", "", "Question: 514 555-0123"]))
    assert {(one.file, one.row) for one in leaks} == {("datasheet.md", 3)}
    assert all(isinstance(one, Leak) for one in leaks)


@given(st.text(st.sampled_from("abré 015.@-[]_PHONE\n") | st.characters(codec="utf-8"), max_size=40))
@settings(max_examples=50, deadline=None)
def test_any_text_is_read_and_what_redaction_finds_is_found(text: str) -> None:
    spans = {(one.start, one.end) for one in scan_text("f", [text]) if one.detector == "redaction"}
    assert {(one.start, one.end) for one in redact(text).redactions} == spans


@pytest.mark.parametrize("spelling", ["Zoé-Ève Müller", "zoe eve muller", "ZOÉ ÈVE MÜLLER", "… zoe, eve (muller)!"])
def test_known_values_are_found_in_any_spelling(spelling: str) -> None:
    known = known_values(KEY, ["Zoé-Ève Müller"])
    assert [spelling[start:end] for start, end in known.find(f"{spelling}")]
    assert not list(known.find("zoe et eve"))


def test_known_values_are_told_as_keyed_hashes() -> None:
    value = known_hash(KEY, "514-555-0123")
    assert value == known_hash(KEY, "+15145550123") != known_hash(bytes(32), "514-555-0123")
    assert "0123" not in value
    assert KEY.hex() not in repr(KnownValues(KEY, frozenset({value})))
    disguised = scan_text(
        "f", ["cinq un quatre cinq cinq cinq zero un deux trois"], known_values(KEY, ["514-555-0123"])
    )
    assert "known" in {one.detector for one in disguised}
    with pytest.raises(ValueError, match="at least 3"):
        known_hash(KEY, "a b")
    assert known_values(KEY, ["a b", ""]).hashes == frozenset()
