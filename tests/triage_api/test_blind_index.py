"""Earlier searches are found by keyed hashes: none that is related is missed, none is read, and rows can be let go."""

from __future__ import annotations

import random
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import event, func, select

from nlp.contacts import Contact
from nlp.searches import SearchScope, fingerprint, normalise, relation
from store.tables import Search, SearchTerm
from store.terms import forget_lapsed_terms, forget_terms
from triage_api.searches import comparing
from triage_api.searches.blind import KEPT, index_unindexed, write_terms
from triage_api.searches.comparing import related_searches
from triage_api.searches.sealing import Told, seal_search

numbers = count(1)


def make(store, session, scope, *, terms=True, **more):
    identity = f"s-{next(numbers):04}"
    told = Told(**scope.model_dump(), purpose="watch", ground="LPJ 39")
    now = store.clock()
    plain = dict.fromkeys(("purpose", "ground", "grid", "model", "relation"), "x")
    plain |= {"user_id": "u-1", "sources": [], "watermark": 0, "results": [], "total": 0}
    row = Search(id=identity, fingerprint=store.keys.blind("search", fingerprint(scope)), **plain)
    row.scope = seal_search(store, session, told, identity, None)
    row.opened_at, row.closed_at = now, now
    for name, value in more.items():
        setattr(row, name, value)
    session.add(row)
    session.flush()
    if terms:
        write_terms(session, store.keys, row, normalise(scope))
    return identity


def related(store, scope, **more):
    with store.database.reading() as session:
        hashed = store.keys.blind("search", fingerprint(scope))
        found, cut = related_searches(store, session, normalise(scope), hashed, **more)
    return {one.search.id: one.relation for one in found}, cut


def rows_of(store):
    with store.database.reading() as session:
        return session.scalar(select(func.count()).select_from(SearchTerm))


WORDS = ["fugue", "foyer", "gym", "argent", "nuit", "centre", "fug*", "foyers~", '"en fugue"', '"fugue foyer"']
CONTACTS = ["514-555-0123", "(514) 555-0124", "@lea.b", "lea@courriel.example"]


def some_scope(chosen):
    words = chosen.sample(WORDS, chosen.choice((0, 1, 2, 2, 3, 4)))
    query = chosen.choice((" ", " ", " ", " OR ")).join(words) + chosen.choice(("", "", " -chien"))
    return SearchScope(
        query=query,
        identifiers=chosen.sample(CONTACTS, chosen.choice((0, 0, 1, 2))),
        cities=chosen.sample(["Laval", "Montréal", "Gatineau"], chosen.choice((0, 0, 1, 2))),
        since=chosen.choice((None, None, "2026-01-01", "2026-02-01")),
    )


def test_what_is_found_is_what_comparing_with_all_would_find(store):
    chosen = random.Random(4)
    scopes = [some_scope(chosen) for _ in range(90)]
    made = {}
    with store.database.writing() as session:
        for scope in scopes:
            made[make(store, session, scope)] = normalise(scope)
    seen = set()
    for scope in [*scopes[:40], *(some_scope(chosen) for _ in range(40))]:
        normal = normalise(scope)
        by_hand = {identity: relation(earlier, normal) for identity, earlier in made.items()}
        expected = {identity: how for identity, how in by_hand.items() if how != "different"}
        assert related(store, scope) == (expected, False)
        seen |= set(expected.values())
    assert seen == {"same", "covered", "overlap"}


def test_only_searches_that_ran_to_their_end_and_have_not_lapsed_are_found(store, clock):
    scope = SearchScope(query="fugue gym")
    with store.database.writing() as session:
        ran = make(store, session, scope)
        make(store, session, scope, closed_at=None)
        make(store, session, scope, error="index_unavailable")
        make(store, session, scope, reused_from=ran)
    assert related(store, SearchScope(query="fugue gym nuit"))[0] == {ran: "covered"}
    clock.forward(days=store.settings.search_lapse_days)
    assert related(store, SearchScope(query="fugue gym nuit"))[0] == {}


def test_what_is_kept_tells_nothing_without_the_key(store):
    with store.database.writing() as session:
        make(store, session, SearchScope(query="fugue", identifiers=["514-555-0123"]))
    with store.database.reading() as session:
        kept = list(session.scalars(select(SearchTerm)))
    assert {len(row.key) for row in kept} == {KEPT}
    assert not any(b"fugue" in row.key or b"5550123" in row.key for row in kept)
    contact = store.keys.blind("search-held", f"contact:{Contact('phone', '+15145550123')}")
    assert bytes.fromhex(contact)[:KEPT] in {row.key for row in kept}
    other = store.keys.hashing_with(b"\x07" * 32)
    assert bytes.fromhex(other.blind("search-held", "word:fugue"))[:KEPT] not in {row.key for row in kept}


