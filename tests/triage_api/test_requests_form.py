"""The form in plain words, and the same written down at the desk for whoever telephones."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta

import pytest
from asked_requests import ACT, ASKED, CALL, FACTS, URGENT, file, phoned, rows
from desk_words import words_of
from directory_entries import organisation, pivot
from sqlalchemy import select

from store.clock import house_day
from store.tables import Disclosure, Message, Notice, QueueItem, RegisterEntry, Request, User
from triage_api.requests.models import Details
from triage_api.requests.sealing import details_of, key_of, sealed

MOST_QUESTIONS = 10


@pytest.fixture
def partner(person_in):
    return person_in("partner", name="ecole")


@pytest.fixture
def keeper(make_person):
    return make_person("supervisor", name="gardienne")


def told(store, identity) -> Details:
    with store.database.reading() as session:
        return details_of(session, store, session.get_one(Request, identity))


def entries(store, event):
    with store.database.reading() as session:
        query = select(RegisterEntry.public).where(RegisterEntry.event == event).order_by(RegisterEntry.n)
        return [json.loads(public) for public in session.scalars(query)]


def test_the_form_asks_ten_things_says_why_and_begins_with_danger(partner):
    page = partner.page("/requests/new").text
    form = page[page.index('action="/requests"') :]
    form = form[: form.index("</form>")]
    tops = re.sub(r"<fieldset.*?</fieldset>", "<fieldset>", form, flags=re.DOTALL)
    asked = len(re.findall(r"<fieldset>|<label ", tops))
    assert asked <= MOST_QUESTIONS
    assert form.index('name="danger"') < form.index('name="who"')
    assert len(re.findall(r" required>", form)) == 2
    assert len(re.findall(r'class="hint"', form)) >= asked - 1
    assert 'inputmode="tel"' in form
    assert form.count('autocomplete="off"') >= 10
    for word in ("motif", "LPJ", "article"):
        assert word not in words_of(form), "the analyst sets the ground"


def test_all_that_the_form_asks_is_kept_sealed(partner, store):
    given = {"since": "mardi", "danger": "no", "age": 15, "born": "2010-09-01", "city": "Laval", "runaway": True}
    given |= {"missing_since": "hier soir", "reported": "yes", "region": "Laval"}
    filed = file(partner, **given)
    kept = told(store, filed["id"])
    assert (kept.age, kept.born, kept.since, kept.reported) == (15, date(2010, 9, 1), "mardi", "yes")
    row = rows(store, Request)[0]
    assert (row.region, row.channel) == ("Laval", "portal")
    assert row.runaway_until == row.created_at + timedelta(days=store.settings.runaway_days)
    assert b"mardi" not in row.sealed
    read = partner.api("GET", f"/requests/{filed['id']}").json()
    assert read["details"]["born"] == "2010-09-01"
    assert read["region"] == "Laval"


def test_what_was_sealed_by_an_earlier_version_is_still_read(partner, analyst, store):
    identity = file(partner)["id"]
    old = {name: ASKED[name] for name in ("who", "why", "youth", "handles", "phones", "emails", "places")}
    with store.database.writing() as session:
        row = session.get_one(Request, identity)
        row.sealed = sealed(key_of(session, store, row), json.dumps(old), f"request:{identity}")
    for browser in (partner, analyst):
        read = browser.api("GET", f"/requests/{identity}").json()["details"]
        assert (read["why"], read["born"], read["age"], read["danger"]) == (ASKED["why"], None, None, "unknown")
        assert browser.page(f"/requests/{identity}").status_code == 200


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"age": 18}, "age", "adult"),
        ({"age": 40}, "age", "adult"),
        ({"born": "2001-01-01"}, "born", "adult"),
        ({"born": "2190-01-01"}, "born", "in_future"),
        ({"region": "Paris"}, "region", "region_unknown"),
    ],
)
def test_what_cannot_be_is_told_at_its_field(partner, store, change, field, code):
    answer = partner.api("POST", "/requests", json=ASKED | change)
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == field
    page = partner.send("/requests", who="TS", why="absente", **{k: str(v) for k, v in change.items()})
    assert page.status_code == 422
    assert f'id="p-{field}"' in page.text
    assert str(change[field]) in page.text
    assert rows(store, Request) == []
    assert code


@pytest.mark.parametrize(
    ("change", "urgency"),
    [
        ({}, "routine"),
        ({"runaway": True}, "soon"),
        ({"danger": "yes"}, "immediate"),
        ({"danger": "unknown"}, "routine"),
    ],
)
def test_how_urgent_it_is_follows_from_the_form_alone(partner, store, change, urgency):
    file(partner, **change)
    assert rows(store, QueueItem)[0].urgency == urgency


def test_the_numbers_of_the_region_stand_with_every_answer(partner, desk, keeper):
    organisation(desk, keeper, "DPJ de Laval", kind="dpj", regions=["Laval"], phone="450 555-0110")
    filed = file(partner, region="Laval")
    assert [one["phone"] for one in filed["helplines"]["dpj"]] == ["450 555-0110"]
    assert filed["helplines"]["danger"] == "911"
    read = partner.api("GET", f"/requests/{filed['id']}").json()
    assert [one["name"] for one in read["helplines"]["dpj"]] == ["DPJ de Laval"]
    page = words_of(partner.page(f"/requests/{filed['id']}?filed=1").text)
    assert page.index("911") < page.index("La demande est reçue")
    assert "450 555-0110" in page
    assert partner.api("POST", "/requests", json=ASKED | {"region": "Estrie"}).json()["helplines"]["dpj"] == []


def test_a_request_is_of_the_organisation_whose_pivot_asks(partner, analyst, desk, keeper, store):
    before = file(partner)["id"]
    school = organisation(desk, keeper, "École du Merle")
    pivot(desk, keeper, school.id, account="ecole")
    after = file(partner)["id"]
    with store.database.reading() as session:
        assert session.get_one(Request, before).organisation_id is None
        assert session.get_one(Request, after).organisation_id == school.id
    assert analyst.api("GET", f"/requests/{after}").json()["organisation"] == "École du Merle"
    assert analyst.api("GET", f"/requests/{before}").json()["organisation"] == "Maison Test"
    assert partner.api("GET", f"/requests/{after}").json()["organisation"] is None


def test_who_telephones_is_written_down_once_called_back(analyst, store, desk, keeper):
    known = organisation(desk, keeper, "Le Refuge", kind="community", phone="514 555-0188")
    identity = phoned(analyst, organisation=known.id, number_from="directory", region="Laval", danger="yes")
    row = rows(store, Request)[0]
    assert (row.channel, row.organisation_id, row.region) == ("call", known.id, "Laval")
    assert entries(store, "request.entered") == [
        {"request": identity, "organisation": known.id, "number_from": "directory", "runaway": False}
    ]
    call = told(store, identity).call
    assert (call.number, call.number_from) == ("514 555-0199", "directory")
    assert "0199" not in json.dumps(entries(store, "request.entered"))
    read = analyst.api("GET", f"/requests/{identity}").json()
    assert (read["channel"], read["organisation"]) == ("call", "Le Refuge")
    page = words_of(analyst.page(f"/requests/{identity}").text)
    assert "Ne dites jamais" in page
    assert "Danger en ce moment" in page


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"called_back": False}, "called_back"),
        ({"number": ""}, "number"),
        ({"number_from": "de lui-même"}, "number_from"),
        ({"number_from": "directory"}, "number_from"),
        ({"organisation": "o-personne"}, "organisation"),
        ({"why": ""}, "why"),
    ],
)
def test_nobody_is_believed_on_the_telephone(analyst, store, change, field):
    refused = analyst.api("POST", "/requests/call", json=CALL | change)
    assert refused.status_code == 422
    assert refused.json()["error"]["field"] == field
    assert rows(store, Request) == []
    assert entries(store, "request.entered") == []


def test_only_the_desk_enters_a_call_and_only_with_an_entry(partner, analyst, no_register, store):
    assert partner.api("POST", "/requests/call", json=CALL).status_code == 403
    assert partner.page("/requests/call").status_code == 403
    no_register()
    assert analyst.api("POST", "/requests/call", json=CALL).status_code == 503
    assert rows(store, Request) == []


def test_what_was_telephoned_is_nobodys_own_whatever_their_role_becomes(analyst, make_person, browser, store):
    identity = phoned(analyst)
    with store.database.writing() as session:
        row = session.scalar(select(User).where(User.name == "analyst"))
        row.roles = ["partner"]
    assert analyst.api("GET", f"/requests/{identity}").status_code == 404
    assert analyst.api("GET", "/requests").json()["items"] == []
    assert analyst.api("POST", f"/requests/{identity}/messages", json={"text": "x"}).status_code == 404


def test_what_is_told_by_telephone_is_in_the_ledger_whatever_it_is(analyst, store):
    first, second = phoned(analyst), phoned(analyst)
    assert analyst.api("POST", f"/requests/{first}/answer", json=ACT | {"fields": ["approach"]}).status_code == 201
    said = {"kind": "call_us", "text": "Rappelez demain."}
    assert analyst.api("POST", f"/requests/{second}/answer", json=said).status_code == 201
    lines = {row.about: row for row in rows(store, Disclosure)}
    assert (lines[first].kind, lines[first].ground, lines[first].fields) == (
        "call",
        URGENT,
        ["approach", "plain_summary"],
    )
    assert (lines[second].kind, lines[second].ground, lines[second].fields) == ("call", "nothing_told", [])
    assert rows(store, Notice) == [], "nobody outside is written to"


def test_messages_on_a_call_are_the_desks(analyst, store):
    identity = phoned(analyst)
    said = analyst.api("POST", f"/requests/{identity}/messages", json={"text": "Rappelée à 16 h 40."}).json()
    assert said["sender"] == "desk"
    assert [row.from_partner for row in rows(store, Message)] == [False]


def test_the_pages_of_a_call_keep_what_was_typed(analyst):
    fields = {"who": "Mme Roy", "why": "Elle a <b>peur</b>", "number": "514 555-0177", "number_from": "public"}
    refused = analyst.send("/requests/call", **fields)
    assert refused.status_code == 422
    assert 'id="p-called_back"' in refused.text
    assert "&lt;b&gt;peur&lt;/b&gt;" in refused.text
    assert "514 555-0177" in refused.text
    made = analyst.send("/requests/call", **fields, called_back="true")
    assert made.status_code == 303
    page = analyst.page(made.headers["location"])
    assert "514 555-0177" in page.text
    shown = analyst.page(f"{made.headers['location'].split('?')[0]}?ground={URGENT}")
    for name in FACTS:
        assert f'name="facts.{name}"' in shown.text
    assert "Je l&#39;ai dit au téléphone" in shown.text or "Je l'ai dit au téléphone" in shown.text


def test_a_day_of_the_house_decides_who_is_a_minor(partner, clock, store):
    today = house_day(clock())
    eighteen = today.replace(year=today.year - 18)
    assert partner.api("POST", "/requests", json=ASKED | {"born": str(eighteen)}).status_code == 422
    assert partner.api("POST", "/requests", json=ASKED | {"born": str(eighteen + timedelta(days=1))}).status_code == 201
