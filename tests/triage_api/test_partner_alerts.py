"""Alerts about what is no item of the queue: without content, with the page that lists it, told anew if it is anew."""

from __future__ import annotations

import pytest

from triage_api.duty.alerts import PLACES, hush, tell, tell_again

FEED = "/duty/alerts"


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
def test_each_kind_is_one_line_with_its_page_and_without_content(told, kind):
    chief, tells = told
    tells(kind, "x-secret")
    tells(kind, "x-autre")
    [line] = chief.api("GET", FEED).json()["items"]
    assert (line["kind"], line["count"], line["place"]) == (kind, 2, PLACES[kind])
    page = chief.page("/duty").text
    assert f'href="{PLACES[kind]}"' in page
    assert "x-secret" not in page
    assert f"duty_alert.{kind}" not in page


@pytest.mark.parametrize("kind", PLACES)
def test_the_page_that_it_leads_to_is_there(told, kind):
    chief, _ = told
    assert chief.page(PLACES[kind]).status_code == 200


def test_what_was_seen_is_told_again_only_if_it_happens_anew(store, clock, told):
    chief, tells = told
    tells("referral_late", "f-1")
    [line] = chief.api("GET", FEED).json()["items"]
    seen = {"kind": "referral_late", "upto": line["upto"]}
    assert chief.api("POST", f"{FEED}/seen", json=seen).status_code == 204
    assert chief.api("GET", FEED).json()["items"] == []
    tells("referral_late", "f-1", act=tell)
    assert chief.api("GET", FEED).json()["items"] == []
    tells("referral_late", "f-1")
    assert chief.api("GET", FEED).json()["items"][0]["count"] == 1
    with store.database.writing() as session:
        hush(session, "referral_late", ["f-1"], clock.now)
    assert chief.api("GET", FEED).json()["items"] == []


def test_a_kind_that_nobody_knows_shows_nowhere(told):
    chief, tells = told
    tells("inconnu", "x")
    assert chief.api("GET", FEED).json()["items"] == []
