from __future__ import annotations

import json

import pytest
from desk_words import FAREWELL, FUGUE, HARMLESS, LURE, words_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from nlp.query import BadQuery, parse
from pipeline.assess import assess_batch
from store.erasure import erase
from store.errors import IndexUnavailable, NotFound
from store.index import IndexQuery
from store.outbox import INDEX, announce
from store.posts import ASSESS
from store.tables import Approval, RegisterEntry, Search, Source, Subject
from store.work import add_work, bury_work, revive_work
from triage_api.requests.sealing import key_name
from triage_api.searches import service
from triage_api.searches.narrow import matches
from triage_api.sources.coverage import WALLED

WHY = {"purpose": "Demande d'un partenaire", "ground": "LPJ 38 d) 1°"}


def ask(browser, status=(200, 201), **asked):
    answer = browser.api("POST", "/searches", json=WHY | asked)
    assert answer.status_code in (status if isinstance(status, tuple) else (status,)), answer.text
    return answer.json()


def ids(hits):
    return {hit["id"] for hit in hits}


def entries(store):
    """Return the register but for the entries of the accounts that a test makes."""
    told = select(RegisterEntry).where(RegisterEntry.event.not_like("account.%")).order_by(RegisterEntry.n)
    with store.database.reading() as session:
        return list(session.scalars(told))


def events(store):
    return [row.event for row in entries(store)]


@pytest.fixture
def asked_of_index(desk, monkeypatch):
    """Record what the index is asked, and what the register held at that moment."""
    calls = []
    real = desk.index.search

    def recorded(query):
        calls.append((query, events(desk.store)))
        return real(query)

    monkeypatch.setattr(desk.index, "search", recorded)
    return calls


def test_a_search_is_entered_before_the_index_is_asked_and_closed_after(analyst, town, store, asked_of_index):
    identity = town.post(FUGUE)
    town.post(LURE)
    made = ask(analyst, 201, query="fugue")
    assert made["relation"] == "different"
    assert ids(made["items"]) == {identity}
    assert made["total"] == 1
    assert asked_of_index[0][1] == ["search.opened"]
    opened, closed = entries(store)
    assert (opened.event, closed.event) == ("search.opened", "search.closed")
    told = json.loads(opened.public)
    assert told["purpose"] == "other", "what a person writes may name somebody"
    assert WHY["purpose"] in store.keys.opened(opened.sealed, f"search:{made['id']}")
    assert (made["purpose"], made["ground"]) == (WHY["purpose"], WHY["ground"])
    assert told["ground"] == WHY["ground"]
    assert told["grid"]
    assert told["model"]
    assert "fugue" not in opened.public
    assert "fugue" not in json.dumps(told["fingerprint"])
    assert "fugue" in store.keys.opened(opened.sealed, f"search:{made['id']}")
    assert json.loads(closed.public) == {
        "search": made["id"],
        "count": 1,
        "total": 1,
        "ids": service.digest_of([identity]),
    }
    assert "text" not in made["items"][0]


def test_nothing_is_asked_when_the_register_cannot_be_written(analyst, town, store, no_register, asked_of_index):
    town.post(FUGUE)
    no_register()
    made = ask(analyst, 503, query="fugue")
    assert made["error"]["code"] == "register_unavailable"
    assert asked_of_index == []
    with store.database.reading() as session:
        assert session.scalar(select(Search)) is None
    page = analyst.send("/searches", query="fugue", purpose="watch", ground="LPJ 39")
    assert page.status_code == 503
    assert "rien n'est cherché" in page.text.replace("&#39;", "'")


def test_nothing_is_told_when_the_closing_entry_cannot_be_written(analyst, town, desk, no_register, monkeypatch):
    identity = town.post(FUGUE)
    real = desk.index.search

    def then_break(query):
        hits = real(query)
        no_register()
        return hits

    monkeypatch.setattr(desk.index, "search", then_break)
    answer = analyst.api("POST", "/searches", json=WHY | {"query": "fugue"})
    assert answer.status_code == 503
    assert identity not in answer.text


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(IndexUnavailable("x"), 503, "index_unavailable"), (RuntimeError("x"), 500, "internal")],
)
def test_a_search_that_fails_is_closed_with_its_error_and_never_reused(
    analyst, town, desk, store, monkeypatch, error, status, code
):
    identity = town.post(FUGUE)

    def fail(_query):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(desk.index, "search", fail)
        assert ask(analyst, status, query="fugue")["error"]["code"] == code
    assert json.loads(entries(store)[-1].public)["error"] == code
    assert ids(ask(analyst, 201, query="fugue")["items"]) == {identity}


