"""Intruders who know some things of people, and what they find in safe and in broken releases."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disclosure.classes import Roles, count_classes
from disclosure.generalising import generalise, released
from disclosure.hierarchies import bands, months
from disclosure.linkage import Target, link, outcome, risks
from disclosure.measuring import OPEN, Bar, measure, rows_at_fault
from disclosure.places import regions

COLUMNS = ("month", "region", "age")
SIGNALS = ("minor", "distress", "recruitment", "minor|distress")
ROLES = Roles(COLUMNS, ("signal",))
ROW = st.fixed_dictionaries(
    {"month": st.sampled_from("ab"), "region": st.sampled_from("pqr"), "signal": st.sampled_from("xyz")}
)


def _population(size: int, seed: int = 1) -> list[dict[str, str]]:
    chance = Random(seed)
    return [
        {
            "who": str(number),
            "month": f"2026-{chance.randint(1, 12):02d}",
            "region": chance.choice(("Montréal", "Montréal", "Laval", "Estrie", "Côte-Nord")),
            "age": str(int(chance.triangular(12, 60, 20))),
            "signal": chance.choice(SIGNALS),
        }
        for number in range(size)
    ]


@given(st.lists(ROW, min_size=1, max_size=25), st.integers(1, 3), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_as_by_looking_at_every_row(rows: list[dict[str, str]], known: int, seed: int) -> None:
    people = [str(at % 7) for at in range(len(rows))]
    targets = [Target(who, row) for who, row in zip(people, rows, strict=True)] + [Target("nobody", rows[0])]
    made = link(
        zip(people, rows, strict=True),
        targets,
        ("month", "region", "signal"),
        known=known,
        chance=Random(seed),
        sensitive=("signal",),
    )
    for attempt, target in zip(made, targets, strict=True):
        assert len(attempt.knew) == known
        fits = [at for at, row in enumerate(rows) if all(row[c] == target.row[c] for c in attempt.knew)]
        own = [at for at in fits if people[at] == target.identity]
        assert attempt.candidates == len(fits)
        assert attempt.confirmed == bool(fits and own == fits)
        assert attempt.chance == (len(own) / len(fits) if own else 0)
        alike = len({rows[at]["signal"] for at in fits}) == 1 and "signal" not in attempt.knew
        assert bool(attempt.inferred) == bool(alike and own and own != fits)


def test_nobody_is_found_in_the_open_tier_and_somebody_in_what_it_was_made_of() -> None:
    people = _population(20_000)
    hierarchies = [months("month"), regions("region"), bands("age", (0, 12, 18, 25, 40), (0, 18))]
    classes = count_classes(people, ROLES)
    found = generalise(classes, hierarchies, OPEN, most_suppressed=0.02)
    left = list(released(people, found))
    chance = Random(2)
    targets = [Target(str(row["who"]), row) for row in chance.sample(left, 500)]
    out = ((str(row["who"]), row) for row in left)
    attempts = link(out, targets, COLUMNS, known=3, chance=chance, sensitive=("signal",))
    came = outcome(attempts)
    assert (came.searches, came.confirmed, came.inferred) == (500, 0, 0)
    assert came.best <= 1 / OPEN.k
    assert came.expected == pytest.approx(sum(1 / one.candidates for one in attempts))
    raw = [Target(row["who"], row) for row in chance.sample(people, 500)]
    bare = outcome(link(((r["who"], r) for r in people), raw, COLUMNS, known=3, chance=chance))
    assert bare.confirmed > 0
    assert bare.best == 1
    assert measure(count_classes(left, ROLES), OPEN).at_fault == 0


def test_a_column_that_nobody_took_for_identifying_is_caught() -> None:
    rows = [{"month": "2026-01", "shoe": str(n)} for n in range(30)]
    assert measure(count_classes(rows, Roles(("month",))), Bar(20)).at_fault == 0
    targets = [Target("3", rows[3])]
    release = [(str(n), row) for n, row in enumerate(rows)]
    assert link(release, targets, ("month", "shoe"), known=2, chance=Random(1))[0].confirmed


def test_risks_of_the_three_models() -> None:
    rows = [{"a": value} for value in "xxyyyyz"]
    release, population = (count_classes(r, Roles(("a",))) for r in (rows, rows * 2 + [{"a": "z"}] * 8))
    own = risks(release)
    assert (own.prosecutor, own.journalist, own.marketer) == (1, 1, pytest.approx(3 / 7))
    wide = risks(release, population)
    sizes = Counter(row["a"] for row in rows)
    assert wide.prosecutor == 1
    assert wide.journalist == 1 / 4
    assert wide.marketer == pytest.approx((sizes["x"] / 4 + sizes["y"] / 8 + sizes["z"] / 10) / 7)
    assert risks(count_classes([], Roles(("a",)))).marketer == 0


def test_an_intruder_cannot_know_more_than_there_is() -> None:
    for known in (0, 3):
        with pytest.raises(ValueError, match="1 to 2 of 2"):
            link([], [], ("a", "b"), known=known, chance=Random(1))


def test_a_planted_bad_row_is_named_by_each_of_its_proofs() -> None:
    people = _population(4_000, seed=5)
    hierarchies = [months("month"), regions("region"), bands("age", (0, 12, 18, 25, 40), (0, 18))]
    found = generalise(count_classes(people, ROLES), hierarchies, OPEN)
    left = list(released(people, found))
    odd = left[17] | {"age": "17", "who": "planted"}
    bad = [*left[:17], odd, *left[18:]]
    classes = count_classes(bad, ROLES)
    assert [(one.row, one.faults[0].kind) for one in rows_at_fault(bad, classes, OPEN) if bad[one.row - 1] is odd] == [
        (18, "k")
    ]
    attempt = link(
        ((str(row["who"]), row) for row in bad), [Target("planted", odd)], COLUMNS, known=3, chance=Random(1)
    )
    assert outcome(attempt).confirmed == 1
