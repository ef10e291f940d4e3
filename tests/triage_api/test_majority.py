"""Turning 18, with a clock that stands still: who is reminded, what ends, and what an adult's yes lets go on."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, date, datetime, timedelta

import pytest
from asked_requests import ACT, ASKED, file, phoned, rows, search
from sqlalchemy import select
from told_house import House, body, ground_of

from store.clock import house_day
from store.tables import (
    Consent,
    DeskAlert,
    Notice,
    QueueItem,
    RegisterEntry,
    Request,
    StandingSearch,
    SubjectHash,
)
from triage_api.consents.ages import Known
from triage_api.majority.running import look, reminded_from, watching

SIXTEEN = date(2009, 9, 15)


def at(day: date, hour: int = 16) -> datetime:
    """Return a moment of a day of Québec."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


@pytest.fixture
def house(store, person_in) -> House:
    person_in("partner", name="ecole")
    return House(store)


@pytest.fixture
def school(house) -> str:
    return house.organisation("school")


@pytest.fixture
def partner(house, school, browser):
    house.pivot(school, "ecole", days=3000)
    return browser().log_in("ecole")


def adult_yes(store, request, organisation, *, days=365):
    """Keep the yes of somebody who is 18."""
    now = store.clock()
    with store.database.writing() as session:
        asked = session.get_one(Request, request)
        identity = f"k-{secrets.token_hex(8)}"
        row = Consent(id=identity, subject_id=asked.subject_id, request_id=request, organisation_id=organisation)
        row.fields, row.given_by, row.adult, row.sealed, row.code_hash = ["first_name"], "youth", True, b"x", identity
        row.recorded_by, row.starts_at, row.ends_at = asked.partner_id, now, now + timedelta(days=days)
        session.add(row)
    return identity


def request_of(store, identity) -> Request:
    with store.database.reading() as session:
        return session.get_one(Request, identity)


def alerts(store):
    return [(row.kind, row.about) for row in rows(store, DeskAlert)]


def reads(browser, identity) -> int:
    return browser.api("GET", f"/requests/{identity}").status_code


@pytest.mark.parametrize(
    ("known", "months", "day"),
    [
        (Known(born=date(2009, 9, 15)), 6, date(2027, 3, 15)),
        (Known(born=date(2009, 3, 31)), 6, date(2026, 9, 28)),
        (Known(born=date(2008, 2, 29)), 6, date(2025, 8, 28)),
        (Known(born=date(2009, 9, 15)), 0, date(2027, 9, 15)),
        (Known(age=17, told_on=date(2026, 3, 2)), 6, date(2025, 9, 3)),
        (Known(age=15, told_on=date(2026, 3, 2)), 6, date(2027, 9, 3)),
    ],
)
def test_people_are_reminded_months_before_the_earliest_birthday(known, months, day):
    assert reminded_from(known, months) == day


def test_pivot_and_desk_are_reminded_once(partner, analyst, store, clock):
    identity = file(partner, born=str(SIXTEEN))["id"]
    clock.now = at(date(2027, 3, 14))
    assert look(store) == 0
    clock.now = at(date(2027, 3, 15))
    assert look(store) == 1
    assert look(store) == 0
    assert alerts(store) == [("majority", identity)]
    assert [(row.kind, row.about) for row in rows(store, Notice)] == [("majority", identity)]
    assert request_of(store, identity).majority_told_at == clock()
    clock.now = at(date(2027, 9, 14))
    assert look(store) == 0
    assert request_of(store, identity).closed_at is None


def test_who_was_told_something_is_reminded_too(partner, analyst, house, store, clock):
    identity = file(partner, born=str(SIXTEEN))["id"]
    pivot = house.pivot(house.organisation("dpj"), days=3000)
    given = body(identity, pivot, ground_of("dpj", people=1, urgent=True), send=True)
    assert analyst.api("POST", "/referrals", json=given).status_code == 201
    clock.now = at(date(2027, 3, 15))
    look(store)
    assert ("majority", pivot, identity) in house.told()


