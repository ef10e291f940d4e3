"""Figures of a day: added to by several at once, read by day, bins that hold their lower bound."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from store.counts import between, count, count_all, first_day, score_name, totals

MONDAY, TUESDAY, WEDNESDAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)


def add(store, day, **figures):
    with store.database.writing() as session:
        count_all(session, day, figures)


def test_a_figure_is_added_to_and_days_are_kept_apart(store):
    add(store, MONDAY, seen=3, dropped=1)
    add(store, TUESDAY, seen=5)
    with store.database.writing() as session:
        count(session, TUESDAY, "seen", 2)
        count(session, TUESDAY, "seen")
        count(session, WEDNESDAY, "seen", 40)
    with store.database.reading() as session:
        assert totals(session, MONDAY, TUESDAY) == {"seen": 11, "dropped": 1}
        assert between(session, ["seen"], MONDAY, TUESDAY) == {(MONDAY, "seen"): 3, (TUESDAY, "seen"): 8}
        assert first_day(session, "dropped") == MONDAY
        assert first_day(session, "nothing") is None


def test_nothing_to_add_makes_no_row(store):
    add(store, MONDAY, seen=0)
    add(store, MONDAY)
    with store.database.reading() as session:
        assert totals(session, MONDAY, MONDAY) == {}


def test_several_who_count_at_once_lose_nothing_and_do_not_wait_for_each_other_for_ever(store):
    names = [f"n{number:02}" for number in range(40)]

    def one(turn: int) -> None:
        for _ in range(5):
            order = names if turn % 2 else list(reversed(names))
            add(store, MONDAY, **dict.fromkeys(order, 1))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(4)))
    with store.database.reading() as session:
        assert totals(session, MONDAY, MONDAY) == dict.fromkeys(names, 20)


@pytest.mark.parametrize(
    ("score", "place"), [(0, 0), (0.0499, 0), (0.05, 1), (0.15, 3), (0.35, 7), (0.3499, 6), (0.95, 19), (1.0, 19)]
)
def test_a_score_is_in_the_bin_that_begins_at_or_below_it(score, place):
    assert score_name("minor", score, "m1") == f"score:minor:{place:02}:m1"
