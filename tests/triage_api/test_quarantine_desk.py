"""The quarantine officer's desk: what is listed, what an opening needs, and outcomes that are for good."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest
from desk_words import FUGUE
from sqlalchemy import select

from store.errors import Conflict, NotFound
from store.index import IndexQuery
from store.tables import Capture, Post, Quarantined, QueueItem, RegisterEntry
from triage_api.quarantine.models import OutcomeIn
from triage_api.quarantine.packing import new_passphrase
from triage_api.quarantine.service import decide

MARKER = "zzmarqueur-un"
SECRET = "zzsecretdedans"
TEXT = f"{FUGUE} {MARKER} {SECRET} https://zzadresse.example/x"
HANDED = {"to": "SPVM", "file_number": "26-0001", "handed_at": "2026-03-02T09:00:00+00:00"}


@pytest.fixture
def lexicon(tmp_path):
    path = tmp_path / "lexicon.txt"
    path.write_text(f"{MARKER}\n", "utf-8")
    return path


@pytest.fixture
def store(make_store, lexicon):
    return make_store(quarantine_lexicon_file=lexicon)


@pytest.fixture
def officer(person_in):
    return person_in("quarantine_officer")


@pytest.fixture
def sealed(town):
    return met(town, TEXT)


def met(town, text):
    return town.post(text, "a", origin="collect", author="zzauteur", url="https://zzadresse.example/annonce")


def entries(store, event):
    with store.database.reading() as session:
        rows = session.scalars(select(RegisterEntry).where(RegisterEntry.event == event).order_by(RegisterEntry.n))
        return [json.loads(row.public) for row in rows]


def row_of(store, table, column, value):
    with store.database.reading() as session:
        return session.scalar(select(table).where(column == value))


def opened(officer, identity):
    return officer.api("POST", f"/quarantine/{identity}/open", json={"confirm": "yes"})


def test_the_list_tells_no_word_of_any_text(officer, sealed, analyst, town):
    pressed = town.post(FUGUE, "b", source="babillard")
    item = f"q-{pressed[2:]}"
    assert analyst.api("POST", f"/queue/{item}/decision", json={"verdict": "quarantine", "reason": "x"}).is_success
    told = officer.api("GET", "/quarantine")
    by = {one["id"]: (one["source"], one["by"], one["state"], one["late"]) for one in told.json()["items"]}
    assert by[sealed] == ("Le forum", "lexicon", "waiting", False)
    assert by[pressed][0] == "Le babillard"
    assert by[pressed][1] not in ("", "lexicon")
    assert (told.json()["waiting"], told.json()["late"], told.json()["terms"]) == (2, 0, 1)
    page, label = officer.page("/quarantine"), officer.page(f"/quarantine/{sealed}")
    for answer in (told, page, label):
        assert answer.status_code == 200
        assert "zz" not in answer.text.replace(sealed, "")
        assert "fugue" not in answer.text.lower()
        assert answer.headers["cache-control"] == "no-store"
    assert officer.page("/").url.path == "/quarantine"


def test_a_list_goes_on_where_it_was_left(officer, town):
    made = {town.post(f"{TEXT} {n}", f"{n}", settle=False) for n in range(5)}
    officer.api("POST", f"/quarantine/{min(made)}/outcome", json={"outcome": "destroyed", "reason": "r"})
    found, cursor = [], None
    while True:
        page = officer.api("GET", "/quarantine", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        found += [one["id"] for one in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    assert sorted(found) == sorted(made)
    assert found[-1] == min(made)
    assert officer.api("GET", "/quarantine", params={"cursor": "x"}).status_code == 422


def test_the_text_is_shown_after_a_confirmation_and_its_entry(officer, sealed, store):
    path = f"/quarantine/{sealed}/open"
    assert officer.api("POST", f"/quarantine/{sealed}/open", json={}).status_code == 422
    asked = officer.send(path)
    assert (asked.status_code, SECRET in asked.text) == (422, False)
    assert entries(store, "quarantine.opened") == []
    page = officer.send(path, confirm="yes")
    assert page.status_code == 200
    assert entries(store, "quarantine.opened") == [{"post": sealed, "what": "text"}]
    assert page.headers["cache-control"] == "no-store"
    shown = page.text[page.text.index("<details>") : page.text.index("</details>")]
    assert SECRET in shown
    assert SECRET not in page.text.replace(shown, "")
    assert "hxxps://zzadresse[.]example/annonce" in shown
    assert "zzadresse.example" not in page.text
    told = opened(officer, sealed).json()
    assert told["text"]["text"].endswith("hxxps://zzadresse[.]example/x")
    assert len(told["text"]["captures"]) == 1


def test_hostile_text_is_shown_as_text(officer, town, store):
    identity = town.post(f"{MARKER} <script>alert(1)</script><img src=x> \u202e{SECRET}", "h", settle=False)
    page = officer.send(f"/quarantine/{identity}/open", confirm="yes").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;" in page
    assert "[U+202E]" in page


def test_no_entry_nothing_is_shown(officer, sealed, no_register, store):
    no_register()
    for answer in (
        opened(officer, sealed),
        officer.send(f"/quarantine/{sealed}/open", confirm="yes"),
        officer.api("POST", f"/quarantine/{sealed}/package", json={"passphrase": new_passphrase()}),
        officer.api("POST", f"/quarantine/{sealed}/outcome", json={"outcome": "destroyed", "reason": "r"}),
        officer.api("POST", f"/quarantine/{sealed}/outcome", json={"outcome": "released", "reason": "r"}),
    ):
        assert answer.status_code == 503
        assert SECRET not in answer.text
    assert row_of(store, Quarantined, Quarantined.post_id, sealed).outcome == ""
    assert row_of(store, Post, Post.id, sealed).status == "quarantined"


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


def test_what_waits_for_too_long_is_late(officer, town, clock, store):
    town.post(TEXT, "a", settle=False)
    clock.forward(days=31)
    officer.log_in("quarantine_officer")  # the session ended meanwhile
    told = officer.api("GET", "/quarantine")
    assert (told.json()["late"], told.json()["items"][0]["late"]) == (1, True)
    assert "30" in officer.page("/quarantine").text
    metrics = officer.client.get("/metrics").text
    assert "vigie_quarantine_waiting 1" in metrics
    assert "vigie_quarantine_late 1" in metrics
    assert "vigie_quarantine_lexicon 1" in metrics


def test_only_an_officer_enters_and_sees_nothing_else(officer, sealed, person_in, town):
    for role in ("analyst", "supervisor", "auditor", "administrator", "partner", "researcher", "investigator"):
        other = person_in(role, name=f"autre-{role}")
        for path in ("/quarantine", f"/quarantine/{sealed}"):
            assert other.api("GET", path).status_code == 403
        assert opened(other, sealed).status_code == 403
    post = town.post(FUGUE, "b")
    for path in ("/queue", f"/posts/{post}", "/searches", "/requests", "/sources", "/register"):
        assert officer.api("GET", path).status_code in (403, 404), path
        assert officer.page(path).status_code in (403, 404), path
    assert officer.api("GET", f"/quarantine/{post}").status_code == 404


def test_an_emergency_access_opens_nothing_here(person_in, sealed):
    analyst = person_in("analyst")
    made = analyst.api("POST", "/glass", json={"reason": "Un jeune en danger, personne d'autre n'est là."})
    assert made.is_success
    assert analyst.api("GET", "/quarantine").status_code == 403
    assert opened(analyst, sealed).status_code == 403


def test_a_house_without_a_lexicon_says_so(officer):
    officer.client.app.state.desk.store.settings.quarantine_lexicon_file = None
    assert officer.api("GET", "/quarantine").json()["terms"] is None
    assert "non configuré" in officer.page("/quarantine").text


def test_a_paste_that_is_caught_is_told_without_its_words(analyst, store):
    sent = {"text": TEXT, "platform": "Messagerie", "where": "profil public", "seen_at": "2026-03-02T09:00:00+00:00"}
    page = analyst.send("/posts/new", **sent)
    assert page.status_code == 201
    assert "quarantaine" in page.text
    assert "zz" not in page.text
    told = analyst.api("POST", "/posts", json=sent)
    assert (told.status_code, told.json()["intake"], SECRET in told.text) == (201, "quarantined", False)
    assert len(entries(store, "quarantine.sealed")) == 2
    assert analyst.api("GET", f"/posts/{told.json()['id']}").status_code == 404


def test_a_paste_of_what_was_given_back_is_one_more_sighting(analyst, officer, store):
    sent = {"text": TEXT, "platform": "Messagerie", "where": "profil public", "seen_at": "2026-03-02T09:00:00+00:00"}
    first = analyst.api("POST", "/posts", json=sent).json()["id"]
    officer.api("POST", f"/quarantine/{first}/outcome", json={"outcome": "released", "reason": "Rien de tel."})
    again = analyst.api("POST", "/posts", json=sent).json()
    assert (again["id"], again["intake"]) == (first, "same")
    assert row_of(store, Post, Post.id, first).provenance["where 2"] == "profil public"


def test_a_lexicon_that_cannot_be_read_takes_no_paste(analyst, officer, lexicon):
    lexicon.write_text("# rien\n")
    sent = {"text": "Bonjour.", "platform": "Messagerie", "where": "p", "seen_at": "2026-03-02T09:00:00+00:00"}
    told = analyst.api("POST", "/posts", json=sent)
    assert (told.status_code, told.json()["error"]["code"]) == (503, "quarantine_lexicon")
    page = analyst.send("/posts/new", **sent)
    assert (page.status_code, "Bonjour." in page.text) == (503, False)
    assert officer.api("GET", "/quarantine").json()["lexicon_problem"].startswith("The quarantine lexicon")
    assert "réparé" in officer.page("/quarantine").text


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