def test_at_18_silence_ends_access(partner, analyst, store, clock):
    identity = file(partner, born=str(SIXTEEN))["id"]
    made = search(analyst, identity, identifiers=["514-555-0142"])
    assert analyst.api("POST", "/standing", json={"search": made["id"]}).status_code == 201
    clock.now = at(date(2027, 9, 14))
    partner.log_in("ecole")
    assert reads(partner, identity) == 200
    clock.now = at(date(2027, 9, 15), 5)  # one in the morning in Québec
    partner.log_in("ecole")
    gone, never = partner.api("GET", f"/requests/{identity}"), partner.api("GET", "/requests/r-none")
    assert (gone.status_code, gone.text) == (never.status_code, never.text) == (404, never.text)
    assert partner.api("GET", "/requests").json()["items"] == []
    for path, sent in (("messages", {"text": "x"}), ("found", {"confirm": True})):
        assert partner.api("POST", f"/requests/{identity}/{path}", json=sent).status_code == 404
    assert look(store) == 1
    row = request_of(store, identity)
    assert (row.status, row.closed_at, row.handed_at) == ("closed", clock(), None)
    assert [one for one in rows(store, SubjectHash) if one.subject_id == row.subject_id] == []
    assert [one.ended_why for one in rows(store, StandingSearch)][-1] in ("closed", "lapsed")
    assert [one.status for one in rows(store, QueueItem) if one.request_id == identity] == ["expired"]
    with store.database.reading() as session:
        said = select(RegisterEntry).where(RegisterEntry.event == "request.closed")
        (entry,) = session.scalars(said)
        assert (entry.actor, json.loads(entry.public)) == ("majority", {"request": identity, "on": "majority"})
    assert look(store) == 0


def test_with_an_adults_yes_it_goes_on_until_that_ends(partner, analyst, store, clock, school):
    identity = file(partner, born=str(SIXTEEN))["id"]
    clock.now = at(date(2027, 9, 15))
    adult_yes(store, identity, school, days=100)
    look(store)
    partner.log_in("ecole")
    assert reads(partner, identity) == 200
    assert [one["id"] for one in partner.api("GET", "/requests").json()["items"]] == [identity]
    assert request_of(store, identity).closed_at is None
    clock.forward(days=100)
    partner.log_in("ecole")
    assert reads(partner, identity) == 404
    assert look(store) == 1
    assert request_of(store, identity).closed_at == clock()


def test_a_yes_that_is_taken_back_ends_it_at_once(partner, store, clock, school, house):
    identity = file(partner, born=str(SIXTEEN))["id"]
    clock.now = at(date(2027, 9, 15))
    given = adult_yes(store, identity, school)
    partner.log_in("ecole")
    assert reads(partner, identity) == 200
    house.withdraw(given)
    assert reads(partner, identity) == 404


def test_a_yes_to_somebody_else_lets_the_case_go_on_but_not_who_asked(partner, house, store, clock):
    identity = file(partner, born=str(SIXTEEN))["id"]
    clock.now = at(date(2027, 9, 15))
    adult_yes(store, identity, house.organisation("cavac"))
    partner.log_in("ecole")
    assert reads(partner, identity) == 404
    assert look(store) <= 1
    assert request_of(store, identity).closed_at is None


def test_whoever_stands_in_no_directory_was_never_named_in_a_yes(person_in, house, browser, store, clock):
    person_in("partner", name="sans-annuaire")
    alone = browser().log_in("sans-annuaire")
    identity = file(alone, born=str(SIXTEEN))["id"]
    clock.now = at(date(2027, 9, 15))
    adult_yes(store, identity, house.organisation("school"))
    alone.log_in("sans-annuaire")
    assert reads(alone, identity) == 404


def test_a_minors_yes_lets_nothing_go_on(partner, house, store, clock, school):
    identity = file(partner, born=str(SIXTEEN))["id"]
    house.consent(identity, school, ["first_name"], days=3000)
    clock.now = at(date(2027, 9, 15))
    partner.log_in("ecole")
    assert reads(partner, identity) == 404


