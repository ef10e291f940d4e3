"""Rows answered by several processes: the same answers in the same order, at once, and an end that is told."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator
from queue import Queue

import pytest

from store.errors import VigieError
from vigie.jsonl import Answer, Row
from vigie.main import VERBS, app
from vigie.sharing import answer_shared

FAR = 700
"""Rows enough that most are answered by workers."""


def row(n: int) -> Row:
    return Row(n, {"id": n})


def doubled(rows: Iterable[Row]) -> Iterator[Answer]:
    for one in rows:
        yield {"id": one.value["id"], "twice": one.line * 2, "by": os.getpid()}


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 199, 200, 201, FAR])
def test_every_row_is_answered_once_in_order(workers: int, count: int) -> None:
    answers = list(answer_shared(map(row, range(count)), doubled, workers))
    assert [(one["id"], one["twice"]) for one in answers] == [(n, n * 2) for n in range(count)]


def test_the_first_rows_start_no_process_and_the_others_are_shared() -> None:
    answers = list(answer_shared(map(row, range(FAR)), doubled, 2))
    own = os.getpid()
    assert {one["by"] for one in answers[:200]} == {own}
    assert own not in {one["by"] for one in answers[200:]}


def test_rows_fed_by_hand_are_answered_one_by_one() -> None:
    fed: Queue[Row | None] = Queue()
    answers = answer_shared(iter(fed.get, None), doubled, 2)
    for n in range(FAR // 2):
        fed.put(row(n))
        assert next(answers)["id"] == n
    fed.put(None)
    assert next(answers, None) is None


def test_what_goes_wrong_with_the_rows_is_raised_after_the_answers_before_it() -> None:
    def broken() -> Iterator[Row]:
        yield from map(row, range(300))
        raise OSError("the disk is gone")

    answers = answer_shared(broken(), doubled, 2)
    assert [next(answers)["id"] for _ in range(300)] == list(range(300))
    with pytest.raises(OSError, match="the disk is gone"):
        next(answers)


def test_a_killed_worker_is_told_in_one_line() -> None:
    def deadly(rows: Iterable[Row]) -> Iterator[Answer]:
        for one in rows:
            if one.line == 400:
                os.kill(os.getpid(), signal.SIGKILL)
            yield {"id": one.line}

    with pytest.raises(VigieError, match="--workers 1"):
        list(answer_shared(map(row, range(FAR)), deadly, 2))


def test_every_verb_of_the_table_is_made_by_its_modules() -> None:
    from typer.main import get_group

    group = get_group(app)
    context = group.make_context("vigie", ["text"], resilient_parsing=True)
    for name in VERBS:
        command = group.get_command(context, name)
        assert command is not None
        assert command.name == name
