"""The query language at the desk: no form of it finds who holds a contact, sources go by name, errors have words."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest
from desk_words import FUGUE, HARMLESS

from nlp.query_fields import FIELD_CODES
from nlp.searches import SearchScope
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
    "cinq un quatre",
    "cinq~",
    "fugue OU -cinq*",
    "quat* cin* zer*",
    "5 1 4",
    "-5 vente OU 1 four",
    '"555 0142" OU 555',
    'fugue ("555 0142" OU 555)',
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
    with desk.store.database.reading() as session:
        assert must_be_flagged(desk.store, session, SearchScope(query=query), None)


@pytest.mark.parametrize("scope", [{"identifiers": ["lea"]}, {"cities": ["514 555 0142"]}, {"identifiers": ["55"]}])
def test_no_list_does_either(desk, scope):
    with desk.store.database.reading() as session:
        assert must_be_flagged(desk.store, session, SearchScope(**scope), None)


FREE = [
    "fugue",
    "fug*",
    "fugue~ -foyer*",
    "12345",
    "17 ans 2026",
    "une fille de quinze ans",
    "une fille et un gars de neuf ans",
    "fou* cin*",
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
        assert not must_be_flagged(desk.store, session, SearchScope(query=query), None)


HOLDERS = {
    "phone": HARMLESS,
    "spaced": "Vieux divan à donner, appelez 5 1 4 5 5 5 0 1 4 2 le soir",
    "dictated": "Cours de guitare, téléphone cinq un quatre cinq cinq cinq zéro un quatre deux",
    "email": "Chorale du quartier, écrivez à lea.tremblay@courriel.example, LEA.tremblay@courriel.example",
    "handle": "Bricolage et tricot, suivez @learoseb pour les photos, oui @LeaRoseB",
    "number": "Vélo à réparer, insta @learose22 le samedi, learose22",
    "bare": "Bottes d'hiver à vendre, mia_rose22 répond vite",
    "titled": "Écrivez à lea.tremblay@courriel.example",
}
"""Unflagged posts, each with a contact."""
PIECES = [
    "0142",
    "514 555",
    '"514 555"',
    "vente -0142",
    '"lea tremblay courriel example"',
    "lea tremblay courriel",
    "tremblay*",
    "learoseb",
    "learose*",
    "learoze~",
    "learose22",
    "rose22",
    "mia",
    '"mia rose22"',
    "5550142*",
    "zero quatre",
    '"zero un quatre"',
]


def test_words_find_no_one_by_a_contact_or_a_piece_of_one(analyst, town):
    held = {
        town.post(text, name, title="Chorale, lea.tremblay@courriel.example" if name == "titled" else ""): name
        for name, text in HOLDERS.items()
    }
    both = town.post("La classe 0142 de Rose Tremblay chante", "both")
    assert ids(ask(analyst, query="vente OU divan OU guitare OU chorale OU tricot OU vélo OU bottes OU écrivez")) == {
        *held
    }
    for query in PIECES:
        found = {held.get(one, "") for one in ids(ask(analyst, query=query, again_reason="essai"))} - {""}
        assert found == ({"phone"} if "-" in query else set()), query
    assert ids(ask(analyst, query="0142 tremblay", again_reason="essai")) == {both}, (
        "what stands in no contact is found"
    )


def test_no_phrase_reaches_across_a_contact_and_the_words_around_it_are_found(analyst, town):
    post = town.post("Chorale du quartier, écrivez à lea@courriel.example pour les horaires de l'école")
    assert ids(ask(analyst, query='"pour les horaires" "chorale du quartier"')) == {post}
    assert ids(ask(analyst, query="école horaire")) == {post}
    assert ids(ask(analyst, query='"écrivez à pour les horaires"')) == set()


def test_a_handle_that_is_an_ordinary_word_hides_only_where_it_is_one(analyst, town):
    post = town.post("Tricot, insta: rose. Une laine rose à donner, aussi @rose")
    assert ids(ask(analyst, query="laine rose")) == {post}
    assert ids(ask(analyst, query='"insta rose"')) == set()


def test_what_an_edit_says_is_hidden_where_it_says_it(analyst, town):
    town.post("Chorale du quartier", "a")
    post = town.post("Chorale du quartier samedi, suivez @learoseb", "a")
    assert ids(ask(analyst, query="chorale samedi")) == {post}
    assert ids(ask(analyst, query="learoseb OU learo*")) == set()


def test_a_search_covered_by_an_earlier_one_finds_no_contact_by_words_either(analyst, town):
    town.post(HARMLESS, "a")
    wide = ask(analyst, query="vente")
    narrow = ask(analyst, 200, query="vente 0142")
    assert (narrow["reused_from"], ids(narrow)) == (wide["id"], set())


def test_spelled_out_digits_find_flagged_posts_only(analyst, town):
    harmless = town.post("Recette : cinq oeufs, quatre pommes, zéro sucre, servie à deux, tirage 555")
    for query in ("cinq* quatre* zero* deux", "cinq quatre deux", "cinq*", "555 0142 OU 555 deux OU cinq quatre"):
        made = ask(analyst, query=query, again_reason="essai")
        assert (harmless not in ids(made), made["total"]) == (True, 0), query
    assert ids(ask(analyst, query="cinq oeufs")) == {harmless}


def test_a_dropped_alternative_ranks_no_unflagged_posts(analyst, town):
    harmless = town.post("Tirage numéro 555 au parc")
    assert ids(ask(analyst, query="tirage 555")) == {harmless}
    assert ids(ask(analyst, query='"555 0142" OU 555')) == set()


@pytest.mark.parametrize(
    "asked",
    [
        *({"query": query} for query in ("!!", "…", "()", '""', ", ;", "langue:fr", "source:forum -langue:en")),
        {"query": "après:2026-01-01 OU langue:fr"},
        {"languages": ["fr"], "since": "2026-01-01", "sources": ["forum"]},
        {"query": "!!", "identifiers": [" "], "cities": [""]},
    ],
)
def test_a_search_that_asks_for_nothing_is_refused(analyst, town, asked):
    town.post(HARMLESS)
    refused = ask(analyst, 422, **asked)["error"]
    assert (refused["code"], refused["field"]) == ("search_empty", "query")


@pytest.mark.parametrize("field", ["identifiers", "cities"])
@pytest.mark.parametrize("entry", ["@", "@@", "!", ",;", "…"])
def test_an_entry_that_says_nothing_is_refused(analyst, town, field, entry):
    town.post(HARMLESS)
    code = {"identifiers": "unread_contact", "cities": "unread_city"}[field]
    for asked in ({field: [entry]}, {"query": "vente", field: ["lea", entry]}):
        refused = ask(analyst, 422, **asked)["error"]
        assert (refused["code"], refused["field"]) == (code, field)
    for lang in LANGS:
        assert f"problem.{code}" in catalogue(lang)


def test_a_piece_of_a_number_finds_nobody(analyst, town):
    flagged, harmless = town.post(f"{FUGUE} 5145550142"), town.post(f"{HARMLESS} 5145550142")
    for query in ("514555*", "51455501*", "514555014~", "vente OU 514555*"):
        made = ask(analyst, query=query, again_reason="essai")
        assert (ids(made), made["total"]) == (set(), 0), "nor is it told how many there are"
    assert ids(ask(analyst, query="tel:514-555-0142")) == {flagged}
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
