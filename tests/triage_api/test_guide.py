"""The analysts' guide names what the pages show: a label in bold quotes stands in the words of the pages."""

from __future__ import annotations

import re
from pathlib import Path

from triage_api.shell.languages import catalogue

GUIDE = Path(__file__).parents[2] / "docs" / "guide-analyste.md"
LABEL = re.compile(r"\*\*«\s*([^»]+?)\s*»\*\*")


def plain(words: str) -> str:
    """Return words with ordinary spaces and apostrophes."""
    return " ".join(words.replace("’", "'").split())


def test_every_label_it_names_is_on_a_page():
    shown = [plain(words) for words in catalogue("fr").values()]
    named = {plain(label) for label in LABEL.findall(GUIDE.read_text())}
    assert len(named) > 80
    assert sorted(label for label in named if not any(label in words for words in shown)) == []