def test_a_lapsed_search_is_let_go_and_no_other(store, clock):
    with store.database.writing() as session:
        make(store, session, SearchScope(query="fugue gym"))
    clock.forward(days=1)
    with store.database.writing() as session:
        kept = make(store, session, SearchScope(query="fugue nuit"))
    clock.forward(days=store.settings.search_lapse_days - 1)
    before = rows_of(store)
    with store.database.writing() as session:
        gone = forget_lapsed_terms(session, store.settings, store.clock())
    assert 0 < gone < before
    assert rows_of(store) == before - gone
    with store.database.reading() as session:
        assert set(session.scalars(select(SearchTerm.search_id))) == {kept}
    with store.database.writing() as session:
        forget_terms(session, [kept])
    assert rows_of(store) == 0


def test_writing_again_changes_nothing_but_the_key(store):
    scope = SearchScope(query="fugue gym", cities=["Laval"])
    with store.database.writing() as session:
        row = session.get_one(Search, make(store, session, scope))
        first = {(term.role, term.key) for term in session.scalars(select(SearchTerm))}
        write_terms(session, store.keys, row, normalise(scope))
        again = {(term.role, term.key) for term in session.scalars(select(SearchTerm))}
        write_terms(session, store.keys.hashing_with(b"\x07" * 32), row, normalise(scope))
        rotated = {(term.role, term.key) for term in session.scalars(select(SearchTerm))}
    assert again == first
    assert len(rotated) == len(first)
    assert not {key for _, key in rotated} & {key for _, key in first}


def test_searches_of_an_earlier_version_are_indexed_once(store, clock):
    with store.database.writing() as session:
        make(store, session, SearchScope(query="fugue"), terms=False)
    clock.forward(days=store.settings.search_lapse_days)
    scope = SearchScope(query="fugue gym")
    with store.database.writing() as session:
        old = make(store, session, scope, terms=False)
        make(store, session, scope, terms=False, error="internal")
        make(store, session, scope, terms=False, reused_from=old)
    assert related(store, SearchScope(query="fugue gym nuit"))[0] == {}
    assert index_unindexed(store) == 1
    assert related(store, SearchScope(query="fugue gym nuit"))[0] == {old: "covered"}
    assert index_unindexed(store) == 0


def test_the_newest_are_compared_and_it_is_said_that_there_are_more(store, clock, monkeypatch):
    monkeypatch.setattr(comparing, "_COMPARED", 3)
    made = []
    for number in range(5):
        clock.forward(minutes=1)
        with store.database.writing() as session:
            made.append(make(store, session, SearchScope(identifiers=["514-555-0123", f"514-555-01{number}9"])))
    found, cut = related(store, SearchScope(identifiers=["514-555-0123", "514-555-0188"]))
    assert (set(found), cut) == (set(made[-3:]), True)


@pytest.fixture
def statements(store):
    """Record what is asked of the table of hashes, with its values."""
    asked = []

    def note(_connection, _cursor, statement, parameters, *_rest):
        if "search_terms" in statement and statement.startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(store.database.engine, "before_cursor_execute", note)
    yield asked
    event.remove(store.database.engine, "before_cursor_execute", note)


def test_no_comparison_reads_the_whole_table(store, statements):
    """Every question is answered from the index of hashes, newest first."""
    with store.database.writing() as session:
        row = session.get_one(Search, make(store, session, SearchScope(query="fugue gym")))
        if not store.database.is_sqlite:
            many = [{"search_id": row.id, "role": "held", "key": number.to_bytes(16)} for number in range(20_000)]
            session.execute(SearchTerm.__table__.insert(), many)
    if not store.database.is_sqlite:
        with store.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE search_terms")
    statements.clear()
    related(store, SearchScope(query="fugue gym nuit", identifiers=["514-555-0123"], cities=["Laval"]))
    related(store, SearchScope(query="fugue gym nuit"))
    assert len(statements) > 10
    explain = "EXPLAIN QUERY PLAN " if store.database.is_sqlite else "EXPLAIN "
    for statement, parameters in list(statements):
        with store.database.engine.connect() as connection:
            plan = "\n".join(map(str, connection.exec_driver_sql(explain + statement, parameters)))
        assert "ix_search_terms_key" in plan, plan
        assert "SCAN search_terms" not in plan
        assert "Seq Scan on search_terms" not in plan, plan
        assert "TEMP B-TREE" not in plan, plan


def test_the_hour_of_lapsing_is_a_setting(make_store, clock):
    store = make_store(search_lapse_days=2)
    with store.database.writing() as session:
        made = make(store, session, SearchScope(query="fugue gym"))
    clock.now += timedelta(days=2) - timedelta(seconds=1)
    assert set(related(store, SearchScope(query="fugue gym nuit"))[0]) == {made}
    clock.now += timedelta(seconds=1)
    assert related(store, SearchScope(query="fugue gym nuit"))[0] == {}
