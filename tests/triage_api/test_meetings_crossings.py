"""Where cases meet: by a contact, a post, or over a campaign in ninety days; the desk is told, and nobody else."""

from __future__ import annotations

import pytest
from asked_requests import ASKED
from sqlalchemy import select
from told_house import House

from store.tables import DeskAlert, Referral, Request
from triage_api.meetings.crossings import Cases, Crossing, connected
from triage_api.meetings.running import looking

SAID = "Chu en fugue, j'ai 15 ans, je cherche une place où dormir à {city}. Texte à {phone} ou {handle}."


@pytest.fixture
def partner(person_in):
    return person_in("partner", name="ecole")


def file(browser, *handles: str) -> str:
    asked = ASKED | {"handles": list(handles), "phones": [], "emails": []}
    answer = browser.api("POST", "/requests", json=asked)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def search(browser, request: str, query: str) -> dict:
    asked = {"query": query, "purpose": "request", "ground": "LPJ 39", "request": request}
    answer = browser.api("POST", "/searches", json=asked)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def crossings(store) -> dict[tuple[str, str], tuple[str, ...]]:
    with store.database.reading() as session:
        return {one.requests: one.ways for one in Cases(session, store).crossings()}


def pair(*requests: str) -> tuple[str, ...]:
    return tuple(sorted(requests))


def test_two_requests_meet_by_a_contact(store, partner, person_in):
    one, two = file(partner, "@merle.noir"), file(person_in("partner", name="maison"), "Merle.Noir", "@autre.pseudo")
    file(partner, "@personne.dautre")
    assert crossings(store) == {pair(one, two): ("contact",)}


def test_a_youth_who_was_found_meets_nobody(store, clock, partner):
    one, _two = file(partner, "@merle.noir"), file(partner, "@merle.noir")
    with store.database.writing() as session:
        session.get_one(Request, one).found_at = clock()
    assert crossings(store) == {}


def test_a_post_found_for_one_names_a_contact_of_the_other(store, town, analyst, partner):
    one, two = file(partner, "@plume.grise"), file(partner, "@geai_bleu.514")
    town.post(SAID.format(city="Laval", phone="514-555-0155", handle="@geai_bleu.514"), key="1")
    assert crossings(store) == {}
    assert search(analyst, one, "dormir")["items"]
    assert crossings(store) == {pair(one, two): ("post",)}


def test_a_campaign_ties_two_cases_for_ninety_days(store, clock, town, analyst, partner):
    one, two = file(partner, "@plume.grise"), file(partner, "@geai_bleu.514")
    first = SAID.format(city="Laval", phone="514-555-0155", handle="@corneille_9")
    second = "Jeune de 15 ans en fugue cherche un toit ce soir. Appelle 514-555-0155, signé @geai_bleu.514."
    town.post(first, key="1", posted_at=clock().isoformat())
    town.post(second, key="2", posted_at=clock().isoformat())
    search(analyst, one, "corneille_9")
    assert crossings(store) == {pair(one, two): ("campaign",)}
    clock.forward(days=91)
    assert crossings(store) == {}


def test_requests_hang_together_from_one_to_the_next():
    tied = [Crossing(("a", "b"), ("contact",)), Crossing(("b", "c"), ("campaign",)), Crossing(("d", "e"), ("post",))]
    assert connected(tied, ["a", "b", "c"])
    assert not connected(tied, ["a", "c"]), "what lies between them is not named"
    assert not connected(tied, ["a", "b", "d", "e"])


def test_those_at_the_queue_are_told_once_and_no_partner_ever(store, clock, partner, analyst, person_in):
    person_in("supervisor")
    file(partner, "@merle.noir")
    file(partner, "@merle.noir")
    run = looking(store)
    assert run() == 2
    clock.forward(minutes=10)
    assert run() == 0, "each once"
    file(partner, "@merle.noir")
    clock.forward(minutes=5)
    assert run() == 0, "it looks every ten minutes"
    clock.forward(minutes=5)
    assert run() == 4, "two new pairs, two people"
    with store.database.reading() as session:
        assert set(session.scalars(select(DeskAlert.kind))) == {"cases_meet"}


def test_a_case_seen_in_two_regions_is_told_to_the_desks(store, town, analyst, partner, clock):
    one = file(partner, "@plume.grise")
    for number, city in enumerate(("Laval", "Sherbrooke")):
        town.post(
            SAID.format(city=city, phone="514-555-0155", handle="@corneille_9"),
            key=f"{number}",
            city=city,
            posted_at=clock().isoformat(),
        )
        clock.forward(days=1)
    analyst.log_in("analyst")
    search(analyst, one, "corneille_9")
    told = analyst.api("GET", "/meetings/crossings").json()
    assert told["moved"] == [{"request": one, "regions": ["Laval", "Estrie"]}]
    assert looking(store)() == 1
    assert one in analyst.page("/meetings/crossings").text


def test_who_already_helps_is_told_as_organisations(store, analyst, partner):
    house, request = House(store), file(partner, "@merle.noir")
    asks, told = house.organisation("school", name="École"), house.organisation("dpj", name="DPJ")
    consented = house.organisation("shelter", name="Refuge")
    pivot = house.pivot(told)
    consent = house.consent(request, consented, ["plain_summary"])
    with store.database.writing() as session:
        row = session.get_one(Request, request)
        row.organisation_id = asks
        made = Referral(id="f-1", request_id=request, subject_id=row.subject_id, organisation_id=told, pivot_id=pivot)
        made.ground, made.stage, made.fields, made.posts, made.sealed = "lpj_39", "plain", [], [], b"x"
        made.state, made.created_by, made.created_at = "acknowledged", row.partner_id, store.clock()
        session.add(made)
    shown = analyst.api("GET", f"/requests/{request}/helping").json()["helpers"]
    known = {one["organisation"]: one["by"] for one in shown}
    assert known == {"DPJ": ["referral"], "Refuge": ["consent"], "École": ["asks"]}
    house.withdraw(consent)
    shown = analyst.api("GET", f"/requests/{request}/helping").json()["helpers"]
    assert {one["organisation"] for one in shown} == {"DPJ", "École"}
    assert analyst.page(f"/requests/{request}/helping").status_code == 200
