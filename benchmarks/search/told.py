"""What the steps measured, as a table and as ratios."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.report import Report
from benchmarks.search.ingest import TOKENS
from benchmarks.search.queries import shared

Json = dict[str, Any]
_NOTES = [
    "Same posts, same tokens, same queries; the exact total and the fifty best ids are asked of both.",
    "FTS5 is asked in the quickest of several ways, chosen per query; fuzzy words and counts by facet it cannot do.",
    "Bare: ready values, tokens included, handed to the engine's own client, committed once at the end.",
    "Bare making tokens: the same, plus what the tokens take. Bare committing alike: a commit after every batch.",
    "peak_mb counts files that the process mapped; private_mb does not. Elasticsearch's heap is a setting of its node.",
    "cpu: what the asking thread computed; other programs on the machine lengthen the times, not this.",
    "Visible: from the call that decides to the search that finds it, the worker's rounds of a second included.",
]


class Results:
    """The results of all steps, by what they are of."""

    def __init__(self, found: Iterable[Json]) -> None:
        self.found = list(found)

    def of(self, step: str, **wanted: Any) -> list[Json]:
        return [each for each in self.found if each["step"] == step and wanted.items() <= each.items()]

    def one(self, step: str, **wanted: Any) -> Json | None:
        return next(iter(self.of(step, **wanted)), None)


def report(sizes: Sequence[int], small: int, found: Iterable[Json]) -> Report:
    """Return the report of a run; what was not measured is left out."""
    results = Results(found)
    figures = {
        **_against_peer(results, sizes),
        **_growth(results, sizes[-1], small),
        **_ingest(results),
        **_visible(results),
        **_memory(results),
    }
    return Report("search", [_row(each) for each in results.found], figures, _NOTES)


def _row(result: Json) -> Json:
    times = result.get("search", {}).get("all") or result.get("visible") or {}
    where = "" if result["step"] in {"fts5", "ready"} else f"{result['database']}+{result['engine'][:7]}"
    return {
        "step": result["step"],
        "posts": result["posts"],
        "on": where,
        **{name: result.get(name, "") for name in ("seconds", "per_second")},
        **{f"{name}_ms": times.get(name, "") for name in ("p50", "p95")},
        **{name: result[name] for name in ("peak_mb", "private_mb")},
        "load": result["load_before"],
    }


def _against_peer(results: Results, sizes: Sequence[int]) -> Json:
    figures: Json = {}
    for size in sizes:
        ours, peer = results.one("search", posts=size, engine="tantivy"), results.one("fts5", posts=size)
        if ours and peer:
            figures |= _held(ours["search"], peer["search"], f"fts5_at_{size}")
    return figures


def _held(ours: Json, peer: Json, where: str) -> Json:
    """Return ours over the peer's, overall and by kind, and the queries whose totals differ: there should be none."""
    kinds = {kind: _ratio(ours["kinds"][kind], peer["kinds"][kind], "p95") for kind in peer["kinds"]}
    differing = [
        f"{asked.kind}: {asked.text}"
        for asked, mine, theirs in zip(shared(), ours["totals"], peer["totals"], strict=True)
        if mine != theirs
    ]
    return {
        **{f"search_{name}_over_{where}": _ratio(ours["all"], peer["all"], name) for name in ("p50", "p95")},
        f"search_cpu_p95_over_{where}": _ratio(ours["cpu"], peer["cpu"], "p95"),
        f"search_p95_by_kind_over_{where}": kinds,
        f"totals_other_than_{where}": differing,
    }


def _ratio(ours: Json, peer: Json, name: str) -> str:
    return f"1/{peer[name] / ours[name]:.1f} ({ours[name]:.2f} to {peer[name]:.2f} ms)"


def _growth(results: Results, large: int, small: int) -> Json:
    figures: Json = {}
    for engine in ("tantivy", "elasticsearch"):
        ends = [results.one("search", posts=size, engine=engine) for size in (large, small)]
        if ends[0] and ends[1]:
            for name, key in (("", "all"), ("cpu_", "cpu"))[: 2 if engine == "tantivy" else 1]:
                times = [end["search"][key]["p95"] for end in ends if end]
                figures[f"{engine}_{name}p95_at_{large}_over_{small}"] = _times(*times)
    return figures


def _times(large: float, small: float) -> str:
    return f"{large / small:.2f} ({large:.2f} to {small:.2f} ms)"


def _ingest(results: Results) -> Json:
    figures: Json = {}
    for ours in results.of("outbox"):
        peer = results.one("bare", posts=ours["posts"], engine=ours["engine"])
        if peer:
            with_tokens = peer["posts_done"] / (peer["seconds"] + ours["stages"][TOKENS])
            ratios = {"over_bare": round(ours["per_second"] / peer["per_second"], 3)}
            ratios["over_bare_making_tokens"] = round(ours["per_second"] / with_tokens, 3)
            if often := peer.get("per_second_committing_alike"):
                ratios["over_bare_committing_alike"] = round(ours["per_second"] / often, 3)
            figures[f"outbox_{_label(ours)}"] = {**ratios, "seconds": ours["stages"]}
    return figures


def _visible(results: Results) -> Json:
    return {f"visible_ms_{_label(each)}": each["visible"] for each in results.of("decide")}


def _memory(results: Results) -> Json:
    """Return the private memory of each kind of step at its worst."""
    worst: Json = {}
    for each in results.found:
        name = f"{each['step']}-{each['engine']}" if each["step"] in {"bare", "outbox", "search"} else each["step"]
        worst[name] = max(worst.get(name, 0), each["private_mb"])
    return {"private_memory_mb": worst}


def _label(result: Json) -> str:
    return f"{result['database']}_{result['engine']}_{result['posts']}"
