"""Cells that no spreadsheet reckons, and the way back."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disclosure.formulas import plain_cell, safe_cell

NASTY = st.text(st.sampled_from("=+-@\t\r\n '＝＋－＠0a1.e\x00") | st.characters(codec="utf-8"), max_size=12)


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+1+1",
        "-1+1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1",
        "＝1",
        "'=1",
        "''=1",
        "=cmd|' /C calc'!A0",
        "-",
        "\n=1",
        "\0=1",
    ],
)
def test_formulas_are_made_text(cell: str) -> None:
    assert safe_cell(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "12", "-12", "+1.5", "-1e-3", "Laval", "l'été", "'tite", "2026-03", "a=b", "M05"])
def test_numbers_and_words_stay(cell: str) -> None:
    assert safe_cell(cell) == cell


@given(NASTY)
def test_nothing_is_lost_and_nothing_starts_a_formula(cell: str) -> None:
    safe = safe_cell(cell)
    assert plain_cell(safe) == cell
    first = safe.lstrip(" \0\x0b\x0c")[:1]
    try:
        float(safe)
    except ValueError:
        assert first not in {"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"}


@given(st.lists(NASTY, min_size=1, max_size=4))
def test_through_a_csv_file(cells: list[str]) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerow([safe_cell(cell) for cell in cells])
    buffer.seek(0)
    assert [plain_cell(cell) for cell in next(csv.reader(buffer))] == cells