def test_the_same_search_written_another_way_runs_nothing_again(analyst, person_in, town, store, asked_of_index):
    identity = town.post(FUGUE)
    first = ask(analyst, 201, query="Fugue", identifiers=["(514) 555-0142"])
    other = person_in("analyst", name="autre")
    again = ask(
        other,
        200,
        query="  FUGUES ",
        identifiers=["514.555.0142", "+1 514 555 0142"],
        purpose="demande d’un PARTENAIRE",
    )
    assert again["relation"] == "same"
    assert again["reused_from"] == first["id"]
    assert ids(again["items"]) == {identity}
    assert again["new_since"] == []
    assert [query.after_seq for query, _ in asked_of_index] == [None, 1], "only what came since is asked"
    assert asked_of_index[1][1] == ["search.opened", "search.closed", "search.reused"]
    assert events(store)[2:] == ["search.reused", "search.closed"]
    third = ask(analyst, 200, query="fugue", identifiers=["5145550142"])
    assert third["reused_from"] == first["id"], "always the search that ran"


def test_what_was_ingested_since_comes_with_the_earlier_result(analyst, town, clock):
    old = town.post(FUGUE, "a")
    ask(analyst, 201, query="fugue")
    clock.forward(minutes=5)
    late = town.post("Ma soeur de 15 ans est en fugue", "b", posted_at="2020-01-01T00:00:00Z")
    town.post(LURE, "c")
    again = ask(analyst, 200, query="fugue")
    assert ids(again["items"]) == {old}
    assert ids(again["new_since"]) == {late}, "also a post dated before the first search"
    assert ids(ask(analyst, 200, query="fugue")["new_since"]) == {late}


def test_a_post_that_waited_for_the_index_during_the_first_search_is_new(analyst, town):
    town.post(FUGUE, "a")
    waiting = town.post("Ma soeur de 15 ans est en fugue", "b", settle=False)
    after = town.post(LURE, "c", settle=False)
    ask(analyst, 201, query="fugue")
    town.settle()
    again = ask(analyst, 200, query="fugue")
    assert ids(again["new_since"]) == {waiting}
    assert after not in ids(again["items"])


CHANGES = {
    "decided": lambda session, post, now: announce(session, [post], now),
    "read again": lambda session, post, now: add_work(session, ASSESS, [post], now),
    "buried after a change": lambda session, post, now: (
        announce(session, [post], now),
        bury_work(session, INDEX, post, "refused"),
    ),
}


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_a_post_that_waits_because_it_changed_is_not_counted_twice(analyst, town, store, change):
    posts = [town.post(f"{FUGUE} no {number}", str(number)) for number in range(6)]
    object.__setattr__(store.settings, "search_results", 2)
    with store.database.writing() as session:
        CHANGES[change](session, posts[0], store.clock())
    first = ask(analyst, 201, query="fugue")
    assert (first["total"], len(first["items"])) == (6, 2)
    town.settle()
    again = ask(analyst, 200, query="fugue")
    assert (again["relation"], again["total"], again["new_since"]) == ("same", 6, [])
    new = town.post(f"{FUGUE} de plus", "new")
    again = ask(analyst, 200, query="fugue")
    assert (again["total"], ids(again["new_since"])) == (7, {new})


def test_the_total_of_a_cut_result_is_right_though_a_post_waits_for_ever(analyst, town, store):
    unread = town.post(LURE, "unread", settle=False)
    with store.database.writing() as session:
        bury_work(session, ASSESS, unread, "ValueError")
    for number in range(6):
        town.post(f"{FUGUE} no {number}", str(number))
    object.__setattr__(store.settings, "search_results", 2)
    assert ask(analyst, 201, query="fugue")["total"] == 6
    assert ask(analyst, 200, query="fugue")["total"] == 6


