from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.outbox import announce, drained, lag, pending
from store.work import add_work, count_work, finish_work, held_work, postpone_work, take_work

LEASE = timedelta(seconds=60)


def take(store, owner, limit=10):
    with store.database.writing() as session:
        return take_work(session, "assess", owner, now=store.clock(), lease=LEASE, limit=limit)


def add(store, *keys):
    with store.database.writing() as session:
        for key in keys:
            add_work(session, "assess", key, store.clock())


def test_two_workers_never_hold_the_same_key(store):
    add(store, "a", "b", "c")
    assert take(store, "one", 2) == ["a", "b"]
    assert take(store, "two") == ["c"]
    assert take(store, "two") == []


def test_a_lease_that_is_not_renewed_returns(store, clock):
    add(store, "a")
    assert take(store, "one") == ["a"]
    clock.forward(seconds=59)
    assert take(store, "two") == []
    clock.forward(seconds=2)
    assert take(store, "two") == ["a"]
    with store.database.writing() as session:
        assert held_work(session, "assess", "one", ["a"]) == set()
        assert held_work(session, "assess", "two", ["a"]) == {"a"}


def test_finished_work_is_gone_and_asked_again_it_is_due(store):
    add(store, "a", "a")
    take(store, "one")
    add(store, "a")
    assert take(store, "two") == ["a"]
    with store.database.writing() as session:
        finish_work(session, "assess", ["a"])
        assert count_work(session, "assess") == 0


def test_postponed_work_waits_and_keeps_its_reason(store, clock):
    add(store, "a")
    take(store, "one")
    with store.database.writing() as session:
        postpone_work(session, "assess", "a", store.clock() + timedelta(minutes=5), "RuntimeError")
    assert take(store, "one") == []
    clock.forward(minutes=6)
    assert take(store, "one") == ["a"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from("abcdef"), max_size=12), st.integers(1, 5))
def test_the_outbox_tells_everything_in_order_and_forgets_only_what_was_told(store, posts, limit):
    with store.database.writing() as session:
        for post in posts:
            announce(session, post, store.clock())
    told: list[str] = []
    while True:
        with store.database.writing() as session:
            batch = pending(session, limit)
            drained(session, [seq for seq, _ in batch])
        if not batch:
            break
        told += [post for _, post in batch]
    assert told == posts
    with store.database.reading() as session:
        assert lag(session) == 0


def test_outbox_numbers_are_never_used_again(store):
    for _ in range(2):
        with store.database.writing() as session:
            announce(session, "a", store.clock())
            first = pending(session, 5)[0][0]
            drained(session, [first])
    assert first == 2
