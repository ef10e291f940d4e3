"""The keyring: data keys are made, wrapped anew and destroyed, and a change that is cut short leaves all readable."""

from __future__ import annotations

import hmac
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import delete, select, text
from twins import missing

from store.database import Database, alembic_config
from store.errors import Conflict, NotFound, NotSetUp
from store.keyring import Keyring, open_keyring, set_up_keyring
from store.keys import load_key, load_keys, mark, prepare_next, seal
from store.leftovers import ask_destruction, destroy_asked, destroy_leftovers
from store.settings import Settings
from store.store import Store, open_store, set_up
from store.tables import KeyMark, Quarantined, Subject

_ROUNDS = 40


@pytest.fixture
def keyring(store: Store, twin: str, templates) -> Iterator[Keyring]:
    """The keyring of a store; on the team's scale in a PostgreSQL database of its own."""
    if twin == "embedded":
        yield store.keys
        return
    if why := missing():
        pytest.skip(why)
    with templates.database("template1") as url:
        settings = store.settings.model_copy(update={"keyring_url": url})
        set_up_keyring(settings)
        made = open_keyring(settings, "", store.clock)
        yield made
        made.close()


def again(keyring: Keyring) -> Keyring:
    """Open a keyring as another process would."""
    url = keyring.database.url.render_as_string(hide_password=False)
    return open_keyring(Settings(keys_dir=keyring.folder, keyring_url=url), "")


def test_each_name_has_a_key_of_its_own_that_opens_its_texts_alone(keyring):
    one, two = keyring.sealed("Léa", "search:s-1"), keyring.sealed("Léa", "search:s-2")
    assert keyring.opened(one, "search:s-1") == keyring.opened(two, "search:s-2") == "Léa"
    assert keyring.key("search:s-1") != keyring.key("search:s-2")
    assert keyring.new("search:s-1") == keyring.key("search:s-1"), "asked for again, it is the same"
    with pytest.raises(NotSetUp):
        keyring.opened(one, "search:s-2")
    assert set(keyring.keys(["search:s-1", "search:s-2", "search:none"])) == {"search:s-1", "search:s-2"}


@pytest.mark.parametrize("twin", ["embedded"], scope="session")  # what is copied is a file
def test_an_older_copy_of_the_keyring_opens_no_more_once_the_wrapping_key_changed(store, tmp_path):
    sealed = store.keys.sealed("Léa", "subject:j-1")
    copy = tmp_path / "copy.db"
    store.keys.forget()
    shutil.copy(store.keys.folder / "keyring.db", copy)
    older = store.settings.model_copy(update={"keyring_url": f"sqlite:///{copy}"})
    ring = open_keyring(older, "")
    store.keys.destroy(["subject:j-1"])
    assert ring.opened(sealed, "subject:j-1") == "Léa", "this is what an older copy is to be feared for"
    ring.close()
    store.keys.rewrap()
    with pytest.raises(NotSetUp, match="wrapping.key"):
        open_keyring(older, "")


