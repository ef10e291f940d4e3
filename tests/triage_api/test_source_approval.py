"""Approving a source: one asks, another grants, anyone of them suspends at once; each act is an entry."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select
from test_at_once import at_once, codes, while_open

from crawlers.sources import approvals
from crawlers.sources.approvals import STATES, require_approved
from crawlers.sources.declaration import load_source
from crawlers.sources.register import declare, upsert_source
from store.errors import BadInput, Conflict, NotAllowed, NotFound, RegisterUnavailable, SourceNotApproved
from store.tables import Approval, BrokenGlass, RegisterEntry
from triage_api.shell.languages import catalogue
from triage_api.sources.approving import ask, grant, standing_of, suspend
from triage_api.sources.approving_models import GrantIn, LeaveIn, SuspendIn

YAML = """id: journal
title: Journal
kind: feed
start_urls: ["https://journal.example/feed"]
allowed_hosts: [journal.example]
legal_note: public
"""
LEAVE = {"assessment": "EFVP-1", "mandate": "M-1", "ground": "LPJ 2.3", "expires_on": "2026-04-30"}
WHY = SuspendIn(why="Les conditions ont changé.")
ALONE = "Personne d'autre cette semaine."


@pytest.fixture
def journal(store):
    declare(store, load_source(YAML))
    return "journal"


@pytest.fixture
def small(make_store):
    store = make_store(house_profile="small", house_name="Maison Test")
    declare(store, load_source(YAML))
    return store


@pytest.fixture
def two(make_person):
    return make_person("supervisor", name="lea"), make_person("supervisor", name="dominique")


def leave(**changes):
    return LeaveIn.model_validate(LEAVE | changes)


def may_collect(store):
    with store.database.reading() as session:
        try:
            return bool(require_approved(session, "journal", store.clock()))
        except SourceNotApproved:
            return False


def told(store):
    with store.database.reading() as session:
        query = select(RegisterEntry).where(RegisterEntry.event.like("source.%")).order_by(RegisterEntry.n)
        return [(row.event, row.actor, json.loads(row.public), row.sealed) for row in session.scalars(query)]


def rows(store, table=Approval):
    with store.database.reading() as session:
        return list(session.scalars(select(table)))


def test_one_asks_another_grants(store, journal, two):
    lea, dominique = two
    asked = ask(store, lea, journal, leave(region="Montréal", retention_days=3))
    assert (asked.state, asked.by_me, asked.alone_at) == ("waiting", True, None)
    assert not may_collect(store)
    with pytest.raises(NotAllowed) as caught:
        grant(store, lea, journal, GrantIn(reason=ALONE))
    assert caught.value.code == "second_person"
    assert not may_collect(store)
    assert not standing_of(store, dominique, journal).by_me
    done = grant(store, dominique, journal, GrantIn(approval=asked.waiting.approval))
    assert may_collect(store)
    assert (done.state, done.problem, done.waiting) == ("approved", "", None)
    assert (done.leave.asked_by, done.leave.granted_by) == (lea.pseudonym, dominique.pseudonym)
    assert (done.leave.region, done.leave.retention_days, done.leave.alone_reason) == ("Montréal", 3, "")
    assert done.leave.expires_at.isoformat() == "2026-05-01T03:59:59.999999+00:00", "the last moment in Québec"
    assert rows(store, BrokenGlass) == []


def test_each_act_is_an_entry_and_nobodys_words_stand_open_in_it(store, journal, two):
    lea, dominique = two
    ask(store, lea, journal, leave())
    grant(store, dominique, journal, GrantIn())
    suspend(store, lea, journal, WHY)
    entries = told(store)
    assert [(event, actor) for event, actor, _, _ in entries] == [
        ("source.asked", lea.pseudonym),
        ("source.granted", dominique.pseudonym),
        ("source.suspended", lea.pseudonym),
    ]
    (row,) = rows(store)
    for _, _, public, _ in entries:
        assert public == {
            "source": "journal", "approval": row.id, "until": row.expires_at.isoformat(), "via": "command line"
        }  # fmt: skip
    facts = [store.keys.opened(sealed, f"approval:{row.id}") if sealed else "" for *_, sealed in entries]
    assert json.loads(facts[0]) == {"assessment": "EFVP-1", "mandate": "M-1", "ground": "LPJ 2.3"}
    assert facts[1] == ""
    assert json.loads(facts[2]) == {"why": WHY.why}


def test_without_the_register_nothing_is_asked_granted_or_suspended(store, journal, two, no_register):
    lea, dominique = two
    ask(store, lea, journal, leave())
    no_register()
    with pytest.raises(RegisterUnavailable):
        grant(store, dominique, journal, GrantIn())
    with pytest.raises(RegisterUnavailable):
        suspend(store, lea, journal, WHY)
    (row,) = rows(store)
    assert (row.granted_at, row.suspended_at) == (None, None)


@pytest.mark.parametrize("role", ["analyst", "auditor", "administrator", "partner", "researcher", "quarantine_officer"])
def test_only_supervisors_decide(role, store, journal, make_person, two):
    person = make_person(role)
    ask(store, two[0], journal, leave())
    for act, given in ((ask, leave()), (grant, GrantIn()), (suspend, WHY)):
        with pytest.raises(NotAllowed):
            act(store, person, journal, given)
    assert len(told(store)) == 1


def test_one_person_is_enough_to_suspend_and_the_reason_is_needed(store, journal, two):
    lea, dominique = two
    with pytest.raises(Conflict) as caught:
        suspend(store, lea, journal, WHY)
    assert caught.value.code == "nothing_to_suspend"
    ask(store, lea, journal, leave())
    grant(store, dominique, journal, GrantIn())
    ask(store, lea, journal, leave(expires_on="2026-05-31"))
    done = suspend(store, dominique, journal, WHY)
    assert (done.state, done.waiting, done.leave.suspended_why) == ("suspended", None, WHY.why)
    assert done.leave.suspended_by == dominique.pseudonym
    assert not may_collect(store)
    assert len(told(store)) == 5, "what was in force and what waited are an entry each"
    with pytest.raises(Conflict) as caught:
        grant(store, dominique, journal, GrantIn())
    assert caught.value.code == "nothing_waits"


def test_only_the_leave_that_was_read_is_granted(store, journal, two):
    lea, dominique = two
    read = ask(store, lea, journal, leave()).waiting.approval
    suspend(store, lea, journal, WHY)
    ask(store, lea, journal, leave(expires_on="2029-12-31"))
    with pytest.raises(Conflict) as caught:
        grant(store, dominique, journal, GrantIn(approval=read))
    assert caught.value.code == "other_leave"
    assert not may_collect(store)


def test_what_was_asked_for_is_granted_for_no_other_declaration(store, journal, two):
    lea, dominique = two
    ask(store, lea, journal, leave())
    declare(store, load_source(YAML + "max_pages: 100000\n"))
    with pytest.raises(Conflict):
        grant(store, dominique, journal, GrantIn())
    assert not may_collect(store)


def test_no_leave_for_a_day_that_is_over_nor_for_what_is_not_collected(store, journal, two):
    with pytest.raises(BadInput) as caught:
        ask(store, two[0], journal, leave(expires_on="2026-03-01"))
    assert (caught.value.field, caught.value.code) == ("expires_on", "past")
    with pytest.raises(NotFound):
        ask(store, two[0], "nulle-part", leave())
    upsert_source(store, "fichiers", "Fichiers", "import", {}, "d")
    with pytest.raises(Conflict) as caught:
        ask(store, two[0], "fichiers", leave())
    assert caught.value.code == "not_collected"
    assert standing_of(store, two[0], "fichiers").state == "not_collected"


def test_in_a_small_house_one_goes_on_alone_after_its_hours_with_a_reason_that_is_reviewed(small, make_person, clock):
    lea = make_person("supervisor", name="lea")
    asked = ask(small, lea, "journal", leave())
    assert asked.alone_at == small.clock() + timedelta(hours=24)
    clock.forward(hours=23)
    with pytest.raises(NotAllowed):
        grant(small, lea, "journal", GrantIn(reason=ALONE))
    clock.forward(hours=1)
    with pytest.raises(BadInput) as caught:
        grant(small, lea, "journal", GrantIn())
    assert caught.value.code == "alone_reason"
    assert not may_collect(small)
    done = grant(small, lea, "journal", GrantIn(reason=ALONE))
    assert may_collect(small)
    assert (done.leave.alone_reason, done.leave.granted_by) == (ALONE, lea.pseudonym)
    (glass,) = rows(small, BrokenGlass)
    assert glass.act == "source.granted"
    event, _, public, sealed = told(small)[-1]
    assert (event, public["alone"]) == ("source.granted", True)
    assert json.loads(small.keys.opened(sealed, f"approval:{done.leave.approval}")) == {"reason": ALONE}


def test_a_second_person_in_a_small_house_needs_no_reason(small, two):
    lea, dominique = two
    ask(small, lea, "journal", leave())
    assert grant(small, dominique, "journal", GrantIn(reason="inutile")).leave.alone_reason == ""
    assert rows(small, BrokenGlass) == []


class TestAtOnce:
    def test_of_two_who_ask_one_does(self, store, journal, two):
        outcomes = at_once([lambda p=person: ask(store, p, journal, leave()) for person in two])
        assert codes(outcomes) == ["done", "leave_waits"]
        assert len(rows(store)) == len(told(store)) == 1

    def test_of_several_who_grant_one_does(self, store, journal, two, make_person):
        others = [two[1], make_person("supervisor", name="camille"), make_person("supervisor", name="noa")]
        ask(store, two[0], journal, leave())
        outcomes = at_once([lambda p=person: grant(store, p, journal, GrantIn()) for person in others])
        assert codes(outcomes) == ["done", "nothing_waits", "nothing_waits"]
        assert [event for event, *_ in told(store)] == ["source.asked", "source.granted"]

    def test_suspending_while_another_grants_always_leaves_it_suspended(self, store, journal, two):
        lea, dominique = two
        for _ in range(5):
            ask(store, lea, journal, leave())
            acts = [lambda: grant(store, dominique, journal, GrantIn()), lambda: suspend(store, lea, journal, WHY)]
            granted, suspended = at_once(acts)
            assert suspended.state in {"suspended", "none"}
            assert granted.state == "approved" if not isinstance(granted, Conflict) else granted.code == "nothing_waits"
            assert not may_collect(store)

    def test_a_grant_waits_for_a_suspension_that_is_under_way(self, store, journal, two):
        lea, dominique = two
        ask(store, lea, journal, leave())

        def stop(session):
            approvals.suspend(session, journal, by="x", why="y", now=store.clock())

        outcome = while_open(store, stop, lambda: grant(store, dominique, journal, GrantIn()))
        assert codes([outcome]) == ["nothing_waits"]
        assert not may_collect(store)

    def test_a_grant_waits_for_a_declaration_that_is_under_way(self, store, journal, two):
        lea, dominique = two
        ask(store, lea, journal, leave())

        def change(session):
            approvals.held_source(session, journal).digest = "another"

        outcome = while_open(store, change, lambda: grant(store, dominique, journal, GrantIn()))
        assert codes([outcome]) == ["nothing_waits"]
        assert not may_collect(store)


class TestApi:
    def test_the_whole_way(self, store, journal, person_in):
        lea, dominique = person_in("supervisor", name="lea"), person_in("supervisor", name="dominique")
        assert lea.api("GET", "/sources/journal/approval").json()["state"] == "none"
        asked = lea.api("POST", "/sources/journal/approval", json=LEAVE)
        assert (asked.status_code, asked.json()["state"]) == (201, "waiting")
        again = dominique.api("POST", "/sources/journal/approval", json=LEAVE)
        assert (again.status_code, again.json()["error"]["code"]) == (409, "leave_waits")
        own = lea.api("POST", "/sources/journal/approval/grant", json={})
        assert (own.status_code, own.json()["error"]["code"]) == (403, "second_person")
        done = dominique.api("POST", "/sources/journal/approval/grant", json={})
        assert (done.status_code, done.json()["state"]) == (200, "approved")
        assert may_collect(store)
        bad = lea.api("POST", "/sources/journal/suspend", json={"why": " "})
        assert (bad.status_code, bad.json()["error"]["field"]) == (422, "why")
        ended = lea.api("POST", "/sources/journal/suspend", json={"why": "Plainte."})
        assert (ended.status_code, ended.json()["state"]) == (200, "suspended")
        assert not may_collect(store)

    def test_fields_that_cannot_be(self, journal, person_in):
        lea = person_in("supervisor", name="lea")
        for field, value in (("expires_on", "demain"), ("retention_days", 366), ("retention_days", 8), ("mandate", "")):
            answer = lea.api("POST", "/sources/journal/approval", json=LEAVE | {field: value})
            assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)
        answer = lea.api("POST", "/sources/journal/approval", json=LEAVE | {"region": "Ailleurs"})
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, "region")


class TestPage:
    def test_the_whole_way(self, store, journal, person_in):
        lea, dominique = person_in("supervisor", name="lea"), person_in("supervisor", name="dominique")
        page = lea.page("/sources/journal/approval").text
        assert "rien n&#39;est demandé à cette source" in page
        assert 'name="assessment"' in page
        wrong = lea.send("/sources/journal/approval", **LEAVE | {"mandate": "", "ground": "<u>LPJ"})
        assert wrong.status_code == 422
        assert "&lt;u&gt;LPJ" in wrong.text, "what was typed stays, escaped"
        assert lea.send("/sources/journal/approval", **LEAVE).status_code == 303
        waits = lea.page("/sources/journal/approval").text
        assert "Une autre personne que vous" in waits
        assert "approval/grant" not in waits
        assert lea.send("/sources/journal/approval/grant").status_code == 403
        offered = dominique.page("/sources/journal/approval").text
        assert 'action="/sources/journal/approval/grant"' in offered
        number = rows(store)[0].id
        assert dominique.send("/sources/journal/approval/grant", approval=number + 1).status_code == 409
        assert dominique.send("/sources/journal/approval/grant", approval=number).status_code == 303
        assert may_collect(store)
        assert dominique.send("/sources/journal/suspend", why="").status_code == 422
        assert dominique.send("/sources/journal/suspend", why="Plainte <b>").status_code == 303
        assert "Plainte &lt;b&gt;" in dominique.page("/sources/journal/approval").text
        assert not may_collect(store)

    def test_whoever_may_not_decide_sees_no_form(self, store, journal, person_in, two):
        ask(store, two[0], journal, leave())
        for role in ("analyst", "auditor"):
            page = person_in(role, name=f"un-{role}").page("/sources/journal/approval").text
            assert "EFVP-1" in page
            assert 'action="/sources' not in page

    def test_alone_after_the_hours_of_a_small_house(self, small, make_person, clock, index, reader):
        from desk_people import Browser
        from fastapi.testclient import TestClient

        from triage_api.app import create_app

        make_person("supervisor", name="lea")
        client = TestClient(create_app(small, reader, index), base_url="http://127.0.0.1")
        lea = Browser(client).log_in("lea")
        assert lea.send("/sources/journal/approval", **LEAVE).status_code == 303
        assert "approval/grant" not in lea.page("/sources/journal/approval").text
        clock.forward(hours=24)
        lea = Browser(client).log_in("lea")
        assert 'name="reason"' in lea.page("/sources/journal/approval").text
        assert "personne d&#39;autre ne peut" in lea.send("/sources/journal/approval/grant").text
        assert lea.send("/sources/journal/approval/grant", reason=ALONE).status_code == 303
        assert may_collect(small)


def test_every_state_has_words():
    for lang in ("fr", "en"):
        assert {f"approval_state.{state}" for state in STATES} <= set(catalogue(lang))
