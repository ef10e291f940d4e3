"""The campaign on a post's page and in its answer: only for posts that may be linked."""

from __future__ import annotations

import pytest
from desk_words import words_of

from pipeline.link import link_batch
from store.erasure import erase
from store.tables import LinkedPost

FUGUE = "chu en fugue depuis hier, j'ai 15 ans, une fille me propose un lit pis du cash contre des commissions à Laval"
ADVERT = "Solo, 34 ans, centre-ville, sur rendez-vous seulement, 514-555-0142"


@pytest.fixture
def linked(town, desk):
    """Take posts in, have them read and linked; return their ids."""

    def take(*posts):
        ids = [town.post(text, str(number), **more) for number, (text, more) in enumerate(posts)]
        while link_batch(desk.store, "test"):
            pass
        return ids

    return take


def campaign(analyst, identity):
    return analyst.api("GET", f"/posts/{identity}").json()["campaign"]


def test_a_post_tells_its_campaign_why_and_where_it_went(analyst, linked):
    stops = [("Laval", 1), ("Laval", 2), ("Gatineau", 5), ("Laval", 7)]
    posts = [(f"{FUGUE} !{'!' * day}", {"city": city, "posted_at": f"2026-02-0{day}T12:00:00Z"}) for city, day in stops]
    first, *_ = linked(*posts, (f"{FUGUE}, texte 514-555-0142", {}))
    told = campaign(analyst, first)
    assert told["id"].startswith("c-")
    assert told["posts"] == 5
    assert told["because"] == ["text"]
    assert [(stay["city"], stay["first"][:10], stay["last"][:10]) for stay in told["movement"]] == [
        ("Laval", "2026-02-01", "2026-02-02"),
        ("Gatineau", "2026-02-05", "2026-02-05"),
        ("Laval", "2026-02-07", "2026-03-02"),
    ]


def test_a_post_linked_to_none_has_no_campaign(analyst, linked):
    alone, *_ = linked((FUGUE, {}))
    assert campaign(analyst, alone) is None
    assert "c-" not in words_of(analyst.client.get(f"/posts/{alone}?open=1").text).split()


def test_an_adults_advertisement_has_none(analyst, linked, store):
    first, second = linked((ADVERT, {"kind": "ad"}), (f"{ADVERT} !", {"kind": "ad"}))
    assert campaign(analyst, first) is campaign(analyst, second) is None
    with store.database.reading() as session:
        assert session.query(LinkedPost).count() == 0


def test_what_is_erased_is_counted_no_more(analyst, linked, store):
    first, second, third = linked((FUGUE, {}), (f"{FUGUE} !", {}), (f"{FUGUE} ?", {"city": "Gatineau"}))
    assert campaign(analyst, first)["posts"] == 3
    erase(store, third)
    told = campaign(analyst, first)  # the linker has not come round yet
    assert told["posts"] == 2
    assert {stay["city"] for stay in told["movement"]} <= {"Laval"}
    erase(store, second)
    while link_batch(store, "test"):
        pass
    assert campaign(analyst, first) is None


@pytest.mark.parametrize(
    ("lang", "words"),
    [("fr", "un même téléphone, un texte presque pareil"), ("en", "the same phone number, nearly the same text")],
)
def test_the_page_shows_it_as_a_table(analyst, linked, lang, words):
    text = f"{FUGUE}, texte 514-555-0142"
    first, _ = linked((text, {"city": "Laval"}), (f"{text} !", {"city": "<b>Ici</b>"}))
    analyst.send("/language", lang=lang, next="/queue")
    page = analyst.page(f"/posts/{first}?open=1").text
    assert words in words_of(page)
    assert "<caption>" in page
    assert "<b>Ici" not in page
