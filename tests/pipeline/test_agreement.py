"""Two labellings of the same texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.agreement import agreement, agreement_of, table
from pipeline.gold import GoldRow, SecondLabels
from store.errors import BadInput


def _first(count: int) -> dict[str, GoldRow]:
    return {
        str(n): GoldRow(
            id=str(n), text="x", lang="fr", signals={"minor": []} if n % 2 else {}, urgency="soon" if n % 2 else "none"
        )
        for n in range(count)
    }


def _second(first: dict[str, GoldRow], *changed: str) -> list[SecondLabels]:
    return [
        SecondLabels(
            id=row.id,
            signals=frozenset() if row.id in changed else frozenset(row.signals),
            urgency="routine" if row.id in changed else row.urgency,
        )
        for row in first.values()
    ]


def test_the_same_labels_agree_wholly_and_an_absent_signal_not_at_all() -> None:
    first = _first(20)
    figures = agreement(first, _second(first), count=50)
    minor = figures.signals[1]
    assert (minor.signal, minor.first, minor.second, minor.both) == ("minor", 10, 10, 10)
    assert minor.kappa.value == 1
    assert figures.urgency.value == 1
    assert figures.signals[0].kappa.value is None
    assert str(table(figures).rows[0][-1]) == "none"


def test_a_label_that_differs_costs() -> None:
    first = _first(20)
    figures = agreement(first, _second(first, "1", "3"), count=50)
    assert figures.signals[1].kappa.value == pytest.approx(0.8)
    assert 0.8 < (figures.urgency.value or 0) < 1


def test_a_folder_without_second_labels_has_no_agreement_and_unknown_ids_are_refused(tmp_path: Path) -> None:
    assert agreement_of(tmp_path) is None
    row = {"id": "a", "text": "x", "lang": "fr", "signals": {}, "urgency": "none"}
    (tmp_path / "w1.jsonl").write_text(json.dumps(row), encoding="utf-8")
    second = tmp_path / "second_labels.jsonl"
    second.write_text(json.dumps({"id": "a", "signals": [], "urgency": "none"}), encoding="utf-8")
    figures = agreement_of(tmp_path, count=10)
    assert figures is not None
    assert figures.texts == 1
    second.write_text(json.dumps({"id": "z", "signals": [], "urgency": "none"}), encoding="utf-8")
    with pytest.raises(BadInput, match="'z'"):
        agreement_of(tmp_path)
