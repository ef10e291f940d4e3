"""Making the files of a corpus that was approved, and proving them before anybody can fetch one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from disclosure.classes import BETWEEN_LABELS
from disclosure.figures import Figure, alone_and_all, scope_of
from disclosure.rounding import rounded
from disclosure.suppression import suppressed
from nlp.cities import regions
from nlp.grid import load_grid
from pipeline.exports.package.proving import prove
from pipeline.exports.package.shapes import PROOF, About, Manifest, Report, Table
from pipeline.exports.package.small import ALL
from pipeline.exports.package.writing import write_package
from pipeline.exports.planning import Plan
from pipeline.exports.room import phrase_faults, released_words
from pipeline.exports.shapes import counts_shape, rows_shape, words_shape
from pipeline.exports.staging import Stage
from store.counts import UNKNOWN, rounding_key
from store.exports import Scope
from store.store import Store
from store.tables import Export

_PLACES = (UNKNOWN, *regions())


def make(
    store: Store, export: Export, plan: Plan, stage: Stage, folder: Path, *, ends_at: datetime, models: list[str]
) -> tuple[Manifest, Report]:
    """Write a corpus into a folder, prove it from its files alone, and keep the proof beside them.

    What was written in the reading room is held against the texts it is of as well, which are in no file.
    """
    threshold = stage.threshold(export.scope.get("sample"))
    shape = rows_shape(export.tier, plan.found.maps[plan.frame.roles.quasi.index("region")].values())
    names, share = [column.name for column in shape.columns], _share(export, stage)
    rows = ({name: row.get(name, share) for name in names} for row in plan.released())
    tables = [Table(shape, rows)]
    if export.tier == "open":
        tables.append(_counts(store, stage, threshold))
    words = released_words(store, export.study_id or "") if export.tier == "codes" else []
    if export.tier == "codes":
        tables.append(Table(words_shape(), ({"paraphrase": one} for _, one in words)))
    manifest = write_package(folder, _about(store, export, plan, ends_at, models), tables)
    report = prove(folder)
    if words:
        faults, told = phrase_faults(store, export.study_id or "", words)
        report = report.model_copy(update={"faults": [*report.faults, *faults], "phrases": told})
    (folder / PROOF).write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return manifest, report


def _about(store: Store, export: Export, plan: Plan, ends_at: datetime, models: list[str]) -> About:
    loss = plan.found.loss
    return About(
        export=export.id,
        study=export.study_id or "",
        tier=export.tier,
        purpose=export.purpose,
        made_at=store.clock(),
        ends_at=ends_at,
        grid=load_grid().version,
        models=models,
        scope=Scope.model_validate(export.scope),
        population=plan.preview["population"],
        levels=plan.levels,
        loss={"information": round(loss.information, 4), "rows_left_out": plan.preview["suppressed"]},
    )


def _share(export: Export, stage: Stage) -> float:
    """Return how many texts of the population one that was drawn stands for: the same for all rows."""
    sample = export.scope.get("sample")
    return round(stage.different / sample, 6) if sample and sample < stage.different else 1.0


def _counts(store: Store, stage: Stage, threshold: str) -> Table:
    """Return how many different texts had each label, by month and region: small figures withheld, others rounded."""
    counted: dict[tuple[str, str], Counter[str]] = {}
    for row in stage.texts(threshold):
        for label in (*row["signals"].split(BETWEEN_LABELS), *row["criteria"].split(BETWEEN_LABELS)):
            if label:
                counted.setdefault((row["month"], label), Counter())[row["region"]] += 1
    key = rounding_key(store.keys)
    rows = (line for of in sorted(counted) for line in _lines(of, counted[of], key))
    return Table(counts_shape(month for month, _ in counted), rows)


def _lines(of: tuple[str, str], counts: Counter[str], key: bytes) -> Iterator[dict[str, object]]:
    month, label = of
    named = {"month": {month}, "label": {label}}
    sets = alone_and_all(_PLACES)
    figures = [Figure(scope_of(named | {"region": own}), sum(counts[place] for place in own)) for own in sets]
    for own, figure in zip(sets, rounded(suppressed(figures), key), strict=True):
        region = ALL if len(own) > 1 else next(iter(own))
        yield {"month": month, "label": label, "region": region, "count": figure.count}