@pytest.mark.parametrize("kind", [ASSESS, INDEX])
def test_a_post_that_the_index_never_had_is_new_once_it_is_there(analyst, town, store, kind):
    town.post(FUGUE, "here")
    late = town.post(f"{FUGUE} plus tard", "late", settle=False)
    if kind == INDEX:
        while assess_batch(store, town.desk.reader, "test"):
            pass
    with store.database.writing() as session:
        bury_work(session, kind, late, "refused")
    town.post(f"{FUGUE} ensuite", "after")
    assert ask(analyst, 201, query="fugue")["total"] == 2
    with store.database.writing() as session:
        revive_work(session, kind, store.clock())
    town.settle()
    again = ask(analyst, 200, query="fugue")
    assert (ids(again["new_since"]), again["total"]) == ({late}, 3)


def test_an_edit_that_now_matches_is_new(analyst, town, clock):
    edited = town.post(LURE, "a")
    ask(analyst, 201, query="fugue")
    clock.forward(minutes=5)
    town.post(FUGUE, "a")
    again = ask(analyst, 200, query="fugue")
    assert again["items"] == []
    assert ids(again["new_since"]) == {edited}


def test_an_erased_post_is_in_no_earlier_result(analyst, town, store):
    identity = town.post(FUGUE)
    ask(analyst, 201, query="fugue")
    erase(store, identity)
    again = ask(analyst, 200, query="fugue")
    assert again["items"] == []


def test_a_narrower_search_is_taken_from_the_wider_one_without_asking(analyst, town, asked_of_index):
    in_town = town.post(FUGUE, "a", city="Montréal")
    elsewhere = town.post("Ma fille de 16 ans est en fugue, quelqu'un l'a vue?", "b", city="Gatineau")
    wide = ask(analyst, 201, query="fugue")
    assert ids(wide["items"]) == {in_town, elsewhere}
    for asked, expected in [
        ({"query": "fugue", "cities": ["montreal"]}, {in_town}),
        ({"query": "fugue fille"}, {elsewhere}),
        ({"query": '"en fugue" -fille'}, {in_town}),
        ({"query": "fugue", "until": "2020-01-01"}, set()),
        ({"query": "fugue", "since": "2026-03-01", "languages": ["fr"]}, {in_town, elsewhere}),
    ]:
        made = ask(analyst, 200, **asked)
        assert (made["relation"], made["reused_from"]) == ("covered", wide["id"]), asked
        assert ids(made["items"]) == expected, asked
        assert made["total"] == len(expected)
    assert all(query.after_seq is not None for query, _ in asked_of_index[1:])


def test_a_wider_result_that_was_cut_is_not_narrowed(analyst, town, store, monkeypatch):
    for number in range(4):
        town.post(f"{FUGUE} numero{number}", str(number), settle=False)
    town.settle()
    monkeypatch.setattr(type(store.settings), "__setattr__", object.__setattr__, raising=False)
    object.__setattr__(store.settings, "search_results", 2)
    wide = ask(analyst, 201, query="fugue")
    assert (len(wide["items"]), wide["total"]) == (2, 4)
    narrow = ask(analyst, 201, query="fugue numero0")
    assert narrow["relation"] == "overlap"
    assert narrow["total"] == 1
    assert ask(analyst, 200, query="fugue")["total"] == 4, "the same search, cut in the same way, is brought back"


@pytest.mark.parametrize("change", [{"purpose": "Autre but"}, {"ground": "LPJ 39"}])
def test_another_purpose_or_ground_is_refused_reuse(analyst, town, change):
    identity = town.post(FUGUE)
    ask(analyst, 201, query="fugue")
    made = ask(analyst, 201, query="fugue", **change)
    assert made["reused_from"] is None
    assert made["overlaps"] == 1
    assert ids(made["items"]) == {identity}


def test_a_new_source_reopens_a_search_unless_it_is_left_out(analyst, town):
    town.post(FUGUE, "a")
    ask(analyst, 201, query="fugue")
    ask(analyst, 200, query="fugue", sources=["le forum"])
    new = town.post("Ma soeur de 15 ans est en fugue", "b", source="babillard")
    made = ask(analyst, 201, query="fugue")
    assert new in ids(made["items"])
    assert ask(analyst, 200, query="fugue")["reused_from"] == made["id"]


