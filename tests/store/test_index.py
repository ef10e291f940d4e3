"""One contract for both search engines; what is particular to each stands in `test_index_engines`.

The Elasticsearch side runs against the node that VIGIE_TEST_ELASTICSEARCH_URL names.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import product
from random import Random

import pytest
from engines import START, document, fill, opened
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from nlp.query import BadQuery, parse
from nlp.searches import SearchScope, compare
from store.clock import house_zone
from store.errors import NotSetUp
from store.index import Document, Hits, Index, IndexQuery, open_index
from store.index.base import FACETS, digest
from store.settings import Settings

DAY = timedelta(days=1)


def found(index: Index, query: str = "", **rest: object) -> list[str]:
    hits = index.search(IndexQuery(query=parse(query), **rest))  # type: ignore[arg-type]
    assert hits.total >= len(hits.ids)
    return sorted(hits.ids)


# --- what is found -------------------------------------------------------------------------------------------------

TOWN = [
    document("fugue", "Chu en fugue de mon foyer depuis hier", cities=["Montréal"]),
    document("ecole", "Elle a quitté l'école, ses amies la cherchent", city="Québec", lang="fr"),
    document("nopunct", "jai lache lecole pis jai pu une cent", cities=["Laval"]),
    document("oeuvre", "Une œuvre d’art au Cœur du quartier", source="journal"),
    document("runaway", "she ran away from the group homes last night", lang="en", signals=["minor"]),
    document("phone", "écris au 514-555-0123", phones=["+15145550123"], signals=["recruitment", "minor"]),
    document("mail", "écris-moi", emails=["lea@courriel.example"], handles=["Lea.B"]),
    document("spaced", "appelle le 5 1 4-555 01 24 ou mia_rose22"),
    document("cherry", "🍒 ce soir", title="Argent rapide"),
    document("cyrillic", "аrgеnt facile"),
    document("empty", "…", title=""),
]

FOUND = [
    ("fugue", ["fugue"]),
    ("FUGUES", ["fugue"]),
    ("foyers fugue", ["fugue"]),
    ("fugue absente", []),
    ("ecole", ["ecole"]),
    ("école", ["ecole"]),
    ("l'école", ["ecole", "nopunct"]),
    ("l’ecole", ["ecole", "nopunct"]),
    ("lecole", ["ecole", "nopunct"]),
    ("l ecole", ["ecole", "nopunct"]),
    ("j'ai", ["nopunct"]),
    ("oeuvre coeur", ["oeuvre"]),
    ("œuvres", ["oeuvre"]),
    ("homes", ["runaway"]),
    ("home", ["runaway"]),
    ("fugue OR runaway", ["fugue"]),
    ("fugue OR night OR cherchent", ["ecole", "fugue", "runaway"]),
    ("mon OR quitté fugue", ["fugue"]),
    ("quitté mon OR fugue", []),
    ('"en fugue"', ["fugue"]),
    ('"fugue en"', []),
    ('"en fugues de mon"', ["fugue"]),
    ('"quitté l\'école"', ["ecole"]),
    ('"lâché l\'école"', ["nopunct"]),
    ('"ecole amies"', []),
    ('"ecole ecole"', []),
    ("-fugue foyer", []),
    ("ecris -514-555-0123", ["mail"]),
    ("ecris 514.555.0123", ["phone"]),
    ("5 1 4 555 0123", ["phone"]),
    ("514-555-0124", ["spaced"]),
    ("514-555-0199", []),
    ("514-555-0123 514-555-0124", ["phone", "spaced"]),
    ("fugue OR 514-555-0123", ["fugue", "phone"]),
    ("@lea.b", ["mail"]),
    ("@lea.c", []),
    ("LEA@courriel.example", ["mail"]),
    ("mia_rose22", ["spaced"]),
    ("🍒", ["cherry"]),
    ("argent", ["cherry", "cyrillic"]),
    ("argent soir", ["cherry"]),
    ("", sorted(doc.id for doc in TOWN)),
    ("-rapide argent", ["cyrillic"]),
]


def test_queries_find_exactly(index: Index) -> None:
    fill(index, *TOWN)
    assert {query: found(index, query) for query, _ in FOUND} == dict(FOUND)


FILTERED: list[tuple[dict[str, object], list[str]]] = [
    ({"cities": ["mtl"]}, ["fugue"]),
    ({"cities": ["Montréal", "quebec"]}, ["ecole", "fugue"]),
    ({"cities": ["Gaspé"]}, []),
    ({"languages": ["EN"]}, ["runaway"]),
    ({"sources": ["journal", "absent"]}, ["oeuvre"]),
    ({"signals_any": ["recruitment"]}, ["phone"]),
    ({"signals_any": ["recruitment", "minor"]}, ["phone", "runaway"]),
    ({"identifiers": ["(514) 555-0123", "@LEA.B"]}, ["mail", "phone"]),
    ({"identifiers": ["514 555 0122"]}, []),
    ({"identifiers": ["514 555 0123"], "query": parse("@lea.b")}, ["mail", "phone"]),
    ({"identifiers": ["514 555 0123"], "query": parse("fugue")}, []),
    ({"identifiers": ["  "], "query": parse("fugue")}, ["fugue"]),
    ({"cities": ["Laval"], "query": parse("fugue")}, []),
]


def test_filters_find_exactly(index: Index) -> None:
    fill(index, *TOWN)
    answers = [sorted(index.search(IndexQuery(**asked)).ids) for asked, _ in FILTERED]  # type: ignore[arg-type]
    assert answers == [expected for _, expected in FILTERED]


def test_days_are_those_of_quebec_inclusive_and_fall_back_to_the_day_of_ingestion(index: Index) -> None:
    late = datetime(2026, 3, 10, 3, 59, 59, 999_000, tzinfo=UTC)  # 23:59 in Québec
    posted = document("posted", posted_at=datetime(2026, 3, 9, 4, tzinfo=UTC), ingested_at=START + 60 * DAY)
    fill(index, document("first", ingested_at=START), document("late", ingested_at=late), posted)
    assert found(index, since=date(2026, 3, 9)) == ["late", "posted"]
    assert found(index, until=date(2026, 3, 9)) == ["first", "late", "posted"]
    assert found(index, until=date(2026, 3, 8)) == ["first"]
    assert found(index, since=date(2026, 3, 10)) == []


def test_a_delta_holds_what_came_after_whatever_its_date(index: Index) -> None:
    fill(index, document("old", seq=5), document("new", seq=6, posted_at=START - 900 * DAY))
    assert found(index, after_seq=5) == ["new"]
    assert found(index, after_seq=6) == []


def test_a_scope_asks_its_own_question(index: Index) -> None:
    fill(index, *TOWN)
    scope = SearchScope(query="écris", identifiers=["5145550123"], languages=["FR"], sources=["forum"])
    assert index.search(IndexQuery.of(scope)).ids == ["phone"]


WORDS = ["fugue", "fugues", "foyer", "l'école", "lecole", "école", "argent", '"en fugue"', '"fugue de mon foyer"']
SIGNS = ["-amies", "OR", "514-555-0123", "5 1 4 555 0123", "@lea.b", "mia_rose22"]
scopes = st.builds(
    SearchScope,
    query=st.lists(st.sampled_from(WORDS + SIGNS), max_size=4).map(" ".join),
    identifiers=st.lists(st.sampled_from(["(514) 555-0123", "@LEA.B", "mia_rose22"]), max_size=2),
    cities=st.lists(st.sampled_from(["mtl", "Laval"]), max_size=1),
    sources=st.lists(st.sampled_from(["forum", "journal"]), max_size=1),
)


@given(st.lists(scopes, min_size=2, max_size=6))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_engine_finds_what_comparing_searches_promises(index: Index, asked: list[SearchScope]) -> None:
    """Reusing an earlier result is right only if `same` finds the same and `covered` finds a part of it."""
    if not index.search(IndexQuery()).total:
        fill(index, *TOWN)
    answers = []
    for scope in asked:
        with suppress(BadQuery):
            answers.append((scope, set(index.search(IndexQuery.of(scope)).ids)))
    for (a, earlier), (b, later) in product(answers, repeat=2):
        relation = compare(a, b)
        assert relation != "same" or later == earlier
        assert relation != "covered" or later <= earlier


# --- order and paging ----------------------------------------------------------------------------------------------


def test_better_matches_first_then_newer_then_id(index: Index) -> None:
    fill(
        index,
        document("twice", "fugue et encore fugue", ingested_at=START),
        document("a-older", "fugue et encore autre", ingested_at=START),
        document("newer", "fugue et encore autre", ingested_at=START + DAY),
        document("newer-b", "fugue et encore autre", ingested_at=START + DAY),
    )
    assert index.search(IndexQuery(query=parse("fugue"))).ids == ["twice", "newer", "newer-b", "a-older"]
    assert index.search(IndexQuery(query=parse("-absent"))).ids == ["newer", "newer-b", "a-older", "twice"]


def test_filters_do_not_change_the_ranking(index: Index) -> None:
    many = [document(f"d{n}", "fugue" + " autre" * n, source="s" * (1 + n % 2), seq=n) for n in range(1, 9)]
    fill(index, *many)
    free = index.search(IndexQuery(query=parse("fugue"))).ids
    assert index.search(IndexQuery(query=parse("fugue"), sources=["s", "ss"], after_seq=0)).ids == free
    assert free == [f"d{n}" for n in range(1, 9)]


@pytest.mark.parametrize("query", ["", "fugue", "numero fugue"])
def test_paging_reaches_every_document_once_though_all_tie(index: Index, query: str) -> None:
    expected = [f"p{n:03}" for n in range(53)]
    for some in (expected[::2], expected[1::2]):  # two commits: more than one segment
        fill(index, *(document(doc_id, "numero fugue") for doc_id in some))
    pages = [index.search(IndexQuery(query=parse(query), limit=10, offset=at)) for at in range(0, 70, 10)]
    assert [doc_id for page in pages for doc_id in page.ids] == expected
    assert {page.total for page in pages} == {53}
    assert index.search(IndexQuery(query=parse(query), limit=0)).total == 53


def test_no_page_lies_beyond_the_window() -> None:
    with pytest.raises(ValidationError, match="beyond the first 10000"):
        IndexQuery(offset=9_990, limit=20)
    with pytest.raises(ValidationError):
        IndexQuery(limit=100_000)


# --- versions, removal, crash recovery -----------------------------------------------------------------------------


def test_a_document_comes_back_as_it_was_put(index: Index) -> None:
    full = TOWN[5].model_copy(update={"posted_at": START, "title": "Tïtre", "author": "x", "criteria": ["M05"]})
    fill(index, full)
    assert index.get("phone") == full
    assert index.get("absent") is None


def test_a_newer_version_replaces_and_an_older_one_does_not(index: Index) -> None:
    fill(index, document("a", "premier texte", version=3))
    fill(index, document("a", "second texte", version=4))
    assert (found(index, "premier"), found(index, "second")) == ([], ["a"])
    fill(index, document("a", "perime", version=3), document("b", "autre", version=1))
    assert (found(index, "perime"), found(index, "second"), found(index, "autre")) == ([], ["a"], ["b"])


def test_nothing_may_be_put_and_removed(index: Index) -> None:
    assert index.put([]) == []
    index.remove({})
    index.commit()
    assert found(index) == []


def test_threads_search_while_one_writes(index: Index) -> None:
    def ask(_: int) -> int:
        return index.search(IndexQuery(query=parse("fugue"))).total

    with ThreadPoolExecutor(4) as pool:
        for n in range(5):
            answers = pool.map(ask, range(20))
            fill(index, document(f"d{n}", "fugue"))
            assert set(answers) <= {n, n + 1}
    assert ask(0) == 5


def test_versions_count_within_one_batch_too(index: Index) -> None:
    fill(index, document("a", "neuf", version=2), document("a", "vieux", version=1))
    assert (found(index, "neuf"), found(index, "vieux"), index.search(IndexQuery()).total) == (["a"], [], 1)


def test_what_is_removed_stays_away(index: Index, chosen: Settings) -> None:
    fill(index, document("a", "un"), document("b", "deux"))
    index.put([document("c", "trois")])
    index.remove({"a": 1, "c": 1, "absent": 1})
    index.commit()
    assert (found(index), index.get("a")) == (["b"], None)
    index.close()
    again = opened(chosen)
    assert found(again) == ["b"]
    fill(again, document("a", "un autre", version=2))
    assert found(again, "un") == ["a"]
    again.close()


def test_a_removal_takes_nothing_newer_than_itself(index: Index) -> None:
    fill(index, document("old", version=3), document("new", version=9))
    index.remove({"old": 5, "new": 5})
    index.commit()
    assert found(index) == ["new"]


def test_saying_it_all_again_changes_nothing(index: Index) -> None:
    batches = [TOWN[:6], TOWN[6:], [TOWN[0].model_copy(update={"version": 7, "text": "change"})]]
    for batch in batches:
        fill(index, *batch)
    before = list(digest(index))
    for batch in batches:
        fill(index, *batch)
    assert list(digest(index)) == before
    assert found(index, "change") == ["fugue"]


def test_versions_are_told_of_what_is_there_committed_or_not(index: Index) -> None:
    fill(index, document("a", version=3), document("b", version=4))
    index.put([document("c", version=5)])
    index.remove({"b": 4})
    assert index.versions(["a", "b", "c", "absent"]) == {"a": 3, "c": 5}
    assert index.versions([]) == {}


def test_the_digest_names_every_document_in_order(index: Index) -> None:
    assert list(digest(index)) == []
    fill(index, *TOWN)
    assert list(digest(index)) == [(doc.id, doc.version, doc.sha256()) for doc in sorted(TOWN, key=lambda doc: doc.id)]


def test_a_reader_sees_each_commit_of_a_writer(index: Index, chosen: Settings) -> None:
    reader = open_index(chosen)
    reader.require()
    fill(index, document("a", "un"))
    assert found(reader) == ["a"]
    fill(index, document("b", "un"))
    assert found(reader, "un") == ["a", "b"]
    reader.close()


def test_a_reader_is_told_that_there_is_no_index(chosen: Settings) -> None:
    with pytest.raises(NotSetUp, match="setup-db"):
        open_index(chosen).require()


def test_setting_up_again_keeps_what_is_there(index: Index) -> None:
    fill(index, document("a"))
    index.set_up()
    index.require()
    assert found(index) == ["a"]


# --- all of them, in order -----------------------------------------------------------------------------------------


def test_a_scan_yields_every_match_by_id_whatever_page_is_asked_for(index: Index) -> None:
    fill(index, *TOWN)
    asked = IndexQuery(query=parse("fugue OR argent"), limit=1, offset=1)
    assert [doc.id for doc in index.scan(asked)] == ["cherry", "cyrillic", "fugue"]
    assert list(index.scan(IndexQuery(sources=["absent"]))) == []
    assert list(index.scan(IndexQuery())) == sorted(TOWN, key=lambda doc: doc.id)


def test_a_scan_reaches_beyond_the_window_as_of_one_moment(index: Index) -> None:
    many = [document(f"é{n * 7919 % 10_050:05}", "fugue", seq=n) for n in range(10_050)]
    for start in range(0, len(many), 2_500):  # several commits: more than one segment
        fill(index, *many[start : start + 2_500])
    scanning = index.scan(IndexQuery(query=parse("fugue")))
    first = next(scanning)
    fill(index, document("é00001", "fugue", version=2), document("later", "fugue"))
    rest = list(scanning)
    assert [doc.id for doc in (first, *rest)] == [f"é{n:05}" for n in range(10_050)]
    assert {doc.version for doc in rest} == {1}
    assert index.search(IndexQuery(query=parse("fugue"), limit=0)).total == 10_051


def test_a_scan_may_be_left_early(index: Index) -> None:
    fill(index, *TOWN)
    for _ in range(3):
        scanning = index.scan(IndexQuery())
        next(scanning)
        scanning.close()  # type: ignore[attr-defined]  # both are generators
    fill(index, document("again"))
    assert len(list(index.scan(IndexQuery()))) == len(TOWN) + 1


# --- counts --------------------------------------------------------------------------------------------------------


def varied(number: int) -> list[Document]:
    """Return documents that differ in every field that is counted, over three years and the edges of what is."""
    random = Random(7)
    moments = [START + timedelta(hours=random.randrange(-13_000, 13_000)) for _ in range(number - 4)]
    moments += [datetime(year, 1, 1, tzinfo=UTC) for year in (1900, 1990, 2100, 2200)]
    return [
        document(
            f"v{n:03}",
            random.choice(["fugue", "foyer", "fugue et foyer"]),
            source=random.choice(["forum", "journal", "é-source", "Z"]),
            kind=random.choice(["ad", "post"]),
            lang=random.choice(["fr", "en", "mixed"]),
            region=random.choice(["", "06", "03"]),
            urgency=random.choice(["none", "routine", "soon", "immediate"]),
            signals=random.sample(["minor", "recruitment", "distress"], random.randrange(4)),
            criteria=[f"M{each:02}" for each in random.sample(range(70), random.randrange(5))],
            cities=random.sample(["Montréal", "Laval", "Gaspé"], random.randrange(3)),
            verdict=random.choice(["", "dismiss", "watch", "refer"]),
            ingested_at=moment,
        )
        for n, moment in enumerate(moments)
    ]


def expected_counts(documents: list[Document], facet: str) -> list[tuple[str, int]]:
    counts = Counter(value for doc in documents for value in doc.keywords[facet])
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:50]


def expected_histogram(documents: list[Document], period: str) -> dict[date, int]:
    days = [doc.at.astimezone(house_zone()).date() for doc in documents]
    first = {
        "day": lambda day: day,
        "week": lambda day: day - day.weekday() * DAY,
        "month": lambda day: day.replace(day=1),
    }
    counted = Counter(first[period](day) for day in days if date(1990, 1, 1) <= day < date(2100, 1, 1))
    return dict(sorted(counted.items()))


@pytest.mark.parametrize("query", ["", "fugue", "fugue -foyer", "absent"])
def test_matches_are_counted_by_facet_and_period(index: Index, query: str) -> None:
    """Both engines are held against the same counts, in the same order: they answer alike."""
    documents = varied(300)
    fill(index, *documents[:200])
    fill(index, *documents[100:])
    matching = [doc for doc in documents if all((w.strip("-") in doc.text) != (w[0] == "-") for w in query.split())]
    for period in ("day", "week", "month"):
        asked = IndexQuery(query=parse(query), limit=0, facets=FACETS, histogram=period)
        hits = index.search(asked)
        assert (hits.total, hits.ids) == (len(matching), [])
        assert {name: list(found.items()) for name, found in hits.facets.items()} == {
            name: expected_counts(matching, name) for name in FACETS
        }
        assert list(hits.histogram.items()) == list(expected_histogram(matching, period).items())


def test_counts_come_with_a_page_and_only_those_asked_for(index: Index) -> None:
    fill(index, *TOWN)
    hits = index.search(IndexQuery(query=parse("argent"), limit=1, facets=("kind",)))
    assert (hits.total, len(hits.ids), hits.facets, hits.histogram) == (2, 1, {"kind": {"post": 2}}, {})
    assert index.search(IndexQuery(limit=1)).facets == {}


def test_nothing_is_counted_where_there_is_nothing(index: Index) -> None:
    asked = IndexQuery(facets=FACETS, histogram="day")
    nothing: dict[str, dict[str, int]] = {name: {} for name in FACETS}
    assert index.search(asked) == Hits(total=0, ids=[], facets=nothing)
    fill(index, document("a", ingested_at=datetime(1980, 1, 1, tzinfo=UTC)))
    hits = index.search(asked)
    assert (hits.total, hits.facets["verdict"], hits.facets["kind"], hits.histogram) == (1, {}, {"post": 1}, {})


def test_what_is_replaced_or_removed_is_not_counted(index: Index) -> None:
    fill(index, document("a", source="un"), document("b", source="deux"), document("c", source="deux"))
    fill(index, document("a", source="deux", version=2))
    index.remove({"b": 1})
    index.commit()
    assert index.search(IndexQuery(limit=0, facets=("source",))).facets == {"source": {"deux": 2}}


def test_days_are_counted_in_the_time_of_quebec(index: Index) -> None:
    late = datetime(2026, 3, 9, 3, 59, tzinfo=UTC)  # a Sunday, 23:59 in Québec
    fill(index, document("late", ingested_at=late), document("next", ingested_at=late + timedelta(minutes=1)))
    counts = {period: index.search(IndexQuery(limit=0, histogram=period)).histogram for period in ("day", "week")}
    assert counts["day"] == {date(2026, 3, 8): 1, date(2026, 3, 9): 1}
    assert counts["week"] == {date(2026, 3, 2): 1, date(2026, 3, 9): 1}


# --- hostile input -------------------------------------------------------------------------------------------------


@given(st.text(max_size=40) | st.text(alphabet='ab "-()|*~^:[]{}\\/+!&ORé@_.0159', max_size=40))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_query_breaks_an_engine(index: Index, text: str) -> None:
    try:
        asked = IndexQuery(query=parse(text), limit=3)
    except BadQuery:
        return
    index.search(asked)


@pytest.mark.parametrize(
    "text", ["x" * 200_000, "\x00\x01", "mot " * 20_000, "\u200b", "'" * 50, '"', "\\", "a\u2028b"]
)
def test_no_text_breaks_an_engine(index: Index, text: str) -> None:
    fill(index, document("odd", text + " fin"))
    assert found(index, "fin") == ["odd"]
    assert index.get("odd").text == text + " fin"  # type: ignore[union-attr]


def test_a_very_long_word_is_found_by_itself(index: Index) -> None:
    fill(index, document("long", "a" * 5000), document("other", "a" * 4999 + "b"))
    assert found(index, "a" * 5000) == ["long", "other"], "beyond 100 letters, words are one"
