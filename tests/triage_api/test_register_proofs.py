"""Proofs over the API: whoever has a checkpoint can check them with a few lines of their own."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from tampering import fill

from store.register.notes import read_note, read_verifier
from store.register.tree import verify_consistency, verify_inclusion
from store.tables import RegisterEntry


@pytest.fixture
def auditor(person_in):
    return person_in("auditor")


def asked(auditor, path, **query):
    answer = auditor.api("GET", f"/register/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def entries(store) -> int:
    with store.database.reading() as session:
        return session.scalar(select(func.count()).select_from(RegisterEntry))


def read(hashes):
    return [bytes.fromhex(one) for one in hashes]


def test_the_checkpoint_is_signed_and_covers_every_entry(auditor, store):
    fill(store, 5)
    newest = asked(auditor, "checkpoint")
    note = read_note(newest["checkpoint"])
    assert note.is_signed_by(read_verifier(newest["verifier_key"]))
    assert (note.head.size, note.head.root.hex()) == (newest["size"], newest["root"])
    assert newest["size"] == entries(store)
    bare = auditor.api("GET", "/register/checkpoint", params={"format": "note"})
    assert bare.headers["content-type"].startswith("text/plain")
    assert bare.text == newest["checkpoint"]
    assert auditor.api("GET", "/register/checkpoint", params={"format": "x"}).status_code == 422


def test_an_entry_is_proved_and_asking_for_it_is_an_entry(auditor, store):
    fill(store, 11)
    for n in (1, 7, 11):
        before = entries(store)
        proof = asked(auditor, f"proof/{n}")
        assert entries(store) == before + 1
        head = read_note(proof["checkpoint"]).head
        assert proof["size"] == head.size == before + 1, "what was asked is in the tree already"
        assert verify_inclusion(
            bytes.fromhex(proof["leaf"]), proof["position"], head.size, read(proof["path"]), head.root
        )
    listed = auditor.api("GET", "/register", params={"limit": 200}).json()["items"]
    assert {item["leaf"] for item in listed if item["n"] == 11} == {proof["leaf"]}
    assert listed[-1]["public"] == {"proof": 11}


def test_the_register_is_proved_to_have_only_grown(auditor, store):
    heads = []
    for count in (1, 3, 4, 9):
        fill(store, count)
        heads.append(read_note(asked(auditor, "checkpoint")["checkpoint"]).head)
    for old in heads:
        for new in heads[heads.index(old) :]:
            said = asked(auditor, "consistency", **{"from": old.size, "to": new.size})
            assert (said["from"], said["to"]) == (old.size, new.size)
            assert verify_consistency(old.size, old.root, new.size, new.root, read(said["path"]))


def test_a_witness_that_asks_makes_no_entry(auditor, store):
    fill(store, 3)
    before = entries(store)
    for _ in range(3):
        size = asked(auditor, "checkpoint")["size"]
        asked(auditor, "consistency", **{"from": 1, "to": size})
        asked(auditor, "leaves")
    assert entries(store) == before


def test_leaves_are_paged_and_say_nothing_of_the_entries(auditor, store):
    fill(store, 7)
    first = asked(auditor, "leaves", limit=4)
    assert [item["position"] for item in first["items"]] == [0, 1, 2, 3]
    assert set(first["items"][0]) == {"position", "n", "at", "leaf"}
    rest = asked(auditor, "leaves", after=first["next"], limit=5000)
    assert rest["next"] is None
    assert len(rest["items"]) == entries(store) - 4


@pytest.mark.parametrize(
    ("path", "query", "status", "field"),
    [
        ("proof/0", {}, 422, "n"),
        ("proof/x", {}, 422, "n"),
        (f"proof/{2**63}", {}, 422, "n"),
        ("proof/9999", {}, 404, None),
        ("consistency", {}, 422, "from"),
        ("consistency", {"from": 3, "to": 2}, 422, "from"),
        ("consistency", {"from": -1, "to": 2}, 422, "from"),
        ("consistency", {"from": 1, "to": 9999}, 404, None),
        ("leaves", {"limit": 5001}, 422, "limit"),
        ("leaves", {"after": -2}, 422, "after"),
    ],
)
def test_what_cannot_be_proved_is_a_clear_error_and_no_entry(auditor, store, path, query, status, field):
    fill(store, 2)
    before = entries(store)
    answer = auditor.api("GET", f"/register/{path}", params=query)
    assert (answer.status_code, answer.json()["error"]["field"]) == (status, field)
    assert entries(store) == before


@pytest.mark.parametrize("path", ["checkpoint", "proof/1", "consistency?from=0&to=1", "leaves"])
def test_only_who_may_read_the_register_is_answered(person_in, browser, path):
    assert browser().api("GET", f"/register/{path}").status_code == 401
    assert person_in("analyst").api("GET", f"/register/{path}").status_code == 403


def test_a_proof_is_not_given_when_asking_cannot_be_entered_but_the_checkpoint_is(auditor, store, no_register):
    fill(store, 3)
    no_register()
    assert auditor.api("GET", "/register/proof/1").status_code == 503
    assert asked(auditor, "checkpoint")["size"] == entries(store)
