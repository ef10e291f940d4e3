"""Alerts about what is no item of the queue: without content, with the page that lists it, told anew if it is anew."""

from __future__ import annotations

import secrets
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from told_house import ASKED, House

from store.tables import DeskAlert, LegalHold, Referral, Request, RightsCase
from triage_api.duty.alerts import PLACES, forget_past, hush, tell, tell_again
from triage_api.requests.models import RequestIn
from triage_api.requests.service import file_request

FEED = "/duty/alerts"


@pytest.fixture
def waiting(store, clock, desk, make_person):
    """Make what an alert of a kind can be about, and waits to be done; return its id."""

    def one(kind):
        if kind in ("referral_late", "disclosure_review"):
            return referral(store, make_person("analyst", name=f"une-{secrets.token_hex(4)}").id)
        if kind == "runaway_ending":
            return file_request(
                desk, make_person("partner", name=f"école-{secrets.token_hex(4)}"), RequestIn(**ASKED, runaway=True)
            ).id
        if kind == "rights_due":
            return rights_case(store)
        return hold(store) if kind == "hold_ending" else f"x-{secrets.token_hex(4)}"

    return one


def referral(store, by):
    house, now = House(store), store.clock()
    pivot = house.pivot(organisation := house.organisation())
    row = Referral(
        id=f"f-{secrets.token_hex(4)}", organisation_id=organisation, pivot_id=pivot, ground="x", stage="plain"
    )
    row.fields, row.posts, row.sealed, row.state, row.created_by, row.created_at = [], [], b"x", "sent", by, now
    return keep(store, row)


def rights_case(store):
    now, identity = store.clock(), f"rc-{secrets.token_hex(4)}"
    row = RightsCase(id=identity, kind="access", code_hash=identity, sealed=b"x", received_at=now, due_at=now)
    return keep(store, row)


def hold(store):
    now, identity = store.clock(), f"h-{secrets.token_hex(4)}"
    row = LegalHold(id=identity, kind="post", about="p-1", asked_by="u-1", asked_at=now, granted_at=now, sealed=b"x")
    row.ends_at = now + timedelta(days=10)
    return keep(store, row)


def keep(store, row):
    identity = row.id
    with store.database.writing() as session:
        session.add(row)
    return identity


@pytest.fixture
def told(store, clock, make_person, browser):
    """Tell a supervisor of something; return their browser and the telling."""
    person = make_person("supervisor", name="cheffe")

    def again(kind, about, act=tell_again):
        with store.database.writing() as session:
            if act is tell:
                tell(session, kind, [(person.id, about)], clock.now)
            else:
                tell_again(session, kind, person.id, about, clock.now)

    return browser().log_in("cheffe"), again


@pytest.mark.parametrize("kind", PLACES)
def test_each_kind_is_one_line_with_its_page_and_without_content(told, waiting, kind):
    chief, tells = told
    abouts = [waiting(kind) for _ in range(2)]
    for about in abouts:
        tells(kind, about)
    [line] = chief.api("GET", FEED).json()["items"]
    assert (line["kind"], line["count"], line["place"]) == (kind, 2, PLACES[kind])
    page = chief.page("/duty").text
    assert f'href="{PLACES[kind]}"' in page
    assert not [about for about in abouts if about in page]
    assert f"duty_alert.{kind}" not in page


@pytest.mark.parametrize("kind", PLACES)
def test_the_page_that_it_leads_to_is_there(told, kind):
    chief, _ = told
    assert chief.page(PLACES[kind]).status_code == 200


def test_what_was_seen_is_told_again_only_if_it_happens_anew(store, clock, told):
    chief, tells = told
    tells("majority", "r-1")
    [line] = chief.api("GET", FEED).json()["items"]
    seen = {"kind": "majority", "upto": line["upto"]}
    assert chief.api("POST", f"{FEED}/seen", json=seen).status_code == 204
    assert chief.api("GET", FEED).json()["items"] == []
    tells("majority", "r-1", act=tell)
    assert chief.api("GET", FEED).json()["items"] == []
    tells("majority", "r-1")
    assert chief.api("GET", FEED).json()["items"][0]["count"] == 1
    with store.database.writing() as session:
        hush(session, "majority", ["r-1"], clock.now)
    assert chief.api("GET", FEED).json()["items"] == []


def test_a_kind_that_nobody_knows_shows_nowhere(told):
    chief, tells = told
    tells("inconnu", "x")
    assert chief.api("GET", FEED).json()["items"] == []


DONE = {
    "referral_late": update(Referral).values(state="acknowledged"),
    "disclosure_review": update(Referral).values(reviewed_at=func.now()),
    "rights_due": update(RightsCase).values(answered_at=func.now()),
    "runaway_ending": update(Request).values(found_at=func.now()),
    "hold_ending": update(LegalHold).values(released_at=func.now()),
}


@pytest.mark.parametrize("kind", DONE)
def test_however_old_it_is_it_is_told_until_it_is_done(store, clock, told, waiting, kind):
    chief, tells = told
    tells(kind, waiting(kind))
    with store.database.writing() as session:
        session.execute(update(LegalHold).values(ends_at=clock() + timedelta(days=60)))
    clock.forward(days=31)
    with store.database.writing() as session:
        forget_past(session, clock())
    chief.log_in("cheffe")
    assert [one["kind"] for one in chief.api("GET", FEED).json()["items"]] == [kind]
    with store.database.writing() as session:
        session.execute(DONE[kind])
        forget_past(session, clock())
        assert session.scalar(select(func.count()).select_from(DeskAlert)) == 0


@pytest.mark.parametrize("kind", DONE)
def test_once_it_is_done_nobody_is_told_of_it(store, told, waiting, kind):
    chief, tells = told
    tells(kind, waiting(kind))
    assert [one["kind"] for one in chief.api("GET", FEED).json()["items"]] == [kind]
    with store.database.writing() as session:
        session.execute(DONE[kind])
    assert chief.api("GET", FEED).json()["items"] == []
