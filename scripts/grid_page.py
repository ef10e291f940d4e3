"""Write the grid's tables into docs/reading.md from models/grid.yaml: `python -m scripts.grid_page`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nlp.grid import Criterion, Grid, load_grid

PAGE = Path(__file__).parent.parent / "docs" / "reading.md"
BEGIN, END = "<!-- grid: written by python -m scripts.grid_page -->\n", "<!-- end of the grid -->\n"
FAMILIES = {
    "recruitment": "Recrutement / Recruitment",
    "minor": "Minorité / Minor",
    "distress": "Détresse / Distress",
    "control": "Contrôle / Control",
    "movement": "Déplacement / Movement",
    "demand": "Demande / Demand",
}


def page(written: str, grid: Grid) -> str:
    """Return the page with the grid's tables in their place; raises ValueError when the page has no such place."""
    before, _, rest = written.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"the page has no lines {BEGIN.strip()!r} and {END.strip()!r}")
    return before + BEGIN + "".join(f"{line}\n" for line in tables(grid)) + END + after


def tables(grid: Grid) -> Iterator[str]:
    """Yield the lines of the grid: its versions, its criteria by family, its counter-indicators, its sources."""
    yield f"\nGrid **{grid.version}** of {grid.grid.date}, {grid.grid.status}.\n"
    for family in grid.families:
        yield f"### {FAMILIES[family]}\n"
        yield "| id | criterion | raises | read | discloses alone | grade | sources |"
        yield "|---|---|---|---|---|---|---|"
        yield from (_row(one) for one in grid.criteria if one.family == family)
        yield ""
    yield "### Contre-indices / Counter-indicators\n"
    yield "They lower the score, and are shown beside the criteria.\n"
    yield "| id | français | English |\n|---|---|---|"
    yield from (f"| {one.id} | {_cell(one.fr)} | {_cell(one.en)} |" for one in grid.counters)
    yield "\n### Grades, steps and sources\n"
    yield from (f"- grade **{name}**: {meaning}" for name, meaning in grid.evidence_grades.items())
    yield from (
        f"- step **{name}**: {step.fr} / {step.en}; {step.human_review_target}"
        for name, step in grid.urgency_scale.items()
    )
    for name, source in grid.sources.items():
        yield f"- `{name}`: " + (f"[{source.ref}]({source.url})" if source.url else source.ref)
    yield "\n### What changed in each version\n"
    newest = sorted(grid.grid.changes.items(), key=lambda one: [int(part) for part in one[0].split(".")], reverse=True)
    yield from (f"- **{version}**: {what}" for version, what in newest)
    yield "- **0.1.0**: the first version."


def _row(one: Criterion) -> str:
    raises = ", ".join(f"`{name}`" for name in one.signals) or ("context" if one.automated else "needs several posts")
    told = f"**{one.name_fr}.** {one.def_fr}<br>**{one.name_en}.** {one.def_en}"
    sources = ", ".join(one.sources)
    return f"| {one.id} | {_cell(told)} | {raises} | {one.reading} | {one.alone_max} | {one.grade} | {sources} |"


def _cell(words: str) -> str:
    return " ".join(words.split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), load_grid()), encoding="utf-8")
