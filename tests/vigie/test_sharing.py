"""Rows answered by several processes: the same answers in the same order, at once, and an end that is told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from queue import Queue
from typing import IO

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


def _hears_ctrl_c() -> None:
    """Undo what a shell does for a run in the background: there Ctrl-C is ignored, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Fed:
    """`vigie text assess` with two workers, its rows fed by hand; all are answered, and it waits for more."""

    def __init__(self, file: str = "-") -> None:
        words = [sys.executable, "-m", "vigie", "text", "assess", "--workers", "2", file]
        self.child = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=_hears_ctrl_c,  # noqa: PLW1509 - it sets one signal
        )

    def fill(self, feeder: IO[bytes]) -> None:
        """Feed rows until workers answer."""
        assert self.child.stdout is not None
        for n in range(300):
            feeder.write(json.dumps({"id": n, "text": "salut"}).encode() + b"\n")
            feeder.flush()
            assert json.loads(self.child.stdout.readline())["id"] == n

    def ended(self) -> tuple[int, str]:
        """Return the exit status and what was told; the feeder still holds its end open."""
        code = self.child.wait(120)
        assert self.child.stderr is not None
        return code, self.child.stderr.read().decode()


@pytest.fixture
def fed() -> Iterator[Fed]:
    one = Fed()
    with one.child:
        assert one.child.stdin is not None
        one.fill(one.child.stdin)
        yield one
        one.child.kill()


def test_ctrl_c_while_the_feeder_is_slow_ends_it_quietly(fed: Fed) -> None:
    fed.child.send_signal(signal.SIGINT)
    code, told = fed.ended()
    assert code in (1, 130)
    assert "Fatal" not in told


def test_a_named_pipe_that_stays_silent_does_not_hold_the_end_up(tmp_path: Path) -> None:
    pipe = tmp_path / "rows"
    os.mkfifo(pipe)
    one = Fed(str(pipe))
    with one.child, pipe.open("wb") as feeder:
        one.fill(feeder)
        one.child.send_signal(signal.SIGINT)
        code, told = one.ended()
    assert code in (1, 130)
    assert "Fatal" not in told


def test_a_closed_output_while_the_feeder_is_slow_ends_it_quietly(fed: Fed) -> None:
    assert fed.child.stdin is not None
    assert fed.child.stdout is not None
    fed.child.stdout.close()
    fed.child.stdin.write(b'{"id": 1, "text": "salut"}\n')
    fed.child.stdin.flush()
    assert fed.ended() == (1, "")


def test_no_worker_outlives_a_first_process_that_is_killed(fed: Fed) -> None:
    fed.child.terminate()
    told, _ = fed.child.communicate(timeout=120)  # whoever reads the output hears its end when the last worker has gone
    assert told == b""


def test_rows_that_nobody_waits_for_are_not_read_to_their_end() -> None:
    def slow(rows: Iterable[Row]) -> Iterator[Answer]:
        for one in rows:
            time.sleep(5 if one.line > 400 else 0)
            yield {"id": one.line}

    answers = answer_shared(map(row, range(FAR)), slow, 2)
    assert [next(answers)["id"] for _ in range(300)] == list(range(300))
    began = time.monotonic()
    answers.close()  # type: ignore[attr-defined] # it is a generator
    assert time.monotonic() - began < 5  # not even one row


def test_every_verb_of_the_table_is_made_by_its_modules() -> None:
    from typer.main import get_group

    group = get_group(app)
    context = group.make_context("vigie", ["text"], resilient_parsing=True)
    for name in VERBS:
        command = group.get_command(context, name)
        assert command is not None
        assert command.name == name
