from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import select

from store.intake import take_in
from store.outbox import INDEX, announce
from store.records import PostIn
from store.tables import Post, Source
from store.work import (
    add_work,
    add_work_once,
    bury_work,
    count_work,
    dead_letters,
    fail_work,
    finish_work,
    give_back,
    held_work,
    postpone_work,
    revive_work,
    take_work,
)

LEASE = timedelta(seconds=60)


def take(store, owner, limit=10):
    with store.database.writing() as session:
        return take_work(session, "assess", owner, now=store.clock(), lease=LEASE, limit=limit)


def add(store, *keys):
    with store.database.writing() as session:
        add_work(session, "assess", keys, store.clock())


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


def test_dead_letters_keep_their_reason_and_wait_until_somebody_asks(store, clock):
    add(store, "a", "b")
    with store.database.writing() as session:
        bury_work(session, "assess", "a", "too long")
    clock.forward(days=400)
    assert take(store, "one") == ["b"]
    with store.database.writing() as session:
        assert (dead_letters(session, "assess"), count_work(session, "assess")) == ({"a": "too long"}, 1)
        assert revive_work(session, "assess", store.clock()) == 1
    assert take(store, "two") == ["a"]


def test_work_that_fails_again_and_again_is_buried(store, clock):
    add(store, "a")
    for _ in range(5):
        assert take(store, "one") == ["a"]
        with store.database.writing() as session:
            fail_work(session, "assess", "a", "one", store.clock(), "ValueError")
    assert take(store, "one") == []
    with store.database.reading() as session:
        assert dead_letters(session, "assess") == {"a": "ValueError"}


def test_what_is_given_back_is_due_at_once_but_not_for_whoever_lost_it(store, clock):
    add(store, "a", "b")
    take(store, "one")
    add(store, "b")
    with store.database.writing() as session:
        give_back(session, "assess", "one", ["a", "b"], store.clock())
    assert take(store, "two") == ["a", "b"]


def test_asking_once_leaves_a_lease_alone(store):
    add(store, "a")
    take(store, "one")
    with store.database.writing() as session:
        add_work_once(session, "assess", ["a", "b"], store.clock())
    assert take(store, "two") == ["b"]


def test_workers_at_once_take_each_key_exactly_once(store):
    """Threads with connections of their own, on rows that their transactions hold: SKIP LOCKED, or one writer."""
    add(store, *(f"k{n:03}" for n in range(300)))
    taken: list[list[str]] = []

    def work(owner: str) -> None:
        while some := take(store, owner, 7):
            taken.append(some)
            with store.database.writing() as session:
                finish_work(session, "assess", held_work(session, "assess", owner, some))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, ["one", "two", "three", "four"]))
    keys = [key for some in taken for key in some]
    assert sorted(keys) == [f"k{n:03}" for n in range(300)]
    with store.database.reading() as session:
        assert count_work(session, "assess") == 0


def test_a_change_raises_the_revision_and_asks_for_one_row_of_index_work(store):
    with store.database.writing() as session:
        session.add(Source(id="s", title="S", kind="import", declaration={}, digest="d", created_at=store.clock()))
    one, two = (
        take_in(store, "s", "import", [(PostIn(text=text, external_id=text), None)])[0][0] for text in ("a", "b")
    )
    for changed in ([one], [one, two], [one, one]):
        with store.database.writing() as session:
            announce(session, changed, store.clock())
    with store.database.reading() as session:
        assert [session.scalar(select(Post.revision).where(Post.id == each)) for each in (one, two)] == [3, 1]
        assert count_work(session, INDEX) == 2
