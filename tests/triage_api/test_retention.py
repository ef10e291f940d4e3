"""Requests end: handed over to whom acknowledged, then erased; what was erased stays counted by month."""

from __future__ import annotations

import pytest
from asked_requests import ASKED
from sqlalchemy import select
from told_house import House, body, code, events, ground_of

from store.counts import GONE, beginning_with
from store.tables import QueueItem, Referral, RegisterEntry, Request, Subject
from triage_api.retention.running import erase_over, over, retaining


@pytest.fixture
def house(store) -> House:
    return House(store)


@pytest.fixture
def partner(person_in):
    return person_in("partner", name="ecole")


@pytest.fixture
def answered(partner, analyst):
    """File a request and answer it; return its id."""

    def make() -> str:
        request = partner.api("POST", "/requests", json=ASKED).json()["id"]
        said = {"kind": "call_us", "text": "Appelez-nous."}
        assert analyst.api("POST", f"/requests/{request}/answer", json=said).status_code == 201
        return request

    return make


@pytest.fixture
def taken(analyst, house, person_in):
    """Have a pivot acknowledge a referral of a request; return the referral."""

    def make(request: str) -> str:
        pivot = house.pivot(house.organisation("dpj"))
        given = body(request, pivot, ground_of("dpj", people=1, urgent=True), send=True)
        made = analyst.api("POST", "/referrals", json=given).json()["id"]
        with house.store.database.writing() as session:
            row = session.get_one(Referral, made)
            row.state, row.acknowledged_at = "acknowledged", house.store.clock()
        return made

    return make


def erased(store, request: str) -> bool:
    with store.database.reading() as session:
        return session.get_one(Subject, session.get_one(Request, request).subject_id).erased_at is not None


def gone(store) -> dict[str, int]:
    today = store.clock().date()
    with store.database.reading() as session:
        return beginning_with(session, GONE, today, today)


def test_an_answered_request_goes_ninety_days_after_and_not_before(store, clock, partner, answered):
    old, waiting = answered(), partner.api("POST", "/requests", json=ASKED).json()["id"]
    clock.forward(days=89, hours=23)
    assert erase_over(store) == 0
    clock.forward(hours=1)
    assert over(store) == ([old], [])
    assert erase_over(store) == 1
    assert (erased(store, old), erased(store, waiting)) == (True, False), "one that waits for its answer has no end"
    assert erase_over(store) == 0
    assert gone(store) == {"request": 1}
    (said,) = events(store, "subject.erased")
    assert said == {"event": "subject.erased", "request": old}
    with store.database.reading() as session:
        assert session.get_one(Request, old).sealed == b""


def test_who_acts_in_the_register_is_the_clock(store, clock, answered):
    answered()
    clock.forward(days=90)
    erase_over(store)
    with store.database.reading() as session:
        query = select(RegisterEntry.actor).where(RegisterEntry.event == "subject.erased")
        assert session.scalars(query).all() == ["retention"]


def test_what_somebody_does_about_it_moves_its_end(store, clock, analyst, answered):
    request = answered()
    clock.forward(days=60)
    analyst.log_in("analyst")
    given = {"step": "report", "on": "2026-04-20"}
    assert analyst.api("POST", f"/requests/{request}/steps", json=given).status_code == 201
    clock.forward(days=60)
    assert erase_over(store) == 0
    clock.forward(days=30)
    assert erase_over(store) == 1


def test_a_request_that_was_opened_again_has_no_end(store, clock, partner, answered):
    request = answered()
    clock.forward(days=50)
    partner.log_in("ecole")
    partner.api("POST", f"/requests/{request}/messages", json={"text": "Elle est revenue."})
    clock.forward(days=200)
    assert erase_over(store) == 0


def test_a_youth_who_was_found_is_not_kept_for_want_of_an_answer(store, clock, partner):
    request = partner.api("POST", "/requests", json=ASKED).json()["id"]
    with store.database.writing() as session:
        session.get_one(Request, request).found_at = clock()
        session.scalars(select(QueueItem).where(QueueItem.request_id == request)).one().status = "withdrawn"
    clock.forward(days=89)
    assert erase_over(store) == 0
    clock.forward(days=1)
    assert over(store) == ([request], [])
    assert erase_over(store) == 1


def test_handed_over_it_goes_at_once(store, clock, analyst, answered, taken):
    request = answered()
    refused = analyst.api("POST", f"/requests/{request}/hand", json={"referral": "f-aucune"})
    assert code(refused) == (422, "unknown_referral", "referral")
    referral = taken(request)
    handed = analyst.api("POST", f"/requests/{request}/hand", json={"referral": referral})
    assert handed.status_code == 200, handed.text
    again = analyst.api("POST", f"/requests/{request}/hand", json={"referral": referral})
    assert code(again)[:2] == (409, "handed_over")
    (said,) = events(store, "request.handed")
    assert set(said) == {"event", "request", "referral", "organisation", "pivot"}
    assert erase_over(store) == 1
    assert erased(store, request)


def test_only_an_answered_request_is_handed_over(partner, analyst, taken):
    request = partner.api("POST", "/requests", json=ASKED).json()["id"]
    refused = analyst.api("POST", f"/requests/{request}/hand", json={"referral": "f-aucune"})
    assert code(refused)[:2] == (409, "answer_first")


def test_the_page_shows_what_goes_soon_and_hands_it_over(clock, analyst, answered, taken):
    request = answered()
    referral = taken(request)
    assert request not in analyst.page("/retention").text
    clock.forward(days=61)
    analyst.log_in("analyst")
    shown = analyst.page("/retention").text
    assert request in shown
    assert referral in shown
    assert "Tremblay" not in shown
    wrong = analyst.send(f"/requests/{request}/hand", referral="f-aucune")
    assert wrong.status_code == 422
    assert analyst.send(f"/requests/{request}/hand", referral=referral).status_code == 303


def test_the_step_looks_once_an_hour(store, clock, answered):
    run = retaining(store)
    answered()
    clock.forward(days=90)
    assert (run(), run()) == (1, 0)
    answered_later = over(store)
    assert answered_later == ([], [])


def test_the_deletion_report_counts_by_month(store, clock, answered, person_in):
    answered()
    clock.forward(days=90)
    erase_over(store)
    auditor = person_in("auditor")
    told = auditor.api("GET", "/deletions").json()["items"]
    assert told[0] == {"month": "2026-05", "kinds": {"request": 1}, "total": 1}
    assert [one["month"] for one in told[:3]] == ["2026-05", "2026-04", "2026-03"]
    assert len(told) == 13
    assert "Demandes" in auditor.page("/deletions").text


@pytest.mark.parametrize("role", ["partner", "researcher", "administrator"])
def test_nobody_else_sees_what_goes(person_in, role):
    who = person_in(role, name="autre")
    assert who.api("GET", "/retention").status_code == 403
    assert who.api("GET", "/deletions").status_code == 403
