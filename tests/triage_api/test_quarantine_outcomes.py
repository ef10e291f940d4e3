"""What becomes of a sealed text: handed over, destroyed or given back, once and for good."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest
from desk_words import FUGUE
from sealed_texts import SECRET, TEXT, entries, met, opened, row_of

from store.errors import Conflict, NotFound
from store.index import IndexQuery
from store.tables import Capture, Post, Quarantined, QueueItem
from triage_api.quarantine.models import OutcomeIn
from triage_api.quarantine.packing import new_passphrase
from triage_api.quarantine.service import decide

HANDED = {"to": "SPVM", "file_number": "26-0001", "handed_at": "2026-03-02T09:00:00+00:00"}


@pytest.fixture
def store(make_store, lexicon):
    return make_store(quarantine_lexicon_file=lexicon)


@pytest.mark.parametrize("outcome", ["destroyed", "handed_over"])
def test_what_is_destroyed_or_handed_over_opens_no_more(officer, sealed, store, outcome):
    held = row_of(store, Quarantined, Quarantined.post_id, sealed).sealed
    more = HANDED if outcome == "handed_over" else {}
    sent = {"outcome": outcome, "reason": "Une raison zzraison.", **more}
    assert officer.api("POST", f"/quarantine/{sealed}/outcome", json=sent).status_code == 201
    with pytest.raises(NotFound):
        store.keys.opened(held, f"quarantine:{sealed}")
    row = row_of(store, Quarantined, Quarantined.post_id, sealed)
    assert (row.sealed, row.outcome, b"zzraison" in row.note) == (b"", outcome, False)
    (entry,) = entries(store, "quarantine.decided")
    assert entry == {"post": sealed, "outcome": outcome}
    told = opened(officer, sealed).json()
    assert told["text"] is None
    assert told["decided"]["reason"] == "Une raison zzraison."
    assert told["decided"]["to"] == more.get("to", "")
    page = officer.send(f"/quarantine/{sealed}/open", confirm="yes").text
    assert "zzraison" in page
    assert SECRET not in page
    for path, body in (
        ("outcome", {"outcome": "released", "reason": "x"}),
        ("outcome", sent),
        ("package", {"passphrase": new_passphrase()}),
    ):
        again = officer.api("POST", f"/quarantine/{sealed}/{path}", json=body)
        assert (again.status_code, again.json()["error"]["code"]) == (409, "outcome_decided")
    assert officer.send(f"/quarantine/{sealed}/outcome", outcome="destroyed", reason="x").status_code == 409


def test_what_is_released_is_a_post_again_and_stays_one(officer, sealed, store, town, analyst, desk):
    sent = {"outcome": "released", "reason": "Ce n'est rien de tel."}
    assert officer.api("POST", f"/quarantine/{sealed}/outcome", json=sent).json()["state"] == "released"
    town.settle()
    read = analyst.api("GET", f"/posts/{sealed}").json()
    assert SECRET in read["text"]
    assert read["item"]
    assert desk.index.search(IndexQuery()).ids == [sealed]
    assert row_of(store, Capture, Capture.post_id, sealed).version == 1
    assert stands(analyst, sealed)
    met(town, TEXT)
    assert analyst.api("GET", f"/posts/{sealed}").status_code == 200
    assert opened(officer, sealed).json()["text"] is None
    met(town, f"{TEXT} Encore.")
    assert analyst.api("GET", f"/posts/{sealed}").status_code == 404, "another version is another hit"
    row = row_of(store, Quarantined, Quarantined.post_id, sealed)
    assert (row.outcome, row.by) == ("", "lexicon")
    assert opened(officer, sealed).json()["text"]["text"].endswith("Encore.")


def stands(analyst, identity):
    facts = analyst.api("GET", f"/posts/{identity}/evidence").json()
    (capture,) = facts["captures"]
    return capture["standing"] == "signed" and not capture["faults"] and not facts["missing"]


def test_what_an_analyst_pressed_and_an_officer_gave_back_waits_in_the_queue_again(officer, analyst, town, store):
    post = town.post(FUGUE, "a", origin="collect")
    copy = town.post(FUGUE.upper(), "b", source="babillard")
    item = f"q-{post[2:]}"
    analyst.api("POST", f"/queue/{item}/decision", json={"verdict": "quarantine", "reason": "x"})
    assert row_of(store, QueueItem, QueueItem.id, item).status == "decided"
    for one in (post, copy):
        sent = {"outcome": "released", "reason": "Rien de tel."}
        assert officer.api("POST", f"/quarantine/{one}/outcome", json=sent).status_code == 201
    town.settle()
    assert row_of(store, QueueItem, QueueItem.id, item).status == "open"
    assert post in [one["post"] for one in analyst.api("GET", "/queue").json()["items"]]
    assert stands(analyst, post)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"outcome": "destroyed"}, "reason"),
        ({"outcome": "burnt", "reason": "x"}, "outcome"),
        ({"outcome": "handed_over", "reason": "x"}, "to"),
        ({"outcome": "handed_over", "reason": "x", **HANDED, "file_number": ""}, "file_number"),
        ({"outcome": "handed_over", "reason": "x", **HANDED, "handed_at": "2027-01-01T00:00:00Z"}, "handed_at"),
        ({"outcome": "released", "reason": "x", "to": "SPVM"}, "to"),
    ],
)
def test_an_outcome_says_all_that_it_must(officer, sealed, store, sent, field):
    answer = officer.api("POST", f"/quarantine/{sealed}/outcome", json=sent)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)
    page = officer.send(f"/quarantine/{sealed}/outcome", **sent)
    assert (page.status_code, SECRET in page.text) == (422, False)
    assert row_of(store, Quarantined, Quarantined.post_id, sealed).outcome == ""


def test_a_package_opens_with_openssl_and_its_passphrase_alone(officer, sealed, store, tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on this machine")
    page = officer.send(f"/quarantine/{sealed}/open", confirm="yes").text
    (phrase,) = set(re.findall(r'name="passphrase" value="([^"]+)"', page))
    sent = officer.send(f"/quarantine/{sealed}/package", passphrase=phrase)
    assert sent.status_code == 200
    assert sent.headers["content-disposition"] == f'attachment; filename="{sealed}.zip.enc"'
    assert SECRET.encode() not in sent.content
    (tmp_path / "p.enc").write_bytes(sent.content)
    decrypted(tmp_path, "autre-phrase-de-passe-bien-longue")  # in 1 of 256 the padding fits by chance
    assert not zipfile.is_zipfile(tmp_path / "p.zip")
    assert decrypted(tmp_path, phrase) == 0
    with zipfile.ZipFile(tmp_path / "p.zip") as file:
        assert file.namelist() == ["text.txt", "facts.json", "capture-1.warc.gz"]
        assert SECRET in file.read("text.txt").decode()
        assert json.loads(file.read("facts.json"))["author"] == "zzauteur"
    (entry,) = entries(store, "quarantine.taken")
    assert sorted(entry) == ["post", "sha256"]
    assert officer.api("POST", f"/quarantine/{sealed}/package", json={"passphrase": "court"}).status_code == 422


def decrypted(folder, phrase):
    told = ["openssl", "enc", "-d", "-aes-256-cbc", "-pbkdf2", "-iter", "600000", "-md", "sha256"]
    told += ["-in", "p.enc", "-out", "p.zip", "-pass", f"pass:{phrase}"]
    return subprocess.run(told, cwd=folder, capture_output=True, check=False).returncode


@pytest.mark.parametrize("pair", [("destroyed", "released"), ("released", "released"), ("destroyed", "destroyed")])
def test_of_two_who_decide_at_once_one_does(store, make_person, town, pair):
    people = [make_person("quarantine_officer", name=f"resp-{n}") for n in range(2)]
    for number in range(4):
        identity = town.post(f"{TEXT} {number}", f"{number}", settle=False)
        with ThreadPoolExecutor(2) as pool:
            made = [
                pool.submit(decide, store, person, identity, OutcomeIn(outcome=outcome, reason="r"))
                for person, outcome in zip(people, pair, strict=True)
            ]
        failed = [one.exception() for one in made if one.exception()]
        assert [type(one) for one in failed] == [Conflict]
        row = row_of(store, Quarantined, Quarantined.post_id, identity)
        live = row_of(store, Post, Post.id, identity).status == "live"
        assert live == (row.outcome == "released")
    assert len(entries(store, "quarantine.decided")) == 4