def test_two_that_make_the_same_key_at_once_get_the_same(keyring):
    made: list[bytes] = []
    threads = [threading.Thread(target=lambda: made.append(keyring.new("search:s-1"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 6
    assert len(set(made)) == 1


def test_a_destroyed_key_leaves_the_files_and_opens_nothing(keyring):
    sealed = keyring.sealed("Léa", "subject:j-1")
    kept = keyring.sealed("Tom", "subject:j-2")
    with keyring.database.reading() as session:
        row = session.execute(text("SELECT wrapped FROM data_keys WHERE id = 'subject:j-1'")).scalar_one()
    files = [keyring.folder / name for name in ("keyring.db", "keyring.db-wal")]
    if keyring.database.is_sqlite:
        assert any(bytes(row) in path.read_bytes() for path in files), "the walk shows nothing"
    keyring.destroy(["subject:j-1"])
    if keyring.database.is_sqlite:
        assert not any(bytes(row) in path.read_bytes() for path in files if path.exists())
    with pytest.raises(NotFound):
        keyring.opened(sealed, "subject:j-1")
    assert keyring.opened(kept, "subject:j-2") == "Tom"
    keyring.destroy(["subject:j-1", "subject:never"])


def test_wrapping_anew_loses_nothing_and_leaves_nothing_of_the_old_key(keyring):
    sealed = {f"search:s-{n:04}": keyring.sealed(f"texte {n}", f"search:s-{n:04}") for n in range(1201)}
    beside = again(keyring)
    old = load_key(keyring.folder, "wrapping")
    assert keyring.rewrap() == len(sealed)
    assert load_key(keyring.folder, "wrapping") != old
    assert not (keyring.folder / "wrapping.next").exists()
    fresh = again(keyring)
    for ring in (keyring, beside, fresh):  # the second had read the old key
        assert {ring.opened(data, name) for name, data in sealed.items()} == {f"texte {n}" for n in range(1201)}
        ring.sealed("neuf", "search:s-new")
    for file in keyring.folder.iterdir():
        assert old.hex().encode() not in file.read_bytes()
        assert old not in file.read_bytes()
    beside.close()
    fresh.close()


@pytest.mark.parametrize("stage", ["prepared", "committed"])
def test_a_change_of_the_wrapping_key_that_was_cut_short_leaves_everything_open(keyring, monkeypatch, stage):
    sealed = keyring.sealed("Léa", "subject:j-1")
    old = load_key(keyring.folder, "wrapping")
    prepare_next(keyring.folder, "wrapping")
    if stage == "committed":
        with monkeypatch.context() as patched:
            patched.setattr("store.keyring.settle_next", lambda *_: None)
            keyring.rewrap()
        assert load_key(keyring.folder, "wrapping") == old, "the files are as they were"
    for _ in range(2):
        ring = again(keyring)
        assert ring.opened(sealed, "subject:j-1") == "Léa"
        ring.sealed("Tom", "subject:j-2")
        ring.rewrap()
        assert ring.opened(sealed, "subject:j-1") == "Léa"
        ring.close()
    assert load_key(keyring.folder, "wrapping") != old


@pytest.mark.parametrize("twin", ["embedded"], scope="session")  # what is killed is a process of one machine
def test_killed_at_any_moment_of_a_change_everything_opens(store):
    sealed = {f"search:s-{n}": store.keys.sealed(str(n), f"search:s-{n}") for n in range(300)}
    store.close()
    code = (
        "import sys; from pathlib import Path; from store.keyring import open_keyring; from store.settings import "
        "Settings; ring = open_keyring(Settings(data_dir=Path(sys.argv[1])), ''); print('ready', flush=True)\n"
        "while True: ring.rewrap()"
    )
    for attempt in range(6):
        child = subprocess.Popen(
            [sys.executable, "-c", code, str(store.settings.data_dir)], stdout=subprocess.PIPE, cwd=Path.cwd()
        )
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(0.02 + 0.037 * attempt)
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        ring = open_keyring(store.settings, "")
        assert [ring.opened(data, name) for name, data in sealed.items()] == [str(n) for n in range(300)]
        ring.close()
    ring = open_keyring(store.settings, "")
    assert ring.rewrap() == 300
    assert ring.opened(sealed["search:s-7"], "search:s-7") == "7"
    ring.close()


def test_what_is_sealed_while_the_wrapping_key_changes_opens_after(keyring):
    made: dict[str, bytes] = {}

    def write() -> None:
        ring = again(keyring)
        for number in range(_ROUNDS):
            made[f"search:s-{number}"] = ring.sealed(str(number), f"search:s-{number}")
        ring.close()

    thread = threading.Thread(target=write)
    thread.start()
    while thread.is_alive():
        keyring.rewrap()
    thread.join()
    ring = again(keyring)
    assert [ring.opened(data, name) for name, data in made.items()] == [str(n) for n in range(_ROUNDS)]
    ring.close()


def test_hashes_made_with_an_old_key_are_refused_once_and_then_new(store):
    new = prepare_next(store.settings.keys, "hashing")
    with store.database.writing() as session:
        store.keys.hold_hashing(session)
        session.get_one(KeyMark, "hashing").mark = mark(new)
    before = store.keys.blind("phone", "+15145550123")
    with pytest.raises(Conflict) as refused, store.database.writing() as session:
        store.keys.hold_hashing(session)
    assert refused.value.code == "keys_changed"
    with store.database.writing() as session:
        store.keys.hold_hashing(session)
    assert store.keys.blind("phone", "+15145550123") != before
    opened = open_store(store.settings)
    assert opened.keys.blind("phone", "+15145550123") == store.keys.blind("phone", "+15145550123")
    opened.close()


def test_another_houses_keyring_or_keys_are_refused(store, tmp_path):
    other = Settings(data_dir=tmp_path / "other")
    set_up(other)
    with pytest.raises(NotSetUp, match="wrapping.key"):
        open_store(store.settings.model_copy(update={"keyring_url": other.keyring}))
    with pytest.raises(NotSetUp, match="keyring"):
        open_store(store.settings.model_copy(update={"keyring_url": f"sqlite:///{tmp_path}/none.db"}))
    assert not (tmp_path / "none.db").exists()
    with pytest.raises(NotSetUp, match="VIGIE_KEYRING_URL"):
        open_store(store.settings.model_copy(update={"keyring_url": "nonsense"}))


def test_a_crash_between_the_two_databases_is_made_good(store, clock):
    for name in ("subject:j-1", "subject:j-2", "subject:j-3", "reveal:p-1"):
        store.keys.sealed("x", name)
    with store.database.writing() as session:
        session.add(Subject(id="j-4", created_at=clock()))
        ask_destruction(session, ["subject:j-1"], clock())
    store.keys.sealed("x", "subject:j-4")
    assert destroy_leftovers(store) == 1
    clock.forward(days=2)
    store.keys.destroy(["subject:j-3"])
    store.keys.sealed("x", "subject:j-3")
    assert destroy_leftovers(store) == 1, "j-2 belongs to nothing; j-3 may be of a transaction under way"
    left = store.keys.keys(["subject:j-1", "subject:j-2", "subject:j-3", "subject:j-4", "reveal:p-1"])
    assert set(left) == {"subject:j-3", "subject:j-4", "reveal:p-1"}
    assert destroy_asked(store) == destroy_leftovers(store) == 0


# --- what an installation of before the keyring holds -----------------------------------------------------------------


@pytest.fixture
def old(settings: Settings) -> tuple[Settings, dict[str, bytes]]:
    """An installation of version 0004 with a subject, an erased one, and texts sealed under derived keys."""
    set_up(settings)
    (settings.keys / "keyring.db").unlink()
    database = Database(settings.database)
    with database.engine.execution_options(vigie_writes=True).begin() as connection:
        command.downgrade(alembic_config(connection), "0004")
    wrapping = load_keys(settings.keys).wrapping
    data_key = os.urandom(32)
    derived = {kind: hmac.digest(wrapping, f"vigie/{kind}".encode(), "sha256") for kind in ("search", "quarantine")}
    sealed = {
        "subject:j-1": seal(data_key, b"de j-1", "subject:j-1"),
        "search:s-1": seal(derived["search"], b"de s-1", "search:s-1"),
        "quarantine:p-1": seal(derived["quarantine"], b"de p-1", "quarantine:p-1"),
    }
    now = "2026-03-01 10:00:00+00:00" if not database.is_sqlite else "2026-03-01 10:00:00.000000"
    with database.engine.execution_options(vigie_writes=True).begin() as connection:
        insert = text("INSERT INTO subjects (id, wrapped_key, created_at) VALUES (:id, :key, :now)")
        wrapped = seal(wrapping, data_key, "subject:j-1")
        connection.execute(insert, [{"id": "j-1", "key": wrapped, "now": now}, {"id": "j-2", "key": None, "now": now}])
        connection.execute(
            text(
                "INSERT INTO searches (id, user_id, scope, fingerprint, words, purpose, ground, grid, model, sources,"
                " relation, watermark, results, total, opened_at) VALUES ('s-1', 'u', :scope, 'f', 0, 'p', 'g', 'g',"
                " 'm', '[]', 'different', 0, '[]', 0, :now)"
            ),
            {"scope": sealed["search:s-1"], "now": now},
        )
        connection.execute(
            text(
                "INSERT INTO sources (id, title, kind, declaration, digest, created_at)"
                " VALUES ('s', 's', 'import', '{}', 'd', :now)"
            ),
            {"now": now},
        )
        connection.execute(
            text(
                "INSERT INTO posts (id, source_id, external_id, origin, kind, url, title, text, author, city, region,"
                " ingested_at, version, digest, same_text, status, provenance) VALUES ('p-1', 's', '1', 'import',"
                " 'post', '', '', '', '', '', '', :now, 1, '', '', 'quarantined', '{}')"
            ),
            {"now": now},
        )
        connection.execute(
            text("INSERT INTO quarantine (post_id, sealed, by, created_at) VALUES ('p-1', :sealed, 'a', :now)"),
            {"sealed": sealed["quarantine:p-1"], "now": now},
        )
    database.close()
    return settings, sealed


def opens_all(settings: Settings, sealed: dict[str, bytes]) -> None:
    store = open_store(settings)
    assert {name: store.keys.opened(data, name) for name, data in sealed.items()} == {
        name: f"de {name.partition(':')[2]}" for name in sealed
    }
    with store.database.reading() as session:
        erased = {row.id: row.erased_at is not None for row in session.scalars(select(Subject))}
    assert erased == {"j-1": False, "j-2": True}
    store.keys.rewrap()
    assert store.keys.opened(sealed["quarantine:p-1"], "quarantine:p-1") == "de p-1"
    store.close()


def test_an_upgrade_carries_every_key_over(old):
    settings, sealed = old
    set_up(settings)
    opens_all(settings, sealed)
    set_up(settings)


def test_an_upgrade_that_was_cut_short_is_run_again(old, monkeypatch):
    settings, sealed = old

    def fall(*_: object, **__: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patched:
        patched.setattr("store.carrying.text", fall)
        patched.setattr("store.store.carry_over", fall)
        with pytest.raises(RuntimeError, match="power cut"):
            set_up(settings)
    with pytest.raises(NotSetUp, match="setup-db"):
        open_store(settings)
    with monkeypatch.context() as patched:
        upgrade = Database.upgrade
        patched.setattr(Database, "upgrade", lambda one, *to: upgrade(one, *to) if to else fall())
        with pytest.raises(RuntimeError, match="power cut"):
            set_up(settings)
    set_up(settings)
    opens_all(settings, sealed)


def test_the_tables_are_not_upgraded_past_keys_that_were_not_carried_over(old):
    database = Database(old[0].database)
    with pytest.raises(RuntimeError, match="setup-db"):
        database.upgrade()
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM subjects WHERE wrapped_key IS NOT NULL")) == 1
    database.close()


def test_keys_that_are_missing_are_missed_before_anything_is_upgraded(old):
    settings, _ = old
    (settings.keys / "wrapping.key").unlink()
    with pytest.raises(NotSetUp, match="wrapping.key"):
        set_up(settings)
    database = Database(settings.database)
    assert database.version() == "0004"
    with database.writing() as session:
        session.execute(delete(Quarantined))
    database.close()
