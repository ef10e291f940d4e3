"""A consent is taken back: all that rests on it is refused from that moment, to whoever was told it too.

The clock stands still, so "in under a minute" is here "before any time has passed"; one test watches the real one, with
two servers on the same database.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from consenting import FIELDS, file
from desk_people import Browser
from desk_words import FUGUE, words_of
from fastapi.testclient import TestClient
from sqlalchemy import select
from test_at_once import at_once, while_open
from told_house import House, body, code, events, facts_for, ground_of

import triage_api
from store.errors import VigieError
from store.leaving import may_leave
from store.store import Store, open_store
from store.tables import Consent, DeskAlert, Disclosure, Notice, Organisation, Referral
from triage_api.access.policy import may
from triage_api.app import create_app, guarded_routes
from triage_api.consents.withdrawing import withdraw
from triage_api.referrals import making, reading
from triage_api.referrals.models import ReferralIn

SITE = "https://vigie.example"
FIRST_NAME = "Maïka"
VIA = ("code", "partner", "desk")


@dataclass
class Told:
    """A youth who said yes, and an organisation that was told things on it, and its pivot."""

    store: Store
    house: House
    partner: Browser
    analyst: Browser
    second: Browser
    pivot: Browser
    backup: Browser
    request: str
    consent: dict
    organisation: str
    pivots: tuple[str, str]
    shelter: str

    def refer(self, *, state: str = "sent", posts: tuple[str, ...] = (), fields: tuple[str, ...] = ()) -> str:
        ground = ground_of("police", people=2, consent=True)
        told = dict.fromkeys((*FIELDS, *fields), FIRST_NAME)
        given = body(self.request, self.pivots[0], ground, stage="named", told=told, posts=list(posts))
        made = self.analyst.api("POST", "/referrals", json=given)
        assert made.status_code == 201, made.text
        identity = made.json()["id"]
        if state != "draft":
            done = self.second.api("POST", f"/referrals/{identity}/approve", json={"send": state != "approved"})
            assert done.status_code == 200, done.text
        if state == "acknowledged":
            assert self.pivot.api("POST", f"/referrals/{identity}/acknowledge").status_code == 200
        return identity

    def meet(self, ground: str = "consent") -> str:
        facts = dict.fromkeys(facts_for(ground_of("police", people=2, consent=True)), "x")
        facts = facts if ground == "consent" else facts_for(ground_of("police", people=1, urgent=True))
        given = {"requests": [self.request], "pivots": [self.pivots[0], self.shelter], "ground": ground}
        given |= {"facts": facts, "why": "À deux.", "call": "Poste, 450 555-0100"}
        made = self.analyst.api("POST", "/meetings", json=given)
        assert made.status_code == 201, made.text
        identity = made.json()["id"]
        done = self.second.api("POST", f"/meetings/{identity}/confirm", json={})
        assert done.status_code == 200, done.text
        return identity

    def agree(self) -> None:
        """Say yes anew, as before."""
        kept = {name: self.consent[name] for name in ("request", "organisation", "fields", "given_by")}
        kept |= {"age": 15, "explained_by": "Mme Tremblay", "how": "in_person", "understood": True}
        answer = self.partner.api("POST", "/consents", json=kept)
        assert answer.status_code == 201, answer.text
        self.consent = answer.json()

    def house_name(self, organisation: str) -> str:
        with self.store.database.reading() as session:
            return session.get_one(Organisation, organisation).name

    def visitor(self) -> Browser:
        """Return a browser that nobody logged in with."""
        return Browser(TestClient(self.partner.client.app, base_url="http://127.0.0.1"))

    def take_back(self, via: str) -> None:
        """Take it back as a person does."""
        if via == "code":
            answer = self.visitor().client.post("/withdraw", data={"code": self.consent["code"]})
        else:
            who = self.partner if via == "partner" else self.analyst
            answer = who.api("POST", f"/consents/{self.consent['id']}/withdraw")
        assert answer.status_code == 200, answer.text


@pytest.fixture
def store(make_store):
    return make_store(public_address=SITE)


@pytest.fixture
def told(store, person_in) -> Told:
    house = House(store)
    names = ("ecole", "policier", "relève", "maison")
    partner, pivot, backup, _ = (person_in("partner", name=name) for name in names)
    organisation, shelter = house.organisation("police"), house.organisation("shelter")
    second = house.pivot(organisation, "relève", days=3000)
    first = house.pivot(organisation, "policier", backup=second, days=3000)
    other = house.pivot(shelter, "maison", days=3000)
    request = file(partner)
    given = {"request": request, "fields": [*FIELDS, "facts", "handles"], "given_by": "youth", "age": 15}
    given |= {"explained_by": "Mme Tremblay", "how": "in_person", "understood": True}
    yes = partner.api("POST", "/consents", json=given | {"organisation": organisation}).json()
    also = partner.api("POST", "/consents", json=given | {"organisation": shelter, "fields": FIELDS})
    assert also.status_code == 201, also.text
    analyst, seconde = person_in("analyst", name="une"), person_in("analyst", name="deux")
    return Told(
        store, house, partner, analyst, seconde, pivot, backup, request, yes, organisation, (first, second), other
    )


def link_of(store, referral: str) -> str:
    """Return the single-use link that the e-mail of a referral would carry."""
    with store.database.reading() as session:
        row = session.scalars(select(Notice).where(Notice.about == referral, Notice.kind == "referral")).one()
        return store.keys.opened(row.link, f"notice:{row.id}").removeprefix(SITE)


def states(store) -> dict[str, str]:
    with store.database.reading() as session:
        return dict(session.execute(select(Referral.id, Referral.state)).all())


def reads(referral: str = "", meeting: str = "") -> dict[tuple[str, str], Callable[[Browser], Any]]:
    """Return every way in which a pivot reads what was told, or does something with it, by method and path."""
    answer, outcome = {"answer": "yes"}, {"outcome": "safe"}
    return {
        ("GET", "/api/referrals/{identity}"): lambda one: one.api("GET", f"/referrals/{referral}"),
        ("GET", "/referrals/{identity}"): lambda one: one.page(f"/referrals/{referral}"),
        ("POST", "/api/referrals/{identity}/acknowledge"): lambda one: one.api(
            "POST", f"/referrals/{referral}/acknowledge"
        ),
        ("POST", "/referrals/{identity}/acknowledge"): lambda one: one.send(f"/referrals/{referral}/acknowledge"),
        ("POST", "/api/referrals/{identity}/outcome"): lambda one: one.api(
            "POST", f"/referrals/{referral}/outcome", json=outcome
        ),
        ("POST", "/referrals/{identity}/outcome"): lambda one: one.send(f"/referrals/{referral}/outcome", **outcome),
        ("GET", "/api/invitations/{identity}"): lambda one: one.api("GET", f"/invitations/{meeting}"),
        ("GET", "/invitations/{identity}"): lambda one: one.page(f"/invitations/{meeting}"),
        ("POST", "/api/invitations/{identity}/reply"): lambda one: one.api(
            "POST", f"/invitations/{meeting}/reply", json=answer
        ),
        ("POST", "/invitations/{identity}/reply"): lambda one: one.send(f"/invitations/{meeting}/reply", **answer),
    }


def test_the_walk_of_what_a_pivot_reads_is_whole(make_person):
    """Every item that a partner may enter is walked below, or is of their own requests, consents and keys."""
    partner = make_person("partner", name="curieuse")
    entered = {
        (method, path) for method, path, action in guarded_routes() if "{" in path and action and may(partner, action)
    }
    own = re.compile(r"(/api)?/(requests|consents|organisations|directory|words|tokens|account/tokens)/")
    assert {one for one in entered if not own.match(one[1])} == set(reads())


@pytest.mark.parametrize("via", VIA)
def test_every_later_read_is_refused_to_whoever_was_told(store, told, town, via):
    post = town.post(FUGUE)
    referral, meeting = told.refer(posts=(post,), fields=("handles",)), told.meet()
    link = link_of(store, referral)
    before = told.pivot.api("GET", f"/referrals/{referral}")
    assert before.json()["told"]["first_name"] == FIRST_NAME
    assert [one["post"] for one in before.json()["sheets"]] == [post]
    assert told.backup.page(f"/referrals/{referral}").status_code == 200, "whoever stands in reads it too"
    assert told.pivot.api("GET", f"/invitations/{meeting}").status_code == 200

    told.take_back(via)
    missing = told.pivot.api("GET", "/referrals/f-rien").json()
    for (method, path), read in reads(referral, meeting).items():
        for who in (told.pivot, told.backup):
            answer = read(who)
            assert answer.status_code == 404, (method, path)
            assert FIRST_NAME not in answer.text, (method, path)
    assert told.pivot.api("GET", f"/referrals/{referral}").json() == missing
    used = told.pivot.client.post(link)
    assert used.status_code == 404
    assert used.text.replace(link, "") == told.pivot.client.post("/ack/jamais").text.replace("/ack/jamais", "")
    assert told.pivot.api("GET", "/invitations").json()["items"] == []
    listed = told.pivot.api("GET", "/referrals").json()
    assert listed["items"] == []
    assert states(store)[referral] == "sent", "nobody acknowledged it, and nobody wrote that it was not sent"


def test_what_waits_is_stopped_and_nothing_new_begins(store, told):
    draft, approved = told.refer(state="draft"), told.refer(state="approved")
    told.take_back("code")
    assert states(store) == {draft: "withdrawn", approved: "withdrawn"}
    assert code(told.second.api("POST", f"/referrals/{draft}/approve", json={"send": True}))[0] == 409
    assert code(told.second.api("POST", f"/referrals/{approved}/send"))[0] == 409
    given = body(told.request, told.pivots[0], ground_of("police", people=2, consent=True))
    assert code(told.analyst.api("POST", "/referrals", json=given)) == (409, "no_consent", "ground")
    said = events(store, "referral.withdrawn")
    assert sorted(one["referral"] for one in said) == sorted([draft, approved])
    assert {one["consent"] for one in said} == {told.consent["id"]}
    with store.database.reading() as session:
        assert session.scalars(select(Disclosure)).all() == []


@pytest.mark.parametrize("via", VIA)
def test_what_was_told_stays_in_the_ledger_and_whoever_was_told_hears_it(store, told, via):
    referral, taken = told.refer(), told.refer(state="acknowledged")
    with store.database.reading() as session:
        lines = [(line.about, line.consent_id, line.fields) for line in session.scalars(select(Disclosure))]
    told.take_back(via)
    told.take_back("partner")  # once more changes nothing
    with store.database.reading() as session:
        assert [(line.about, line.consent_id, line.fields) for line in session.scalars(select(Disclosure))] == lines
        alerts = {row.kind for row in session.scalars(select(DeskAlert))}
    assert {about for about, _, _ in lines} == {referral, taken}
    asked = [(pivot, about) for kind, pivot, about in told.house.told() if kind == "taken_back"]
    assert asked == [(told.pivots[0], told.consent["id"])], "one e-mail, to whoever was told and nobody else"
    assert "consent_withdrawn" in alerts
    [entry] = events(store, "consent.withdrawn")
    assert (entry["consent"], entry["how"]) == (told.consent["id"], via)

    shown = told.pivot.api("GET", "/referrals").json()
    assert [one["about"] for one in shown["taken_back"]] == sorted([referral, taken])
    page = words_of(told.pivot.page("/referrals").text)
    assert "Retiré depuis" in page
    assert referral in page
    for text in (json.dumps(shown, ensure_ascii=False), page):
        assert FIRST_NAME not in text
        assert told.request not in text
    for other in (told.partner, told.analyst):
        assert other.api("GET", "/referrals").json()["taken_back"] == []
    to_call = told.analyst.api("GET", "/consents/withdrawn").json()["items"]
    at_desk = told.analyst.api("GET", f"/referrals/{referral}").json()["desk"]
    assert (at_desk["consent"], at_desk["consent_holds"]) == (told.consent["id"], False)
    assert "plus en vigueur" in words_of(told.analyst.page(f"/referrals/{referral}").text)
    assert {one["organisation"] for one in to_call} == {told.house_name(told.organisation)}


def test_nothing_more_is_handed_over_to_whoever_was_told_on_it(store, told):
    referral = told.refer(state="acknowledged")
    said = {"kind": "call_us", "text": "Appelez-nous."}
    assert told.analyst.api("POST", f"/requests/{told.request}/answer", json=said).status_code == 201
    told.take_back("code")
    refused = told.analyst.api("POST", f"/requests/{told.request}/hand", json={"referral": referral})
    assert code(refused) == (422, "unknown_referral", "referral")
    told.agree()
    again = told.refer(state="acknowledged")
    assert told.analyst.api("POST", f"/requests/{told.request}/hand", json={"referral": again}).status_code == 200


def test_what_was_told_of_one_yes_leaves_another_alone(store, told):
    """The shelter's yes still holds: a meeting that needs both ends, what rests on the shelter's does not."""
    ground = ground_of("shelter", people=2, consent=True)
    given = body(told.request, told.shelter, ground, stage="named", told=dict.fromkeys(FIELDS, FIRST_NAME))
    made = told.analyst.api("POST", "/referrals", json=given).json()["id"]
    assert told.second.api("POST", f"/referrals/{made}/approve", json={"send": True}).status_code == 200
    told.take_back("code")
    with store.database.reading() as session:
        row = session.get_one(Referral, made)
        assert reading.stands(session, store, row)
        open_ones = session.scalars(select(Consent.organisation_id).where(Consent.withdrawn_at.is_(None))).all()
    assert open_ones == [row.organisation_id]


def test_who_already_helps_forgets_what_was_told_on_a_consent(told):
    """Another organisation of a meeting on an urgent ground is not told that this one helps, once it was taken back."""
    told.refer(state="acknowledged")
    meeting = told.meet(ground_of("police", people=1, urgent=True).code)
    shelter = told.visitor().log_in("maison")
    name = told.house_name(told.organisation)

    def helps() -> dict[str, bool]:
        shown = shelter.api("GET", f"/invitations/{meeting}").json()["organisations"]
        return {one["organisation"]: one["helps"] for one in shown}

    assert helps()[name] is True
    told.take_back("code")
    assert helps()[name] is False
    at_desk = told.analyst.api("GET", f"/requests/{told.request}/helping").json()["helpers"]
    assert name not in [one["organisation"] for one in at_desk]


def test_a_file_in_flight_is_refused_when_its_consent_goes_while_it_is_made(store, told, town, monkeypatch):
    """The sheets of a referral take a while to be verified: taken back between two of them, none is handed over."""
    posts = tuple(town.post(f"{FUGUE} {place}", key=place) for place in ("Laval", "Gatineau"))
    referral = told.refer(posts=posts, fields=("handles",))
    made, before = [], len(events(store, "evidence.opened", "referral.opened"))

    def making_one(*args, **named):
        made.append(reading_one(*args, **named))
        if len(made) == 1:
            told.take_back("code")
        return made[-1]

    reading_one = reading.unentered_sheet
    monkeypatch.setattr(reading, "unentered_sheet", making_one)
    answer = told.pivot.page(f"/referrals/{referral}")
    assert (answer.status_code, len(made)) == (404, 2)
    assert "Laval" not in answer.text
    assert len(events(store, "evidence.opened", "referral.opened")) == before, "nobody saw it, and no entry says so"


def test_what_was_told_on_it_may_stand_in_no_corpus_any_more(store, told, town):
    posts = tuple(town.post(f"{FUGUE} {place}", key=place) for place in ("Laval", "Gatineau", "Rimouski"))
    told.refer(posts=posts[:2], fields=("handles",))
    with store.database.reading() as session:
        assert may_leave(session, posts, store.clock()) == set(posts)
    told.take_back("code")
    with store.database.reading() as session:
        assert may_leave(session, posts, store.clock()) == {posts[2]}


def test_no_answer_of_a_desk_goes_out_in_parts():
    """Each is whole before it leaves, made in the transaction that asks whether the consent holds.

    One that goes out in parts asks `still_given` before each; then it is named here, with its test. The files of a
    corpus do go out in parts: they tell of nobody, and what rests on a consent is left out when they are made
    (`store.leaving`, tests/pipeline/exports).
    """
    parts = re.compile(r"StreamingResponse|FileResponse|EventSource|BackgroundTask|WebSocket")
    rooms = Path(triage_api.__file__).parent
    found = [str(path.relative_to(rooms)) for path in rooms.rglob("*.py") if parts.search(path.read_text())]
    assert found == ["corpora/routes.py"]


def test_no_answer_is_kept_by_a_browser_or_a_proxy(told):
    referral = told.refer()
    for answer in (told.pivot.api("GET", f"/referrals/{referral}"), told.pivot.page(f"/referrals/{referral}")):
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("via", VIA)
def test_a_second_server_refuses_at_once_by_the_real_clock(store, told, desk, via):
    """Two servers on one database, none of which remembers: from the answer of one to the refusal of the other."""
    referral = told.refer()
    other = open_store(store.settings, store.clock)
    try:
        client = TestClient(create_app(other, desk.reader, desk.index), base_url="http://127.0.0.1")
        elsewhere = Browser(client).log_in("policier")
        assert elsewhere.api("GET", f"/referrals/{referral}").status_code == 200
        told.take_back(via)
        began = time.monotonic()
        assert elsewhere.api("GET", f"/referrals/{referral}").status_code == 404
        assert time.monotonic() - began < 60
    finally:
        other.close()


def test_taken_back_while_it_is_sent_it_is_sent_and_known_or_not_at_all(store, told, make_person):
    """Either it went, stands in the ledger and its pivot hears that it was taken back; or nothing happened."""
    one = make_person("analyst", name="troisième")
    ground = ground_of("police", people=2, consent=True)
    given = ReferralIn.model_validate(body(told.request, told.pivots[0], ground))
    person = make_person("analyst", name="quatrième")
    for _ in range(4):
        made = making.make(store, one, given).id
        told.second.api("POST", f"/referrals/{made}/approve", json={})
        before = len(told.house.told())
        sent, taken = at_once(
            [
                lambda made=made: told.second.api("POST", f"/referrals/{made}/send"),
                lambda: withdraw(store, person, told.consent["id"]),
            ]
        )
        assert not isinstance(taken, VigieError)
        with store.database.reading() as session:
            lines = session.scalars(select(Disclosure.about).where(Disclosure.about == made)).all()
            row = session.get_one(Referral, made)
            assert not reading.stands(session, store, row)
        asked = [kind for kind, _, _ in told.house.told()[before:]]
        if sent.status_code == 200:
            assert (row.state, lines, sorted(asked)) == ("sent", [made], ["referral", "taken_back"])
        else:
            assert (sent.status_code, row.state, lines, asked) == (409, "withdrawn", [], [])
        told.agree()


def test_taken_back_while_one_is_made_it_waits_for_it_or_makes_it_fail(store, told, make_person):
    """A referral made at that moment is a draft that is stopped too: none stays that somebody could send."""
    one, person = make_person("analyst", name="troisième"), make_person("analyst", name="quatrième")
    given = ReferralIn.model_validate(body(told.request, told.pivots[0], ground_of("police", people=2, consent=True)))

    def change(session):
        making._draft(session, store, one, given)

    assert not isinstance(while_open(store, change, lambda: withdraw(store, person, told.consent["id"])), VigieError)
    assert list(states(store).values()) == ["withdrawn"]


def test_two_who_take_it_back_at_once_do_it_once(store, told, make_person):
    people = [make_person("analyst", name=f"main-{number}") for number in range(3)]
    told.refer()
    done = at_once([lambda one=one: withdraw(store, one, told.consent["id"]) for one in people])
    assert [one.state for one in done] == ["withdrawn"] * 3
    assert len(events(store, "consent.withdrawn")) == 1
    assert [kind for kind, _, _ in told.house.told()].count("taken_back") == 1
