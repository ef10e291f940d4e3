import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.errors import NotSetUp
from store.keys import Keys, create_keys, load_keys, seal, unseal
from store.register import Event, append
from store.store import set_up

KEYS = Keys(b"w" * 32, b"h" * 32)


@given(st.binary(), st.text(max_size=20))
def test_what_is_sealed_opens_again(plain, context):
    context = context.encode("utf-8", "replace").decode()
    assert unseal(KEYS.wrapping, seal(KEYS.wrapping, plain, context), context) == plain


def test_a_sealed_text_does_not_open_elsewhere():
    sealed = seal(KEYS.wrapping, b"secret", "subject:1")
    with pytest.raises(NotSetUp):
        unseal(KEYS.wrapping, sealed, "subject:2")
    with pytest.raises(NotSetUp):
        unseal(b"x" * 32, sealed, "subject:1")
    assert b"secret" not in sealed


def test_a_subject_key_is_wrapped_and_opens_for_that_subject_alone():
    wrapped = KEYS.new_subject_key("s-1")
    assert len(KEYS.subject_key("s-1", wrapped)) == 32
    with pytest.raises(NotSetUp):
        KEYS.subject_key("s-2", wrapped)


def test_blind_hashes_depend_on_key_kind_and_value():
    one = KEYS.blind("phone", "+15145550123")
    assert one == KEYS.blind("phone", "+15145550123")
    assert len({one, KEYS.blind("handle", "+15145550123"), KEYS.blind("phone", "+15145550124")}) == 3
    assert Keys(KEYS.wrapping, b"g" * 32).blind("phone", "+15145550123") != one


def test_key_files_are_their_owners_alone_and_a_spoilt_one_is_named(tmp_path):
    with pytest.raises(NotSetUp, match="setup-db"):
        load_keys(tmp_path)
    create_keys(tmp_path / "keys")
    assert load_keys(tmp_path / "keys").wrapping != load_keys(tmp_path / "keys").hashing
    assert (tmp_path / "keys" / "wrapping.key").stat().st_mode & 0o777 == 0o600
    (tmp_path / "keys" / "hashing.key").write_text("abcd")
    with pytest.raises(NotSetUp, match="hashing.key"):
        load_keys(tmp_path / "keys")


@pytest.mark.parametrize("lost", ["wrapping.key", "hashing.key"])
def test_set_up_makes_no_new_keys_beside_what_the_old_ones_sealed(store, lost):
    (store.settings.keys / lost).unlink()
    set_up(store.settings)  # nothing is sealed yet
    (store.settings.keys / lost).unlink()
    with store.database.writing() as session:
        append(session, event=Event.REGISTER_READ, actor="a", at=store.clock(), public={})
    with pytest.raises(NotSetUp, match=lost):
        set_up(store.settings)
    assert not (store.settings.keys / lost).exists()
    with pytest.raises(NotSetUp, match="wrapping.key"):
        set_up(store.settings.model_copy(update={"keys_dir": store.settings.data_dir / "mistyped"}))
