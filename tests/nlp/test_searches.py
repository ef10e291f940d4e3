"""Comparing searches: hand-made pairs with near misses, and what must hold of any two searches."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from nlp.query import BadQuery
from nlp.searches import SearchScope, compare, fingerprint, normalise

P23, P24 = "514-555-0123", "514-555-0124"
Asked = str | dict[str, Any]


def scope(asked: Asked) -> SearchScope:
    return SearchScope(query=asked) if isinstance(asked, str) else SearchScope(**asked)


def ids(*identifiers: str, **rest: Any) -> dict[str, Any]:
    return {"identifiers": list(identifiers), **rest}


SAME: list[tuple[Asked, Asked]] = [
    ("", {}),
    ("fugue", "fugue"),
    ("Fugue MONTRÉAL", "montreal fugue"),
    ("filles motivées", "fille motivee"),
    ("fugue  fugue\tfugue", "fugue"),
    ("cœur œuvre", "coeur oeuvre"),
    ("l'école", "l’ecole"),
    ("l'école", "lecole"),
    ("j'ai peur", "jai peur"),
    ("aujourd'hui", "aujourdhui"),
    ("don't", "dont"),
    ("fugue\u00a0foyer", "fugue foyer"),
    ("fugue OR foyer", "foyer OR fugue OR foyers"),
    ("fugue OR foyer argent", "argent foyer OR fugue"),
    ('"argent facile"', "«\u00a0Argents   faciles\u00a0»"),
    ('"argent facile" argent', '"argent facile"'),
    ('"argent facile" OR argent', "argent"),
    ("fugue fugue OR foyer", "fugue"),
    ('"fugue"', "fugue"),
    ("fugue -foyer", "-foyers fugue"),
    (ids(P23), ids("(514) 555 0123")),
    (ids(P23), ids("5 1 4-555 01 23")),
    (ids(P23), ids("+1 514.555.0123", P23, "15145550123")),
    (ids(P23), P23),
    (ids(P23, query="fugue"), f"{P23} fugue"),
    (ids(P23, "@lea.b"), {"query": "@lea.b", "identifiers": [P23]}),
    (f"{P23} OR {P24}", ids(P24, P23)),
    (ids("@Lea.B"), ids("lea.b")),
    (ids("mia_rose22"), "mia_rose22"),
    (ids("Lea@Courriel.example"), ids("lea@courriel.example ")),
    (ids("", "  "), {}),
    ({"cities": ["Mtl"]}, {"cities": ["Montréal", "montreal"]}),
    ({"cities": ["Saint-Jérôme"]}, {"cities": ["st jerome"]}),
    ({"cities": ["Québec", "Laval"]}, {"cities": ["laval", "quebec"]}),
    ({"languages": ["FR", "en"]}, {"languages": ["en", "fr", "fr"]}),
    ({"languages": ["fr"]}, {"languages": ["français"]}),
    ({"sources": ["forum", "babillard"]}, {"sources": ["babillard", " Forum"]}),
    ({"since": "2026-03-01"}, {"since": "2026/3/1", "until": ""}),
    ({"until": "2026-03-01"}, {"until": "2026-03-01T23:59:00Z", "since": None}),
    ({"query": "fugue", "cities": None, "sources": None}, "fugue"),
    ("fug* ado*", "ado* FUG* fug*"),
    ("fugues*", "fugue*"),
    ("l'éco*", "leco*"),
    ("fugue~", "fugues~1"),
    ("fug* fugue*", "fugue*"),
    ("fug* OR fugue*", "fug*"),
    ("fugue~1 fugueur~2 fugueur~1", "fugue~ fugueur~1"),
    ('"en fugue" fug* fuge~', '"en fugue"'),
    ("ville:Laval", {"cities": ["laval"]}),
    ("ville:Laval fugue", {"query": "fugue city:laval", "cities": ["Laval"]}),
    ("ville:Laval OU ville:mtl", {"cities": ["Montréal", "Laval"]}),
    ("langue:fr", {"languages": ["français"]}),
    ("source:forum", {"sources": ["Forum"]}),
    ("après:2026-03-01 avant:2026-03-31", {"since": "2026-03-01", "until": "2026-03-31"}),
    ("après:2026-03 jusqu:2026-03", {"since": "2026-03-01", "until": "2026-03-31"}),
    ("après:2026-03-05", {"query": "après:2026-03-02", "since": "2026-03-05"}),
    ("-après:2026-03-01", {"until": "2026-02-28"}),
    ("-avant:2026-03-31", "après:2026-04-01"),
    ("langue:fr OU langue:en langue:en OU langue:mixte", "langue:en"),
    ({"query": "source:a", "sources": ["a", "b"]}, {"sources": ["a"]}),
    (f"tel:{P23}", ids(P23)),
    ("pseudo:lea.b", ids("@Lea.b")),
    ("signal:mineur urgence:immédiat", "urgency:immediate signal:minor"),
    ("-signal:mineur", "NOT signal:minor"),
    ("décision:aucune", "decision:none"),
]

COVERED: list[tuple[Asked, Asked]] = [
    ("", "fugue"),
    ("", ids(P23)),
    ("fugue", "fugue foyer"),
    ("fugue foyer", '"fugue foyer"'),
    ("fugue", '"en fugue"'),
    ('"en fugue"', '"partie en fugue hier"'),
    ("fugue OR foyer", "foyer"),
    ("fugue OR foyer OR centre", "centres OR fugue"),
    ("fugue OR foyer", "foyer argent"),
    ("fugue OR foyer argent", '"argent du foyer"'),
    ("fugue", "fugue -chien"),
    ("-chien", "fugue -chien -chat"),
    ('fugue -"mon chien"', "fugue -chien"),
    (ids(P23, P24), ids(P24)),
    (ids(P23), ids(P23, query="fugue")),
    (f"{P23} OR fugue", ids(P23)),
    ("fugue", {"query": "fugue", "cities": ["Laval"]}),
    ({"cities": ["Laval", "Mtl"]}, {"cities": ["Montréal"]}),
    ({"sources": ["a", "b"]}, {"sources": ["b"]}),
    ({"languages": ["fr", "mixed"]}, {"languages": ["mixed"]}),
    ({"since": "2026-01-01", "until": "2026-03-31"}, {"since": "2026-01-01", "until": "2026-03-30"}),
    ({"since": "2026-01-01"}, {"since": "2026-01-01", "until": "2026-03-31"}),
    ({"until": "2026-03-31"}, {"since": "2026-01-01", "until": "2026-03-31"}),
    ({"query": "fugue", "sources": ["a"]}, {"query": "fugue Laval", "sources": ["a"], "cities": ["Laval"]}),
    ("fug*", "fugue*"),
    ("fug*", '"en fugue"'),
    ("fugueuse~", "fugueuse~1"),
    ("fuge~", '"en fugue"'),
    ("fuge* OR ado*", "ado*"),
    ("-fugue*", "-fug*"),
    ("-fuguer~1", "-fuguer~2"),
    ("", "fug*"),
    ("", "ville:Laval"),
    ("fugue", "fugue ville:Laval"),
    ("ville:Laval OU ville:Gatineau", {"cities": ["Laval"]}),
    ({"cities": ["Laval", "Gatineau"]}, "ville:Laval"),
    ("ville:Laval", "ville:Laval ville:Gatineau"),
    ("ville:Laval OU fugue", "ville:Laval"),
    ("signal:mineur OU signal:détresse", "signal:mineur fugue"),
    ("après:2026-03-01", "après:2026-03-02"),
    ({"since": "2026-03-01"}, "après:2026-04"),
    ({"until": "2026-03-31"}, "avant:2026-03-30 fugue"),
    ("avant:2026-03-31 OU fugue", "avant:2026-03-01"),
    ("-après:2026-03-02", "avant:2026-02-28"),
    ("-ville:Laval", "-ville:Laval -ville:Gatineau"),
]

OVERLAP: list[tuple[Asked, Asked]] = [
    ("fugue foyer", "fugue"),
    ('"fugue foyer"', "fugue foyer"),
    ("foyer", "foyer OR fugue"),
    ("fugue foyer ado", "fugue foyer centre"),
    ("fugue foyer", "fugue OR centre foyer"),
    ("argent facile rapide", '"argent facile"'),
    ({"query": "fugue foyer", "cities": ["Laval"]}, {"query": "foyer fugue", "cities": ["Mtl"]}),
    ({"query": "fugue", "since": "2026-01-01", "until": "2026-01-31"}, {"query": "fugue", "since": "2026-02-01"}),
    ({"query": "fugue", "sources": ["a"]}, {"query": "fugue", "sources": ["b"]}),
    ({"query": "fugue", "sources": ["a"]}, "fugue"),
    ({"query": "fugue foyer", "sources": ["a"]}, {"query": "fugue", "sources": ["b"]}),
    ({"query": "fugue", "since": "2026-01-02"}, {"query": "fugue", "since": "2026-01-01"}),
    (ids(P23), ids(P23, P24)),
    (ids(P23, query="fugue"), ids(P23, query="foyer")),
    (ids(P23, query="fugue"), f"foyer {P23}"),
    (ids(P23, "@lea.b"), ids("@lea.b", P24)),
    (ids(P23, cities=["Laval"]), ids(P23, cities=["Gatineau"])),
    (ids(P23), "fugue OR 5145550123"),
    ("fugue", ""),
    ("fugue -chien", "fugue -chat"),
    ("fugue*", "fug*"),
    ("fug* ado crise", "fug* ado nuit"),
    ("fugueuse~1", "fugueuse~2"),
    ("fugue ville:Laval", "fugue ville:Gatineau"),
    ("fugue signal:mineur", "fugue"),
    ("fugue après:2026-03", "fugue avant:2026-02"),
]

DIFFERENT: list[tuple[Asked, Asked]] = [
    ("fugue", "foyer"),
    ("fugue foyer", "fugue centre"),
    ("fugue foyer ado", "fugue argent vite"),
    (ids(P23), ids(P24)),
    (ids("@lea.b"), ids("@lea.c")),
    (ids("@lea.b"), ids("@leab")),
    (ids("@lea"), ids("@leas")),
    (ids("lea@courriel.example"), ids("lea@courriels.example")),
    (ids("lea_rose_22"), ids("lea_rose_23")),
    ("lea_rose_22", "lea_rose_23"),
    (ids(P23, query="fugue foyer"), ids(P24, query="fugue foyer")),
    (ids(P23, query="fugue foyer"), {"query": "fugue foyer", "sources": ["a"]}),
    (f"fugue {P23}", f"fugue {P24}"),
    (ids(P23), "fugue"),
    ({"cities": ["Laval"]}, {"cities": ["Gatineau"]}),
    ({"cities": ["Laval", "Gatineau"]}, {"cities": ["Gatineau", "Québec"]}),
    ({"since": "2026-01-01", "until": "2026-02-01"}, {"since": "2026-01-15", "until": "2026-03-01"}),
    ({"languages": ["fr"]}, {"languages": ["en"]}),
    ({"query": "fugue", "sources": ["a"]}, {"query": "foyer", "sources": ["a"]}),
    ("-chien", "-chat"),
    ("stress", "stres"),
    ("fug*", "fugue"),
    ("fugue", "fug*"),
    ("fugue", "fugue~"),
    ("fugue~", "fuge~"),
    ("fug*", "gue*"),
    ('"en fuguant"', "fugue*"),
    ('"en fugueuse"', "fugue~"),
    ("ville:Laval", "ville:Gatineau"),
    ("ville:Laval", "Laval"),
    ("ville:Laval", {"sources": ["Laval"]}),
    ("signal:mineur", "-signal:mineur"),
    ("après:2026-03", "avant:2026-03"),
    ("décision:aucune", "urgence:aucune"),
    (f"tel:{P23}", f"tel:{P24}"),
    ("pseudo:lea.b", "lea"),
]

PAIRS = [
    (a, b, relation)
    for relation, pairs in (("same", SAME), ("covered", COVERED), ("overlap", OVERLAP), ("different", DIFFERENT))
    for a, b in pairs
]


@pytest.mark.parametrize(("a", "b", "relation"), PAIRS)
def test_pairs_compare_as_people_say(a: Asked, b: Asked, relation: str) -> None:
    assert compare(scope(a), scope(b)) == relation


@pytest.mark.parametrize(("a", "b"), SAME)
def test_same_holds_both_ways_and_shares_a_fingerprint(a: Asked, b: Asked) -> None:
    assert compare(scope(b), scope(a)) == "same"
    assert fingerprint(scope(a)) == fingerprint(scope(b))


@pytest.mark.parametrize(("a", "b"), COVERED)
def test_the_wider_of_two_searches_overlaps_the_narrower(a: Asked, b: Asked) -> None:
    assert compare(scope(b), scope(a)) == "overlap"


WORDS = ["fugue", "fugues", "foyer", "l'école", '"en fugue"', '"fugue foyer"', "-centre", "@lea.b", P23, "OR"]
WORDS += [
    "fug*",
    "fugue*",
    "-fuge~",
    "foyers~",
    "ville:mtl",
    "-ville:Laval",
    "source:a",
    "après:2026-02",
    "tel:5145550123",
]
queries = st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join)
scopes = st.builds(
    SearchScope,
    query=queries,
    identifiers=st.lists(st.sampled_from([P23, "(514) 555-0123", P24, "@Lea.b"]), max_size=2),
    cities=st.lists(st.sampled_from(["Mtl", "Montréal", "Laval"]), max_size=2),
    since=st.sampled_from([None, "2026-01-01", "2026-02-01"]),
    until=st.sampled_from([None, "2026-03-01", "2026-04-01"]),
    sources=st.lists(st.sampled_from(["a", "b"]), max_size=2),
)


def readable(one: SearchScope) -> bool:
    try:
        normalise(one)
    except BadQuery:
        return False
    return True


read_scopes = scopes.filter(readable)


@given(read_scopes)
def test_a_search_is_the_same_as_itself(a: SearchScope) -> None:
    assert compare(a, a) == "same"


@given(read_scopes, st.randoms(use_true_random=False))
def test_order_and_duplicates_do_not_matter(a: SearchScope, random: Any) -> None:
    lists = {name: [*getattr(a, name)] * 2 for name in ("identifiers", "cities", "sources")}
    for values in lists.values():
        random.shuffle(values)
    clauses = a.query.split() if "OR" not in a.query and '"' not in a.query else [a.query]
    random.shuffle(clauses)
    again = a.model_copy(update={**lists, "query": " ".join([*clauses, *clauses])})
    assert compare(a, again) == "same"
    assert fingerprint(a) == fingerprint(again)


@given(read_scopes, read_scopes)
def test_relations_agree_with_one_another(a: SearchScope, b: SearchScope) -> None:
    there, back = compare(a, b), compare(b, a)
    assert (there == "same") == (back == "same") == (fingerprint(a) == fingerprint(b))
    if there == "covered":
        assert back == "overlap"
    if there == "different":
        assert back == "different"


@given(read_scopes, read_scopes, read_scopes)
def test_what_is_inside_is_inside_what_holds_it(a: SearchScope, b: SearchScope, c: SearchScope) -> None:
    if compare(a, b) == "covered" and compare(b, c) in ("covered", "same"):
        assert compare(a, c) == "covered"


@given(read_scopes, st.sampled_from([word for word in WORDS if word != "OR"]))
def test_one_more_word_never_widens(a: SearchScope, word: str) -> None:
    narrower = a.model_copy(update={"query": f"{a.query} {word}"})
    if word in ("@lea.b", P23, "tel:5145550123") and normalise(a).contacts:
        return  # contacts are any-of: one more is wider
    assert compare(a, narrower) in ("same", "covered")


@pytest.mark.parametrize("wrong", [{"since": "hier"}, {"until": "2026-02-30"}, {"cities": 3}, {"identifiers": [{}]}])
def test_a_scope_that_cannot_be_used_names_its_field(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        SearchScope(**wrong)
    assert refused.value.errors()[0]["loc"][0] in wrong


def test_a_query_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(BadQuery):
        compare(scope("fugue"), scope('"fugue'))
