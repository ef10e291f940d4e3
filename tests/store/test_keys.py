import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.errors import NotSetUp
from store.keys import Keys, create_keys, load_keys, seal, unseal

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
