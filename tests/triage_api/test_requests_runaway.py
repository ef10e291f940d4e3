"""Runaways: looked for until a day, renewed by somebody, and nothing of it once she is found."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from asked_requests import ACT, file, phoned, rows, search
from desk_words import FUGUE, HARMLESS, LURE
from directory_entries import organisation, pivot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from pipeline.retain import purge
from store.tables import (
    DeskAlert,
    Notice,
    Post,
    QueueItem,
    RegisterEntry,
    Request,
    StandingSearch,
    SubjectHash,
)
from triage_api.requests.running import look, watching
from triage_api.standing.running import run_due
from triage_api.subjects.rotation import rotate_hashing

OTHER = "Salut, je cherche une place où dormir, j'ai 15 ans, en fugue. Écris à 438-555-0155."
FOUND = {"confirm": True}


@pytest.fixture
def partner(person_in):
    return person_in("partner", name="ecole")


def entries(store, *events):
    with store.database.reading() as session:
        query = select(RegisterEntry).where(RegisterEntry.event.in_(events)).order_by(RegisterEntry.n)
        return [json.loads(row.public) for row in session.scalars(query)]


def request_of(store, identity) -> Request:
    with store.database.reading() as session:
        return session.get_one(Request, identity)


def found(browser, identity, **body):
    return browser.api("POST", f"/requests/{identity}/found", json=body or FOUND)


def waiting(analyst, **params):
    return [one["id"] for one in analyst.api("GET", "/queue", params=params).json()["items"]]


def stand(analyst, identity):
    made = search(analyst, identity, query="", identifiers=["514-555-0142"])
    stood = analyst.api("POST", "/standing", json={"search": made["id"]})
    assert stood.status_code == 201, stood.text
    return stood.json()["id"]


def paste(analyst, identity, text="Elle a écrit : je suis à Laval, venez me chercher."):
    seen = {"text": text, "platform": "Snapchat", "seen_at": "2026-03-02T09:00:00Z", "seen_by": "TS", "where": "story"}
    made = analyst.api("POST", "/posts", json=seen | {"request": identity})
    assert made.status_code == 201, made.text
    return made.json()["id"]


def test_a_post_that_names_a_runaways_contact_comes_before_others_of_its_urgency(partner, analyst, town, store):
    file(partner, runaway=True, phones=["438-555-0155"], handles=[], emails=[])
    first = town.post(FUGUE, "a")
    sought = town.post(OTHER, "b")
    with store.database.reading() as session:
        urgency = {row.post_id: (row.urgency, row.score) for row in session.scalars(select(QueueItem)) if row.post_id}
    assert urgency[first][0] == urgency[sought][0]
    assert urgency[first][1] <= 1 < urgency[sought][1]
    items = analyst.api("GET", "/queue").json()["items"]
    order = [one["post"] for one in items if one["post"]]
    assert order == [sought, first]


@pytest.mark.parametrize("state", ["plain", "found", "lapsed"])
def test_nobody_elses_contact_weighs_anything(partner, town, store, clock, state):
    identity = file(partner, runaway=state != "plain", phones=["438-555-0155"], handles=[], emails=[])["id"]
    if state == "found":
        assert found(partner, identity).status_code == 200
    if state == "lapsed":
        clock.forward(days=store.settings.runaway_days)
    post = town.post(OTHER)
    with store.database.reading() as session:
        assert session.scalar(select(QueueItem.score).where(QueueItem.post_id == post)) <= 1


def test_a_request_adds_no_address_to_collect(partner, store):
    from store.tables import Source, Work

    before = len(rows(store, Work)), len(rows(store, Source))
    file(partner, runaway=True, handles=["https://ailleurs.example/@lea"], places=["https://ailleurs.example/"])
    assert (len(rows(store, Work)), len(rows(store, Source))) == before


def test_before_the_end_the_desk_is_asked_once_and_once_renewed_anew(partner, analyst, desk, make_person, clock, store):
    keeper = make_person("supervisor", name="gardienne")
    pivot(desk, keeper, organisation(desk, keeper).id, account="ecole")
    identity = file(partner, runaway=True)["id"]
    ahead = timedelta(days=store.settings.runaway_days - 1)
    clock.forward(seconds=(ahead - timedelta(minutes=1)).total_seconds())
    assert look(store) == 0
    clock.forward(minutes=2)
    assert look(store) == 1
    assert look(store) == 0, "asked once"
    told = rows(store, DeskAlert)
    assert {(row.kind, row.about) for row in told} == {("runaway_ending", identity)}
    assert len(told) == 2
    assert [(row.kind, row.about) for row in rows(store, Notice)] == [("runaway", identity)]
    analyst.log_in("analyst")
    renewed = analyst.api("POST", f"/requests/{identity}/renew", json={"why": "Toujours introuvable, dit sa mère."})
    assert renewed.status_code == 200
    assert request_of(store, identity).runaway_until == clock() + timedelta(days=store.settings.runaway_days)
    assert all(row.seen_at is not None for row in rows(store, DeskAlert))
    (entry,) = entries(store, "request.renewed")
    assert set(entry) == {"request", "until"}
    clock.forward(seconds=(ahead + timedelta(minutes=1)).total_seconds())
    assert look(store) == 1
    assert all(row.seen_at is None for row in rows(store, DeskAlert))


def test_at_the_end_it_waits_as_others_do_and_standing_searches_end(partner, analyst, desk, clock, store):
    identity = file(partner, runaway=True)["id"]
    standing = stand(analyst, identity)
    clock.forward(days=store.settings.runaway_days)
    look(store)
    with store.database.reading() as session:
        item = session.scalar(select(QueueItem).where(QueueItem.request_id == identity))
        assert (item.urgency, item.rank, item.status) == ("routine", 1, "open")
    analyst.log_in("analyst")
    assert analyst.api("GET", f"/standing/{standing}").json()["state"] == "lapsed"
    run_due(desk)
    assert entries(store, "standing.ended")[-1]["why"] == "lapsed"
    made = search(analyst, identity, again_reason="encore")
    again = analyst.api("POST", "/standing", json={"search": made["id"]})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "runaway_over")
    assert analyst.api("POST", f"/requests/{identity}/renew", json={"why": "Non."}).status_code == 200
    assert analyst.api("POST", "/standing", json={"search": made["id"]}).status_code == 201


@pytest.mark.parametrize("who", ["partner", "analyst"])
def test_found_stops_all_that_is_searched_and_matched_at_once(partner, analyst, desk, town, store, clock, who):
    identity = file(partner, runaway=True)["id"]
    other = file(partner)["id"]
    standing = stand(analyst, identity)
    assert analyst.api("GET", f"/requests/{identity}").json()["beside"] == [other]
    told = found({"partner": partner, "analyst": analyst}[who], identity)
    assert told.status_code == 200
    assert told.json()["found_at"] is not None
    assert analyst.api("GET", f"/standing/{standing}").json()["state"] == "found"
    subject = request_of(store, identity).subject_id
    assert [row for row in rows(store, SubjectHash) if row.subject_id == subject] == []
    assert analyst.api("GET", f"/requests/{identity}").json()["beside"] == []
    assert analyst.api("GET", f"/requests/{other}").json()["beside"] == []
    asked = {"query": "laval", "purpose": "request", "ground": "LPJ 39", "request": identity}
    refused = analyst.api("POST", "/searches", json=asked)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "found")
    clock.forward(hours=1)
    town.post(FUGUE)
    assert run_due(desk) == 0
    analyst.log_in("analyst")
    partner.log_in("ecole")
    assert rows(store, StandingSearch)[0].ended_why == "found"
    assert len(entries(store, "request.found")) == 1
    assert analyst.api("GET", "/queue", params={"lane": "requests"}).json()["items"][0]["request"] == other
    again = found(partner, identity)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "found")
    assert analyst.api("POST", f"/requests/{identity}/renew", json={"why": "x"}).status_code == 409


def test_a_new_hashing_key_brings_no_match_back(partner, store, make_person):
    identity = file(partner, runaway=True)["id"]
    found(partner, identity)
    rotate_hashing(store, make_person("administrator"))
    assert rows(store, SubjectHash) == []


def test_what_was_kept_for_it_alone_goes_within_the_days(partner, analyst, town, store, clock):
    identity, other = file(partner, runaway=True)["id"], file(partner)["id"]
    alone, shared = paste(analyst, identity), paste(analyst, identity, "Deux demandes pour ce texte, à Laval.")
    paste(analyst, other, "Deux demandes pour ce texte, à Laval.")
    foreign = paste(analyst, other, "Un texte pour une autre demande, à Gatineau.")
    watched, evidence = town.post(FUGUE, "w"), town.post(LURE + " 514-555-0142", "e")
    search(analyst, identity, query="", identifiers=["514-555-0142"])
    decide(analyst, watched, "watch")
    decide(analyst, evidence, "refer")
    found(partner, identity)
    look(store)
    clock.forward(days=store.settings.found_days, minutes=1)
    town.settle()
    purge(store)
    with store.database.reading() as session:
        status = dict(session.execute(select(Post.id, Post.status)).all())
    gone = {one for one, state in status.items() if state == "erased"}
    assert {alone, watched} <= gone
    assert not gone & {shared, foreign, evidence}


def decide(analyst, post, verdict):
    items = analyst.api("GET", "/queue", params={"limit": 200}).json()["items"]
    item = next(one["id"] for one in items if one["post"] == post)
    analyst.api("POST", f"/queue/{item}/claim")
    given = {"verdict": verdict, "criteria": [], "reason": "Vu."}
    said = analyst.api("POST", f"/queue/{item}/decision", json=given)
    assert said.status_code == 201, said.text


def test_nothing_is_pasted_for_one_who_is_found(partner, analyst):
    identity = file(partner)["id"]
    found(partner, identity)
    seen = {"text": "Vue à Laval.", "platform": "Snapchat", "seen_at": "2026-03-02T09:00:00Z", "seen_by": "TS"}
    refused = analyst.api("POST", "/posts", json=seen | {"where": "story", "request": identity})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "found")


def test_what_is_read_again_meanwhile_goes_as_soon(partner, analyst, store, clock):
    identity = file(partner, runaway=True)["id"]
    post = paste(analyst, identity)
    found(partner, identity)
    with store.database.writing() as session:
        session.scalars(select(Post).where(Post.id == post)).one().expires_at = clock() + timedelta(days=30)
    look(store)
    with store.database.reading() as session:
        assert session.scalars(select(Post).where(Post.id == post)).one().expires_at == clock() + timedelta(
            days=store.settings.found_days
        )


def test_a_question_without_answer_keeps_it_in_the_queue(partner, analyst, store):
    identity = file(partner, runaway=True)["id"]
    partner.api("POST", f"/requests/{identity}/messages", json={"text": "Que dire à sa mère ?"})
    found(partner, identity)
    (item,) = analyst.api("GET", "/queue", params={"lane": "requests"}).json()["items"]
    assert (item["request"], item["urgency"]) == (identity, "routine")
    assert analyst.api("POST", f"/requests/{identity}/answer", json=ACT).status_code == 201
    assert waiting(analyst, lane="requests") == []


def test_an_answered_question_lets_it_leave_and_a_new_one_brings_it_back(partner, analyst):
    identity = file(partner, runaway=True)["id"]
    partner.api("POST", f"/requests/{identity}/messages", json={"text": "Que dire à sa mère ?"})
    analyst.api("POST", f"/requests/{identity}/messages", json={"text": "Qu'elle appelle le 911."})
    found(partner, identity)
    assert waiting(analyst, lane="requests") == []
    partner.api("POST", f"/requests/{identity}/messages", json={"text": "Et son école ?"})
    assert len(waiting(analyst, lane="requests")) == 1


def test_found_must_be_confirmed_and_is_nobody_elses_to_say(partner, person_in, analyst, store):
    identity = file(partner)["id"]
    refused = found(partner, identity, confirm=False)
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "confirm")
    page = partner.send(f"/requests/{identity}/found")
    assert page.status_code == 422
    assert 'id="p-confirm"' in page.text
    other = person_in("partner", name="autre")
    assert found(other, identity).text == found(other, "r-none").text
    assert found(other, identity).status_code == 404
    assert request_of(store, identity).found_at is None
    assert partner.send(f"/requests/{identity}/found", confirm="true").status_code == 303
    assert "Retrouvé" in partner.page(f"/requests/{identity}").text


def test_nothing_is_noted_without_its_entry(partner, no_register, store):
    identity = file(partner)["id"]
    no_register()
    assert found(partner, identity).status_code == 503
    assert request_of(store, identity).found_at is None
    assert rows(store, SubjectHash)


def test_the_step_looks_once_a_minute(store, clock, partner):
    run = watching(store)
    file(partner, runaway=True)
    assert run() == 0
    clock.forward(days=store.settings.runaway_days, minutes=1)
    assert run() == 1
    assert run() == 0


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(["found", "renew", "message", "answer", "wait", "desk", "stand"]), max_size=8))
@pytest.mark.slow
def test_whatever_is_done_in_whatever_order_nothing_is_matched_after_found(partner, analyst, store, clock, steps):
    identity = file(partner, runaway=True)["id"]
    for step in steps:
        before = request_of(store, identity)
        did = do(step, partner, analyst, identity, store, clock)
        row = request_of(store, identity)
        assert did in (200, 201, 409)
        if row.found_at is not None:
            mine = [one for one in rows(store, SubjectHash) if one.subject_id == row.subject_id]
            running = [one for one in rows(store, StandingSearch) if one.request_id == identity and not one.ended_at]
            assert (mine, running) == ([], [])
            assert before.found_at in (None, row.found_at), "said once"
        assert (row.status == "answered") <= (row.answered_at is not None)


def do(step, partner, analyst, identity, store, clock) -> int:
    """Do one thing with a request and return its status."""
    if step == "wait":
        clock.forward(days=1)
        look(store)
        partner.log_in("ecole")
        analyst.log_in("analyst")
        return 200
    if step == "stand":
        asked = {"query": "rue", "purpose": "request", "ground": "LPJ 39", "request": identity, "again_reason": "x"}
        made = analyst.api("POST", "/searches", json=asked)
        if made.status_code == 409:
            return 409
        return analyst.api("POST", "/standing", json={"search": made.json()["id"]}).status_code
    calls = {
        "found": (partner, "found", FOUND),
        "renew": (analyst, "renew", {"why": "encore"}),
        "message": (partner, "messages", {"text": "Et puis ?"}),
        "answer": (analyst, "answer", ACT),
        "desk": (analyst, "messages", {"text": "Nous lisons."}),
    }
    browser, path, body = calls[step]
    return browser.api("POST", f"/requests/{identity}/{path}", json=body).status_code


def test_one_who_telephoned_is_found_at_the_desk(analyst, store):
    identity = phoned(analyst, runaway=True)
    assert found(analyst, identity).status_code == 200
    assert waiting(analyst, lane="requests") == []


def test_a_text_that_was_harmless_stays_as_short_as_it_was(partner, analyst, town, store, clock):
    identity = file(partner, runaway=True)["id"]
    post = town.post(HARMLESS)
    with store.database.reading() as session:
        end = session.scalars(select(Post).where(Post.id == post)).one().expires_at
    found(partner, identity)
    with store.database.reading() as session:
        assert session.scalars(select(Post).where(Post.id == post)).one().expires_at == end
