"""Meetings: proposed at the desk, shown to pivots as organisations and whom to call, while what they rest on holds."""

from __future__ import annotations

import json

import pytest
from asked_requests import ASKED
from sqlalchemy import select
from told_house import House, code, events, facts_for, ground_of

from store.tables import Disclosure, Meeting, MeetingPart
from triage_api.grounds.catalogue import GROUNDS

TOLD = ("lea.b", "Léa", "Tremblay", "Deux écoles", "514 555-0142")


@pytest.fixture
def house(store) -> House:
    return House(store)


@pytest.fixture
def partner(person_in):
    return person_in("partner", name="ecole")


@pytest.fixture
def other(person_in):
    return person_in("partner", name="maison")


@pytest.fixture
def outsider(person_in):
    return person_in("partner", name="curieuse")


@pytest.fixture
def second(person_in):
    return person_in("analyst", name="seconde")


@pytest.fixture
def cases(partner, other) -> list[str]:
    """Two requests of two partners that name the same contact."""
    return [one.api("POST", "/requests", json=ASKED).json()["id"] for one in (partner, other)]


@pytest.fixture
def pivots(house, partner, other) -> list[str]:
    kinds = {"ecole": "school", "maison": "shelter"}
    return [house.pivot(house.organisation(kind, name=f"Maison {user}"), user) for user, kind in kinds.items()]


def given(cases, pivots, ground=None, **more):
    ground = ground or ground_of("school", people=1, urgent=True)
    told = {"requests": cases, "pivots": pivots, "ground": ground.code, "facts": facts_for(ground)}
    return told | {"why": "Deux écoles parlent de Léa.", "call": "Poste de Longueuil, 450 555-0100"} | more


def propose(browser, *args, **more):
    return browser.api("POST", "/meetings", json=given(*args, **more))


def test_each_pivot_sees_organisations_and_whom_to_call_and_nothing_else(
    store, house, analyst, partner, other, outsider, cases, pivots
):
    made = propose(analyst, cases, pivots)
    assert made.status_code == 201, made.text
    identity = made.json()["id"]
    assert made.json()["state"] == "proposed"
    shown = partner.api("GET", f"/invitations/{identity}").json()
    names = [one["organisation"] for one in shown["organisations"]]
    assert names == ["Maison ecole", "Maison maison"]
    assert set(shown) == {"id", "organisations", "mine", "call", "answer", "proposed_at", "ends_at"}
    for told in (json.dumps(shown), partner.page(f"/invitations/{identity}").text, partner.page("/invitations").text):
        assert not [word for word in (*TOLD, *cases) if word in told]
    assert other.api("GET", "/invitations").json()["items"][0]["mine"] == "Maison maison"
    assert outsider.api("GET", f"/invitations/{identity}").status_code == 404
    assert outsider.api("GET", "/invitations").json()["items"] == []
    assert house.told() == sorted(
        [("meeting", pivot, identity) for pivot in pivots], key=lambda one: house.told().index(one)
    )
    with store.database.reading() as session:
        lines = session.scalars(select(Disclosure)).all()
        assert len(lines) == 4, "one for each youth and organisation"
        assert {(line.kind, line.about, tuple(line.fields)) for line in lines} == {("meeting", identity, ())}
    said = json.dumps(events(store, "meeting.proposed"), ensure_ascii=False)
    assert not [word for word in (*TOLD, *cases) if word in said]


def test_a_pivot_answers_and_the_desk_sees_it(store, analyst, partner, cases, pivots):
    identity = propose(analyst, cases, pivots).json()["id"]
    assert partner.api("POST", f"/invitations/{identity}/reply", json={"answer": "peut-être"}).status_code == 422
    assert partner.api("POST", f"/invitations/{identity}/reply", json={"answer": "no"}).json()["answer"] == "no"
    assert partner.send(f"/invitations/{identity}/reply", answer="yes").status_code == 303
    parts = analyst.api("GET", f"/meetings/{identity}").json()["parts"]
    assert [one["answer"] for one in parts] == ["yes", None]
    assert [one["answer"] for one in events(store, "meeting.answered")] == ["no", "yes"]
    assert "Deux écoles parlent de Léa." in analyst.page(f"/meetings/{identity}").text


def test_after_thirty_days_or_once_it_is_ended_nobody_outside_the_desk_sees_it(clock, analyst, partner, cases, pivots):
    first, later = (propose(analyst, cases, pivots).json()["id"] for _ in range(2))
    assert analyst.api("POST", f"/meetings/{first}/end", json={}).json()["state"] == "ended"
    assert partner.api("GET", f"/invitations/{first}").status_code == 404
    assert code(analyst.api("POST", f"/meetings/{first}/end", json={}))[:2] == (409, "meeting_state")
    assert [one["id"] for one in partner.api("GET", "/invitations").json()["items"]] == [later]
    clock.forward(days=30)
    partner.log_in("ecole")
    analyst.log_in("analyst")
    assert partner.api("GET", f"/invitations/{later}").status_code == 404
    assert partner.api("POST", f"/invitations/{later}/reply", json={"answer": "yes"}).status_code == 404
    assert analyst.api("GET", f"/meetings/{later}").json()["state"] == "ended"