def test_a_search_of_one_source_is_not_reopened_by_another(analyst, town):
    town.post(FUGUE, "a")
    first = ask(analyst, 201, query="fugue", sources=["Le Forum"])
    town.post("Ma soeur de 15 ans est en fugue", "b", source="babillard")
    assert ask(analyst, 200, query="fugue", sources=["forum"])["reused_from"] == first["id"]


def test_a_new_grid_or_model_reopens_a_search(analyst, town, store):
    town.post(FUGUE)
    ask(analyst, 201, query="fugue")
    for column in (Search.grid, Search.model):
        with store.database.writing() as session:
            for row in session.scalars(select(Search)):
                setattr(row, column.key, "0.0.0")
        ask(analyst, 201, query="fugue")
        ask(analyst, 200, query="fugue")


def test_an_old_search_lapses(browser, make_person, town, clock):
    name = make_person("analyst", name="lea").name
    town.post(FUGUE)
    ask(browser().log_in(name), 201, query="fugue")
    clock.forward(days=184)
    ask(browser().log_in(name), 201, query="fugue")


def test_running_again_needs_a_reason(analyst, town, asked_of_index, store):
    town.post(FUGUE)
    ask(analyst, 201, query="fugue")
    refused = ask(analyst, 409, query="fugue", again=True)
    assert refused["error"] == {
        "code": "repeat_needs_reason",
        "message": "This search was made before: say why it must run again.",
        "field": "again_reason",
    }
    assert events(store) == ["search.opened", "search.closed"]
    assert ask(analyst, 200, query="fugue", again_reason="   ")["relation"] == "same"
    again = ask(analyst, 201, query="fugue", again_reason="la source a été reprise")
    assert again["reused_from"] is None
    assert asked_of_index[-1][0].after_seq is None
    assert json.loads(entries(store)[-2].public)["again"] is True


def test_a_contact_finds_only_flagged_posts_unless_a_request_asks(analyst, person_in, town):
    flagged, harmless = town.post(FUGUE), town.post(HARMLESS)
    for asked in ({"identifiers": ["514-555-0142"]}, {"query": "514 555 0142"}):
        made = ask(analyst, **asked)
        assert ids(made["items"]) == {flagged}
        assert made["total"] == 1
    partner = person_in("partner")
    asked = {"who": "Prof", "why": "absente"}
    foreign = partner.api("POST", "/requests", json=asked | {"phones": ["514-555-0177"]}).json()["id"]
    assert ids(ask(analyst, identifiers=["514-555-0142"], request=foreign)["items"]) == {flagged}
    request = partner.api("POST", "/requests", json=asked | {"phones": ["514-555-0142"]}).json()["id"]
    made = ask(analyst, 201, identifiers=["514-555-0142"], request=request)
    assert ids(made["items"]) == {flagged, harmless}
    both = ask(analyst, identifiers=["514-555-0142", "514-555-0188"], request=request)
    assert ids(both["items"]) == {flagged}, "each contact must be one that the request names"
    analyst.api("POST", f"/requests/{request}/answer", json={"kind": "call_us", "text": "x"})
    assert ids(analyst.api("GET", f"/searches/{made['id']}").json()["items"]) == {flagged}
    late = ask(analyst, identifiers=["514-555-0142"], request=request)
    assert (ids(late["items"]), late["total"]) == ({flagged}, 1), "answered: the request asks no more"
    assert ask(analyst, 200, identifiers=["514-555-0142"])["total"] == 1, "the two kinds are never mixed up"
    assert ask(analyst, 404, query="x", request="r-none")["error"]["code"] == "not_found"


@pytest.mark.parametrize("words", ["555-0142", "555 0142", '"555" 0142'])
def test_digits_among_the_words_are_a_contact(analyst, town, words):
    flagged, _harmless = town.post(FUGUE), town.post(HARMLESS)
    made = ask(analyst, query=words)
    assert (ids(made["items"]) | {flagged}, made["total"] <= 1) == ({flagged}, True)


def test_a_number_of_few_digits_is_a_word(analyst, town):
    identity = town.post("Vente de garage au 12345 rue des Lilas, samedi")
    assert ids(ask(analyst, query="12345")["items"]) == {identity}


