"""No related search is missed: whenever two are related, the later one's labels meet the earlier one's."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlp.query import BadQuery
from nlp.search_terms import SearchTerms, terms_of
from nlp.searches import NormalScope, SearchScope, normalise, relation

PIECES = ["fugue", "fugues", "foyer", "foyers~", "gym", "argent", "-foyer", "-fug*", "fug*", "fugue*", "fuguese*"]
PIECES += ['"en fugue"', '"fugue foyer"', '"en fugue foyer"', "fuguer~", "fuguer~2", "OR", "l'ecole", "centre", "nuit"]
PIECES += ["514-555-0123", "@lea.b", "-@lea.b", "ville:Laval", "-ville:Laval", "source:a", "après:2026-02"]
PIECES += ["après:2026-03", "avant:2026-04", "-avant:2026-01", "langue:fr", "signal:mineur", "fugueraientencore*"]
queries = st.lists(st.sampled_from(PIECES), max_size=7).map(" ".join)
many_words = st.lists(st.integers(0, 40), min_size=1, max_size=30).map(lambda some: " ".join(f"mot{n}" for n in some))
scopes = st.builds(
    SearchScope,
    query=st.one_of(queries, queries, many_words),
    identifiers=st.lists(st.sampled_from(["514-555-0123", "(514) 555 0124", "@Lea.B"]), max_size=2),
    cities=st.lists(st.sampled_from(["Mtl", "Montréal", "Laval"]), max_size=2),
    since=st.sampled_from([None, "2026-01-01", "2026-02-01"]),
    sources=st.lists(st.sampled_from(["a", "b"]), max_size=2),
)
WORDS_ALONE = st.builds(SearchScope, query=many_words)


def readable(scope: SearchScope) -> bool:
    try:
        normalise(scope)
    except BadQuery:
        return False
    return True


def meets(earlier: SearchTerms, later: SearchTerms) -> set[str]:
    """Return the ways by which the later search finds the earlier one, whichever clause each is kept or sought by."""
    ways = {
        "wider": all(clause & later.held for clause in earlier.clauses) and earlier.must <= later.held,
        "narrower": all(clause & earlier.held for clause in later.clauses),
        "contact": later.contacts & earlier.held,
        "words": later.word_probes & earlier.words,
    }
    return {way for way, met in ways.items() if met}


def found(earlier: NormalScope, later: NormalScope) -> set[str]:
    return meets(terms_of(earlier), terms_of(later))


def normal(query: str) -> NormalScope:
    return normalise(SearchScope(query=query))


@given(scopes.filter(readable), scopes.filter(readable))
@example(SearchScope(query="fuguer~"), SearchScope(query='"les fugueurs"'))
@example(SearchScope(query="fug*"), SearchScope(query="fugueraientencore*"))
@example(SearchScope(query="fugueraient*"), SearchScope(query="fugueraientencore*"))
@example(SearchScope(), SearchScope(query="fugue"))
@settings(max_examples=400)
def test_a_related_search_is_found(one: SearchScope, other: SearchScope) -> None:
    earlier, later = normalise(one), normalise(other)
    related = relation(earlier, later)
    if related == "covered":
        assert "wider" in found(earlier, later)
    elif related == "overlap":
        assert found(earlier, later) & {"narrower", "contact", "words"}


@given(scopes.filter(readable), st.sampled_from([piece for piece in PIECES if piece != "OR"]))
def test_a_search_and_a_narrower_one_find_each_other(one: SearchScope, piece: str) -> None:
    narrower = one.model_copy(update={"query": f"{one.query} {piece}"})
    if not readable(narrower):
        return
    earlier, later = normalise(one), normalise(narrower)
    if relation(earlier, later) == "covered":
        assert "wider" in found(earlier, later)
        assert "narrower" in found(later, earlier)


@given(st.data(), st.integers(1, 40), st.integers(0, 20), st.integers(0, 20))
def test_words_half_of_which_are_shared_meet(data: st.DataObject, shared: int, mine: int, theirs: int) -> None:
    order = data.draw(st.permutations(range(shared + mine + theirs)))
    words = [f"{'x' * (number % 7)}mot{number}" for number in order]
    earlier = normal(" ".join(words[: shared + mine]))
    later = normal(" ".join([*words[:shared], *words[shared + mine :]]))
    if 2 * shared >= shared + mine + theirs:
        assert terms_of(later).word_probes & terms_of(earlier).words


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("fugue gym", "fugue argent"),
        ("fugue", "argent"),
        ("fugue gym nuit", "fugue argent foyer"),
        ("514-555-0123", "514-555-0124"),
        ("514-555-0123 fugue", "514-555-0124 fugue"),
        ("fugue ville:Laval", "argent ville:Laval"),
        ('"en fugue"', '"en foyer"'),
        ("fug*", "foy*"),
    ],
)
def test_what_has_nothing_to_do_with_a_search_is_left_alone(earlier: str, later: str) -> None:
    assert relation(normal(earlier), normal(later)) == "different"
    assert found(normal(earlier), normal(later)) == set()


def test_the_clause_that_tells_most_comes_first() -> None:
    clauses = terms_of(normal("-chien après:2026-01 fug* ville:Laval gym 514-555-0123")).clauses
    assert [sorted(clause)[0].split(":")[0] for clause in clauses] == [
        "contact", "word", "prefix", "field", "since", "not",
    ]  # fmt: skip


def test_labels_stay_few_however_long_a_search_is() -> None:
    words = [f"mot{number}" for number in range(200)]
    for query in (" ".join(words), '"' + " ".join(words) + '"', " OR ".join(words)):
        terms = terms_of(normal(query))
        assert len(terms.held) + len(terms.words) < 2000
        assert len(terms.word_probes) < 200
