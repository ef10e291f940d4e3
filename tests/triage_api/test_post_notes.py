"""Notes and tags beside a post: sealed, without content in the register, gone with the post from every table."""

from __future__ import annotations

import json

import pytest
from desk_words import FUGUE, words_of
from sqlalchemy import select

from store.erasure import erase
from store.leftovers import destroy_asked
from store.notes import key_name, posts_tagged, tags_among
from store.quarantine import quarantine
from store.tables import Note, RegisterEntry
from store.tables.base import Base
from triage_api.posts.noting import MOST_TAGS

SECRET = "Zébulon a appelé l'école."


def note(browser, post, words=SECRET):
    return browser.api("POST", f"/posts/{post}/notes", json={"note": words})


def tag(browser, post, word, how="tags"):
    return browser.api("POST", f"/posts/{post}/{how}", json={"tag": word})


def entries(store):
    with store.database.reading() as session:
        rows = session.scalars(select(RegisterEntry).where(RegisterEntry.event == "note.written"))
        return [(json.loads(row.public), row.sealed) for row in rows]


def rows_holding(store, words):
    """Return the tables, of all there are, in which a row holds some words or bytes."""
    found = set()
    with store.database.reading() as session:
        for table in Base.metadata.sorted_tables:
            for row in session.execute(select(table)):
                if any(words == value if isinstance(words, bytes) else words in str(value) for value in row):
                    found.add(table.name)
    return found


def sealed_of(store, post):
    with store.database.reading() as session:
        return session.scalar(select(Note.sealed).where(Note.post_id == post))


def test_a_note_is_sealed_and_colleagues_read_it_and_the_register_has_no_word_of_it(analyst, person_in, town, store):
    post = town.post(FUGUE)
    made = note(analyst, post)
    assert made.status_code == 201, made.text
    assert (made.json()["text"], made.json()["mine"], made.json()["removable"]) == (SECRET, True, True)
    assert rows_holding(store, "Zébulon") == set()
    assert entries(store) == [({"post": post, "note": made.json()["id"]}, None)]
    other = person_in("analyst", name="autre")
    (read,) = other.api("GET", f"/posts/{post}").json()["notes"]
    assert (read["text"], read["mine"], read["removable"]) == (SECRET, False, False)
    assert "Zébulon" in other.page(f"/posts/{post}?open=1").text
    assert "Zébulon" not in other.page(f"/posts/{post}").text


def test_the_same_note_sent_twice_is_one(analyst, person_in, town, store):
    post = town.post(FUGUE)
    assert note(analyst, post).json()["id"] == note(analyst, post).json()["id"]
    assert note(person_in("analyst", name="autre"), post).json()["id"] != note(analyst, post).json()["id"]
    assert len(entries(store)) == 3


def test_the_author_alone_takes_a_note_back_and_within_a_day(analyst, person_in, town, store, clock):
    post = town.post(FUGUE)
    mine = note(analyst, post).json()["id"]
    later = note(analyst, post, "Une autre.").json()["id"]
    other = person_in("analyst", name="autre")
    for browser, identity in ((other, mine), (analyst, 10**9)):
        refused = browser.api("POST", f"/posts/{post}/unnote", json={"id": identity})
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "note_stays")
    assert analyst.api("POST", f"/posts/{post}/unnote", json={"id": mine}).status_code == 204
    assert entries(store)[-1] == ({"post": post, "note": mine, "taken_back": True}, None)
    assert [one["id"] for one in analyst.api("GET", f"/posts/{post}").json()["notes"]] == [later]
    clock.forward(hours=24)
    assert analyst.log_in("analyst").api("POST", f"/posts/{post}/unnote", json={"id": later}).status_code == 409
    assert not analyst.api("GET", f"/posts/{post}").json()["notes"][0]["removable"]


def test_no_note_is_kept_without_its_entry_nor_beside_what_is_gone(analyst, town, store, no_register):
    post, gone = town.post(FUGUE, "a"), town.post(f"{FUGUE} Autre.", "b")
    erase(store, gone)
    for path, sent in (
        ("notes", {"note": "x"}),
        ("tags", {"tag": "x"}),
        ("unnote", {"id": 1}),
        ("untag", {"tag": "x"}),
    ):
        assert analyst.api("POST", f"/posts/{gone}/{path}", json=sent).status_code == 404
    no_register()
    assert note(analyst, post).status_code == 503
    assert sealed_of(store, post) is None


@pytest.mark.parametrize("how", ["erased", "quarantined"])
def test_notes_and_tags_go_with_the_post_from_every_table_and_their_key_is_destroyed(analyst, town, store, how):
    post, kept = town.post(FUGUE, "a"), town.post(f"{FUGUE} Autre.", "b")
    for one in (post, kept):
        note(analyst, one)
        tag(analyst, one, f"zebulon {one[-4:]}")
    sealed = sealed_of(store, post)
    assert rows_holding(store, sealed) == {"notes"}
    assert rows_holding(store, f"zebulon {post[-4:]}") == {"tags"}
    assert key_name(post) in store.keys.keys([key_name(post)])
    if how == "erased":
        erase(store, post)
    else:
        with store.database.writing() as session:
            quarantine(store, session, post, "merle-01")
    assert rows_holding(store, sealed) == rows_holding(store, f"zebulon {post[-4:]}") == set()
    destroy_asked(store)
    assert set(store.keys.keys([key_name(post), key_name(kept)])) == {key_name(kept)}
    assert rows_holding(store, f"zebulon {kept[-4:]}") == {"tags"}


