"""What was typed into a form that could not be taken is handed back on the page that says why."""

from __future__ import annotations

import pytest
from desk_words import FUGUE
from sqlalchemy import select

from store.tables import QueueItem
from triage_api.queue.claims import claim

REASON = "Fugue d'un foyer, <b>contact</b> donné"
SHOWN = "Fugue d&#39;un foyer, &lt;b&gt;contact&lt;/b&gt; donné"


@pytest.fixture
def item(town, store):
    town.post(FUGUE, city="Montréal")
    with store.database.reading() as session:
        return session.scalars(select(QueueItem.id)).one()


def decided(analyst, item):
    return analyst.send(f"/queue/{item}/decision", verdict="watch", reason=REASON)


def test_after_a_session_that_has_ended(person_in, item, clock):
    analyst = person_in("analyst")
    clock.forward(hours=13)
    page = decided(analyst, item)
    assert page.status_code == 401
    assert SHOWN in page.text
    assert 'href="/login"' in page.text
    assert page.headers["cache-control"] == "no-store"


def test_but_where_nothing_was_typed_one_is_led_to_the_log_in(person_in, item, clock):
    analyst = person_in("analyst")
    clock.forward(hours=13)
    page = analyst.send(f"/queue/{item}/claim")
    assert page.status_code == 303
    assert page.headers["location"] == "/login?next=/"


def test_of_an_item_that_somebody_else_took(person_in, make_person, desk, item):
    analyst = person_in("analyst")
    claim(desk, make_person("analyst", name="autre"), item)
    page = decided(analyst, item)
    assert page.status_code == 409
    assert SHOWN in page.text


def test_never_of_another_sites_form_nor_a_password(person_in, item, browser):
    analyst = person_in("analyst")
    foreign = analyst.client.post(
        f"/queue/{item}/decision", data={"reason": REASON}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert foreign.status_code == 403
    assert "contact" not in foreign.text
    nowhere = analyst.client.post("/nulle-part", data={"reason": REASON})
    assert (nowhere.status_code, "contact" in nowhere.text) == (404, False)
    secret = browser().send(f"/queue/{item}/decision", password="three words here", reason=REASON)
    assert SHOWN in secret.text
    assert "three words" not in secret.text
