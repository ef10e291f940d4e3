"""A legal hold: two people, nothing erased while it lasts, nothing opened by it, an alert before it ends."""

from __future__ import annotations

import pytest
from asked_requests import ASKED
from desk_words import FUGUE
from sqlalchemy import select
from told_house import code, events

from pipeline.retain import purge
from store.counts import GONE, totals
from store.leaving import may_leave
from store.posts import get_post
from store.quarantine import quarantine
from store.tables import DeskAlert, LegalHold
from triage_api.retention.running import retaining


@pytest.fixture
def first(person_in):
    return person_in("supervisor", name="première")


@pytest.fixture
def second(person_in):
    return person_in("supervisor", name="seconde")


def ask(browser, about: str, kind: str = "post", **more):
    given = {"kind": kind, "about": about, "reason": "Ordonnance 123.", "ends_on": "2026-06-30"} | more
    return browser.api("POST", "/holds", json=given)


@pytest.fixture
def granted(first, second):
    """Have something held: one asks, another grants."""

    def make(about: str, kind: str = "post", **more) -> str:
        made = ask(first, about, kind, **more).json()["id"]
        answer = second.api("POST", f"/holds/{made}/grant", json={})
        assert (answer.status_code, answer.json()["state"]) == (200, "held"), answer.text
        return made

    return make


def test_one_asks_another_grants_and_it_says_nothing_of_why(store, town, first, second):
    post = town.post(FUGUE)
    made = ask(first, post).json()
    assert (made["state"], made["mine"]) == ("asked", True)
    assert code(first.api("POST", f"/holds/{made['id']}/grant", json={}))[:2] == (403, "second_person")
    assert second.api("POST", f"/holds/{made['id']}/grant", json={}).json()["state"] == "held"
    assert code(second.api("POST", f"/holds/{made['id']}/grant", json={}))[:2] == (409, "hold_state")
    assert second.api("GET", f"/holds/{made['id']}").json()["reason"] == "Ordonnance 123."
    said = events(store, "hold.asked", "hold.granted")
    assert [one["event"] for one in said] == ["hold.asked", "hold.granted"]
    assert all(set(one) == {"event", "hold", "kind", "about", "until"} for one in said)
    with store.database.reading() as session:
        sealed = session.scalars(select(LegalHold.sealed)).one()
    assert b"Ordonnance" not in sealed


def test_a_bad_form_says_where_and_keeps_what_was_typed(town, first):
    post = town.post(FUGUE)
    assert code(ask(first, "p-aucune")) == (422, "hold_nothing", "about")
    assert code(ask(first, post, ends_on="2026-03-01")) == (422, "hold_past", "ends_on")
    assert code(ask(first, post, ends_on="2036-03-01")) == (422, "hold_far", "ends_on")
    page = first.send("/holds", kind="post", about="p-aucune", reason="Ordonnance 9.", ends_on="2026-06-30")
    assert page.status_code == 422
    assert "Ordonnance 9." in page.text
    assert 'value="p-aucune"' in page.text


@pytest.mark.parametrize("role", ["analyst", "partner", "auditor", "administrator"])
def test_nobody_else_keeps_holds(person_in, role):
    who = person_in(role, name="autre")
    assert who.api("GET", "/holds").status_code == 403
    assert ask(who, "p-1").status_code == 403


def test_a_held_post_stays_and_counts_in_no_corpus_until_it_is_released(store, clock, town, granted, first, second):
    post = town.post(FUGUE, posted_at="2026-03-01T12:00:00Z")
    with store.database.reading() as session:
        assert may_leave(session, [post], store.clock()) == {post}
    made = granted(post)
    with store.database.reading() as session:
        assert may_leave(session, [post], store.clock()) == set()
    clock.forward(days=40)
    assert purge(store).held == {"post_waiting": 1}
    second.log_in("seconde")
    assert second.api("POST", f"/holds/{made}/release", json={}).json()["state"] == "released"
    assert code(second.api("POST", f"/holds/{made}/release", json={}))[:2] == (409, "hold_state")
    assert purge(store).posts == 1


def test_it_opens_nothing(town, granted, person_in):
    post = town.post(FUGUE)
    outsider = person_in("partner", name="ecole")
    before = outsider.api("GET", f"/posts/{post}").status_code
    granted(post)
    assert outsider.api("GET", f"/posts/{post}").status_code == before == 403


def test_a_held_request_is_erased_by_nobody(store, granted, person_in, first):
    request = person_in("partner", name="ecole").api("POST", "/requests", json=ASKED).json()["id"]
    granted(request, "request")
    refused = first.api("POST", f"/requests/{request}/erase", json={"reason": "Demande."})
    assert code(refused)[:2] == (409, "held")
    page = first.send(f"/requests/{request}/erase", reason="Demande de la famille.")
    assert page.status_code == 409
    assert "Demande de la famille." in page.text
    with store.database.reading() as session:
        assert not [name for name in totals(session, store.clock().date(), store.clock().date()) if GONE in name]


def test_a_sealed_text_that_is_held_is_not_destroyed(store, town, granted, officer):
    post = town.post(FUGUE)
    granted(post)
    with store.database.writing() as session:
        quarantine(store, session, post, "merle-01")
    given = {"outcome": "destroyed", "reason": "Rien à remettre."}
    assert code(officer.api("POST", f"/quarantine/{post}/outcome", json=given))[:2] == (409, "held")
    assert officer.api("POST", f"/quarantine/{post}/outcome", json=given | {"outcome": "released"}).status_code == 201
    with store.database.reading() as session:
        assert get_post(session, post).text == FUGUE


def test_supervisors_are_told_once_a_fortnight_before_it_ends(store, clock, town, granted):
    granted(town.post(FUGUE), ends_on="2026-04-30")
    run = retaining(store)

    def told() -> int:
        run()
        with store.database.reading() as session:
            return len(session.scalars(select(DeskAlert.id).where(DeskAlert.kind == "hold_ending")).all())

    assert told() == 0
    clock.forward(days=46)
    assert told() == 2, "both supervisors"
    clock.forward(days=1)
    assert told() == 2


class TestSmallHouse:
    """A house of one: alone a day later, with a reason that somebody else reviews."""

    @pytest.fixture
    def settings(self, settings):
        return settings.model_copy(update={"house_profile": "small", "house_name": "Maison Test"})

    def test_it_is_granted_alone_and_says_so(self, store, clock, town, first):
        made = ask(first, town.post(FUGUE)).json()["id"]
        assert first.api("POST", f"/holds/{made}/grant", json={"reason": "Seule."}).status_code == 403
        clock.forward(hours=24)
        first.log_in("première")
        answer = first.api("POST", f"/holds/{made}/grant", json={"reason": "Personne d'autre."}).json()
        assert (answer["state"], answer["alone"]) == ("held", True)
        assert events(store, "hold.granted")[-1]["alone"] is True
