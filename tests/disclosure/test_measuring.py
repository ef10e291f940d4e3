"""k, l and rows at fault, held against a count by brute force."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disclosure.classes import Roles, count_classes
from disclosure.measuring import Bar, Fault, measure, rows_at_fault

ROLES = Roles(("month", "region"), ("signal", "urgency"))
PERSONS = Roles(("month", "region"), ("signal",), subject="who")
SIGNALS = st.sampled_from(["minor", "distress", "recruitment", "distress|minor", ""])
ROW = st.fixed_dictionaries(
    {
        "month": st.sampled_from(["2026-01", "2026-02", "2026-03"]),
        "region": st.sampled_from(["Laval", "Estrie"]),
        "signal": SIGNALS,
        "urgency": st.sampled_from(["soon", "routine"]),
        "who": st.sampled_from("abcdef"),
    }
)
ROWS = st.lists(ROW, max_size=40)


def _short(members: list[dict[str, str]], columns: tuple[str, ...], bar: Bar) -> set[str]:
    """Say which rules a class breaks, straight from their definitions."""
    found = {"k"} if len(members) < bar.k else set()
    for column in columns if bar.l > 1 else ():
        if len({row[column] for row in members}) < bar.l:
            found.add("l")
        else:
            sets = [set(row[column].split("|")) for row in members]
            if any(all(label in one for one in sets) for label in sets[0]):
                found.add("shared")
    return found


@given(ROWS, st.integers(1, 6), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_as_by_brute_force(rows: list[dict[str, str]], k: int, variety: int) -> None:
    bar, groups = Bar(k, variety), defaultdict(list)
    for row in rows:
        groups[row["month"], row["region"]].append(row)
    classes = count_classes(rows, ROLES)
    measured = measure(classes, bar)
    assert measured.k == min(map(len, groups.values()), default=0)
    for column in ROLES.sensitive:
        assert measured.l[column] == min((len({r[column] for r in g}) for g in groups.values()), default=0)
        assert 1 <= measured.entropy_l[column] <= max(len({r[column] for r in rows}), 1) + 1e-9 or not rows
    short = {key: _short(members, ROLES.sensitive, bar) for key, members in groups.items()}
    expected = [n for n, row in enumerate(rows, 1) if short[row["month"], row["region"]]]
    faulty = list(rows_at_fault(rows, classes, bar))
    assert [one.row for one in faulty] == expected
    assert measured.at_fault == len(expected)
    for one in faulty:
        row = rows[one.row - 1]
        assert {fault.kind for fault in one.faults} == short[row["month"], row["region"]]


@given(ROWS, st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_a_person_is_one_unit_with_all_rows_at_once(rows: list[dict[str, str]], k: int) -> None:
    rows = sorted(rows, key=lambda row: row["who"])
    people: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        people[row["who"]].append(row)
    shown = {who: sorted((row["month"], row["region"]) for row in own) for who, own in people.items()}
    alike = {who: [other for other in people if shown[other] == shown[who]] for who in people}
    classes = count_classes(rows, PERSONS)
    expected = [n for n, row in enumerate(rows, 1) if len(alike[row["who"]]) < k]
    assert [one.row for one in rows_at_fault(rows, classes, Bar(k))] == expected
    assert (classes.units, classes.rows) == (len(people), len(rows))


def test_twenty_posts_of_one_person_hide_nobody() -> None:
    rows = [{"month": "2026-01", "region": "Laval", "signal": "minor", "who": "a"}] * 20
    assert measure(count_classes(rows, PERSONS), Bar(2)).k == 1


def test_what_all_have_in_common_is_learnt_however_many_answers_there_are() -> None:
    rows = [
        {"month": "2026-01", "region": "Laval", "signal": signal, "urgency": "soon"}
        for signal in ("minor", "minor|distress", "minor|recruitment")
    ]
    roles = Roles(("month",), ("signal",))
    classes = count_classes(rows, roles)
    assert measure(classes, Bar(3, 3)).l == {"signal": 3}
    assert {one.faults for one in rows_at_fault(rows, classes, Bar(3, 3))} == {(Fault("shared", "signal", 0, 1),)}


def test_a_changed_file_has_rows_of_classes_never_counted() -> None:
    rows = [{"month": "2026-01"}] * 3
    classes = count_classes(rows, Roles(("month",)))
    changed = [*rows, {"month": "2026-02"}]
    assert [one.row for one in rows_at_fault(changed, classes, Bar(3))] == [4]


def test_rows_that_cannot_be_used() -> None:
    with pytest.raises(ValueError, match="Row 2 has no column region"):
        count_classes([{"month": "1", "region": "a"}, {"month": "1"}], Roles(("month", "region")))
    with pytest.raises(ValueError, match="Row 2 is out of order: sort the rows by who"):
        count_classes([{"month": "1", "who": "b"}, {"month": "1", "who": "a"}], Roles(("month",), subject="who"))
    with pytest.raises(ValueError, match="at least 1"):
        Bar(0)
