"""The grid's tables in docs/reading.md are those of models/grid.yaml."""

from __future__ import annotations

import pytest

from nlp.grid import load_grid
from scripts.grid_page import BEGIN, END, FAMILIES, PAGE, page


def test_the_page_is_up_to_date() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == page(written, load_grid())


def test_every_criterion_and_counter_indicator_has_its_row() -> None:
    rows = {line.split("|")[1].strip() for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:1] == "|"}
    grid = load_grid()
    assert rows >= {one.id for one in (*grid.criteria, *grid.counters)}
    assert set(grid.families) == set(FAMILIES)


def test_the_words_around_the_tables_stay() -> None:
    made = page(f"before\n{BEGIN}old\n{END}after\n", load_grid())
    assert made.startswith("before\n")
    assert made.endswith("after\n")
    assert "old\n" not in made
    with pytest.raises(ValueError, match="no lines"):
        page("no place", load_grid())
