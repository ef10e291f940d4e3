"""The checklist for a post whose person nobody knows: whom to reach, with no number that was made up."""

from __future__ import annotations

import re

import pytest
from desk_words import FUGUE, words_of
from directory_entries import organisation
from sqlalchemy import select, update

from nlp.cities import gazetteer, region_of
from store.tables import QueueItem, RegisterEntry
from triage_api.posts.models import PLATFORMS
from triage_api.posts.unknown import STEPS, known, police_of

PASTE = {"text": FUGUE, "platform": "snapchat", "seen_at": "2026-03-01T20:00:00Z", "where": "profil public lea.b"}


@pytest.fixture
def book(desk, make_person):
    """Give the house a directory."""

    def give():
        keeper = make_person("supervisor", name="superviseure")
        told = (
            ("Agent <b>fictif</b>", "police", ["Montérégie"], "450 555-0142"),
            ("Police de partout", "police", [], "450 555-0145"),
            ("DPJ fictive", "dpj", ["Montérégie"], "450 555-0143"),
            ("DPJ d'ailleurs", "dpj", ["Estrie"], "450 555-0146"),
        )
        for name, kind, regions, phone in told:
            organisation(
                desk, keeper, name, kind=kind, regions=regions, phone=phone, hours="24/7", services="Sur rendez-vous"
            )

    return give


def events(store):
    with store.database.reading() as session:
        return list(session.scalars(select(RegisterEntry.event)))


def test_every_region_and_platform_is_known_and_no_number_was_made_up():
    facts = known()
    assert set(facts.regions) == set(gazetteer().regions.values())
    assert set(facts.platforms) == set(PLATFORMS)
    assert all(region_of(city) for city in facts.cities)
    numbers = re.findall(r"\d[\d -]{2,}", facts.model_dump_json())
    assert {number.strip(" -") for number in numbers} == {"911", "988", "310-4141", "4141"}


@pytest.mark.parametrize(
    ("city", "region", "kind", "name"),
    [
        ("Longueuil", "Montérégie", "city", "Service de police de l'agglomération de Longueuil"),
        ("Saint-Hyacinthe", "Montérégie", "municipal", ""),
        ("Laval", "Laval", "whole", "Service de police de Laval"),
        ("", "Montréal", "whole", "Service de police de la Ville de Montréal"),
        ("", "Côte-Nord", "provincial", ""),
        ("", "Nord-du-Québec", "own", ""),
        ("Ottawa", "Hors Québec", "outside", ""),
        ("", "", "unknown", ""),
        ("<b>", "x", "unknown", ""),
        ("laval", "Montréal", "whole", "Service de police de Laval"),  # the source's region, given to all its posts
        ("st-jerome", "Montréal", "municipal", ""),
        ("Ottawa", "Outaouais", "outside", ""),
    ],
)
def test_the_police_of_a_place(city, region, kind, name):
    told = police_of(city, region)
    assert (told.kind, told.name, told.provincial.name) == (kind, name, "Sûreté du Québec")


def test_the_list_shows_no_text_and_makes_no_entry_and_works_without_a_directory(analyst, town, store):
    post = town.post(FUGUE, author="lea.b", url="https://lea-b.forum.example/x", city="Longueuil")
    before = events(store)
    page = analyst.page(f"/posts/{post}/unknown").text
    assert events(store) == before
    words = words_of(page)
    for told in ("911", "988", "310-4141", "agglomération de Longueuil", "L'annuaire de la maison est vide"):
        assert told in words.replace("&#39;", "'"), told
    for untold in ("fugue", "lea-b", "lea.b", "514"):
        assert untold not in page, untold
    assert page.count('type="checkbox" form="checklist"') == len(STEPS)
    assert not re.search(r'href="(?!/|#|\?|tel:\d+")', page)


