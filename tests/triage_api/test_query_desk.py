"""The query language at the desk: no form of it finds who holds a contact, sources go by name, errors have words."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest
from desk_words import FUGUE, HARMLESS

from nlp.query_fields import FIELD_CODES
from nlp.searches import SearchScope, normalise
from triage_api.searches.asked import must_be_flagged
from triage_api.shell.languages import LANGS, catalogue

WHY = {"purpose": "watch", "ground": "LPJ 39"}


def ask(browser, status=201, **asked):
    answer = browser.api("POST", "/searches", json=WHY | asked)
    assert answer.status_code == status, answer.text
    return answer.json()


def ids(made):
    return {hit["id"] for hit in [*made["items"], *made["new_since"]]}


FLAGGED_ONLY = [
    "514-555-0142",
    "tel:514-555-0142",
    "téléphone : (514) 555 0142",
    'phone:"5145550142"',
    '"514-555-0142"',
    '"appelle 514 555 0142"',
    "(514-555-0142)",
    "((tel:5145550142))",
    "fugue OU 514-555-0142",
    "fugue OU tel:514-555-0142",
    "(fugue OU (vente OU tel:514-555-0142))",
    "-514-555-0142",
    "-tel:514-555-0142",
    "fugue -(tel:514-555-0142)",
    "-(-514-555-0142)",
    "fugue OU -pseudo:lea.b",
    "pseudo:lea",
    "courriel:lea@courriel.example",
    "mia_rose22",
    "514555*",
    "-514555*",
    "fugue OU 514*",
    "0142*",
    "５１４５５５*",
    "5️⃣1️⃣4️⃣*",
    "o142*",
    "51455501~",
    "-5145550~1 fugue",
    "(5145~ OU fugue)",
    "rose22~",
    '"555 0142"',
    "555 vente 0142",
    "-555 -0142",
    '"514 x 555" 01',
    "5145 OU 5501",
    '"55 55 555"',
    "trois deux cinq zero un quatre six",
    '"trois trois trois zero un"  quatre deux',
    '"cinq cinq cinq zero un quatre deux"',
    '"cinq cinquante cinq zero un quarante deux"',
    "ville:5145550",
    'ville:"514 555" 0142',
    "signal:tiers",
    "-signal:third_party",
    "fugue OU signal:tiers",
    "critère:C01",
    "critère:V01",
    "critère:M99",
    "-critère:M06",
]


@pytest.mark.parametrize("query", FLAGGED_ONLY)
def test_no_form_finds_whom_a_contact_leads_to(desk, query):
    normal = normalise(SearchScope(query=query))
    with desk.store.database.reading() as session:
        assert must_be_flagged(desk.store, session, normal, None)


@pytest.mark.parametrize("scope", [{"identifiers": ["lea"]}, {"cities": ["514 555 0142"]}, {"identifiers": ["55"]}])
def test_no_list_does_either(desk, scope):
    with desk.store.database.reading() as session:
        assert must_be_flagged(desk.store, session, normalise(SearchScope(**scope)), None)


FREE = [
    "fugue",
    "fug*",
    "fugue~ -foyer*",
    "12345",
    "17 ans 2026",
    "une fille de quinze ans",
    "ville:Laval après:2026-03-01 avant:2026-03-31",
    "signal:mineur",
    "-signal:mineur genre:annonce",
    "critère:M05 OU critère:D03",
    "source:2026-forum-1234567",
    "urgence:aucune décision:aucune région:laval langue:fr",
]


@pytest.mark.parametrize("query", FREE)
def test_searches_for_words_and_labels_stay_free(desk, query):
    with desk.store.database.reading() as session:
        assert not must_be_flagged(desk.store, session, normalise(SearchScope(query=query)), None)


def test_a_piece_of_a_number_finds_flagged_posts_only(analyst, town):
    flagged, harmless = town.post(f"{FUGUE} 5145550142"), town.post(f"{HARMLESS} 5145550142")
    assert flagged in ids(ask(analyst, query="514555*"))
    for query in ("514555*", "51455501*", "514555014~", "tel:514-555-0142", "vente OU 514555*"):
        made = ask(analyst, query=query, again_reason="essai")
        assert harmless not in ids(made), query
        assert made["total"] == len(made["items"]), "nor is it told how many there are"
    with_it, without = ask(analyst, query="-absent"), ask(analyst, query="-absent -514-555-0142")
    assert harmless in ids(with_it)
    assert ids(without) <= ids(with_it) - {harmless, flagged}


def test_a_request_about_a_youth_frees_the_contact_it_names_and_no_piece_of_it(analyst, person_in, town):
    harmless = town.post(f"{HARMLESS} 5145550142")
    asked = {"who": "Prof", "why": "absente", "phones": ["514-555-0142"]}
    request = person_in("partner").api("POST", "/requests", json=asked).json()["id"]
    assert harmless in ids(ask(analyst, query="tel:514-555-0142", request=request))
    assert harmless not in ids(ask(analyst, query="514555*", request=request))
    assert harmless not in ids(ask(analyst, query="tel:514-555-0142 OU tel:514-555-0143", request=request))


def test_a_source_is_named_in_the_query_by_id_or_title_and_alone_is_covered(analyst, town):
    here, there = town.post(FUGUE, "a"), town.post("Ma soeur est en fugue", "b", source="babillard")
    made = ask(analyst, query='fugue source:"Le FORUM"')
    assert ids(made) == {here}
    assert [source["id"] for source in made["coverage"]["sources"]] == ["forum"]
    assert "Le babillard" in made["coverage"]["not_covered"]
    again = ask(analyst, 200, query="fugue", sources=["forum"])
    assert (again["relation"], again["reused_from"]) == ("same", made["id"])
    assert ids(ask(analyst, query="fugue -source:forum")) == {there}
    refused = ask(analyst, 422, query="fugue source:inconnue")["error"]
    assert (refused["code"], refused["field"]) == ("unknown_source", "query")


def test_two_sources_that_exclude_each_other_find_nothing(analyst, town):
    town.post(FUGUE)
    town.post("Ma soeur est en fugue", "b", source="babillard")
    assert ids(ask(analyst, query="fugue source:babillard", sources=["forum"])) == set()
    assert ids(ask(analyst, 200, query="fugue source:babillard source:forum")) == set(), "the same search"


def test_a_field_says_the_same_as_a_list_and_narrows_an_earlier_result(analyst, town):
    laval, other = town.post(FUGUE, "a", city="Laval"), town.post("Ma soeur est en fugue", "b", city="Gatineau")
    wide = ask(analyst, query="fug*")
    assert ids(wide) == {laval, other}
    narrow = ask(analyst, 200, query='"en fugue" ville:Laval')
    assert (narrow["relation"], narrow["reused_from"], ids(narrow)) == ("covered", wide["id"], {laval})
    first = ask(analyst, query="soeur ville:gatineau")
    assert ask(analyst, 200, query="soeur", cities=["Gatineau"])["reused_from"] == first["id"]


@pytest.mark.parametrize(
    ("query", "code", "column"),
    [
        ("fugue signal:foo", "query_value_signals", 14),
        ("fugue vile:Laval", "query_field_unknown", 7),
        ("fu*", "query_prefix_short", 1),
        ("source:forum f*gue", "query_star_place", 15),
    ],
)
def test_an_error_points_at_its_column(analyst, town, query, code, column):
    refused = ask(analyst, 422, query=query)["error"]
    assert (refused["code"], refused["field"]) == (code, "query")
    assert f"(column {column})" in refused["message"]


def test_every_error_of_the_language_has_words_in_both_languages():
    sources = "\n".join(path.read_text("utf-8") for path in Path(str(files("nlp"))).glob("query*.py"))
    codes = {*re.findall(r"BadQuery\(\s*\"(\w+)\"", sources), *FIELD_CODES}
    assert len(codes) > 25
    for lang in LANGS:
        assert not {code for code in codes if f"problem.query_{code}" not in catalogue(lang)}
    known = {key.removeprefix("problem.query_") for key in catalogue("fr") if key.startswith("problem.query_")}
    assert known == codes, "no words for what is never said"


def test_the_page_says_what_to_write(analyst):
    page = analyst.send("/searches", query="signal:foo", purpose="watch", ground="LPJ 39")
    assert page.status_code == 422
    assert "mineur, recrutement, détresse ou tiers" in page.text
