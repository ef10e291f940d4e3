"""The checklist for a post whose person nobody knows: whom to reach, with no number that was made up."""

from __future__ import annotations

import re

import pytest
from desk_words import FUGUE, words_of
from sqlalchemy import select, update

from nlp.cities import gazetteer, region_of
from store.errors import NotSetUp
from store.settings import Settings
from store.tables import QueueItem, RegisterEntry
from triage_api.posts.models import PLATFORMS
from triage_api.posts.unknown import STEPS, Directory, known, police_of, read_directory

BOOK = """
police:
  Montérégie: {name: "Agent <b>fictif</b>", phone: "450-555-0142", note: "Jour et nuit"}
  Longueuil: {name: "Liaison de Longueuil", phone: "450-555-0145"}
dpj:
  montérégie: {name: "DPJ fictive", phone: "450-555-0143"}
platforms:
  snapchat: {name: "Liaison plateformes", phone: "514-555-0144"}
"""
PASTE = {"text": FUGUE, "platform": "snapchat", "seen_at": "2026-03-01T20:00:00Z", "where": "profil public lea.b"}


@pytest.fixture
def book(store, tmp_path, monkeypatch):
    """Give the house a directory."""

    def give(text=BOOK):
        path = tmp_path / "contacts.yaml"
        path.write_text(text, "utf-8")
        monkeypatch.setattr(store.settings, "contacts_file", path)

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
    told = police_of(city, region, Directory())
    assert (told.kind, told.name, told.provincial.name) == (kind, name, "Sûreté du Québec")


def test_the_list_shows_no_text_and_makes_no_entry_and_works_without_a_directory(analyst, town, store):
    post = town.post(FUGUE, author="lea.b", url="https://lea-b.forum.example/x", city="Longueuil")
    before = events(store)
    page = analyst.page(f"/posts/{post}/unknown").text
    assert events(store) == before
    words = words_of(page)
    for told in ("911", "988", "310-4141", "agglomération de Longueuil", "Voyez le répertoire de la maison"):
        assert told in words.replace("&#39;", "'"), told
    for untold in ("fugue", "lea-b", "lea.b", "514"):
        assert untold not in page, untold
    assert page.count('type="checkbox" form="checklist"') == len(STEPS)
    assert not re.search(r'href="(?!/|#|\?)', page)


def test_the_houses_directory_is_told_as_text(analyst, town, book):
    book()
    post = analyst.api("POST", "/posts", json=PASTE).json()["id"]
    town.settle()
    told = analyst.api("GET", f"/posts/{post}/unknown").json()
    assert (told["platform"], told["owner"], told["platform_house"]["phone"]) == ("Snapchat", "Snap", "514-555-0144")
    other = town.post(f"{FUGUE} Encore.", "b", city="Saint-Hyacinthe", region="Montérégie")
    told = analyst.api("GET", f"/posts/{other}/unknown").json()
    assert (told["police"]["house"]["phone"], told["dpj"]["phone"]) == ("450-555-0142", "450-555-0143")
    page = analyst.page(f"/posts/{other}/unknown").text
    assert "Agent &lt;b&gt;fictif" in page
    assert "n'en nomme pas" not in words_of(page).replace("&#39;", "'")
    near = town.post(f"{FUGUE} Là.", "c", city="Longueuil", region="Montérégie")
    assert analyst.api("GET", f"/posts/{near}/unknown").json()["police"]["house"]["phone"] == "450-555-0145"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("police: [", "cannot be read"),
        ("police: {x: {phone: 1}}", "police.x"),
        ("polices: {}", "polices"),
        ("- a", "valid"),
    ],
)
def test_a_directory_that_cannot_be_used_says_why_and_hides_no_number(analyst, town, book, store, text, words):
    book(text)
    with pytest.raises(NotSetUp, match=re.escape(words)):
        read_directory(store.settings)
    page = analyst.page(f"/posts/{town.post(FUGUE)}/unknown")
    assert page.status_code == 200
    assert "911" in page.text
    assert "Voyez le répertoire" in page.text


def test_no_directory_is_an_empty_one_and_the_example_can_be_used(tmp_path, pytestconfig):
    assert read_directory(Settings(data_dir=tmp_path)) == Directory()
    example = pytestconfig.rootpath / "examples" / "directory" / "contacts.yaml"
    assert read_directory(Settings(data_dir=tmp_path, contacts_file=example)).dpj


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
