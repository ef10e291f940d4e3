"""The search is held against every node of the lattice, and what is released against a count of its own."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disclosure.classes import Roles, count_classes
from disclosure.generalising import generalise, released
from disclosure.hierarchies import Hierarchy, bands, dropped, grouped, months
from disclosure.lattice import OutOfReach
from disclosure.measuring import Bar, measure
from disclosure.places import GROUP_OF, cities, regions
from nlp.cities import gazetteer

ROLES = Roles(("month", "region", "age"), ("signal",))
HIERARCHIES = (months("month"), regions("region"), bands("age", (0, 12, 18), (0, 18)))
ROW = st.fixed_dictionaries(
    {
        "month": st.sampled_from(["2025-12", "2026-01", "2026-02", "2026-05"]),
        "region": st.sampled_from(["Laval", "Estrie", "Montréal", "?"]),
        "age": st.sampled_from(["11", "15", "17", "19", ""]),
        "signal": st.sampled_from(["minor", "distress", "recruitment"]),
    }
)


def _every_node(rows: list[dict[str, str]], bar: Bar, allowed: float) -> float | None:
    """Return the least information loss of all nodes that pass, reckoned row by row."""
    values = [sorted({row[h.column] for row in rows}) for h in HIERARCHIES]
    levels = [h.levels(own) for h, own in zip(HIERARCHIES, values, strict=True)]
    best: float | None = None
    for maps in product(*levels):
        keys = [tuple(m[row[h.column]] for m, h in zip(maps, HIERARCHIES, strict=True)) for row in rows]
        sizes, told = Counter(keys), {(key, row["signal"]) for key, row in zip(keys, rows, strict=True)}
        answers = Counter(key for key, _ in told)
        out = {key for key in sizes if sizes[key] < bar.k or answers[key] < bar.l}
        if sum(sizes[key] for key in out) > allowed:
            continue
        loss = 0.0
        for key in keys:
            for at, value in enumerate(key):
                like = sum(1 for risen in maps[at].values() if risen == value)
                loss += 1 if key in out else (like - 1) / max(1, len(maps[at]) - 1)
        best = min(loss / (3 * len(rows)), best if best is not None else 9.0)
    return best


@given(st.lists(ROW, min_size=1, max_size=30), st.integers(1, 5), st.integers(1, 3), st.sampled_from([0.0, 0.1, 0.4]))
@settings(max_examples=40, deadline=None)
def test_no_node_of_the_lattice_is_better(rows: list[dict[str, str]], k: int, variety: int, share: float) -> None:
    bar, classes = Bar(k, variety), count_classes(rows, ROLES)
    least = _every_node(rows, bar, share * len(rows))
    if least is None:
        with pytest.raises(OutOfReach):
            generalise(classes, HIERARCHIES, bar, most_suppressed=share)
        return
    found = generalise(classes, HIERARCHIES, bar, most_suppressed=share)
    assert found.loss.information == pytest.approx(least)
    left = list(released(rows, found))
    assert len(rows) - len(left) == found.loss.suppressed <= share * len(rows)
    after = measure(count_classes(left, ROLES), bar)
    assert after.at_fault == 0
    assert not left or (after.k >= k and after.l["signal"] >= variety)
    sizes = Counter(tuple(row[column] for column in ROLES.quasi) for row in left)
    lost = (len(rows) - len(left)) * len(rows)
    assert found.loss.discernibility == sum(n * n for n in sizes.values()) + lost
    assert found.reckoned <= found.nodes == 5 * 4 * 4


def test_persons_are_released_or_left_out_whole() -> None:
    roles = Roles(("month",), subject="who")
    rows = [{"who": who, "month": m} for who in "abcd" for m in ("2026-01", "2026-02")]
    rows += [{"who": "e", "month": m} for m in ("2026-01", "2026-02", "2026-03")]
    found = generalise(count_classes(rows, roles), [months("month")], Bar(4), most_suppressed=0.3)
    left = list(released(rows, found))
    assert {row["who"] for row in left} == set("abcd")
    assert (found.levels, found.loss.suppressed) == ({"month": "as is"}, 3)
    with pytest.raises(OutOfReach):  # three rows show that it is e, even without their months
        generalise(count_classes(rows, roles), [months("month")], Bar(4), most_suppressed=0.1)


def test_weights_say_which_column_is_spared() -> None:
    rows = [{"a": str(a), "b": str(b)} for a in range(4) for b in range(4)] * 2
    classes = count_classes(rows, Roles(("a", "b")))
    spared = [
        generalise(classes, [dropped("a"), dropped("b")], Bar(8), weights={column: 5.0}).levels for column in "ab"
    ]
    assert spared == [{"a": "as is", "b": "*"}, {"a": "*", "b": "as is"}]


def test_few_nodes_are_reckoned_of_many() -> None:
    columns = [f"c{n}" for n in range(5)]
    rows = [{c: str((seed * (7 + at)) % 40) for at, c in enumerate(columns)} for seed in range(400)]
    ladder = [bands(c, (0, *range(5, 40, 5)), (0, 10, 20, 30), (0, 20)) for c in columns]
    found = generalise(count_classes(rows, Roles(tuple(columns))), ladder, Bar(10))
    assert found.nodes == 5**5
    assert found.reckoned < found.nodes / 5


@pytest.mark.parametrize(
    ("hierarchy", "value", "rises"),
    [
        (months("x"), "2026-03-14", ["2026-03", "2026-Q1", "2026", "*"]),
        (months("x"), "2026-12", ["2026-12", "2026-Q4", "2026", "*"]),
        (months("x"), "?", ["?", "?", "?", "*"]),
        (bands("x", (12, 14, 18), (12, 18)), "13", ["12-13", "12-17", "*"]),
        (bands("x", (12, 14, 18), (12, 18)), "11", ["<12", "<12", "*"]),
        (bands("x", (12, 14, 18), (12, 18)), "70", ["18+", "18+", "*"]),
        (regions("x"), "Laval", ["Montréal et couronne", "Québec", "*"]),
        (cities("x"), "mtl", ["Montréal", "Montréal et couronne", "Québec", "*"]),
        (dropped("x"), "any", ["*"]),
    ],
)
def test_what_values_become(hierarchy: Hierarchy, value: str, rises: list[str]) -> None:
    assert [level[value] for level in hierarchy.levels([value])[1:]] == rises


def test_every_region_has_a_group() -> None:
    assert set(GROUP_OF) == set(gazetteer().regions.values())


@pytest.mark.parametrize(
    ("hierarchy", "value"),
    [(months("x"), "2026-13"), (bands("x", (0, 5)), "ten"), (regions("x"), "Atlantis"), (cities("x"), "Atlantis")],
)
def test_a_value_that_no_step_reads_is_told_without_it(hierarchy: Hierarchy, value: str) -> None:
    with pytest.raises(ValueError, match=r"A value has no \w+") as caught:
        hierarchy.levels([value])
    assert value not in str(caught.value)


def test_what_cannot_be_generalised() -> None:
    classes = count_classes([{"a": "1"}], Roles(("a",)))
    for wrong in ([], [dropped("b")], [dropped("a"), dropped("a")]):
        with pytest.raises(ValueError, match="one hierarchy"):
            generalise(classes, wrong, Bar(1))
    with pytest.raises(ValueError, match="do not nest"):
        bands("a", (0, 10), (0, 5))
    many: Any = {f"c{n}": "1" for n in range(8)}
    ladder = [grouped(c, ("one", {"1": "1"}), ("two", {"1": "1"})) for c in many]
    with pytest.raises(ValueError, match="50000 ways"):
        generalise(count_classes([many], Roles(tuple(many))), ladder, Bar(1))
    found = generalise(classes, [dropped("a")], Bar(1))
    with pytest.raises(ValueError, match="Row 1 has a value that was not there"):
        list(released([{"a": "2"}], found))
