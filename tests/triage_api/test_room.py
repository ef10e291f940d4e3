"""The reading room: who is named reads redacted texts in place; every opening is an entry; nothing else leaves."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from rooms_made import open_room, paraphrase_of, token_of
from sqlalchemy import select, update

from store.errors import NotFound
from store.exports import study_key
from store.register import Event
from store.tables import Export, Paraphrase, Post, ReadingSpan, RegisterEntry, RoomCode, Study
from triage_api.app import guarded_routes
from triage_api.room import paraphrasing, reading
from triage_api.room.models import ParaphraseIn

SAID = "Mon amie Maëlle est en fugue depuis mardi, elle dort chez un gars de 30 ans, 514 555-0142. Maëlle a peur."
OTHER = "Fugue encore : Maëlle a été vue au métro, appelez-moi."
OWN_WORDS = "Une proche s'inquiète d'une jeune partie du foyer et hébergée par un adulte inconnu."


@pytest.fixture
def reader_of(person_in, store):
    """Return a researcher by name, logged in, with the id of the account."""

    def enter(name: str):
        someone = person_in("researcher", name=name)
        return someone, someone.api("GET", "/session").json()["user"]["id"]

    return enter


@pytest.fixture
def posts(town):
    return [town.post(SAID, key="1", author="un"), town.post(OTHER, key="2", author="deux")]


@pytest.fixture
def opened(reader_of, store, posts):
    """Return a researcher and the study whose room they read in."""
    who, identity = reader_of("chercheuse")
    return who, identity, open_room(store, identity, posts)


def entries(store, event: Event) -> list[dict]:
    with store.database.reading() as session:
        found = session.scalars(select(RegisterEntry).where(RegisterEntry.event == event).order_by(RegisterEntry.n))
        return [json.loads(row.public) for row in found]


def text_of(page: str) -> str:
    found = re.search(r'<div class="text sealed"[^>]*>(.*?)</div>', page, re.S)
    assert found, page
    return found[1]


def test_a_text_is_read_redacted_once_the_register_has_its_opening(opened, store, posts):
    who, identity, study = opened
    token = token_of(store, study, posts[0])
    page = who.page(f"/room/texts/{token}")
    assert page.status_code == 200
    shown = text_of(page.text)
    assert "Maëlle" not in page.text
    assert "555-0142" not in page.text
    assert "en fugue depuis mardi" in shown
    assert page.headers["cache-control"] == "no-store"
    assert entries(store, Event.ROOM_READ) == [{"study": study, "text": token}]
    with store.database.reading() as session:
        assert session.scalars(select(ReadingSpan.posts).where(ReadingSpan.user_id == identity)).all() == [1]


def test_one_person_has_one_number_in_all_texts_of_a_study_and_another_in_the_next(opened, store, posts):
    who, identity, study = opened
    names = [
        set(re.findall(r"\[PERSON_\d+\]", text_of(who.page(f"/room/texts/{token_of(store, study, one)}").text)))
        for one in posts
    ]
    assert names[0] & names[1], names
    second = open_room(store, identity, posts[:1])
    again = set(re.findall(r"\[PERSON_\d+\]", who.page(f"/room/texts/{token_of(store, second, posts[0])}").text))
    assert again
    assert again.isdisjoint(names[0])


def test_nothing_is_shown_without_an_entry(opened, store, posts, no_register):
    who, _, study = opened
    token = token_of(store, study, posts[0])
    no_register()
    answer = who.page(f"/room/texts/{token}")
    assert answer.status_code == 503
    assert "fugue" not in answer.text


def test_the_corpus_leads_to_its_room_for_who_may_enter(opened, person_in, store):
    who, _, study = opened
    with store.database.reading() as session:
        corpus = session.scalars(select(Export.id).where(Export.study_id == study)).one()
    assert f'href="/room/{study}"' in who.page(f"/corpora/{corpus}").text
    assert "La salle ferme le" in who.page(f"/corpora/{corpus}").text
    assert f"/room/{study}" not in person_in("supervisor", name="chef").page(f"/corpora/{corpus}").text


def test_only_who_is_named_enters_and_others_learn_nothing(opened, reader_of, person_in, store, posts):
    _, _, study = opened
    token = token_of(store, study, posts[0])
    stranger, _ = reader_of("curieux")
    for path in (f"/room/{study}", f"/room/texts/{token}"):
        refused = stranger.page(path)
        assert refused.status_code == 404
        assert "Lire les fugues" not in refused.text
    assert "Lire les fugues" not in stranger.page("/room").text
    assert stranger.send(f"/room/texts/{token}/codes", codes="aide").status_code == 404
    assert stranger.send(f"/room/texts/{token}/paraphrase", words="Rien.").status_code == 404
    for role in ("analyst", "supervisor", "auditor", "partner", "administrator"):
        assert person_in(role, name=f"un-{role}").page(f"/room/texts/{token}").status_code == 403
    assert entries(store, Event.ROOM_READ) == []


def _recalled(session, study, _):
    session.execute(update(Export).where(Export.study_id == study).values(status="recalled"))


def _ended(session, study, now):
    session.execute(update(Study).where(Study.id == study).values(ends_at=now))


def _closed(session, study, now):
    session.execute(update(Study).where(Study.id == study).values(closed_at=now))


def _unnamed(session, study, _):
    session.get_one(Study, study).people = ["u-autre"]


@pytest.mark.parametrize("shut", [_recalled, _ended, _closed, _unnamed])
def test_a_room_that_is_shut_shows_and_takes_nothing(opened, store, posts, shut):
    who, _, study = opened
    token = token_of(store, study, posts[0])
    with store.database.writing() as session:
        shut(session, study, store.clock())
    assert "Lire les fugues" not in who.page("/room").text
    assert who.page(f"/room/{study}").status_code == 404
    assert who.page(f"/room/texts/{token}").status_code == 404
    assert who.send(f"/room/texts/{token}/codes", codes="aide").status_code == 404
    assert who.send(f"/room/texts/{token}/paraphrase", words=OWN_WORDS).status_code == 404


@pytest.mark.parametrize("status", ["quarantined", "erased"])
def test_a_post_that_may_leave_no_more_is_read_no_more(opened, store, posts, status):
    who, _, study = opened
    with store.database.writing() as session:
        session.execute(update(Post).where(Post.id == posts[0]).values(status=status))
    answer = who.page(f"/room/texts/{token_of(store, study, posts[0])}")
    assert answer.status_code == 404
    assert "fugue" not in answer.text
    assert who.page(f"/room/texts/{token_of(store, study, posts[1])}").status_code == 200


def test_nobody_reads_once_the_key_of_the_study_is_gone(opened, store, posts):
    who, _, study = opened
    token = token_of(store, study, posts[0])
    store.keys.destroy([study_key(study)])
    assert who.page(f"/room/texts/{token}").status_code == 404


def test_codes_are_those_of_the_study_and_replace_what_one_gave_before(opened, store, posts):
    who, identity, study = opened
    token = token_of(store, study, posts[0])
    answer = who.send(f"/room/texts/{token}/codes", codes=["aide", "lieu"])
    assert answer.status_code == 303
    who.send(f"/room/texts/{token}/codes", codes="lieu")
    wrong = who.send(f"/room/texts/{token}/codes", codes=["lieu", "hasard"])
    assert wrong.status_code == 422
    assert 'id="p-codes"' in wrong.text
    with store.database.reading() as session:
        assert session.execute(select(RoomCode.user_id, RoomCode.code)).all() == [(identity, "lieu")]
    assert [said["codes"] for said in entries(store, Event.ROOM_CODED)] == [2, 1]
    assert "Vous avez codé 1 textes sur 2" in who.page(f"/room/{study}").text


def test_coders_learn_how_far_they_agree_once_it_tells_no_single_text(reader_of, store, town):
    """Alpha of two who agree on eight of ten, by hand: observed 4, expected 2 * 10 * 10 / 19."""
    posts = [town.post(f"{OTHER} Suite {n}.", key=str(n), author=str(n), settle=False) for n in range(12)]
    (one, identity), (other, second) = reader_of("chercheuse"), reader_of("collègue")
    study = open_room(store, identity, posts, second)
    tokens = [token_of(store, study, post) for post in posts]

    def code(who, at: int, codes: list[str]) -> None:
        assert who.send(f"/room/texts/{tokens[at]}/codes", codes=codes).status_code == 303

    for at in range(9):
        code(one, at, ["aide"] if at < 4 else ["lieu"])
        code(other, at, ["aide"] if 2 <= at < 5 or at == 1 else ["lieu"])
    told = one.page(f"/room/{study}").text
    assert "10 textes" in told
    assert "Alpha" not in told
    code(one, 9, ["aide", "lieu"])
    code(other, 9, ["aide"])
    code(one, 10, ["aide"])  # nobody else has coded it
    rows = re.findall(r'<th scope="row">(\w+)</th>(.*?)</tr>', one.page(f"/room/{study}").text, re.S)
    figures = {name: re.findall(r'"number">([^<]*)<', cells)[:3] for name, cells in rows}
    assert figures["aide"] == ["10", "6", f"{1 - 4 / (2 * 10 * 10 / 19):.2f}"]
    assert figures["lieu"][:2] == ["10", "7"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("", "needed"),
        ("x" * 601, "too_long"),
        ("Écrivez à Maëlle Tremblay.", "names_somebody"),
        ("On donne le 514 555-0142.", "names_somebody"),
        ("Une jeune qui dort chez un gars plus vieux.", "verbatim"),
    ],
)
def test_words_that_name_somebody_or_repeat_the_text_are_refused_and_not_lost(opened, store, posts, words, code):
    who, _, study = opened
    answer = who.send(f"/room/texts/{token_of(store, study, posts[0])}/paraphrase", words=words)
    assert answer.status_code == 422
    assert 'id="p-words"' in answer.text
    assert words.replace("'", "&#39;") in answer.text
    with store.database.reading() as session:
        assert session.scalars(select(Paraphrase)).all() == []
    assert entries(store, Event.PARAPHRASE_WRITTEN) == []


def test_a_paraphrase_leaves_only_once_somebody_else_has_read_it(opened, person_in, store, posts):
    who, _, study = opened
    token = token_of(store, study, posts[0])
    assert who.send(f"/room/texts/{token}/paraphrase", words=OWN_WORDS).status_code == 303
    assert "attend une révision" in who.page(f"/room/texts/{token}").text
    chief = person_in("supervisor", name="superviseure")
    with store.database.reading() as session:
        row = session.scalars(select(Paraphrase)).one()
    assert (row.status, OWN_WORDS.encode() in row.sealed) == ("asked", False)
    assert f"/paraphrases/{row.id}" in chief.page("/paraphrases").text
    assert "hébergée" not in chief.page("/paraphrases").text
    page = chief.page(f"/paraphrases/{row.id}").text
    assert OWN_WORDS.replace("'", "&#39;") in page
    assert "Maëlle" not in page
    assert entries(store, Event.ROOM_READ)[-1] == {"study": study, "text": token, "paraphrase": row.id}
    assert chief.send(f"/paraphrases/{row.id}", decision="refuse").status_code == 422
    assert chief.send(f"/paraphrases/{row.id}", decision="release").status_code == 303
    assert chief.send(f"/paraphrases/{row.id}", decision="refuse", reason="Non.").status_code == 409
    with store.database.reading() as session:
        assert session.get_one(Paraphrase, row.id).status == "released"
    assert entries(store, Event.PARAPHRASE_REVIEWED) == [{"study": study, "paraphrase": row.id, "decision": "released"}]
    assert "peut sortir" in who.page(f"/room/texts/{token}").text


def test_nobody_reviews_their_own_words(person_in, store, posts):
    both = person_in("supervisor", name="chercheuse-devenue-superviseure")
    identity = both.api("GET", "/session").json()["user"]["id"]
    study = open_room(store, identity, posts)
    made = paraphrase_of(store, study, posts[0], identity)
    assert made not in both.page("/paraphrases").text
    assert both.page(f"/paraphrases/{made}").status_code == 403
    assert both.send(f"/paraphrases/{made}", decision="release").status_code == 403


def test_a_paraphrase_of_a_study_that_is_over_is_reviewed_no_more(opened, person_in, store, posts, clock):
    _, identity, study = opened
    made = paraphrase_of(store, study, posts[0], identity)
    clock.now += timedelta(days=201)
    chief = person_in("supervisor", name="superviseure")
    assert made not in chief.page("/paraphrases").text
    assert chief.page(f"/paraphrases/{made}").status_code == 404


def test_what_leads_back_to_its_text_is_told_to_the_reviewer(opened, make_person, store, posts):
    _, identity, study = opened
    token = token_of(store, study, posts[0])
    person = make_person("researcher", name="lectrice")
    with store.database.writing() as session:
        session.get_one(Study, study).people = [identity, person.id]
    paraphrasing.write_paraphrase(store, person, token, ParaphraseIn(words="Fugue, peur, amie, dort depuis mardi."))
    with store.database.reading() as session:
        risk = session.scalars(select(Paraphrase.risk)).one()
    assert risk["led_back"]
    assert risk["lead"] > 1


def test_no_program_and_no_address_of_the_api_has_any_of_it(opened, store, posts, make_person):
    assert not [path for _, path, _ in guarded_routes() if path.startswith("/api/") and "room" in path]
    assert not [path for _, path, _ in guarded_routes() if path.startswith("/api/") and "paraphrase" in path]
    who, _, study = opened
    told = who.api("GET", "/corpora").text
    assert "fugue depuis mardi" not in told
    assert token_of(store, study, posts[0]) not in told
    with pytest.raises(NotFound):
        reading.room(store, make_person("researcher", name="autre"), study)