def test_the_houses_directory_is_told_as_text(analyst, town, book):
    book()
    post = analyst.api("POST", "/posts", json=PASTE).json()["id"]
    town.settle()
    told = analyst.api("GET", f"/posts/{post}/unknown").json()
    assert (told["platform"], told["owner"]) == ("Snapchat", "Snap")
    assert [one["name"] for one in told["police_house"]] == ["Police de partout"], "nobody knows the region"
    assert (told["dpj"], told["directory"]) == ([], True)
    other = town.post(f"{FUGUE} Encore.", "b", city="Saint-Hyacinthe", region="Montérégie")
    told = analyst.api("GET", f"/posts/{other}/unknown").json()
    assert [one["phone"] for one in told["police_house"]] == ["450 555-0142", "450 555-0145"]
    assert [(one["phone"], one["note"], one["open_now"]) for one in told["dpj"]] == [
        ("450 555-0143", "Sur rendez-vous", True)
    ]
    page = analyst.page(f"/posts/{other}/unknown").text
    assert "Agent &lt;b&gt;fictif" in page
    assert 'href="tel:4505550143"' in page
    assert "n'en nomme pas" not in words_of(page).replace("&#39;", "'")
    far = town.post(f"{FUGUE} Là.", "c", city="Gatineau", region="Outaouais")
    assert "n'en nomme pas" in words_of(analyst.page(f"/posts/{far}/unknown").text).replace("&#39;", "'")


def test_what_is_done_is_kept_as_a_note_and_shown_again(analyst, person_in, town, store):
    post = town.post(FUGUE)
    kept = analyst.send(f"/posts/{post}/unknown", ticked=["police", "danger", "inconnu"], words="Dossier 12")
    assert (kept.status_code, kept.headers["location"]) == (303, f"/posts/{post}/unknown")
    other = person_in("analyst", name="autre")
    assert other.api("GET", f"/posts/{post}/unknown").json()["ticked"] == ["danger", "police"]
    page = other.page(f"/posts/{post}/unknown").text
    assert re.findall(r'value="(\w+)" checked', page) == ["danger", "police"]
    (note,) = other.api("GET", f"/posts/{post}").json()["notes"]
    assert (note["text"], note["ticked"]) == ("Dossier 12", ["danger", "police"])
    assert "Danger immédiat, Police de la région apparente" in words_of(other.page(f"/posts/{post}?open=1").text)
    assert events(store).count("note.written") == 1
    other.api("POST", f"/posts/{post}/unknown", json={"ticked": []})
    assert analyst.api("GET", f"/posts/{post}/unknown").json()["ticked"] == []
    analyst.api("POST", f"/posts/{post}/notes", json={"note": "Des mots seulement."})
    assert analyst.api("GET", f"/posts/{post}/unknown").json()["ticked"] == []


def test_a_list_that_cannot_be_kept_loses_nothing(analyst, town):
    post = town.post(FUGUE)
    wrong = analyst.send(f"/posts/{post}/unknown", ticked=["police"], words="x" * 301)
    assert wrong.status_code == 422
    assert "x" * 301 in wrong.text
    assert re.findall(r'value="(\w+)" checked', wrong.text) == ["police"]


def test_the_address_is_revealed_on_the_list_with_an_entry_and_as_text(analyst, town, store):
    post = town.post(FUGUE, author="lea.b", url="https://lea-b.forum.example/x")
    missing = analyst.send(f"/posts/{post}/reveal", on="unknown", what="address", why=" ")
    assert (missing.status_code, "lea-b" in missing.text) == (422, False)
    shown = analyst.send(f"/posts/{post}/reveal", on="unknown", what="address", why="Divulgation")
    assert shown.status_code == 200
    assert "hxxps://lea-b[.]forum[.]example/x" in shown.text
    assert "fugue" not in shown.text, "the list, not the text"
    assert events(store).count("identifier.revealed") == 1
    assert "post.opened" not in events(store)
    assert "lea-b" not in analyst.page(f"/posts/{post}/unknown").text


def test_whoever_judges_blind_sees_no_colleagues_ticks(analyst, person_in, town, store):
    post = town.post(FUGUE)
    other = person_in("analyst", name="autre")
    assert other.api("POST", f"/posts/{post}/unknown", json={"ticked": ["report"]}).status_code == 201
    assert analyst.api("GET", f"/posts/{post}/unknown").json()["ticked"] == ["report"]
    with store.database.writing() as session:
        session.execute(update(QueueItem).where(QueueItem.post_id == post).values(double=True))
    assert analyst.api("GET", f"/posts/{post}/unknown").json()["ticked"] == []
    analyst.api("POST", f"/posts/{post}/unknown", json={"ticked": ["danger"]})
    assert analyst.api("GET", f"/posts/{post}/unknown").json()["ticked"] == ["danger"]
    assert other.api("GET", f"/posts/{post}/unknown").json()["ticked"] == ["report"]
