"""The quarantine officer's desk: who enters, what is listed, what an opening needs; and what is pasted at the door."""

from __future__ import annotations

import pytest
from desk_words import FUGUE
from sealed_texts import MARKER, SECRET, TEXT, entries, opened, row_of

from store.tables import Post, Quarantined
from triage_api.quarantine.packing import new_passphrase


@pytest.fixture
def store(make_store, lexicon):
    return make_store(quarantine_lexicon_file=lexicon)


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
        assert "zzmarq" not in answer.text.lower().replace(sealed, "")
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
    assert "zzmarq" not in page.text.lower()
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
