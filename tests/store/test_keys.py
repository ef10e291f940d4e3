import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import keys
from store.errors import NotSetUp
from store.keys import Keys, create_keys, load_key, load_keys, mark, prepare_next, seal, settle_next, unseal
from store.register import Event, append
from store.store import set_up
from store.tables import RegisterCheckpoint

KEYS = Keys(b"w" * 32, b"h" * 32, b"s" * 32)


@given(st.binary(), st.text(max_size=20))
def test_what_is_sealed_opens_again(plain, context):
    context = context.encode("utf-8", "replace").decode()
    assert unseal(KEYS.wrapping, seal(KEYS.wrapping, plain, context), context) == plain


def test_a_sealed_text_does_not_open_elsewhere():
    sealed = seal(KEYS.wrapping, b"secret", "subject:1")
    for key, spoilt, context in (
        (KEYS.wrapping, sealed, "subject:2"),
        (b"x" * 32, sealed, "subject:1"),
        (KEYS.wrapping, sealed[:-1], "subject:1"),
        (KEYS.wrapping, b"", "subject:1"),
    ):
        with pytest.raises(NotSetUp):
            unseal(key, spoilt, context)
    assert b"secret" not in sealed


def test_blind_hashes_depend_on_key_kind_and_value():
    one = KEYS.blind("phone", "+15145550123")
    assert one == KEYS.blind("phone", "+15145550123")
    assert len({one, KEYS.blind("handle", "+15145550123"), KEYS.blind("phone", "+15145550124")}) == 3
    assert Keys(KEYS.wrapping, b"g" * 32, KEYS.signing).blind("phone", "+15145550123") != one


def test_key_files_are_their_owners_alone_and_a_spoilt_one_is_named(tmp_path):
    with pytest.raises(NotSetUp, match="setup-db"):
        load_keys(tmp_path)
    create_keys(tmp_path / "keys")
    assert load_keys(tmp_path / "keys").wrapping != load_keys(tmp_path / "keys").hashing
    assert (tmp_path / "keys" / "wrapping.key").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == ["hashing.key", "signing.key", "wrapping.key"]
    (tmp_path / "keys" / "hashing.key").write_text("abcd")
    with pytest.raises(NotSetUp, match="hashing.key"):
        load_keys(tmp_path / "keys")


def test_the_key_in_force_is_that_of_the_mark_at_every_step_of_a_change(tmp_path):
    create_keys(tmp_path)
    old = load_keys(tmp_path).hashing
    new = prepare_next(tmp_path, "hashing")
    assert prepare_next(tmp_path, "hashing") == new != old, "one that a crash left is taken"
    assert load_key(tmp_path, "hashing", mark(old)) == old
    assert load_key(tmp_path, "hashing", mark(new)) == new
    settle_next(tmp_path, "hashing", mark(old))
    assert load_key(tmp_path, "hashing") == old, "the change was not made"
    with (tmp_path / "hashing.key").open("rb") as still_open:
        settle_next(tmp_path, "hashing", mark(new))
        still_open.seek(0)
        assert old.hex().encode() not in still_open.read(), "the old key's file is overwritten"
    assert load_key(tmp_path, "hashing") == load_key(tmp_path, "hashing", mark(new)) == new
    assert (tmp_path / "hashing.key").stat().st_mode & 0o777 == 0o600
    settle_next(tmp_path, "hashing", mark(new))
    with pytest.raises(NotSetUp, match="hashing.key"):
        load_key(tmp_path, "hashing", mark(old))


@pytest.mark.parametrize("lost", ["wrapping.key", "hashing.key", "keyring.db"])
def test_set_up_makes_no_new_keys_beside_what_the_old_ones_sealed(make_store, settings, lost):
    store = make_store()
    store.close()
    (settings.keys / lost).unlink()
    if lost == "wrapping.key":
        (settings.keys / "keyring.db").unlink()  # it would not open without
    set_up(settings)  # nothing is sealed yet
    (settings.keys / lost).unlink()
    with store.database.writing() as session:
        append(session, event=Event.REGISTER_READ, actor="a", at=store.clock(), public={})
    with pytest.raises(NotSetUp, match="keyring" if lost == "keyring.db" else lost):
        set_up(settings)
    assert not (settings.keys / lost).exists()
    with pytest.raises(NotSetUp, match="wrapping.key"):
        set_up(settings.model_copy(update={"keys_dir": settings.data_dir / "mistyped"}))


def test_a_signing_key_is_made_for_a_register_that_has_no_checkpoint_yet(store):
    with store.database.writing() as session:
        append(session, event=Event.REGISTER_READ, actor="a", at=store.clock(), public={})
    signing = store.settings.keys / "signing.key"
    signing.unlink()
    set_up(store.settings)
    assert signing.exists()
    with store.database.writing() as session:
        session.add(RegisterCheckpoint(size=1, at=store.clock(), root=b"r" * 32, note="n"))
    signing.unlink()
    with pytest.raises(NotSetUp, match="signing.key"):
        set_up(store.settings)


def test_a_key_that_takes_the_old_ones_place_while_we_read_is_found(tmp_path, monkeypatch):
    """The file of the key that follows is there when it is looked for, and has its new name when it is read."""
    keys.create_keys(tmp_path)
    new = keys.prepare_next(tmp_path, "wrapping")
    following, read = tmp_path / "wrapping.next", keys._read

    def settled_before(path):
        if path == following:
            monkeypatch.setattr(keys, "_read", read)
            keys.settle_next(tmp_path, "wrapping", keys.mark(new))
        return read(path)

    monkeypatch.setattr(keys, "_read", settled_before)
    assert keys.load_key(tmp_path, "wrapping", keys.mark(new)) == new
    assert not following.exists()


def test_a_key_that_is_overwritten_while_we_read_is_read_again(tmp_path, monkeypatch):
    """The old key's file was opened before the new one took its place, and says nothing but noise when it is read."""
    keys.create_keys(tmp_path)
    new = keys.prepare_next(tmp_path, "wrapping")
    old = (tmp_path / "wrapping.key").open("rb")

    def opened_before(self, mode):
        monkeypatch.undo()
        keys.settle_next(tmp_path, "wrapping", keys.mark(new))
        return old

    monkeypatch.setattr(type(tmp_path), "open", opened_before)
    assert keys.load_key(tmp_path, "wrapping", keys.mark(new)) == new
    assert old.closed
