from __future__ import annotations

from scripts.dictionary_page import PAGE, page
from triage_api.trends.dictionary import FIGURES, dictionary


def test_the_page_is_what_the_code_says():
    """`python -m scripts.dictionary_page` writes it."""
    assert PAGE.read_text("utf-8") == page(dictionary())


def test_each_figure_stands_there_in_both_languages():
    written = page(dictionary())
    for one in dictionary().figures:
        assert f"## `{one.name}`" in written
        assert one.meaning["fr"] in written
        assert one.meaning["en"] in written
        assert one.meaning["fr"] != one.meaning["en"]
    assert len(dictionary().figures) == len(FIGURES)