def test_what_was_searched_about_a_youth_is_erased_with_their_key(analyst, person_in, town, store):
    town.post(FUGUE)
    asked = {"who": "Prof", "why": "absente", "handles": ["lea.b"]}
    request = person_in("partner").api("POST", "/requests", json=asked).json()["id"]
    made = ask(analyst, query="fugue", identifiers=["lea.b"], request=request, ground="Pour Léa", again_reason="Léa")
    assert analyst.api("GET", f"/searches/{made['id']}").json()["ground"] == "Pour Léa"
    with store.database.reading() as session:
        store.keys.destroy([key_name(subject) for subject in session.scalars(select(Subject.id))])
    opened = next(row for row in entries(store) if row.event == "search.opened")
    assert json.loads(opened.public)["fingerprint"] is None, "it could be guessed from the contact"
    with pytest.raises(NotFound):
        store.keys.opened(opened.sealed, f"search:{made['id']}")
    with store.database.reading() as session:
        row = session.get_one(Search, made["id"])
        assert "Léa" not in f"{row.purpose} {row.ground} {row.again_reason} {opened.public}"
    assert analyst.api("GET", f"/searches/{made['id']}").status_code == 404
    (line,) = analyst.api("GET", "/searches").json()["items"]
    assert (line["scope"]["query"], line["scope"]["identifiers"], line["ground"]) == ("", [], "other")
    ask(analyst, 201, query="fugue", identifiers=["lea.b"])


def test_a_pasted_text_does_not_cover_its_platform(analyst, town):
    town.post(LURE)
    paste = {"text": FUGUE, "platform": "Chez Léa", "where": "profil", "seen_at": "2026-03-01T20:00:00Z"}
    assert analyst.api("POST", "/posts", json=paste).status_code == 201
    town.settle()
    covered = ask(analyst, query="fugue")["coverage"]
    assert [one["title"] for one in covered["sources"]] == ["Le forum"]
    assert "Chez Léa" not in covered["not_covered"]


def test_new_results_that_are_cut_are_counted_and_said(analyst, town, store):
    town.post(FUGUE, "a")
    object.__setattr__(store.settings, "search_results", 2)
    ask(analyst, 201, query="fugue")
    for number in range(5):
        town.post(f"{FUGUE} numero{number}", str(number), settle=False)
    town.settle()
    again = ask(analyst, 200, query="fugue")
    assert (len(again["items"]), len(again["new_since"]), again["total"]) == (1, 2, 6)
    page = words_of(analyst.page(f"/searches/{again['id']}").text)
    assert "3 premières sur 6" in page


def test_days_are_those_of_the_pages(analyst, town):
    identity = town.post(FUGUE, posted_at="2026-02-01T02:00:00Z")  # shown as 2026-01-31 21:00
    for asked, found in [
        ({"until": "2026-01-31"}, {identity}),
        ({"since": "2026-01-31", "until": "2026-01-31"}, {identity}),
        ({"since": "2026-02-01"}, set()),
        ({"until": "2026-01-30"}, set()),
    ]:
        assert ids(ask(analyst, query="fugue", again_reason="x", **asked)["items"]) == found, asked


def test_an_answer_always_says_what_was_not_covered(analyst, town):
    town.post(LURE)
    made = ask(analyst, 201, query="introuvable")
    assert made["items"] == []
    assert [source["title"] for source in made["coverage"]["sources"]] == ["Le forum"]
    assert set(WALLED) <= set(made["coverage"]["not_covered"])
    restricted = ask(analyst, 200, query="introuvable", sources=["forum"])
    assert restricted["coverage"]["not_covered"] == made["coverage"]["not_covered"]
    page = words_of(analyst.page(f"/searches/{made['id']}").text)
    assert "Rien dans ce qui est couvert" in page
    assert "Instagram" in page
    assert "ne veut pas dire que la personne est en sécurité" in page


