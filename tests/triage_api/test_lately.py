from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

from desk_words import FUGUE

from triage_api.desk import Desk
from triage_api.queue.counting import counts
from triage_api.shell.lately import Lately


def numbers():
    made = iter(range(100))
    return lambda: next(made)


def test_a_value_is_worked_out_once_while_it_is_new_enough(monkeypatch):
    told, now = numbers(), [10.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    held = Lately()
    assert [held.get(2, told), held.get(2, told)] == [0, 0]
    now[0] += 2
    assert [held.get(2, told), held.get(2, told)] == [1, 1]
    assert [held.get(0, told), held.get(0, told)] == [2, 3]


def test_many_who_ask_at_once_share_one():
    made, all_there, go_on = [], Barrier(5), Event()

    def slow():
        made.append(1)
        go_on.wait(5)
        return len(made)

    def ask(held):
        all_there.wait(5)
        return held.get(60, slow)

    held = Lately()
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask, held) for _ in range(4)]
        all_there.wait(5)
        go_on.set()
        assert [one.result(5) for one in asked] == [1, 1, 1, 1]


def test_a_failure_is_not_kept():
    held = Lately()
    for _ in range(2):
        try:
            held.get(60, lambda: 1 / 0)
        except ZeroDivisionError:
            continue
        raise AssertionError
    assert held.get(60, lambda: 7) == 7


def test_the_queues_counts_are_shared_for_as_long_as_is_set(make_store, town, index, reader, make_person):
    person = make_person("analyst")
    shared = Desk(make_store(counts_seconds=60), index, reader)
    always = Desk(make_store(), index, reader)
    before = sum(lane.waiting for lane in counts(shared, person).lanes)
    town.post(FUGUE, city="Montréal")
    assert sum(lane.waiting for lane in counts(shared, person).lanes) == before
    assert sum(lane.waiting for lane in counts(always, person).lanes) == before + 1
