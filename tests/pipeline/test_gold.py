"""Labelled files: what is taken, and what is refused in one line that names the place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.gold import GoldRow, read_gold, read_plain, read_second_labels
from store.errors import BadInput

_ROW: dict[str, Any] = {
    "id": "a",
    "text": "j'ai peur",
    "lang": "fr",
    "signals": {"distress": ["peur"]},
    "urgency": "soon",
}


def _file(tmp_path: Path, *rows: object) -> Path:
    path = tmp_path / "gold.jsonl"
    lines = (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text("\n".join(lines), encoding="utf-8", newline="\n")
    return path


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        ([], "holds no labelled row"),
        (["", "  "], "holds no labelled row"),
        (["not json"], ":1 is no labelled row: Invalid JSON"),
        (["[]"], ":1 is no labelled row: Input should be an object"),
        ([_ROW, {"id": 1}], ":2 is no labelled row: id"),
        ([_ROW | {"signals": {"fear": ["peur"]}}], "signals: 'fear' is none of recruitment, minor"),
        ([_ROW | {"signals": {"distress": ["Peur"]}}], "the evidence of distress does not stand in the text: 'Peur'"),
        ([_ROW | {"signals": {"distress": [""]}}], "the evidence of distress does not stand"),
        ([_ROW | {"urgency": "now"}], "urgency: 'now' is none of none, routine, soon, immediate"),
        ([_ROW | {"lang": "de"}], "lang: Input should be"),
        ([_ROW, "", _ROW], ":3 is no labelled row: id 'a' stands on line 1 too"),
        ([_ROW | {"text": "peur" * 250_001}], "over 1000000 characters"),
    ],
)
def test_a_file_that_is_no_gold_is_refused_in_one_line(tmp_path: Path, rows: list[object], wrong: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_gold(_file(tmp_path, *rows))
    assert wrong in refused.value.message
    assert "\n" not in refused.value.message
    assert len(refused.value.message) < 300 + len(str(tmp_path))


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read_gold(tmp_path / "missing.jsonl")
    with pytest.raises(BadInput, match="cannot be read"):
        read_gold(tmp_path)
    (tmp_path / "latin.jsonl").write_bytes('{"id": "é"}'.encode("latin-1"))
    with pytest.raises(BadInput, match="not UTF-8 at byte 8"):
        read_gold(tmp_path / "latin.jsonl")


def test_a_row_is_cut_at_line_feeds_alone(tmp_path: Path) -> None:
    text = "peur\u2028et\x85 encore"
    path = _file(tmp_path, _ROW | {"text": text}, "", _ROW | {"id": "b"})
    assert [row.text for row in read_gold(path)] == [text, "j'ai peur"]
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert len(read_gold(path)) == 2


def test_a_row_without_evidence_is_a_row(tmp_path: Path) -> None:
    row = read_gold(_file(tmp_path, _ROW | {"signals": {"distress": []}, "note": "hard"}))[0]
    assert row.signals == {"distress": []}
    assert row.kind == "post"


def test_plain_posts_and_second_labels_need_no_more_than_they_say(tmp_path: Path) -> None:
    assert read_plain(_file(tmp_path, {"id": "a", "text": ""}))[0].kind == "post"
    second = read_second_labels(_file(tmp_path, {"id": "a", "signals": ["minor"], "urgency": "soon"}))[0]
    assert second.signals == {"minor"}
    with pytest.raises(BadInput, match="second labelling"):
        read_second_labels(_file(tmp_path, {"id": "a", "signals": ["fear"], "urgency": "soon"}))


@given(st.text())
def test_any_line_is_a_row_or_is_refused(tmp_path_factory: pytest.TempPathFactory, line: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    path.write_bytes(line.encode("utf-8", "surrogatepass"))
    try:
        rows = read_gold(path)
    except BadInput:
        return
    assert all(isinstance(row, GoldRow) for row in rows)