@pytest.mark.parametrize(
    "asked",
    [
        {"query": "fugue", "sources": ["forum"]},
        {"query": "fugue source:forum"},
        {"query": "fugue -source:babillard"},
        {"query": "fugue source:forum", "sources": ["Le forum", "babillard"]},
    ],
)
def test_sources_left_out_of_a_search_are_told_as_not_covered(analyst, town, asked):
    town.post(LURE)
    town.post(FUGUE, source="babillard")
    made = ask(analyst, 201, **asked)
    assert "Le babillard" in made["coverage"]["not_covered"]
    assert [source["id"] for source in made["coverage"]["sources"]] == ["forum"]


@pytest.mark.parametrize(
    ("asked", "field", "code"),
    [
        ({}, "query", "search_empty"),
        ({"query": "   "}, "query", "search_empty"),
        ({"query": '"ouvert'}, "query", "query_open_quote"),
        ({"query": "OR a"}, "query", "query_lonely_or"),
        ({"query": "a", "since": "2026-02-01", "until": "2026-01-01"}, "until", "dates_reversed"),
        ({"query": "a", "since": "2026-02-30"}, "since", "bad_input"),
        ({"query": "a", "languages": ["klingon"]}, "languages", "unknown_language"),
        ({"query": "a", "sources": ["nulle part"]}, "sources", "unknown_source"),
        ({"query": "a", "purpose": " "}, "purpose", "bad_input"),
        ({"query": "a", "ground": ""}, "ground", "bad_input"),
        ({"query": "a" * 10_001}, "query", "bad_input"),
        ({"query": "a", "identifiers": ["x"] * 51}, "identifiers", "bad_input"),
        ({"query": "a", "cities": ["\ud800"]}, "cities.0", "bad_input"),
    ],
)
def test_a_search_that_cannot_be_made_is_refused_by_field_and_leaves_nothing(analyst, store, asked, field, code):
    body = json.dumps(WHY | asked).encode()
    headers = {"X-CSRF-Token": analyst.csrf, "Content-Type": "application/json"}
    answer = analyst.client.post("/api/searches", content=body, headers=headers)
    assert answer.status_code == 422, answer.text
    assert (answer.json()["error"]["field"], answer.json()["error"]["code"]) == (field, code)
    assert entries(store) == []


def test_one_sees_ones_own_searches_and_a_supervisor_all_of_them(analyst, person_in, town, store):
    town.post(FUGUE)
    made = ask(analyst, 201, query="fugue")
    other, chief = person_in("analyst", name="autre"), person_in("supervisor", name="chef")
    assert [one["id"] for one in analyst.api("GET", "/searches").json()["items"]] == [made["id"]]
    assert analyst.api("GET", f"/searches/{made['id']}").json()["items"] == made["items"]
    assert other.api("GET", "/searches").json()["items"] == []
    hidden, missing = other.api("GET", f"/searches/{made['id']}"), other.api("GET", "/searches/s-none")
    assert (hidden.status_code, hidden.text) == (404, missing.text)
    assert "register.read" not in events(store)
    assert [one["id"] for one in chief.api("GET", "/searches").json()["items"]] == [made["id"]]
    assert chief.api("GET", "/searches", params={"mine": True}).json()["items"] == []
    assert chief.api("GET", f"/searches/{made['id']}").status_code == 200
    reads = [json.loads(row.public) for row in entries(store) if row.event == "register.read"]
    assert reads == [{"searches": [made["id"]]}] * 2