def test_on_consent_each_youth_consents_for_each_organisation_and_may_take_it_back(
    house, analyst, second, partner, cases, pivots, store
):
    ground = next(one for one in GROUNDS.values() if one.consent)
    assert code(propose(analyst, cases, pivots, ground)) == (409, "no_consent", "ground")
    with store.database.reading() as session:
        from store.tables import Pivot

        organisations = [session.get_one(Pivot, pivot).organisation_id for pivot in pivots]
    consents = [house.consent(case, of, ["plain_summary"]) for case in cases for of in organisations]
    waiting = propose(analyst, cases, pivots, ground).json()
    assert waiting["state"] == "asked", "its ground needs two people"
    assert partner.api("GET", f"/invitations/{waiting['id']}").status_code == 404
    assert code(analyst.api("POST", f"/meetings/{waiting['id']}/confirm", json={}))[:2] == (403, "second_person")
    confirmed = second.api("POST", f"/meetings/{waiting['id']}/confirm", json={})
    assert confirmed.json()["state"] == "proposed", confirmed.text
    assert partner.api("GET", f"/invitations/{waiting['id']}").status_code == 200
    house.withdraw(consents[3])
    assert partner.api("GET", f"/invitations/{waiting['id']}").status_code == 404
    assert partner.api("GET", "/invitations").json()["items"] == []
    assert partner.api("POST", f"/invitations/{waiting['id']}/reply", json={"answer": "yes"}).status_code == 404


def test_cases_that_do_not_hang_together_need_two_people(store, house, analyst, second, partner, cases, pivots):
    apart = partner.api("POST", "/requests", json=ASKED | {"handles": ["@toute.autre"], "phones": [], "emails": []})
    made = propose(analyst, [*cases, apart.json()["id"]], pivots).json()
    assert made["state"] == "asked"
    assert house.told() == []
    with store.database.reading() as session:
        assert session.scalars(select(MeetingPart)).all() == []
    assert second.send(f"/meetings/{made['id']}/confirm").status_code == 303
    assert len(house.told()) == 2
    assert code(second.api("POST", f"/meetings/{made['id']}/confirm", json={}))[:2] == (409, "meeting_state")


def test_a_bad_form_says_where_and_keeps_what_was_typed(house, analyst, cases, pivots):
    assert code(propose(analyst, ["r-aucune"], pivots)) == (422, "unknown_request", "requests")
    assert code(propose(analyst, cases, [pivots[0], "v-aucun"])) == (422, "unknown_pivot", "pivots")
    assert code(propose(analyst, cases, pivots, GROUNDS["lpj_39"])) == (422, "ground_not_for_kind", "ground")
    same = house.pivot(house.organisation("school"))
    with house.store.database.writing() as session:
        from store.tables import Pivot

        session.get_one(Pivot, same).organisation_id = session.get_one(Pivot, pivots[0]).organisation_id
    assert code(propose(analyst, cases, [pivots[0], same])) == (422, "two_needed", "pivots")
    typed = {"requests": "\n".join(cases), "ground": "loi_acces_59_1", "why": "Deux écoles.", "call": "personne"}
    page = analyst.send("/meetings", **typed, pivots=pivots)
    assert page.status_code == 422
    for kept in ("Deux écoles.", 'value="personne"', *cases):
        assert kept in page.text


def test_a_lapsed_pivot_is_told_nothing(house, clock, analyst, cases, pivots):
    lapsed = house.pivot(house.organisation("cavac"), days=1)
    clock.forward(days=2)
    analyst.log_in("analyst")
    ground = ground_of("cavac", people=1, urgent=True)
    assert code(propose(analyst, cases, [pivots[0], lapsed], ground))[:2] == (409, "no_pivot")
    assert house.told() == []


def test_erasing_a_youth_ends_the_meeting(store, analyst, partner, person_in, cases, pivots):
    identity = propose(analyst, cases, pivots).json()["id"]
    erased = person_in("supervisor").api("POST", f"/requests/{cases[0]}/erase", json={"reason": "Demande."})
    assert erased.status_code == 200, erased.text
    assert partner.api("GET", f"/invitations/{identity}").status_code == 404
    told = analyst.api("GET", f"/meetings/{identity}").json()
    assert (told["state"], told["why"], told["call"]) == ("ended", "", "")
    with store.database.reading() as session:
        assert session.get_one(Meeting, identity).sealed == b""


@pytest.mark.parametrize("role", ["partner", "auditor", "researcher", "administrator"])
def test_nobody_else_is_at_the_desk(person_in, cases, role):
    who = person_in(role, name="autre")
    for path in ("/meetings", "/meetings/crossings", f"/requests/{cases[0]}/helping"):
        assert who.api("GET", path).status_code == 403
