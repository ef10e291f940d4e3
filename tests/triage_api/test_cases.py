"""A case: the five steps of the Entente as people took them, and its end: a report's day, or a reason of two people."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from told_house import ASKED, code, events

from store.tables import Closing, EntenteStep, Organisation, Request
from triage_api.cases.models import STEPS


@pytest.fixture
def case(person_in, analyst) -> str:
    request = person_in("partner", name="ecole").api("POST", "/requests", json=ASKED).json()["id"]
    said = {"kind": "call_us", "text": "Parlez-lui."}
    assert analyst.api("POST", f"/requests/{request}/answer", json=said).status_code == 201
    return request


@pytest.fixture
def second(person_in):
    return person_in("analyst", name="seconde")


def step(browser, case: str, name: str, on: str):
    return browser.api("POST", f"/requests/{case}/steps", json={"step": name, "on": on})


def test_the_steps_have_their_days(store, analyst, case):
    for number, name in enumerate(STEPS, 10):
        written = step(analyst, case, name, f"2026-02-{number}")
        assert written.status_code == 201, written.text
    told = analyst.api("GET", f"/requests/{case}/case").json()["steps"]
    assert [(one["step"], one["on"]) for one in told] == [(n, f"2026-02-{i}") for i, n in enumerate(STEPS, 10)]
    assert step(analyst, case, "planning", "2026-02-12").status_code == 201
    assert code(step(analyst, case, "planning", "2026-02-13")) == (422, "step_order", "on")
    assert code(step(analyst, case, "report", "2026-02-13")) == (422, "step_order", "on")
    assert code(step(analyst, case, "action", "2026-03-03")) == (422, "in_future", "on")
    said = events(store, "step.written")
    assert len(said) == 6
    assert all(set(one) == {"event", "request", "step"} for one in said), "no day stands in the register"


def test_with_a_report_one_person_closes_it(store, analyst, case):
    step(analyst, case, "report", "2026-03-01")
    closed = analyst.api("POST", f"/requests/{case}/close", json={}).json()
    assert (closed["status"], closed["closing"]["reported_on"]) == ("closed", "2026-03-01")
    with store.database.reading() as session:
        assert session.get_one(Request, case).closed_at is not None
    assert code(analyst.api("POST", f"/requests/{case}/close", json={}))[:2] == (409, "request_closed")
    assert code(step(analyst, case, "planning", "2026-03-02"))[:2] == (409, "request_closed")


def test_without_one_two_people_do_with_a_reason(store, analyst, second, case):
    assert code(analyst.api("POST", f"/requests/{case}/close", json={})) == (422, "needed", "reason")
    asked = analyst.api("POST", f"/requests/{case}/close", json={"reason": "Fausse alerte, dit l'école."}).json()
    assert (asked["status"], asked["closing"]["closed_at"]) == ("answered", None)
    again = analyst.api("POST", f"/requests/{case}/close", json={"reason": "Encore."})
    assert code(again)[:2] == (403, "second_person")
    closed = second.api("POST", f"/requests/{case}/close", json={}).json()
    assert (closed["status"], closed["closing"]["reason"]) == ("closed", "Fausse alerte, dit l'école.")
    assert closed["closing"]["alone"] is False
    with store.database.reading() as session:
        sealed = session.scalars(select(Closing.sealed)).one()
    assert sealed
    assert b"alerte" not in sealed
    assert [one.get("asked") for one in events(store, "request.closed")] == [True, None]


def test_a_report_that_comes_after_closes_it_too(analyst, case):
    analyst.api("POST", f"/requests/{case}/close", json={"reason": "Rien à signaler."})
    step(analyst, case, "report", "2026-03-02")
    closed = analyst.api("POST", f"/requests/{case}/close", json={}).json()
    assert (closed["status"], closed["closing"]["reported_on"]) == ("closed", "2026-03-02")


def test_what_has_no_answer_is_not_closed(person_in, analyst):
    request = person_in("partner", name="ecole").api("POST", "/requests", json=ASKED).json()["id"]
    refused = analyst.api("POST", f"/requests/{request}/close", json={"reason": "x"})
    assert code(refused)[:2] == (409, "answer_first")


def test_none_is_closed_over_who_asked_again(person_in, analyst, browser, case):
    step(analyst, case, "report", "2026-03-01")
    school = browser().log_in("ecole")
    assert school.api("POST", f"/requests/{case}/messages", json={"text": "Elle est repartie."}).status_code == 201
    assert code(analyst.api("POST", f"/requests/{case}/close", json={}))[:2] == (409, "answer_first")
    said = {"kind": "call_us", "text": "Appelez-nous."}
    assert analyst.api("POST", f"/requests/{case}/answer", json=said).status_code == 201
    assert analyst.api("POST", f"/requests/{case}/close", json={}).json()["status"] == "closed"
    assert analyst.api("GET", "/queue", params={"lane": "requests"}).json()["items"] == []


def test_nothing_is_searched_or_pasted_for_a_closed_case(analyst, case):
    step(analyst, case, "report", "2026-03-01")
    analyst.api("POST", f"/requests/{case}/close", json={})
    asked = {"query": "laval", "purpose": "request", "ground": "LPJ 39", "request": case}
    assert code(analyst.api("POST", "/searches", json=asked))[:2] == (409, "request_closed")
    seen = {"text": "Vue à Laval.", "platform": "Snapchat", "seen_at": "2026-03-02T09:00:00Z", "where": "story"}
    assert code(analyst.api("POST", "/posts", json=seen | {"request": case}))[:2] == (409, "request_closed")


class TestSmallHouse:
    """A house of one analyst: alone, with a reason that somebody else reviews."""

    @pytest.fixture
    def settings(self, settings):
        return settings.model_copy(update={"house_profile": "small", "house_name": "Maison Test"})

    def test_it_closes_after_a_day(self, clock, analyst, case):
        analyst.api("POST", f"/requests/{case}/close", json={"reason": "Rien à signaler."})
        assert analyst.api("POST", f"/requests/{case}/close", json={"reason": "Seule."}).status_code == 403
        clock.forward(hours=24)
        analyst.log_in("analyst")
        closed = analyst.api("POST", f"/requests/{case}/close", json={"reason": "Personne d'autre."}).json()
        assert closed["closing"]["alone"] is True


def test_the_page_says_whom_to_call_and_keeps_what_is_typed(store, analyst, second, case):
    with store.database.writing() as session:
        row = Organisation(id="o-1", name="DPJ", kind="dpj", regions=["Estrie"], phone="819-555-0110", services="")
        row.confirmed_at, row.confirmed_by = store.clock(), "merle-01"
        session.add(row)
        session.get_one(Request, case).region = "Estrie"
    assert "819-555-0110" in analyst.page(f"/requests/{case}/case").text
    wrong = analyst.send(f"/requests/{case}/steps", step="report", on="2026-12-24")
    assert wrong.status_code == 422
    assert 'value="2026-12-24"' in wrong.text
    assert analyst.send(f"/requests/{case}/close", reason="Fausse alerte.").status_code == 303
    assert "Fausse alerte." in second.page(f"/requests/{case}/case").text
    assert second.send(f"/requests/{case}/close").status_code == 303


@pytest.mark.parametrize("role", ["partner", "auditor", "administrator"])
def test_nobody_else_keeps_a_case(person_in, case, role):
    who = person_in(role, name="autre")
    for method, path in (("GET", "case"), ("POST", "steps"), ("POST", "close")):
        assert who.api(method, f"/requests/{case}/{path}", json={}).status_code == 403


def test_erasing_the_youth_erases_the_case(store, person_in, analyst, case):
    step(analyst, case, "report", "2026-03-01")
    analyst.api("POST", f"/requests/{case}/close", json={})
    erased = person_in("supervisor").api("POST", f"/requests/{case}/erase", json={"reason": "Demande."})
    assert erased.status_code == 200, erased.text
    assert analyst.api("GET", f"/requests/{case}/case").status_code == 404
    with store.database.reading() as session:
        assert session.scalars(select(EntenteStep)).all() == []
        assert [(row.reported_on, row.sealed) for row in session.scalars(select(Closing))] == [(None, None)]
