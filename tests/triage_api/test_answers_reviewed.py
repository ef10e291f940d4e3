"""What one person tells in an answer is reviewed after by somebody else, as what one person refers alone is."""

from __future__ import annotations

import pytest
from asked_requests import ACT, FACTS, URGENT, file, phoned
from sqlalchemy import select
from told_house import events

from store.tables import DeskAlert, User
from triage_api.referrals.running import chase

REVIEW = {"finding": "proper", "note": "Le risque était là."}


@pytest.fixture
def chief(person_in):
    return person_in("supervisor", name="cheffe")


@pytest.fixture
def told(person_in, chief):
    """Tell something about the youth of a request, alone; return its id."""
    identity = phoned(analyst := person_in("analyst"))
    answer = analyst.api("POST", f"/requests/{identity}/answer", json=ACT)
    assert answer.status_code == 201, answer.text
    return identity


def lines(browser):
    return browser.api("GET", "/referrals/reviews").json()["items"]


def waiting(store):
    query = select(User.name, DeskAlert.about).join(User, User.id == DeskAlert.user_id)
    with store.database.reading() as session:
        rows = session.execute(query.where(DeskAlert.kind == "disclosure_review", DeskAlert.seen_at.is_(None)))
        return sorted(map(tuple, rows))


def test_it_waits_for_its_review_and_the_text_is_not_shown(store, chief, told):
    [line] = lines(chief)
    assert (line["id"], line["ground"], line["finding"], line["mine"]) == (told, URGENT, None, False)
    assert (line["fields"], line["stage"], line["organisation"]) == (["plain_summary"], "plain", "")
    assert waiting(store) == [("cheffe", told)]
    answer = chief.api("GET", f"/referrals/{told}/review")
    assert answer.json()["facts"] == FACTS
    assert ACT["text"] not in answer.text + chief.page(f"/referrals/{told}/review").text
    assert [one["review"] for one in events(store, "request.opened") if one.get("review")] == [True, True]


def test_it_is_reviewed_once_by_somebody_else(store, person_in, chief, told):
    assert person_in("analyst", name="autre").api("GET", f"/referrals/{told}/review").status_code == 403
    assert chief.api("POST", f"/referrals/{told}/review", json=REVIEW).status_code == 201
    again = chief.api("POST", f"/referrals/{told}/review", json=REVIEW)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "reviewed")
    assert [line["finding"] for line in lines(chief)] == ["proper"]
    [entry] = events(store, "referral.reviewed")
    assert (entry["request"], entry["finding"]) == (told, "proper")
    assert REVIEW["note"] not in str(entry)


def test_nobody_reviews_their_own(person_in, chief):
    identity = phoned(both := person_in("analyst", "supervisor", name="deux"))
    both.api("POST", f"/requests/{identity}/answer", json=ACT)
    refused = both.api("POST", f"/referrals/{identity}/review", json=REVIEW)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "second_person")
    assert lines(both)[0]["mine"]


def test_what_tells_nothing_is_not_reviewed(store, person_in, chief):
    identity = file(person_in("partner", name="ecole"))
    person_in("analyst").api("POST", f"/requests/{identity}/answer", json={"kind": "call_us", "text": "Appelez-nous."})
    assert (lines(chief), waiting(store)) == ([], [])
    assert chief.api("GET", f"/referrals/{identity}/review").status_code == 404


def test_a_late_review_is_told_again_once(store, clock, told):
    with store.database.writing() as session:
        for alert in session.scalars(select(DeskAlert)):
            alert.seen_at = clock()
    clock.forward(hours=72)
    assert [chase(store), chase(store)] == [1, 0]
    assert waiting(store) == [("cheffe", told)]


def test_of_an_erased_youth_no_facts_are_left_and_the_review_can_end(chief, told):
    erased = chief.api("POST", f"/requests/{told}/erase", json={"reason": "demande"})
    assert erased.status_code == 200, erased.text
    assert chief.api("GET", f"/referrals/{told}/review").json()["facts"] == {}
    assert chief.api("POST", f"/referrals/{told}/review", json=REVIEW).status_code == 201