@pytest.mark.parametrize("yes", [False, True])
def test_a_pivot_who_was_told_reads_on_with_a_yes_alone(person_in, browser, analyst, house, partner, store, clock, yes):
    person_in("partner", name="pivot-dpj")
    dpj = house.organisation("dpj")
    pivot = house.pivot(dpj, "pivot-dpj", days=3000)
    identity = file(partner, born=str(SIXTEEN))["id"]
    given = body(identity, pivot, ground_of("dpj", people=1, urgent=True), send=True)
    referral = analyst.api("POST", "/referrals", json=given).json()["id"]
    theirs = browser().log_in("pivot-dpj")
    assert theirs.api("GET", f"/referrals/{referral}").status_code == 200
    clock.now = at(date(2027, 9, 15))
    if yes:
        adult_yes(store, identity, dpj)
    theirs.log_in("pivot-dpj")
    assert theirs.api("GET", f"/referrals/{referral}").status_code == (200 if yes else 404)


def test_of_an_age_alone_people_are_reminded_early_and_it_ends_late(partner, analyst, store, clock):
    """At 17, the birthday may be tomorrow or in a year: somebody is asked for the date today, and nothing is lost."""
    identity = file(partner, age=17)["id"]
    told_on = house_day(clock())
    assert look(store) == 1
    assert alerts(store) == [("majority", identity)]
    assert reads(partner, identity) == 200
    clock.now = at(told_on + timedelta(days=364))
    assert look(store) == 0
    partner.log_in("ecole")
    assert reads(partner, identity) == 200
    clock.now = at(told_on.replace(year=told_on.year + 1))
    partner.log_in("ecole")
    assert reads(partner, identity) == 404
    assert look(store) == 1


def test_a_birth_date_that_becomes_known_decides(partner, analyst, store, clock):
    identity = file(partner, age=17)["id"]
    look(store)
    soon = house_day(clock()) + timedelta(days=10)
    born = soon.replace(year=soon.year - 18)
    told = analyst.api("POST", f"/requests/{identity}/born", json={"born": str(born)})
    assert told.status_code == 200
    assert told.json()["details"]["born"] == str(born)
    assert told.json()["details"]["why"] == ASKED["why"]
    clock.forward(days=10)
    partner.log_in("ecole")
    assert reads(partner, identity) == 404
    look(store)
    assert request_of(store, identity).status == "closed"


def test_a_birth_date_is_the_desks_to_write_and_not_to_come(partner, analyst, store):
    identity = file(partner)["id"]
    assert partner.api("POST", f"/requests/{identity}/born", json={"born": "2012-01-01"}).status_code == 403
    refused = analyst.api("POST", f"/requests/{identity}/born", json={"born": "2190-01-01"})
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "born")
    page = analyst.send(f"/requests/{identity}/born", born="hier")
    assert page.status_code == 422
    assert 'value="hier"' in page.text
    assert analyst.send(f"/requests/{identity}/born", born="2012-01-01").status_code == 303


def test_without_an_age_nothing_ends_by_itself(partner, store, clock):
    identity = file(partner)["id"]
    clock.forward(days=3650)
    assert look(store) == 0
    assert request_of(store, identity).closed_at is None


def test_an_answered_case_and_a_telephoned_one_end_too(partner, analyst, store, clock):
    first, second = file(partner, born=str(SIXTEEN))["id"], phoned(analyst, born=str(SIXTEEN))
    assert analyst.api("POST", f"/requests/{first}/answer", json=ACT).status_code == 201
    clock.now = at(date(2027, 9, 15))
    assert look(store) == 2
    assert {row.status for row in rows(store, Request)} == {"closed"}
    assert {first, second} == {row.id for row in rows(store, Request)}


def test_an_erased_youth_is_left_alone(partner, store, clock):
    identity = file(partner, born=str(SIXTEEN))["id"]
    store.keys.destroy([f"subject:{request_of(store, identity).subject_id}"])
    clock.now = at(date(2027, 9, 15))
    assert look(store) == 0


def test_the_step_looks_once_an_hour(partner, store, clock):
    run = watching(store)
    file(partner, age=17)
    assert run() == 1
    file(partner, age=17)
    clock.forward(minutes=59)
    assert run() == 0
    clock.forward(minutes=1)
    assert run() == 1
