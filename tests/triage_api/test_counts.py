"""What a search's answer counts of its matches: from the index, under the same restrictions, kept nowhere."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from desk_words import FAREWELL, FUGUE, HARMLESS, LURE, words_of
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from nlp.searches import SearchScope, normalise
from store.tables import RegisterEntry, Search
from triage_api.requests.answering import answer
from triage_api.requests.models import AnswerIn, RequestIn
from triage_api.requests.service import file_request
from triage_api.searches.counts import Counted, Recent, period_of
from triage_api.searches.routes import FACETS_SHOWN as ON_THE_PAGE
from triage_api.shell.languages import say

WHY = {"purpose": "watch", "ground": "LPJ 39"}


def ask(browser, status=201, **asked):
    made = browser.api("POST", "/searches", json=WHY | asked)
    assert made.status_code == status, made.text
    return made.json()


def test_the_answer_counts_all_that_matches_and_nothing_else(analyst, town, clock):
    for number in range(3):
        town.post(f"{FUGUE} no {number}", key=str(number), city="Laval", posted_at=clock() - timedelta(days=number))
    town.post(f"{FUGUE} ailleurs", key="x", source="babillard", city="Gatineau", posted_at=clock())
    town.post(LURE, city="Laval", posted_at=clock())
    made = ask(analyst, query="fugue", since="2026-02-01")
    assert made["total"] == 4
    assert made["facets"]["source"] == {"forum": 3, "babillard": 1}
    assert list(made["facets"]["source"]) == ["forum", "babillard"], "most first"
    assert made["facets"]["places"] == {"montreal": 4, "laval": 3, "gatineau": 1}
    assert made["facets"]["signals"]["minor"] == 4
    assert "recruitment" not in made["facets"]["signals"]
    assert made["period"] == "day"
    assert made["histogram"] == {"2026-02-28": 1, "2026-03-01": 1, "2026-03-02": 2}
    whole = ask(analyst, query="fugue")
    assert (whole["period"], whole["histogram"]) == ("month", {"2026-02-01": 1, "2026-03-01": 3})


def test_counts_are_of_all_matches_not_of_those_that_are_shown(make_store, index, reader, town, analyst, desk):
    for number in range(4):
        town.post(f"{FUGUE} no {number}", key=str(number))
    object.__setattr__(desk.store.settings, "search_results", 2)
    made = ask(analyst, query="fugue")
    assert (len(made["items"]), made["facets"]["source"]) == (2, {"forum": 4})


def test_a_search_that_is_brought_back_ran_nothing_and_counts_nothing(analyst, town):
    town.post(FUGUE)
    ask(analyst, query="fugue")
    again = ask(analyst, 200, query="fugue")
    assert (again["facets"], again["period"], again["histogram"]) == (None, None, None)


def test_a_contact_search_counts_flagged_posts_alone(analyst, town):
    town.post(FUGUE)  # flagged, with the number
    town.post(HARMLESS, source="babillard")  # the same number, nothing worrying
    made = ask(analyst, identifiers=["514-555-0142"])
    assert made["total"] == 1
    assert made["facets"]["source"] == {"forum": 1}
    assert sum(made["histogram"].values()) == 1


def test_what_an_open_request_let_be_counted_is_not_shown_after_its_answer(analyst, make_person, desk, town):
    town.post(HARMLESS)
    partner, colleague = make_person("partner"), make_person("analyst", name="collegue")
    told = RequestIn(who="École", why="Absente", phones=["514-555-0142"])
    request = file_request(desk, partner, told).id
    made = ask(analyst, identifiers=["514-555-0142"], request=request)
    assert made["facets"]["source"] == {"forum": 1}
    read = analyst.api("GET", f"/searches/{made['id']}").json()
    assert (read["facets"], read["total"]) == (made["facets"], 1)
    assert [line["total"] for line in analyst.api("GET", "/searches").json()["items"]] == [1]
    answer(desk, colleague, request, AnswerIn(kind="call_us", text="Appelez."))
    read = analyst.api("GET", f"/searches/{made['id']}").json()
    assert (read["items"], read["facets"], read["histogram"], read["total"]) == ([], None, None, 0)
    assert [line["total"] for line in analyst.api("GET", "/searches").json()["items"]] == [None]
    assert '<td class="number">—</td>' in analyst.page("/searches").text


def test_after_the_answer_the_flagged_posts_alone_are_counted(analyst, make_person, desk, town):
    town.post(FUGUE)
    town.post(HARMLESS, source="babillard")
    partner, colleague = make_person("partner"), make_person("analyst", name="collegue")
    told = RequestIn(who="École", why="Absente", phones=["514-555-0142"])
    request = file_request(desk, partner, told).id
    made = ask(analyst, identifiers=["514-555-0142"], request=request)
    assert made["total"] == 2
    answer(desk, colleague, request, AnswerIn(kind="call_us", text="Appelez."))
    assert analyst.api("GET", f"/searches/{made['id']}").json()["total"] == 1
    only = ask(analyst, identifiers=["514-555-0142"], again_reason="essai")
    assert only["total"] == 1
    lines = analyst.api("GET", "/searches").json()["items"]
    assert {line["id"]: line["total"] for line in lines} == {made["id"]: None, only["id"]: 1}


def test_neither_the_register_nor_the_database_keeps_what_was_counted(analyst, town, store):
    town.post(FUGUE, city="Chibougamau")
    made = ask(analyst, query="fugue")
    assert made["facets"]["places"]["chibougamau"] == 1
    with store.database.reading() as session:
        (row,) = session.scalars(select(Search)).all()
        told = store.keys.opened(row.scope, f"search:{row.id}")
        entries = session.scalars(select(RegisterEntry).order_by(RegisterEntry.n)).all()
    assert "chibougamau" not in told.lower()
    assert set(json.loads(entries[-1].public)) == {"search", "count", "total", "ids"}
    assert "chibougamau" not in repr([(entry.public, entry.sealed) for entry in entries]).lower()


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_value_on_the_page_narrows_the_search_without_running_it_again(analyst, town, desk, lang, monkeypatch):
    here = town.post(FUGUE, key="a", city="Trois-Rivières")
    town.post(f"{FUGUE} encore", key="b", city="Gatineau")
    analyst.send("/language", lang=lang, next="/")
    sent = analyst.send("/searches", query="fugue OU adieu", since="2026-01-01", **WHY)
    page = analyst.page(sent.headers["location"]).text
    assert "2026-03-02" in page
    field = "ville" if lang == "fr" else "city"
    assert f'name="narrow" value="{field}:&#34;trois rivieres&#34;"' in page.replace("&quot;", "&#34;")
    assert "Trois" not in sent.headers["location"], "what is searched stands in no address"
    asked, real = [], desk.index.search
    monkeypatch.setattr(desk.index, "search", lambda query: asked.append(query.after_seq) or real(query))
    scope = {"query": "fugue OU adieu", "since": "2026-01-01"}
    narrowed = analyst.send("/searches", narrow=f'{field}:"trois rivieres"', **scope, **WHY)
    made = analyst.api("GET", narrowed.headers["location"].replace("/searches", "/searches")).json()
    assert [hit["id"] for hit in made["items"]] == [here]
    assert made["relation"] == "covered"
    assert made["facets"] is None
    assert None not in asked, "the index is asked for what is newer alone"


def test_every_value_that_the_page_offers_can_be_searched(analyst, town):
    town.post(FUGUE, city="L'Ancienne-Lorette")
    town.post(FAREWELL, city="Val-d'Or", source="babillard")
    made = ask(analyst, query="fugue OR adieu")
    tried = 0
    for facet in ON_THE_PAGE:
        for value, count in made["facets"][facet].items():
            for lang in ("fr", "en"):
                field = f'{say(lang, f"field_name.{facet}")}:"{value}"'
                found = analyst.api("POST", "/searches", json=WHY | {"query": f"fugue OR adieu {field}"})
                assert found.status_code in (200, 201), (field, found.text)
                assert found.json()["total"] == count, field
                tried += 1
    assert tried > 10


def test_a_form_with_a_field_that_cannot_be_read_shows_the_form_again(analyst):
    refused = analyst.send("/searches", query="fugue", narrow="ville:", **WHY)
    assert refused.status_code == 422
    assert "fugue" in words_of(refused.text) or 'value="fugue"' in refused.text


TODAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("scope", "period"),
    [
        ({}, "month"),
        ({"until": "2026-03-01"}, "month"),
        ({"since": "2026-03-02"}, "day"),
        ({"since": "2025-12-01"}, "day"),  # 92 days, today among them
        ({"since": "2025-11-30"}, "week"),
        ({"since": "2024-03-02"}, "week"),  # two years, one of them a leap year
        ({"since": "2024-03-01"}, "month"),
        ({"since": "2025-11-30", "until": "2026-03-01"}, "day"),
        ({"since": "2025-01-01", "until": "2025-01-31"}, "day"),
        ({"since": "0001-01-01", "until": "9999-12-31"}, "month"),
        ({"query": "fugue après:2026-02-01"}, "day"),
        ({"query": "fugue après:2020-02-01 après:2026-02-01"}, "day"),
        ({"query": "fugue -après:2026-02-01"}, "month"),
        ({"query": "après:2026-02-01 OU ville:Laval"}, "month"),
    ],
)
def test_days_are_counted_over_at_most_ninety_two_of_them_and_weeks_over_two_years(scope, period):
    assert period_of(normalise(SearchScope.model_validate(scope)), TODAY) == period


@given(st.lists(st.integers(0, 99), max_size=9, unique=True))
def test_the_newest_counts_are_kept_and_the_oldest_let_go(searches):
    recent, most = Recent(3), 3
    told = Counted({}, "day", {})
    for number in searches:
        recent.keep(str(number), told)
    assert [number for number in searches if recent.of(str(number)) is told] == searches[-most:]


def test_a_decided_post_is_found_by_its_decision_once_the_indexer_ran(analyst, town):
    decided, other = town.post(FUGUE), town.post(FAREWELL)
    item = next(one["id"] for one in analyst.api("GET", "/queue").json()["items"] if one["post"] == decided)
    assert ask(analyst, query="décision:écarter")["total"] == 0
    sent = {"verdict": "dismiss", "reason": "rien"}
    assert analyst.api("POST", f"/queue/{item}/decision", json=sent).status_code == 201
    town.settle()
    for asked in ("décision:écarter", "decision:dismissed fugue"):
        again = ask(analyst, 200, query=asked)
        assert [hit["id"] for hit in again["new_since"]] == [decided], "a decision is new to an earlier search"
        assert again["total"] == 1
    undecided = ask(analyst, query="décision:aucune")
    assert [hit["id"] for hit in undecided["items"]] == [other]
    whole = ask(analyst, query="montréal OU adieu")
    assert whole["facets"]["verdict"] == {"dismiss": 1}
