"""Two analysts and one youth: nothing runs twice, nothing is left out, and one is told whom to ask, never what."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from desk_words import FUGUE, LURE, words_of
from sqlalchemy import func, select, update

from store.errors import IndexUnavailable
from store.tables import RegisterEntry, Search, SearchTerm
from triage_api.searches import service
from triage_api.searches.comparing import _UNDER_WAY
from triage_api.searches.grounds import ALLOWED_BY, ANSWERED_FOR, GROUNDS, PURPOSES, answers_for
from triage_api.searches.models import SearchIn
from triage_api.sources.coverage import WALLED

WHY = {"purpose": "runaway", "ground": "LPJ 38 d) 1°"}
YOUTH = {"query": "Éloïse fugue", "identifiers": ["(514) 555-0142", "@Elo.M"], "cities": ["Montréal"]}
SAME_YOUTH = {"query": " FUGUES  eloise", "identifiers": ["elo.m", "+1 514.555.0142", "5145550142"], "cities": ["mtl"]}
SEEN = "Éloïse, 15 ans, est en fugue à Montréal depuis hier, quelqu'un l'a vue? Appelez au 514-555-0142."


def ask(browser, status, **asked):
    answer = browser.api("POST", "/searches", json=WHY | asked)
    assert answer.status_code == status, answer.text
    return answer.json()


def ids(hits):
    return {hit["id"] for hit in hits}


def events(store):
    told = select(RegisterEntry.event).where(RegisterEntry.event.startswith("search.")).order_by(RegisterEntry.n)
    with store.database.reading() as session:
        return list(session.scalars(told))


@pytest.fixture
def ran(desk, monkeypatch):
    """Count the searches that run: those that ask the index for more than what came since."""
    asked = []
    real = desk.index.search

    def recorded(query):
        if query.after_seq is None:
            asked.append(query)
        return real(query)

    monkeypatch.setattr(desk.index, "search", recorded)
    return asked


@pytest.fixture
def other(person_in):
    return person_in("analyst", name="autre")


# --- the same youth, written another way ---------------------------------------------------------------------------


def test_the_same_youth_written_another_way_is_searched_once(analyst, other, town, store, ran):
    before = town.post(SEEN, "a")
    first = ask(analyst, 201, **YOUTH)
    assert ids(first["items"]) == {before}
    late = town.post(f"{SEEN} (encore)", "b", posted_at="2019-05-01T00:00:00Z")
    town.post(LURE, "c")
    again = ask(other, 200, **SAME_YOUTH)
    assert (again["relation"], again["reused_from"]) == ("same", first["id"])
    assert ids(again["items"]) == {before}
    assert ids(again["new_since"]) == {late}, "ingested since, though dated years before"
    assert (len(ran), again["total"]) == (1, 2)
    assert events(store) == ["search.opened", "search.closed", "search.reused", "search.closed"]
    assert [source["id"] for source in again["coverage"]["sources"]] == ["forum"]
    assert set(WALLED) <= set(again["coverage"]["not_covered"])


def test_one_more_word_is_taken_from_the_wider_search(analyst, other, town, ran):
    before = town.post(SEEN, "a")
    first = ask(analyst, 201, **YOUTH)
    again = ask(other, 200, **SAME_YOUTH | {"query": "fugue éloise vue"})
    assert (again["relation"], again["reused_from"], ids(again["items"])) == ("covered", first["id"], {before})
    assert len(ran) == 1


def test_a_new_source_reopens_the_search(analyst, other, town):
    old = town.post(SEEN, "a")
    ask(analyst, 201, **YOUTH)
    new = town.post(f"{SEEN} (encore)", "b", source="babillard")
    made = ask(other, 201, **SAME_YOUTH)
    assert ids(made["items"]) == {old, new}
    assert {source["id"] for source in made["coverage"]["sources"]} == {"forum", "babillard"}


@pytest.mark.parametrize("column", ["grid", "model"])
def test_a_new_grid_or_model_reopens_the_search(analyst, other, town, store, column):
    post = town.post(SEEN, "a")
    first = ask(analyst, 201, **YOUTH)
    with store.database.writing() as session:
        session.execute(update(Search).values({column: "0.0.1"}))
    made = ask(other, 201, **SAME_YOUTH)
    assert (made["reused_from"], ids(made["items"])) == (None, {post})
    assert [(one["id"], one["relation"]) for one in made["overlapping"]] == [(first["id"], "same")]
    assert ask(other, 200, **YOUTH)["reused_from"] == made["id"]


def test_an_incompatible_purpose_runs_anew_and_is_told_whom_to_ask(analyst, other, town, ran):
    post = town.post(SEEN, "a")
    first = ask(analyst, 201, **YOUTH)
    made = ask(other, 201, **SAME_YOUTH | {"purpose": "training"})
    assert (made["relation"], made["reused_from"], ids(made["items"])) == ("overlap", None, {post})
    assert len(ran) == 2
    (told,) = made["overlapping"]
    me = analyst.api("GET", "/session").json()
    assert told["by"]
    assert told["by"] not in (me["user"]["name"] if "user" in me else "", "analyst", "autre")
    assert told | {"by": ""} == {
        "id": first["id"],
        "opened_at": first["opened_at"],
        "by": "",
        "purpose": "runaway",
        "ground": "LPJ 38 d) 1°",
        "relation": "same",
        "own": False,
    }
    assert made["overlaps"] == 1
    assert not made["overlaps_cut"]


# --- purposes and grounds ------------------------------------------------------------------------------------------

PROTECTING = ["request", "runaway", "distress"]


@pytest.mark.parametrize("earlier", PURPOSES)
@pytest.mark.parametrize("new", PURPOSES)
def test_what_was_found_for_a_purpose_answers_the_listed_ones_alone(earlier, new):
    allowed = earlier == new or (earlier in PROTECTING and new in PROTECTING)
    assert answers_for(earlier, new, ANSWERED_FOR) is allowed


@pytest.mark.parametrize("earlier", GROUNDS)
@pytest.mark.parametrize("new", GROUNDS)
def test_a_ground_answers_for_itself_and_what_it_allows_alone(earlier, new):
    allowed = earlier == new or (earlier, new) == ("LPJ 38 d) 1°", "LPJ 38 d) 2°")
    assert answers_for(earlier, new, ALLOWED_BY) is allowed


def test_only_known_purposes_and_grounds_are_listed():
    assert {*ANSWERED_FOR, *(one for some in ANSWERED_FOR.values() for one in some)} <= set(PURPOSES)
    assert {*ALLOWED_BY, *(one for some in ALLOWED_BY.values() for one in some)} <= set(GROUNDS)


@pytest.mark.parametrize(
    ("earlier", "new", "status"),
    [
        ({}, {"purpose": "distress"}, 200),
        ({"purpose": "request"}, {}, 200),
        ({"purpose": "watch"}, {}, 201),
        ({}, {"purpose": "watch"}, 201),
        ({"purpose": "training"}, {}, 201),
        ({"purpose": "Léa a fugué"}, {"purpose": "lea a fugue "}, 200),
        ({"purpose": "Léa a fugué"}, {"purpose": "other"}, 201),
        ({"purpose": "autre chose"}, {"purpose": "encore autre chose"}, 201),
        ({}, {"ground": "LPJ 38 d) 2°"}, 200),
        ({"ground": "LPJ 38 d) 2°"}, {}, 201),
        ({}, {"ground": "LPJ 39"}, 201),
        ({"ground": "Loi sur l'accès 65"}, {"ground": "Loi sur l'accès 59.1"}, 201),
    ],
)
def test_reuse_follows_the_tables(analyst, other, town, earlier, new, status):
    town.post(FUGUE)
    ask(analyst, 201, query="fugue", **earlier)
    made = ask(other, status, query="fugue", **new)
    assert (made["overlaps"] == 1) is (status == 201)


# --- what lapses ---------------------------------------------------------------------------------------------------


def moment(text):
    return datetime.fromisoformat(text)


def test_an_answer_says_until_when_it_holds(analyst, town, clock, store):
    town.post(FUGUE)
    lapse = timedelta(days=store.settings.search_lapse_days)
    first = ask(analyst, 201, query="fugue")
    assert moment(first["valid_until"]) == clock.now + lapse
    clock.forward(minutes=40)
    again = ask(analyst, 200, query="fugue")
    assert again["valid_until"] == first["valid_until"], "what is brought back is no younger than it was"
    assert analyst.api("GET", f"/searches/{again['id']}").json()["valid_until"] == first["valid_until"]
    page = words_of(analyst.page(f"/searches/{again['id']}").text)
    assert "Vaut jusqu'au" in page.replace("&#39;", "'")
    with store.database.writing() as session:
        session.execute(update(Search).values(opened_at=clock.now - lapse))
    ask(analyst, 201, query="fugue")


# --- whom to ask ---------------------------------------------------------------------------------------------------


def test_overlapping_searches_show_who_and_why_and_never_what(analyst, other, town, clock):
    town.post(SEEN, "a")
    first = ask(analyst, 201, query="Éloïse secret", identifiers=["514-555-0142", "mia.secrete"], ground="Chez Mia")
    clock.forward(minutes=1)
    ask(analyst, 201, query="argent facile")
    made = ask(other, 201, query="nuit", identifiers=["514-555-0142", "514-555-0199"])
    (told,) = made["overlapping"]
    assert (told["id"], told["relation"], told["ground"], told["own"]) == (first["id"], "overlap", "other", False)
    said = json.dumps(made["overlapping"])
    assert not any(word in said.lower() for word in ("secret", "mia", "0142", "lo\\u00efse", "eloise"))
    read = other.api("GET", f"/searches/{made['id']}").json()
    assert (read["overlapping"], read["overlaps"]) == (made["overlapping"], 1)
    assert other.api("GET", f"/searches/{told['id']}").status_code == 404, "it is still not theirs to read"
    page = words_of(other.page(f"/searches/{made['id']}").text)
    assert "Recherches qui se recoupent (1)" in page
    assert told["by"] in page
    assert "secret" not in page
    mine = ask(analyst, 201, query="nuit", identifiers=["514-555-0142"], purpose="watch")
    assert {one["own"] for one in mine["overlapping"]} == {True, False}
    assert first["id"] in {one["id"] for one in mine["overlapping"] if one["own"]}


def test_a_search_that_is_read_later_shows_those_that_were_made_before_it(analyst, other, town, clock):
    town.post(SEEN, "a")
    first = ask(analyst, 201, query="fugue nuit", identifiers=["514-555-0142"])
    clock.forward(minutes=1)
    ask(other, 201, query="fugue gym", identifiers=["514-555-0142"])
    assert analyst.api("GET", f"/searches/{first['id']}").json()["overlapping"] == []


def test_a_repetition_does_not_tell_of_what_it_brings_back(analyst, other, town):
    town.post(SEEN, "a")
    ask(analyst, 201, query="fugue")
    again = ask(other, 200, query="fugue")
    assert (again["overlaps"], again["overlapping"]) == (0, [])
    assert other.api("GET", f"/searches/{again['id']}").json()["overlaps"] == 0


def test_a_search_that_fails_is_found_by_nothing(analyst, town, desk, store, monkeypatch):
    town.post(FUGUE)

    def fail(_query):
        raise IndexUnavailable("x")

    with monkeypatch.context() as patch:
        patch.setattr(desk.index, "search", fail)
        ask(analyst, 503, query="fugue")
    with store.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(SearchTerm)) == 0
    assert ask(analyst, 201, query="fugue nuit")["overlaps"] == 0


# --- at the same moment --------------------------------------------------------------------------------------------


@pytest.fixture
def slow(desk, monkeypatch):
    """Make the index take its time, and tell when it was asked for everything."""
    began = threading.Event()
    asked = []
    real = desk.index.search

    def later(query):
        if query.after_seq is None:
            asked.append(query)
            began.set()
            time.sleep(0.5)
        return real(query)

    monkeypatch.setattr(desk.index, "search", later)
    return began, asked


def searching(desk, person, **asked):
    return service.search(desk, person, SearchIn(**WHY | {"query": "fugue"} | asked))


@pytest.fixture
def two(make_person):
    return [make_person("analyst", name=f"analyste{number}") for number in range(2)]


def beside(desk, two, began, **asked):
    """Begin a search while an equal one is under way; return both outcomes."""
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(searching, desk, two[0])
        assert began.wait(10)
        second = pool.submit(searching, desk, two[1], **asked)
        return first, second


def test_of_two_equal_searches_at_once_one_runs_and_the_other_brings_it_back(desk, town, two, slow):
    post = town.post(FUGUE)
    first, second = (one.result() for one in beside(desk, two, slow[0]))
    assert (first.reused_from, second.reused_from, second.relation) == (None, first.id, "same")
    assert [hit.id for hit in second.items] == [post]
    assert len(slow[1]) == 1
    assert events(desk.store) == ["search.opened", "search.closed", "search.reused", "search.closed"]


@pytest.mark.parametrize("change", [{"purpose": "watch"}, {"again_reason": "la source a été reprise"}])
def test_a_search_that_may_not_be_answered_by_the_one_under_way_does_not_wait(desk, town, two, slow, change):
    town.post(FUGUE)
    first, second = (one.result() for one in beside(desk, two, slow[0], **change))
    assert (first.reused_from, second.reused_from) == (None, None)
    assert events(desk.store)[:2] == ["search.opened", "search.opened"]


def test_whoever_waits_for_a_search_that_fails_runs(desk, town, two, slow, monkeypatch):
    post = town.post(FUGUE)
    run = service.find_now
    failed = []

    def fail_once(*given):
        found = run(*given)
        if not failed:
            failed.append(True)
            raise IndexUnavailable("x")
        return found

    monkeypatch.setattr(service, "find_now", fail_once)
    first, second = beside(desk, two, slow[0])
    assert isinstance(first.exception(), IndexUnavailable)
    assert [hit.id for hit in second.result().items] == [post]
    assert second.result().reused_from is None


def test_nobody_waits_for_ever(desk, town, two, slow, monkeypatch):
    town.post(FUGUE)
    monkeypatch.setattr(service, "_PATIENCE", 0.2)
    first, second = (one.result() for one in beside(desk, two, slow[0]))
    assert (first.reused_from, second.reused_from) == (None, None)
    assert len(slow[1]) == 2


def test_nobody_waits_for_a_search_that_was_cut_short(desk, town, two, store, clock):
    town.post(FUGUE)
    searching(desk, two[0])
    with store.database.writing() as session:
        session.execute(update(Search).values(closed_at=None))
    clock.forward(seconds=_UNDER_WAY.total_seconds())
    began = time.monotonic()
    assert searching(desk, two[1]).reused_from is None
    assert time.monotonic() - began < service._PATIENCE / 2