def test_what_is_written_once_a_post_is_given_back_outlasts_the_keys_of_before(analyst, town, store, person_in):
    post = town.post(FUGUE)
    note(analyst, post, "Avant.")
    with store.database.writing() as session:
        quarantine(store, session, post, "merle-01")
    released = {"outcome": "released", "reason": "Rien de tel."}
    assert person_in("quarantine_officer").api("POST", f"/quarantine/{post}/outcome", json=released).status_code == 201
    note(analyst, post, "Après.")
    destroy_asked(store)
    assert [one["text"] for one in analyst.api("GET", f"/posts/{post}").json()["notes"]] == ["Après."]


def test_a_note_whose_key_is_gone_is_left_out(analyst, town, store):
    post = town.post(FUGUE)
    note(analyst, post)
    store.keys.destroy([key_name(post)])
    assert analyst.api("GET", f"/posts/{post}").json()["notes"] == []


def test_tags_are_folded_words_each_once(analyst, town, store):
    post, other = town.post(FUGUE, "a"), town.post(f"{FUGUE} Autre.", "b")
    assert tag(analyst, post, "  À  Relire ").json() == {"tags": ["a relire"]}
    assert tag(analyst, post, "#a relire").json() == {"tags": ["a relire"]}
    tag(analyst, post, "gare-du-sud")
    tag(analyst, other, "a relire")
    with store.database.reading() as session:
        assert set(session.scalars(posts_tagged(["a relire"]))) == {post, other}
        assert set(session.scalars(posts_tagged(["a relire", "gare-du-sud"]))) == {post}
        assert tags_among(session, [post, other]) == {post: ["a relire", "gare-du-sud"], other: ["a relire"]}
    assert tag(analyst, post, "A RELIRE", "untag").json() == {"tags": ["gare-du-sud"]}
    assert tag(analyst, post, "jamais mis", "untag").json() == {"tags": ["gare-du-sud"]}


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("514-555-0142", "tag_identifier"),
        ("514 555", "tag_identifier"),
        ("cinq un quatre cinq cinq cinq zéro un quatre deux", "too_long"),
        ("lea@x.example", "tag_identifier"),
        ("@lea.b", "tag_identifier"),
        ("insta: lea_b", "tag_identifier"),
        ("Lea B", "tag_identifier"),
        ("plume de geai", "tag_identifier"),
        ("x" * 31, "too_long"),
        ("<b>", "tag_letters"),
        ("🙂", "tag_letters"),
        ("hxxps://x", "tag_letters"),
    ],
)
def test_a_tag_names_nobody_and_is_a_word(analyst, town, word, code):
    post = town.post(f"{FUGUE} Insta : plume.de.geai", author="lea.b")
    refused = tag(analyst, post, word)
    assert refused.status_code == 422, refused.text
    assert refused.json()["error"] == {**refused.json()["error"], "code": code, "field": "tag"}
    page = analyst.send(f"/posts/{post}/tags", tag=word, reason="À moitié écrit")
    assert page.status_code == 422
    assert "À moitié écrit</textarea>" in page.text
    assert analyst.api("GET", f"/posts/{post}").json()["tags"] == []


def test_a_post_has_at_most_ten_tags(analyst, town):
    post = town.post(FUGUE)
    for number in range(MOST_TAGS):
        assert tag(analyst, post, f"mot {number}").status_code == 200
    assert tag(analyst, post, "de trop").json()["error"]["code"] == "too_many_tags"
    assert tag(analyst, post, "mot 3").status_code == 200


def test_the_forms_of_the_page_keep_what_is_half_written_elsewhere(analyst, town):
    post = town.post(FUGUE)
    plain = analyst.send(f"/posts/{post}/notes", note="Une note.")
    assert (plain.status_code, plain.headers["location"]) == (303, f"/posts/{post}?open=1#beside")
    more = analyst.send(
        f"/posts/{post}/tags", tag="relire", verdict="watch", criteria=["M05", "M01"], reason="<b>Presque fini"
    )
    assert more.status_code == 200
    assert "&lt;b&gt;Presque fini</textarea>" in more.text
    assert 'value="watch" required checked' in more.text
    assert 'value="M05" checked' in more.text
    assert "Une note." in words_of(more.text)
    empty = analyst.send(f"/posts/{post}/notes", note=" ", reason="Gardé")
    assert (empty.status_code, "Gardé</textarea>" in empty.text) == (422, True)
    gone = analyst.send(f"/posts/{post}/unnote", id="x", reason="Gardé")
    assert (gone.status_code, "Gardé</textarea>" in gone.text) == (422, True)
    stays = analyst.send(f"/posts/{post}/unnote", id="999999")
    assert (stays.status_code, "Seule sa propre note" in stays.text) == (409, True)
    assert analyst.send(f"/posts/{post}/untag?search=s-1%22", tag="relire").headers["location"] == (
        f"/posts/{post}?open=1&search=s-1%22#beside"
    )


def test_what_is_written_beside_is_escaped(analyst, town):
    post = town.post(FUGUE)
    note(analyst, post, "</p><script>x</script> https://pisteur.example \u202e")
    page = analyst.page(f"/posts/{post}?open=1").text
    assert "<script>x" not in page
    assert "hxxps://pisteur[.]example" in page
    assert "\u202e" not in page


def test_who_does_not_work_the_queue_writes_nothing(person_in, town):
    post = town.post(FUGUE)
    for role in ("partner", "researcher", "auditor", "administrator"):
        assert note(person_in(role), post).status_code == 403
