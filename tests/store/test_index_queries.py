"""Every form of the query language on both engines, and on one document held against a search: the same answers.

The Elasticsearch side runs against the node that VIGIE_TEST_ELASTICSEARCH_URL names.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from nlp.query import BadQuery, parse
from nlp.searches import SearchScope, compare
from store.index import Document, Index, IndexQuery, open_index
from store.index.elastic import ElasticIndex
from store.settings import Settings
from triage_api.searches.narrow import matches

ELASTICSEARCH = os.environ.get("VIGIE_TEST_ELASTICSEARCH_URL", "")
ENGINES = ["tantivy", "elasticsearch"]
MANY = 80
"""Words that one pattern takes: more than the 50 that an engine would keep by itself."""


def document(doc_id: str, text: str = "rien", day: str = "2026-03-02T17:00:00+00:00", **fields: object) -> Document:
    known: dict[str, object] = {"version": 1, "seq": 1, "source": "forum", "kind": "post", "lang": "fr"}
    known |= {"ingested_at": datetime.fromisoformat(day), "text": text} | fields
    return Document(id=doc_id, **known)  # type: ignore[arg-type]


TOWN = [
    document(
        "fugue", "Chu en fugue de mon foyer depuis hier", cities=["Montréal"], signals=["minor"], criteria=["M05"]
    ),
    document("fugueuse", "Une fugueuse et ses fugues", region="Laval", city="Laval", urgency="soon", verdict="watch"),
    document("slips", "fuge fguue fuugue fagues", region="Gaspésie–Îles-de-la-Madeleine", lang="mixed"),
    document("far", "fuugguue fuque refuge", source="journal", verdict="dismiss"),
    document(
        "ecole", "à l'école, jeudi", cities=["Trois-Rivières"], urgency="immediate", signals=["distress", "minor"]
    ),
    document("lecole", "jai lache lecole", kind="ad", signals=["third_party"], criteria=["C01"]),
    document("phone", "écris au 5145550123, dossier 514777", phones=["+15145550123"], verdict="refer"),
    document("spelled", "cinq un quatre 555", handles=["Lea.B"], emails=["lea@courriel.example"], verdict="escalate"),
    document("late", "🍒🍒🍒 soir", "2026-04-01T03:59:59.999+00:00"),  # 23:59 of March 31 in Québec
    document("april", "soir", "2026-04-01T04:00:00+00:00", lang="en", region="Laval"),
    document("odd", "a.b* .* 日本語日本語 ßtraße", "2020-01-01T12:00:00+00:00", lang="other"),
]
EVERY = {doc.id for doc in TOWN}

FOUND = [
    ("fug*", {"fugue", "fugueuse", "slips"}),
    ("FUGUES*", {"fugue", "fugueuse"}),
    ("fugueu*", {"fugueuse"}),
    ("eco*", {"ecole"}),
    ("éco*", {"ecole"}),
    ("l'éc*", {"ecole", "lecole"}),
    ("l ec*", {"ecole", "lecole"}),
    ("514777*", {"phone"}),
    ("514555*", set()),  # a contact is no word
    ("🍒* fugue", None),
    ("日本語*", {"odd"}),
    ("sstra*", {"odd"}),
    ("foyers* fug*", {"fugue"}),
    ("-fug* foy*", set()),
    ("-fug*", EVERY - {"fugue", "fugueuse", "slips"}),
    ("fug* -fugueu* -slip*", {"fugue", "slips"}),
    ("eco* OU 514*", {"ecole", "phone"}),
    ("introuv*", set()),
    ("fugue~", {"fugue", "fugueuse", "slips", "far"}),
    ("fuugue~", {"fugue", "fugueuse", "slips"}),
    ("fuugguu~", {"far"}),
    ("fuugguue~2", {"far", "slips"}),
    ("fuugguue~1", {"far"}),
    ("fugeuuse~", {"fugueuse"}),
    ("fugeuuse~1", {"fugueuse"}),
    ("fugeusue~1", set()),
    ("fugeusue~", {"fugueuse"}),
    ("écloe~", {"ecole"}),
    ("leoce~", set()),
    ("-fugue~ foyer", set()),
    ("fugue~ -refuge", {"fugue", "fugueuse", "slips"}),
    ("5145550132~", None),
    ("51477~", {"phone"}),
    ("514555013~", set()),
    ("日本語日語本~", {"odd"}),
    ("ville:montréal", {"fugue"}),
    ("city:mtl", {"fugue"}),
    ('ville:"trois rivières"', {"ecole"}),
    ("ville:Laval OU ville:mtl", {"fugueuse", "fugue"}),
    ("ville:Laval ville:mtl", set()),
    ("-ville:Laval soir", {"late", "april"}),
    ("signal:mineur", {"fugue", "ecole"}),
    ("signal:minor signal:distress", {"ecole"}),
    ("signal:tiers OU signal:détresse", {"lecole", "ecole"}),
    ("critère:m05", {"fugue"}),
    ("criterion:M99", set()),
    ("urgence:immédiat", {"ecole"}),
    ("urgence:bientôt OU urgency:immediate", {"fugueuse", "ecole"}),
    ("urgence:aucune fug*", {"fugue", "slips"}),
    ("région:laval", {"fugueuse", "april"}),
    ("region:gaspésie", {"slips"}),
    ("source:journal", {"far"}),
    ("-source:forum", {"far"}),
    ("langue:anglais", {"april"}),
    ("langue:mixte OU lang:other", {"slips", "odd"}),
    ("genre:annonce", {"lecole"}),
    ("-type:post", {"lecole"}),
    ("décision:surveiller", {"fugueuse"}),
    ("décision:écarter OU decision:escalate", {"far", "spelled"}),
    ("décision:aucune fug*", {"fugue", "slips"}),
    ("-décision:aucune", {"fugueuse", "far", "phone", "spelled"}),
    ("décision:aucune OU décision:référer", EVERY - {"fugueuse", "far", "spelled"}),
    ("tel:514-555-0123", {"phone"}),
    ("pseudo:LEA.B", {"spelled"}),
    ("courriel:lea@courriel.example OU tel:5145550123", {"spelled", "phone"}),
    ("-tel:514-555-0123 verdict", set()),
    ("tel:514-555-0123 OU fug*", {"phone", "fugue", "fugueuse", "slips"}),
    ("après:2026-04-01", {"april"}),
    ("-après:2026-04-01 soir", {"late"}),
    ("après:2026-03-31", {"late", "april"}),
    ("avant:2026-03 soir", {"late"}),
    ("avant:2026-02", {"odd"}),
    ("après:2026-04 OU avant:2020", None),
    ("après:2026-04 OU avant:2020-12", {"april", "odd"}),
    ("après:2026-03 avant:2026-03 -fug*", {"far", "ecole", "lecole", "phone", "spelled", "late"}),
    ("après:0001-01-01 avant:9999-12-31", EVERY),
    ("(fug* OU eco*) ville:mtl", {"fugue"}),
]


@contextmanager
def filled(engine: str, folder: Path, documents: list[Document]) -> Iterator[Index]:
    made = Settings(data_dir=folder)
    if engine == "elasticsearch":
        if not ELASTICSEARCH:
            pytest.skip("no Elasticsearch: VIGIE_TEST_ELASTICSEARCH_URL names no node")
        name = f"vigie-test-{uuid.uuid4().hex[:12]}"
        made = made.model_copy(update={"index_url": ELASTICSEARCH, "index_name": name})
    opened = open_index(made)
    opened.set_up()
    assert opened.put(documents) == []
    opened.commit()
    yield opened
    if isinstance(opened, ElasticIndex):
        opened.client.indices.delete(index=list(opened.client.indices.get(index=f"{made.index_name}-0*")))
    opened.close()


@pytest.fixture(scope="module", params=ENGINES)
def index(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """An index that holds the town; no test changes it."""
    with filled(request.param, tmp_path_factory.mktemp("queries"), TOWN) as opened:
        yield opened


def found(index: Index, asked: IndexQuery) -> set[str]:
    hits = index.search(asked)
    assert hits.total == len(hits.ids)
    return set(hits.ids)


def held(asked: IndexQuery, documents: list[Document]) -> set[str]:
    return {doc.id for doc in documents if matches(doc, asked)}


READABLE = [(query, expected) for query, expected in FOUND if expected is not None]


def test_every_form_finds_exactly(index: Index) -> None:
    answers = {query: found(index, IndexQuery(query=parse(query))) for query, _ in READABLE}
    assert answers == dict(READABLE)


@pytest.mark.parametrize(("query", "expected"), READABLE)
def test_one_document_is_held_against_every_form_alike(query: str, expected: set[str]) -> None:
    assert held(IndexQuery(query=parse(query)), TOWN) == expected


@pytest.mark.parametrize("query", [query for query, expected in FOUND if expected is None])
def test_the_rest_is_refused(query: str) -> None:
    with pytest.raises(BadQuery):
        parse(query)


def test_patterns_and_fields_do_not_rank(index: Index) -> None:
    newest = index.search(IndexQuery(query=parse("-absent"))).ids
    assert newest[:2] == ["april", "late"]
    for query in ("fug* OU fugue~ OU soi*", "ville:mtl OU après:2026-03 OU avant:2021-01"):
        ids = index.search(IndexQuery(query=parse(query))).ids
        assert ids == [one for one in newest if one in ids]
        assert len(ids) > 4
    ranked = index.search(IndexQuery(query=parse("soir"))).ids
    assert index.search(IndexQuery(query=parse("soir soi* soir~ -ville:mtl"))).ids == ranked


@pytest.mark.parametrize("engine", ENGINES)
def test_a_pattern_takes_every_word_it_fits_however_many(engine: str, tmp_path: Path) -> None:
    with filled(engine, tmp_path, [document(f"d{n:02}", f"foyer{n:02}") for n in range(MANY)]) as opened:
        for query in ("foyer*", "foyer00~2"):
            assert len(found(opened, IndexQuery(query=parse(query), limit=MANY))) == MANY


TERMS = [
    "fug*",
    "fugueu*",
    "eco*",
    "soi*",
    "fugue~",
    "fuugguue~",
    "ecloe~",
    "ville:mtl",
    "ville:Laval",
    "signal:mineur",
]
TERMS += [
    "urgence:aucune",
    "région:laval",
    "source:forum",
    "langue:fr",
    "genre:annonce",
    "décision:aucune",
    "critère:C01",
]
TERMS += ["décision:watch", "tel:5145550123", "pseudo:lea.b", "@lea.b", "après:2026-03-31", "avant:2026-03", "fugue"]
TERMS += [
    "l'école",
    '"en fugue"',
    '"fugue de mon"',
    "-fug*",
    "-fugue~",
    "-ville:mtl",
    "-décision:aucune",
    "-avant:2026-03",
]
TERMS += ["-signal:mineur", "-tel:5145550123", "OU", "OU", "-(soir)", "(fug* OU ville:Laval)"]
scopes = st.builds(
    SearchScope,
    query=st.lists(st.sampled_from(TERMS), min_size=1, max_size=5).map(" ".join),
    identifiers=st.lists(st.sampled_from(["514 555 0123", "@LEA.B"]), max_size=1),
    cities=st.lists(st.sampled_from(["Laval", "Montréal"]), max_size=2),
    languages=st.lists(st.sampled_from(["fr", "en"]), max_size=1),
    sources=st.lists(st.sampled_from(["forum", "journal"]), max_size=1),
    since=st.sampled_from([None, None, "2026-03-31"]),
)


@given(st.lists(scopes, min_size=2, max_size=6))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_engines_documents_and_comparisons_agree(index: Index, asked: list[SearchScope]) -> None:
    """The engine finds what one document held against the search would, and what comparing searches promises."""
    answers = []
    for scope in asked:
        try:
            query = IndexQuery.of(scope)
        except BadQuery:
            continue
        answers.append((scope, found(index, query)))
        assert answers[-1][1] == held(query, TOWN), scope
    assume(answers)
    for (a, earlier), (b, later) in product(answers, repeat=2):
        relation = compare(a, b)
        assert relation != "same" or later == earlier, (a, b)
        assert relation != "covered" or later <= earlier, (a, b)
