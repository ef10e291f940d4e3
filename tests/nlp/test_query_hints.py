"""Hints on a typed query: what may have been meant, the query put right, and near misses that get none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.contacts import Contact
from nlp.query import MAX_QUERY, parse
from nlp.query_hints import hints_of, near_cities
from nlp.query_tree import BadQuery

PUT_RIGHT = [
    ("fugue ville:Lavall", "city_meant", 'fugue ville:"Laval"'),
    ("fugue ville : Lavall foyer", "city_meant", 'fugue ville : "Laval" foyer'),
    ('ville:"Trois-Rivière"', "city_meant", 'ville:"Trois-Rivières"'),
    ("-ville:Lavall", "city_meant", '-ville:"Laval"'),
    ("maelie.bourg", "contact_handle", "pseudo:maelie.bourg"),
    ("Maelie.Bourg", "contact_handle", "pseudo:Maelie.Bourg"),
    ("fugue OU maelie.bourg", "contact_handle", "fugue OU pseudo:maelie.bourg"),
    ("(fugue -maelie.bourg) foyer", "contact_handle", "(fugue -pseudo:maelie.bourg) foyer"),
    ("parle à maelie.bourg, vite", "contact_handle", "parle à pseudo:maelie.bourg, vite"),
    ("insta:lea", "contact_handle", "pseudo:lea"),
    ("00 33 1 23 45 67 89 fugue", "contact_phone", 'tel:"00 33 1 23 45 67 89" fugue'),
    ("5550142", "phone_short", None),
    ("fugue 555-0142", "phone_short", None),
    ("gym ou piscine", "or_capitals", "gym OU piscine"),
    ("gym or pool", "or_capitals", "gym OR pool"),
    ("fugue et foyer", "and_capitals", "fugue ET foyer"),
    ('fugue "en ville', "quote_closed", 'fugue "en ville"'),
    ("vile:Laval fugue", "field_meant", "ville:Laval fugue"),
    ("couleur:bleu", "field_none", None),
    ("urgence:imediat", "value_meant", "urgence:immédiat"),
    ("-urgence:imediat", "value_meant", "-urgence:immédiat"),
    ("région:Montérégi", "value_meant", "région:Montérégie"),
    ('genre:"anonce" fugue', "value_meant", "genre:annonce fugue"),
    ("ville:Tokyo", "city_unknown", None),
    ("le de la", "only_common", None),
]


@pytest.mark.parametrize(("query", "code", "fixed"), PUT_RIGHT)
def test_a_hint_says_what_may_have_been_meant_and_keeps_the_rest(query, code, fixed):
    (hint, *others) = hints_of(query)
    assert (hint.code, hint.fixed) == (code, fixed)
    assert {one.code for one in others} <= {"field_words"}
    if fixed is not None:
        assert hints_of(fixed) == [], "what was put right needs no hint"
        parse(fixed)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "!!",
        "fugue foyer",
        "ville:Laval",
        "ville:mtl",
        "ville:st-jerome",
        "city:trois-rivieres",
        "p.m. et a.m. demain",
        "M. Tremblay",
        "sec.4",
        "12.50",
        "hier.Demain",  # two sentences
        "besoin.aide",  # two words that everybody writes
        "exemple.com",
        "maelie.example",
        '"maelie.bourg"',  # a phrase was asked for
        "@maelie.bourg",
        "insta:maelie",
        "pseudo:maelie.bourg",
        "maelie_bourg",
        "514-555-0142",  # read as a contact already
        "5 1 4 5 5 5 0 1 4 2",
        "2026-03-01",
        "01/03/2026",
        "2024 2025 2026",
        "17 ans 12345",
        "ou piscine",
        "piscine ou",
        "gym où piscine",
        "gym OU piscine",
        "fugue ET foyer",
        "le chien",
        '"en fugue"',
        "https://site.example/a",
        "18:30",
        "re: bleu",
        "signal:zzzzzz",
        "fu*",
        "OU fugue",
    ],
)
def test_a_near_miss_gets_no_hint(query):
    assert hints_of(query) == []


def test_a_slip_in_a_fields_name_is_mended_or_searched_as_words():
    field, words = hints_of("fugue vile:Laval")
    assert (field.meant, field.fixed) == ("ville:", "fugue ville:Laval")
    assert words.fixed == 'fugue "vile: Laval"'
    parse(words.fixed)


def test_a_hint_stands_where_it_is_about_and_they_come_in_order():
    query = "ville:Lavall gym ou piscine maelie.bourg"
    told = hints_of(query)
    assert [query[one.start : one.end] for one in told] == ["Lavall", "ou", "maelie.bourg"]
    assert [one.text for one in told] == ["Lavall", "ou", "maelie.bourg"]


def test_a_handle_that_was_put_right_is_sought_as_a_contact():
    (hint,) = hints_of("fugue maelie.bourg")
    assert parse(hint.fixed).contacts == (Contact("handle", "maelie.bourg"),)


def test_short_names_and_those_far_from_any_city_are_left_alone():
    assert near_cities("Laval") == near_cities("Lav") == near_cities("Tokyo") == near_cities("") == []
    assert near_cities("Gatinau") == ["Gatineau"]
    assert near_cities("Trois Riviere") == ["Trois-Rivières"]


PIECES = st.sampled_from(
    [
        "ville:",
        "vile:",
        "Lavall",
        '"',
        "(",
        ")",
        "-",
        "ou",
        "OU",
        "et",
        "maelie.bourg",
        "555",
        "0142",
        " ",
        "*",
        "~",
        "é",
        "signal:x",
        "\u202e",
        "insta:",
    ]
)


@given(st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=60))
def test_any_text_is_hinted_at_without_an_error_and_each_place_is_in_it(text):
    for hint in hints_of(text):
        assert 0 <= hint.start <= hint.end <= len(text)
        assert hint.fixed is None or hint.fixed != text


def test_a_query_that_is_too_long_gets_no_hint():
    assert hints_of("maelie.bourg " * MAX_QUERY) == []
    with pytest.raises(BadQuery):
        parse("maelie.bourg " * MAX_QUERY)