def test_a_list_of_searches_is_paged(analyst, clock):
    made = []
    for number in range(5):
        made.append(ask(analyst, query=f"mot{number}")["id"])
        clock.forward(seconds=number % 2)
    seen, cursor = [], None
    while True:
        page = analyst.api("GET", "/searches", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(made)


def test_the_page_keeps_what_was_typed_and_leads_to_the_result(analyst, town):
    identity = town.post(FUGUE)
    wrong = analyst.send(
        "/searches", query='"ouvert', identifiers="514-555-0142\nlea.b", purpose="watch", languages=["fr", "en"]
    )
    assert wrong.status_code == 422
    assert "Ce champ est requis" in wrong.text
    assert "514-555-0142\nlea.b</textarea>" in wrong.text
    assert wrong.text.count("checked") == 2
    bad = analyst.send("/searches", query='"ouvert', purpose="watch", ground="LPJ 39")
    assert "guillemet" in bad.text
    assert "&#34;ouvert" in bad.text
    missing = analyst.send("/searches", query="fugue nuit", purpose="watch", ground="LPJ 39", request="r-inconnue")
    assert missing.status_code == 404
    assert 'value="fugue nuit"' in missing.text
    assert "Aucune demande n&#39;a ce numéro." in missing.text
    good = analyst.send(
        "/searches", query="fugue", identifiers="", purpose="watch", ground="LPJ 39", since="2026-01-01"
    )
    assert good.status_code == 303, good.text
    page = analyst.page(good.headers["location"]).text
    assert f'href="/posts/{identity}?search=' in page
    assert "fugue depuis" not in page
    again = analyst.send("/searches", query="fugue", purpose="watch", ground="LPJ 39", since="2026-01-01")
    assert "déjà été faite" in analyst.page(again.headers["location"]).text
    assert "fugue" in analyst.page("/searches").text


WORDS = st.sampled_from(
    [
        "fugue",
        "fille",
        "nuit",
        '"en fugue"',
        "-fille",
        "OU",
        "l'école",
        "514-555-0142",
        "adieu",
        "écoles",
        "-adieu",
        "cash",
    ]
)


@pytest.fixture
def indexed(town, desk):
    for number, words in enumerate(
        [FUGUE, FAREWELL, LURE, HARMLESS, "La fille de l'école est en fugue la nuit", "cash adieu écoles"]
    ):
        town.post(words, str(number), settle=False, city=["Montréal", "Gatineau", ""][number % 3])
    town.settle()
    return desk.index


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(WORDS, min_size=1, max_size=4),
    st.sampled_from([[], ["Montréal"], ["gatineau", "Laval"]]),
    st.sampled_from([[], ["minor"]]),
)
def test_one_document_is_held_against_a_search_as_the_engine_would(indexed, words, cities, signals):
    try:
        query = parse(" ".join(words))
    except BadQuery:
        return
    asked = IndexQuery(query=query, cities=cities, signals_any=signals, limit=50)
    everything = [indexed.get(identity) for identity in indexed.search(IndexQuery(limit=50)).ids]
    assert {one.id for one in everything if matches(one, asked)} == set(indexed.search(asked).ids)


def test_a_source_that_was_declared_but_never_read_is_not_covered(analyst, town):
    town.post(LURE)
    now = town.desk.store.clock()
    facts = {"assessment": "e", "mandate": "m", "ground": "g", "approvers": ["a", "b"], "created_at": now}
    with town.desk.store.database.writing() as session:
        session.add(Source(id="jamais", title="Jamais lu", kind="feed", declaration={}, digest="d", created_at=now))
        session.flush()
        facts |= {"granted_at": now, "expires_at": now.replace(year=2999)}
        session.add(Approval(source_id="jamais", digest="d", **facts))
    made = ask(analyst, 201, query="introuvable")
    assert [source["id"] for source in made["coverage"]["sources"]] == ["forum"]
    assert "Jamais lu" in made["coverage"]["not_covered"]
    assert made["coverage"]["sources"][0]["read_at"] is not None


def test_the_words_that_a_search_asked_for_are_shown_in_the_post_it_found(analyst, person_in, town):
    found = town.post(FUGUE + " écris-moi au 5 1 4-555-0123", "a", title="Aide svp")
    other = town.post(HARMLESS, "b")
    made = ask(analyst, query='fug* -recette "aide svp"', identifiers=["5145550123"])
    search = made["id"]
    assert ids(made["items"]) == {found}
    told = analyst.api("GET", f"/posts/{found}?search={search}").json()
    shown = [told["text"][start:end] for start, end in told["found"]]
    assert shown[0] == "Aide svp"
    assert "fugue" in shown
    assert shown[-1] == "5 1 4-555-0123"
    page = analyst.page(f"/posts/{found}?search={search}&open=1").text
    assert '<mark class="found"' in page or "Mot cherché" in page
    assert f"/posts/{found}?search={search}" in analyst.page(f"/searches/{search}").text
    for address in (f"/posts/{found}", f"/posts/{found}?search=s-unknown", f"/posts/{other}?search={search}"):
        assert analyst.api("GET", address).json()["found"] == []
    elsewhere = person_in("analyst", name="autre")
    assert elsewhere.api("GET", f"/posts/{found}?search={search}").json()["found"] == []
