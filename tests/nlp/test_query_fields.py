"""Fields of the query language: names and values in French and English, what is refused and where, near misses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.contacts import Contact
from nlp.query import BadQuery, Field, Query, parse, with_sources_renamed
from nlp.query_fields import target_of

ONE_FIELD = [
    ("ville:Laval", "places", "laval"),
    ("VILLE:mtl", "places", "montreal"),
    ("city:St-Jérôme", "places", "saint jerome"),
    ('ville:"Trois-Rivières"', "places", "trois rivieres"),
    ("ville:« Trois Rivières »", "places", "trois rivieres"),
    ("ville : Laval", "places", "laval"),
    ("ville\u00a0: Laval", "places", "laval"),
    ("ville: Laval,", "places", "laval"),
    ("ville：Laval", "places", "laval"),
    ("villes:l'Assomption", "places", "l'assomption"),
    ("signal:mineur", "signals", "minor"),
    ("signal:minors", "signals", "minor"),
    ("SIGNAL:Détresse", "signals", "distress"),
    ("signal:distress", "signals", "distress"),
    ("signal:recrutement", "signals", "recruitment"),
    ("signal:recruitment", "signals", "recruitment"),
    ("signal:tiers", "signals", "third_party"),
    ("signal:third_party", "signals", "third_party"),
    ('signal:"third party"', "signals", "third_party"),
    ("critère:M05", "criteria", "M05"),
    ("critere:m05", "criteria", "M05"),
    ("criterion:D03", "criteria", "D03"),
    ("criteria:x01", "criteria", "X01"),
    ("urgence:immédiat", "urgency", "immediate"),
    ("urgency:immediate", "urgency", "immediate"),
    ("urgence:bientôt", "urgency", "soon"),
    ("urgence:prioritaire", "urgency", "soon"),
    ("urgency:soon", "urgency", "soon"),
    ("urgence:routine", "urgency", "routine"),
    ("urgence:aucune", "urgency", "none"),
    ("urgency:none", "urgency", "none"),
    ("région:Montérégie", "region", "Montérégie"),
    ("re\u0301gion:monteregie", "region", "Montérégie"),
    ("region:gaspésie", "region", "Gaspésie–Îles-de-la-Madeleine"),
    ("region:hors-québec", "region", "Hors Québec"),
    ('region:"saguenay lac saint-jean"', "region", "Saguenay–Lac-Saint-Jean"),
    ("source:forum-des-ados", "source", "forum-des-ados"),
    ('source:"Le  Forum"', "source", "le forum"),
    ("langue:français", "lang", "fr"),
    ("lang:FR", "lang", "fr"),
    ("language:en-CA", "lang", "en"),
    ("langue:mixte", "lang", "mixed"),
    ("langue:autre", "lang", "other"),
    ("genre:annonce", "kind", "ad"),
    ("type:ad", "kind", "ad"),
    ("kind:post", "kind", "post"),
    ("genre:message", "kind", "post"),
    ("type:publications", "kind", "post"),
    ("décision:écarter", "verdict", "dismiss"),
    ("decision:watch", "verdict", "watch"),
    ("décision:surveillé", "verdict", "watch"),
    ("décision:orienter", "verdict", "refer"),
    ("décision:référer", "verdict", "refer"),
    ("décision:alerter", "verdict", "escalate"),
    ("decision:none", "verdict", ""),
    ("décision:aucune", "verdict", ""),
    ("après:2026-03-01", "since", "2026-03-01"),
    ("depuis:2026/3/1", "since", "2026-03-01"),
    ("after:2026-03", "since", "2026-03-01"),
    ("since:２０２６-03-01", "since", "2026-03-01"),
    ("avant:2026-03-31", "until", "2026-03-31"),
    ("jusqu'au:2026-02", "until", "2026-02-28"),
    ("jusqu:2024.02", "until", "2024-02-29"),
    ("before:2026-12", "until", "2026-12-31"),
    ("until: 2026-03-31", "until", "2026-03-31"),
]


@pytest.mark.parametrize(("text", "name", "value"), ONE_FIELD)
def test_a_field_is_read(text: str, name: str, value: str) -> None:
    (clause,) = parse(text).clauses
    assert [term.atom for term in clause.any_of] == [Field(name, value)]  # type: ignore[arg-type]


LEA, PHONE = Contact("handle", "lea.b"), Contact("phone", "+15145550123")
CONTACTS = [
    ("tel:514-555-0123", [PHONE]),
    ("téléphone:5145550123", [PHONE]),
    ("phone: (514) 555 0123", [PHONE]),
    ('Tel : "514 555 0123"', [PHONE]),
    ("tel:cinq un quatre, 555, zéro un vingt-trois", [PHONE]),
    ("pseudo:lea.b", [LEA]),
    ("handle:@Lea.B", [LEA]),
    ("pseudo: lea.b", [LEA]),
    ("courriel:Lea@Courriel.example", [Contact("email", "lea@courriel.example")]),
    ("email: lea@courriel.example.", [Contact("email", "lea@courriel.example")]),
    ("mail:lea@courriel.example", [Contact("email", "lea@courriel.example")]),
    ("tel:5145550123 pseudo:lea.b", [PHONE, LEA]),
    ("tel:5145550123 OU pseudo:lea.b", [PHONE, LEA]),
    ("tel:514 555 0123 514 555 0123", [PHONE]),
]


@pytest.mark.parametrize(("text", "contacts"), CONTACTS)
def test_a_field_of_a_contact_is_that_contact(text: str, contacts: list[Contact]) -> None:
    query = parse(text)
    assert (query.clauses, list(query.contacts)) == ((), contacts)


def test_fields_are_anded_stand_beside_or_and_may_be_negated() -> None:
    both, either, neither = parse("ville:Laval ville:Québec"), parse("ville:Laval OU fugue"), parse("-ville:Laval")
    assert [len(query.clauses) for query in (both, either, neither)] == [2, 1, 1]
    assert [len(clause.any_of) for clause in either.clauses] == [2]
    assert neither.clauses[0].any_of[0].negated
    assert parse("-(signal:mineur)") == parse("NOT signal:minor")
    assert parse("fugue ville:Laval foyer").clauses[1:2] == parse("ville:laval").clauses


SAME_AS_WORDS = [
    ("re: fugue", "re fugue"),
    ("re:fugue", "re fugue"),
    ("note:fugue", "note fugue"),
    ('"ville:Laval"', '"ville Laval"'),
    ("ville", "ville"),
    ("ville :", "ville"),
    ("ville :)", "ville"),
    ("la ville de Laval", "la ville de Laval"),
    ("12:30", "12 30"),
    ("mind: blown", "mind blown"),
    ("tap:x", "tap x"),
    ("sourc: x", "sourc x"),
    ("insta: lea.b", "@lea.b"),
    ("Insta\u00a0: @lea.b fugue", "@lea.b fugue"),
    ("insta @lea.b", "insta AND @lea.b"),
    ("note: @lea.b", "note @lea.b"),
    ("Signal: @lea.b fugue", "@lea.b fugue"),
    ("signal:514-555-0123", "514-555-0123"),
    ("https://instagram.com/lea.b?hl=fr", "@lea.b"),
    ("https://forum.example/ville:Laval", "https forum example ville Laval"),
    ("préville:Laval", "préville Laval"),
]


@pytest.mark.parametrize(("text", "plain"), SAME_AS_WORDS)
def test_what_is_no_field_is_read_as_before(text: str, plain: str) -> None:
    assert parse(text) == parse(plain)


REFUSED = [
    ("fugue signal:foo", "value_signals", 14, "mineur or minor"),
    ("signal: rose", "value_signals", 9, "tiers or third_party"),
    ("urgence:haute", "value_urgency", 9, "immédiat or immediate"),
    ("genre:fille", "value_kind", 7, "annonce or ad"),
    ("décision:oui", "value_verdict", 10, "écarter or dismiss"),
    ("langue:klingon", "value_lang", 8, "fr, en, mixed, other"),
    ("région:Bretagne", "value_region", 8, "Laval, Mauricie"),
    ("region:saint", "value_region", 8, "Laval"),
    ("critère:N01", "value_criteria", 9, "M05"),
    ("critère:M5", "value_criteria", 9, "M05"),
    ("ville:???x ville:!!!", "value_places", 18, "city"),
    ("après:hier", "value_date", 7, "2026-03-01"),
    ("après:2026-02-30", "value_date", 7, "2026-03-01"),
    ("avant:2026-13", "value_date", 7, "2026-03-01"),
    ("avant:0000-01", "value_date", 7, "2026-03-01"),
    ("depuis:01-03-2026", "value_date", 8, "2026-03-01"),
    ("tel:555-0123x", "value_phone", 5, "phone"),
    ("tel:lea.b", "value_phone", 5, "phone"),
    ("tel:51455", "value_phone", 5, "phone"),
    ("courriel:lea", "value_email", 10, "e-mail"),
    ('pseudo:"lea b"', "value_handle", 8, "handle"),
    ("pseudo:@", "value_handle", 8, "handle"),
    ("fugue ville:", "value_missing", 12, "colon"),
    ("ville: OU fugue", "value_missing", 6, "colon"),
    ("ville: -fugue", "value_missing", 6, "colon"),
    ("ville:(Laval OU Québec)", "value_missing", 6, "colon"),
    ("(ville:)", "value_missing", 7, "colon"),
    ("ville:Laval,Québec", "value_list", 7, "OR"),
    ("ville:Lav*", "value_whole", 7, "star"),
    ("tel:514555*", "value_whole", 5, "star"),
    ("pseudo:lea~", "value_whole", 8, "star"),
    ("tel:514-555-0123*", "pattern_whole", 17, "star"),
    ('ville:"Laval"~', "pattern_whole", 14, "star"),
    ('ville:"Laval', "open_quote", 7, "never closed"),
    ("vile:Laval", "field_unknown", 1, "ville:"),
    ("fugue -singal:mineur", "field_unknown", 8, "signal:"),
    ("sourc:forum", "field_unknown", 1, "source:"),
    ("téléphonne:5145550123", "field_unknown", 1, "téléphone:"),
]


@pytest.mark.parametrize(("text", "code", "column", "told"), REFUSED)
def test_what_cannot_be_used_is_refused_at_its_column_and_says_what_to_write(
    text: str, code: str, column: int, told: str
) -> None:
    with pytest.raises(BadQuery) as refused:
        parse(text)
    assert (refused.value.code, refused.value.column) == (code, column)
    assert told in refused.value.message
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["vil", "tele", "re", "insta", "http", "snap", "", "villles", "the"])
def test_other_names_are_no_fields(name: str) -> None:
    assert target_of(name) is None


def test_sources_are_renamed_where_they_stand() -> None:
    asked = 'fugue -source:"Le Forum" OU (source : forum) "source:x"'
    assert with_sources_renamed(asked, {"le forum": "f-1", "forum": "f-2"}.__getitem__) == (
        'fugue -source:"f-1" OU (source : "f-2") "source:x"'
    )
    assert with_sources_renamed("fugue ville:Laval", {}.__getitem__) == "fugue ville:Laval"


NAMES = st.sampled_from(
    ["ville", "signal", "après", "avant", "tel", "pseudo", "courriel", "région", "source", "vil", "x"]
)


@given(NAMES, st.text(max_size=12), st.sampled_from(["", "-", "(", '"', "fugue "]))
def test_whatever_stands_after_a_name_is_read_or_refused_within_the_text(name: str, value: str, before: str) -> None:
    text = f"{before}{name}:{value}"
    column, query = 1, Query()
    try:
        query = parse(text)
    except BadQuery as refused:
        column = refused.column
    assert 1 <= column <= len(text)
    assert all(clause.any_of for clause in query.clauses)
