"""The sequencer: every entry gets one place, whoever writes meanwhile, and whatever stops it under way."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from sqlalchemy import func, select
from tampering import fill, write

from store.errors import NotFound
from store.register import sequencing
from store.register.notes import read_note
from store.register.proofs import list_leaves, prove_consistency, prove_inclusion
from store.register.sequencing import copy_path, log_verifier, sequence
from store.register.tree import verify_consistency, verify_inclusion
from store.register.verifying import verify
from store.tables import RegisterCheckpoint, RegisterEntry, RegisterLeaf


def places(store) -> list[tuple[int, int]]:
    with store.database.reading() as session:
        rows = session.execute(select(RegisterLeaf.position, RegisterLeaf.n).order_by(RegisterLeaf.position))
        return [(position, n) for position, n in rows]


def checkpoints(store) -> list[RegisterCheckpoint]:
    with store.database.reading() as session:
        return list(session.scalars(select(RegisterCheckpoint).order_by(RegisterCheckpoint.size)))


def test_nothing_is_signed_while_nothing_is_written(store):
    assert sequence(store) == 0
    assert checkpoints(store) == []


def test_entries_get_places_in_order_once(store):
    for number in range(5):
        write(store, number=number)
    assert sequence(store) == 5
    assert sequence(store) == 0
    write(store)
    assert sequence(store) == 1
    assert places(store) == [(n - 1, n) for n in range(1, 7)]
    assert [one.size for one in checkpoints(store)] == [5, 6]


def test_the_newest_checkpoint_is_signed_and_kept_outside_the_database(store):
    fill(store, 7)
    newest = checkpoints(store)[-1]
    assert copy_path(store).read_text() == newest.note
    assert copy_path(store).stat().st_mode & 0o077 == 0
    note, key = read_note(newest.note), log_verifier(store)
    assert note.is_signed_by(key)
    assert note.cosigned_at(key.timed()) == newest.at
    assert note.head.origin == store.settings.register_origin


def test_every_entry_is_proved_and_every_size_is_consistent(store):
    fill(store, 21, every=4)
    heads = [read_note(one.note).head for one in checkpoints(store)]
    with store.database.reading() as session:
        for n in range(1, 22):
            proof = prove_inclusion(session, n)
            head = read_note(proof.checkpoint).head
            assert verify_inclusion(proof.leaf, proof.position, head.size, proof.path, head.root)
        for old, new in pairwise(heads):
            path = prove_consistency(session, old.size, new.size)
            assert verify_consistency(old.size, old.root, new.size, new.root, path)
        with pytest.raises(NotFound):
            prove_inclusion(session, 22)
        with pytest.raises(NotFound):
            prove_consistency(session, 1, 22)
        assert [leaf.position for leaf in list_leaves(session, after=4, limit=3)] == [5, 6, 7]


def test_a_batch_is_placed_whole_or_not_at_all(store, monkeypatch):
    monkeypatch.setattr(sequencing, "BATCH", 4)
    for number in range(10):
        write(store, number=number)
    real, signed = sequencing._sign, []

    def dies(session, store_, tree, at):
        real(session, store_, tree, at)
        signed.append(tree.size)
        if tree.size == 8:
            raise RuntimeError("the power failed")

    monkeypatch.setattr(sequencing, "_sign", dies)
    with pytest.raises(RuntimeError):
        sequence(store)
    assert (len(places(store)), [one.size for one in checkpoints(store)]) == (4, [4])
    monkeypatch.setattr(sequencing, "_sign", real)
    assert sequence(store) == 6
    assert [one.size for one in checkpoints(store)] == [4, 8, 10]
    assert verify(store).findings == []


def test_others_write_between_the_batches_of_a_backlog(store, monkeypatch):
    """SQLite's writers try again and again; without a breath one waited as long as the whole backlog took."""
    monkeypatch.setattr(sequencing, "BATCH", 4)
    for number in range(10):
        write(store, number=number)
    between: list[int] = []

    def somebody_writes(_: float) -> None:
        if len(between) < 2:
            between.append(write(store))

    monkeypatch.setattr("time.sleep", somebody_writes)
    assert sequence(store) == 10 + len(between)
    assert between == ([11, 12] if store.database.is_sqlite else [])


def test_a_backlog_of_days_is_not_back_dated(store, monkeypatch):
    """The sequencer was down, or the register is older than its tree: what is written must not look put in later."""
    monkeypatch.setattr(sequencing, "BATCH", 4)
    for number in range(10):
        store.clock.forward(hours=5)
        write(store, number=number)
    store.clock.forward(days=3)
    sequence(store)
    assert verify(store).findings == []
    assert [one.at for one in checkpoints(store)][-1] == store.clock().replace(microsecond=0)


def test_a_clock_that_is_set_back_makes_no_checkpoint_look_spoilt(store):
    fill(store, 3)
    store.clock.forward(minutes=-5)
    write(store)
    sequence(store)
    assert verify(store).findings == []


def test_a_crash_before_the_copy_is_written_is_made_good(store, monkeypatch):
    fill(store, 3)
    with monkeypatch.context() as patch:
        patch.setattr(sequencing, "_keep_copy", lambda _: None)
        write(store)
        sequence(store)
    assert read_note(copy_path(store).read_text()).head.size == 3
    assert verify(store).findings == [], "a copy that is behind is no tampering"
    sequence(store)
    assert read_note(copy_path(store).read_text()).head.size == 4


def test_a_folder_that_cannot_be_written_keeps_nobody_from_signing(store, monkeypatch, caplog):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sequencing, "write_whole", full)
    write(store)
    assert sequence(store) == 1
    assert "No space left" in caplog.text


@pytest.mark.parametrize("undone", [0, 3])
def test_many_write_while_several_sequence(store, undone):
    """No entry is lost, none is placed twice; undone ones leave no hole."""
    writers, each = 4, 10
    started, over = threading.Barrier(writers + 2), threading.Event()

    def write_many(writer: int) -> None:
        started.wait()
        for number in range(each):
            try:
                with store.database.writing() as session:
                    from store.register import Event, append

                    append(
                        session, event=Event.SEARCH_OPENED, actor=f"w-{writer}", at=store.clock(), public={"n": number}
                    )
                    if undone and number % undone == 0:
                        raise ZeroDivisionError
            except ZeroDivisionError:
                pass

    def sequence_on() -> None:
        started.wait()
        while not over.is_set():
            sequence(store)

    with ThreadPoolExecutor(writers + 2) as pool:
        sequencers = [pool.submit(sequence_on) for _ in range(2)]
        for writer in [pool.submit(write_many, writer) for writer in range(writers)]:
            writer.result()
        over.set()
        for sequencer in sequencers:
            sequencer.result()
    sequence(store)
    with store.database.reading() as session:
        written = session.scalar(select(func.count()).select_from(RegisterEntry))
    assert written == (writers * each if not undone else writers * (each - len(range(0, each, undone))))
    found = places(store)
    assert [position for position, _ in found] == list(range(written))
    assert [n for _, n in found] == sorted({n for _, n in found})
    assert verify(store).findings == []
