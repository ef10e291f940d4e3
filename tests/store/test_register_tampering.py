"""Tampering with a real register by its database's own tools: each kind is found and named by the verifier."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from tampering import CLEVER, fill, rewrite, rows_of, tamper, unguard, write

from store.errors import RegisterUnavailable
from store.register.findings import Finding, Kind
from store.register.notes import read_note
from store.register.sequencing import copy_path, newest_checkpoint, sequence
from store.register.verifying import verify

COUNT = 12


@pytest.fixture
def house(store):
    """A register of twelve entries and five checkpoints, whose triggers an attacker has dropped."""
    fill(store, COUNT)
    assert verify(store).findings == []
    unguard(store)
    return store


def found(store, *saved) -> list[Finding]:
    return [one for one in verify(store, saved).findings if one.kind is not Kind.UNGUARDED]


def named(store, *saved) -> set[str]:
    return {one.kind.value for one in found(store, *saved)}


def where(store) -> set[tuple[str, int | None, int | None]]:
    return {(one.kind.value, one.first, one.last) for one in found(store)}


def test_a_register_that_nobody_touched_verifies(store):
    fill(store, 30, every=7)
    said = verify(store)
    assert (said.entries, said.unsigned, said.findings) == (30, 0, [])
    assert said.newest.size == 30
    assert said.newest.at == store.clock().replace(microsecond=0)


def test_a_trigger_that_is_gone_or_refuses_nothing_is_named(house):
    assert {one.kind for one in verify(house).findings} == {Kind.UNGUARDED}
    assert len(verify(house).findings) == 12


@pytest.mark.parametrize("where_", ["ON posts", "ON register WHEN"], ids=["another table", "never"])
def test_a_trigger_that_only_bears_the_name_guards_nothing(store, where_):
    fill(store, 3)
    sqlite = store.database.is_sqlite
    body = "BEGIN SELECT RAISE(ABORT, 'append-only'); END" if sqlite else "EXECUTE FUNCTION register_refuse()"
    never = ("0" if sqlite else "(false)") if "WHEN" in where_ else ""
    each = "FOR EACH ROW" if "WHEN" in where_ and not sqlite else ""
    on = where_.replace("WHEN", f"{each} WHEN")
    tamper(
        store,
        "DROP TRIGGER register_no_UPDATE" + ("" if sqlite else " ON register"),
        f"CREATE TRIGGER register_no_UPDATE BEFORE UPDATE {on} {never} {body}",
    )
    assert [one.kind for one in verify(store).findings] == [Kind.UNGUARDED]


SAID = "at, event, actor, public, sealed, leaf"
OTHER_ROOT = "(SELECT root FROM register_checkpoints WHERE size = 3)"
PLAIN = {
    "the words of an entry": (["UPDATE register SET public = '{}' WHERE n = 5"], ("changed", 5, 5)),
    "the hash of an entry": (["UPDATE register SET leaf = (SELECT leaf FROM register WHERE n = 6) WHERE n = 5"], None),
    "an entry is gone": (["DELETE FROM register WHERE n = 5"], ("deleted", 5, 5)),
    "an entry and its place are gone": (
        ["DELETE FROM register WHERE n = 5", "DELETE FROM register_leaves WHERE n = 5"],
        ("deleted", 5, 5),
    ),
    "two places are swapped": (
        [
            "UPDATE register_leaves SET position = 99 WHERE n = 5",
            "UPDATE register_leaves SET position = 4 WHERE n = 6",
            "UPDATE register_leaves SET position = 5 WHERE n = 5",
        ],
        ("reordered", 5, 5),
    ),
    "an entry is put in below": (
        [f"INSERT INTO register (n, {SAID}) SELECT 0, {SAID} FROM register WHERE n = 5"],
        ("inserted", 0, 0),
    ),
    "the last entries are gone": (
        [f"DELETE FROM {table} WHERE n > 10" for table in ("register", "register_leaves")]
        + ["DELETE FROM register_nodes WHERE (position + 1) * (1 << level) > 10"],
        ("truncated", None, None),
    ),
    "a node": (
        [f"UPDATE register_nodes SET hash = {OTHER_ROOT} WHERE level = 1 AND position = 2"],
        ("spoilt", 5, 6),
    ),
    "the root of a checkpoint": (
        [f"UPDATE register_checkpoints SET root = {OTHER_ROOT} WHERE size = 6"],
        ("spoilt", None, None),
    ),
    "the note of a checkpoint": (
        ["UPDATE register_checkpoints SET note = replace(note, 'vigie', 'autre') WHERE size = 6"],
        ("spoilt", None, None),
    ),
}


@pytest.mark.parametrize("what", PLAIN)
def test_plain_tampering_is_named(house, what):
    statements, told = PLAIN[what]
    tamper(house, *statements)
    if told is None:
        told = ("changed", 5, 5)
    assert told in where(house), found(house)
    assert named(house) <= {told[0], "truncated"}, found(house)


@pytest.mark.parametrize("kind", CLEVER)
def test_a_rewriting_with_all_hashes_made_anew_is_named_by_the_checkpoints(house, kind):
    rewrite(house, CLEVER[kind](rows_of(house)))
    assert kind in named(house), found(house)
    told = next(one for one in found(house) if one.kind.value == kind)
    if kind in ("inserted", "reordered", "back-dated"):
        assert told.first == 5, "named exactly"
    elif kind != "truncated":
        assert (told.first, told.last) == (4, 6), "between the last checkpoint that holds and the first that does not"


@pytest.mark.parametrize("kind", CLEVER)
def test_without_the_checkpoints_that_contradict_it_the_copy_outside_the_database_does(house, kind):
    rewrite(house, CLEVER[kind](rows_of(house)), drop_checkpoints=True)
    assert copy_path(house).exists()
    assert found(house), "noticed"
    assert named(house) & {kind, "truncated", "forked", "inserted"}


@pytest.mark.parametrize("kind", CLEVER)
def test_the_sequencer_never_signs_on_top_of_a_rewriting(house, kind):
    rewrite(house, CLEVER[kind](rows_of(house)), drop_checkpoints=True)
    write(house, number=13)
    with pytest.raises(RegisterUnavailable) as refused:
        sequence(house)
    assert refused.value.code == "register_rewritten"
    with house.database.reading() as session:
        newest = newest_checkpoint(session)
        assert newest is None or newest.size < COUNT
    assert read_note(copy_path(house).read_text()).head.size == COUNT, "the evidence stays"


FAR = 2**30
HIDING = {
    "an entry far beyond": f"INSERT INTO register (n, {SAID}) SELECT {FAR}, {SAID} FROM register WHERE n = 5",
    "a place for none": f"INSERT INTO register_leaves (position, n) VALUES ({COUNT}, {FAR})",
    "another number for the last place": f"UPDATE register_leaves SET n = {FAR} WHERE n = {COUNT}",
    "a checkpoint less": f"DELETE FROM register_checkpoints WHERE size = {COUNT}",
}


@pytest.mark.parametrize("what", HIDING)
def test_what_would_hide_new_entries_from_the_sequencer_is_refused_aloud(house, what):
    """Numbers that follow are lower than one that was made up: without a word, none would be signed any more."""
    tamper(house, HIDING[what])
    if house.database.is_sqlite and "beyond" in what:  # it takes any number for one that it gave
        tamper(house, f"UPDATE sqlite_sequence SET seq = {COUNT} WHERE name = 'register'")
    with pytest.raises(RegisterUnavailable) as refused:
        sequence(house)
    assert refused.value.code == "register_rewritten"
    assert found(house), "named"


def test_the_last_places_swapped_stop_neither_the_sequencer_nor_the_verifier(house):
    last, before = COUNT, COUNT - 1
    for n, position in ((before, 99), (last, before - 1), (before, last - 1)):
        tamper(house, f"UPDATE register_leaves SET position = {position} WHERE n = {n}")
    write(house)
    sequence(house)
    assert ("reordered", before, before) in where(house)


def test_an_old_moment_is_named_though_the_checkpoints_before_it_are_gone(house):
    house.clock.forward(days=-1)
    n = write(house, number=13)
    house.clock.forward(days=1, minutes=1)
    sequence(house)
    tamper(house, f"DELETE FROM register_checkpoints WHERE size <= {COUNT}")
    assert ("back-dated", n, n) in where(house)


def test_a_history_signed_anew_with_the_key_is_a_fork_for_whoever_saved_a_checkpoint(house):
    saved = read_note(copy_path(house).read_text())
    rewrite(house, CLEVER["changed"](rows_of(house)), sign=True)
    assert found(house) == [], "whoever holds the disk and the signing key can do this"
    assert "forked" in named(house, ("saved.txt", saved))
    told = [one for one in found(house, ("saved.txt", saved)) if one.kind is Kind.FORKED]
    assert "saved.txt" in told[0].words


def test_a_saved_checkpoint_of_another_key_is_told(house):
    note = copy_path(house).read_text().replace(house.settings.register_origin, "other.example/register")
    assert named(house, ("saved.txt", read_note(note))) == {"spoilt"}


def test_a_saved_checkpoint_holds_while_the_register_grows(store):
    fill(store, 5)
    saved = read_note(copy_path(store).read_text())
    fill(store, 9)
    assert verify(store, [("saved.txt", saved)]).findings == []


def test_an_entry_that_is_written_with_an_old_moment_is_named(store):
    fill(store, 6)
    store.clock.forward(days=-1)
    write(store, number=7)
    store.clock.forward(days=1, minutes=1)
    sequence(store)
    assert [(one.kind.value, one.first) for one in verify(store).findings] == [("back-dated", 7)]


def test_a_long_rewriting_is_told_as_a_range(store):
    fill(store, 400, every=200)
    unguard(store)
    rows = rows_of(store)
    for row in rows[250:]:
        row["actor"] = "autre"
    rewrite(store, rows)
    assert [(one.kind.value, one.first, one.last) for one in found(store)] == [("changed", 201, 400)]


def test_the_copy_is_brought_up_and_a_missing_one_made(store):
    fill(store, 3)
    copy_path(store).unlink()
    sequence(store)
    assert read_note(copy_path(store).read_text()).head.size == 3
    copy_path(store).write_text("spoilt")
    assert {one.kind for one in verify(store).findings} == {Kind.SPOILT}
    write(store)
    with pytest.raises(RegisterUnavailable):
        sequence(store)


def test_leaves_nodes_and_checkpoints_refuse_change(store):
    fill(store, 4)
    for table in ("register_leaves", "register_nodes", "register_checkpoints"):
        for statement in (
            f"DELETE FROM {table}",
            f"UPDATE {table} SET {'size = 9' if 'ch' in table else 'position = 9'}",
        ):
            with pytest.raises(Exception, match="append-only"), store.database.engine.begin() as connection:
                connection.execute(text(statement))
