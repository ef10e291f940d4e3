"""Signed notes: the published example, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from store.errors import BadInput
from store.register.notes import COSIGNATURE, Head, cosigned, read_note, read_verifier, signed, verifier_of

SEED, OTHER = bytes(range(32)), bytes(32)
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HEAD = Head("vigie.example/register", 12, bytes(range(32)))
# Written by the Go implementation: https://pkg.go.dev/golang.org/x/mod/sumdb/note, "PeterNeumann".
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NEUMANN = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)  # fmt: skip
NEUMANN_SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="


def test_a_note_of_another_implementation_is_checked_with_its_published_key():
    import base64

    from store.register.notes import Note

    key = read_verifier(PETER)
    note = Note(HEAD, NEUMANN, (("PeterNeumann", base64.b64decode(NEUMANN_SIGNATURE)),))
    assert note.is_signed_by(key)
    assert not Note(HEAD, NEUMANN + "x", note.signatures).is_signed_by(key)


def test_a_checkpoint_is_three_lines_and_its_signatures():
    text = signed(HEAD, SEED, AT)
    lines = text.split("\n")
    assert lines[:4] == ["vigie.example/register", "12", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", ""]
    assert [line.startswith("— vigie.example/register ") for line in lines[4:]] == [True, True, False]
    note, key = read_note(text), verifier_of(HEAD.origin, SEED)
    assert note.head == HEAD
    assert note.is_signed_by(key)
    assert note.cosigned_at(key.timed()) == AT
    assert note.cosigned_at(key) is None, "a plain signature says no moment"
    assert read_verifier(str(key)) == key
    assert not note.is_signed_by(verifier_of(HEAD.origin, OTHER))


def test_a_witness_adds_its_cosignature_and_the_moment_of_it():
    text = cosigned(signed(HEAD, SEED, AT), "witness.example/w", OTHER, AT.replace(hour=11))
    key = verifier_of("witness.example/w", OTHER, COSIGNATURE)
    assert read_note(text).cosigned_at(key) == AT.replace(hour=11)
    assert read_note(text).is_signed_by(verifier_of(HEAD.origin, SEED))
    forged = text.replace("\n12\n", "\n13\n")
    assert read_note(forged).cosigned_at(key) is None
    assert not read_note(forged).is_signed_by(verifier_of(HEAD.origin, SEED))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "a\n1\n\n",
        "a\n-1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n",
        "a\n01\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n",
        "a\n1\nAAEC\n\n",
        "a\n1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\nno signature\n",
        "a\n1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n— a b c\n",
        "a\n1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n" + "x" * 20_000,
    ],
)
def test_what_is_no_checkpoint_is_refused(text):
    with pytest.raises(BadInput):
        read_note(text)


@pytest.mark.parametrize("text", ["", "a+b+c", PETER[:-1], PETER.replace("c74f", "c74e"), "a b+00000000+AQ=="])
def test_what_is_no_verifier_key_is_refused(text):
    with pytest.raises(BadInput):
        read_verifier(text)
