"""What is held in memory does not grow with the rows."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from random import Random

import pytest

from disclosure.classes import Roles, count_classes
from disclosure.generalising import generalise, released
from disclosure.hierarchies import dropped, months
from disclosure.leaks import scan_rows
from disclosure.linkage import Target, link
from disclosure.measuring import Bar, rows_at_fault
from disclosure.phrases import exact_phrases, resemblances

ROLES = Roles(("month", "lang"), ("signal",))


def _rows(size: int) -> Iterator[dict[str, object]]:
    for number in range(size):
        signal = ("minor", "distress", "recruitment")[number // 7 % 3]
        yield {"month": f"2026-{number % 12 + 1:02d}", "lang": "fr" if number % 5 else "en", "signal": signal}


def _texts(size: int) -> Iterator[tuple[str, str]]:
    return ((str(number), f"je cherche une place pour dormir {number % 50}") for number in range(size))


def _generalised(size: int) -> None:
    classes = count_classes(_rows(size), ROLES)
    found = generalise(classes, [months("month"), dropped("lang")], Bar(20, 3))
    for _ in released(_rows(size), found):
        pass
    for _ in rows_at_fault(_rows(size), classes, Bar(20, 3)):
        pass


def _linked(size: int) -> None:
    targets = [Target("1", row) for row in _rows(20)]
    release = ((str(at), row) for at, row in enumerate(_rows(size)))
    link(release, targets, ("month", "lang"), known=2, chance=Random(1), sensitive=("signal",))


def _searched(size: int) -> None:
    sought = list(_texts(10))
    exact_phrases(sought, _texts(size // 5))
    resemblances(sought, lambda: _texts(size // 5))


def _scanned(size: int) -> None:
    closed = {column: frozenset(str(row[column]) for row in _rows(100)) for column in ("month", "lang", "signal")}
    assert not list(scan_rows("f", _rows(size), closed))


@pytest.mark.unmeasured
@pytest.mark.parametrize("work", [_generalised, _linked, _searched, _scanned])
def test_ten_times_the_rows_need_no_more_memory(work: Callable[[int], None]) -> None:
    work(1000)  # what is loaded once
    peaks = []
    for size in (1000, 10_000):
        tracemalloc.start()
        work(size)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0] + 100_000
