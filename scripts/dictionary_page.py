"""Write docs/data-dictionary.md from the dictionary of trends: `python -m scripts.dictionary_page`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from triage_api.shell.languages import LANGS
from triage_api.trends.dictionary import DictionaryOut, FigureOut, dictionary

PAGE = Path(__file__).parent.parent / "docs" / "data-dictionary.md"
_PARTS = {
    "meaning": "Sens / Meaning",
    "unit": "Unité / Unit",
    "period": "Période / Period",
    "excluded": "Exclu / Left out",
    "suppressed": "Non dit / Not told",
}


def page(told: DictionaryOut) -> str:
    """Return the whole page."""
    return "".join(f"{line}\n" for line in _lines(told))


def _lines(told: DictionaryOut) -> Iterator[str]:
    yield "<!-- written by python -m scripts.dictionary_page -->"
    yield f"# Data dictionary, version {told.version}\n"
    yield f"What each figure of `/trends` and of the count form counts; criteria are of grid {told.grid}. The same"
    yield "is at `/trends/dictionary` and `/api/trends/dictionary`. Why so: [027](decisions/027-trends.md).\n"
    yield "Regions: " + ", ".join(f"`{region}`" for region in told.regions) + " (`*` all, `?` unknown).\n"
    for one in told.figures:
        yield from _figure(one)


def _figure(one: FigureOut) -> Iterator[str]:
    yield f"## `{one.name}`\n"
    yield f"**{' / '.join(one.title[lang] for lang in LANGS)}**{', also by region' if one.by_region else ''}.\n"
    yield "| | français | English |\n|---|---|---|"
    for part, title in _PARTS.items():
        words = getattr(one, part)
        yield f"| {title} | {' | '.join(words[lang] for lang in LANGS)} |"
    yield from (f"| `{value}` | {' | '.join(words[lang] for lang in LANGS)} |" for value, words in one.values.items())
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page(dictionary()), encoding="utf-8")
