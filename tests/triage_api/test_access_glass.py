"""Emergency access: what it opens, what it never does, who hears of it, who reviews it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from store.errors import BadInput, NotAllowed
from store.tables import BrokenGlass, RegisterEntry, User
from triage_api.access.accounts import create_user
from triage_api.access.actions import RULES, Action
from triage_api.access.checks import warnings
from triage_api.access.glass.alerts import open_glass, unreviewed
from triage_api.access.glass.models import GlassReview
from triage_api.access.glass.second import second_person
from triage_api.access.glass.service import list_glass, review_glass
from triage_api.access.models import AccountIn, Person, Role
from triage_api.access.people import person_named
from triage_api.access.policy import GLASS_ROLES, POLICY, reach
from triage_api.shell.recording import recording

REASON = {"reason": "Une jeune est en danger et la superviseure ne répond pas."}
FINDING = {"finding": "proper", "note": "Les appels sont au dossier."}


def untrain(store, name):
    with store.database.writing() as session:
        session.execute(update(User).where(User.name == name).values(trained_on=None))


def entries(store, event):
    with store.database.reading() as session:
        return list(session.scalars(select(RegisterEntry).where(RegisterEntry.event == event)))


def glass_rows(store):
    with store.database.reading() as session:
        return list(session.scalars(select(BrokenGlass)))


def test_it_opens_what_a_lapsed_training_closed_and_closes_by_itself(person_in, store, clock):
    lea = person_in("analyst", name="lea")
    untrain(store, "lea")
    assert lea.api("GET", "/queue").json()["error"]["code"] == "training_needed"
    taken = lea.api("POST", "/glass", json=REASON)
    assert taken.status_code == 201
    assert lea.api("GET", "/queue").status_code == 200
    assert lea.api("POST", "/glass", json=REASON).json()["error"]["code"] == "glass_open"
    clock.forward(minutes=59)
    assert lea.api("GET", "/queue").status_code == 200
    clock.forward(minutes=1)
    assert lea.api("GET", "/queue").status_code == 403


def test_it_gives_what_a_supervisor_may_among_the_emergency_actions_and_nothing_else():
    never = {
        Action.ACCOUNT_MANAGE,
        Action.REGISTER_READ,
        Action.REVIEW_WORK,
        Action.NAME_REVEAL,
        Action.GLASS_REVIEW,
        Action.SUBJECT_ERASE,
        Action.EXPORT_MAKE,
        Action.EXPORT_READ,
    }
    assert not any(RULES[action].emergency for action in never)
    for role in Role:
        for action in Action:
            plain = Person("u-1", "x", "merle-01", "", frozenset({role}), "")
            lent = RULES[action].emergency and role in GLASS_ROLES
            expected = POLICY[Role.SUPERVISOR].get(action) if lent else reach(plain, action)
            assert reach(replace(plain, glass="g-1"), action) is expected, (role, action)
            if lent:
                assert reach(replace(plain, glass="g-1", trained=False), action) is expected
                assert reach(replace(plain, glass="g-1", pending="totp"), action) is None
                assert reach(replace(plain, glass="g-1", refused="house_roles"), action) is None


@pytest.mark.parametrize("role", [role for role in Role if role not in GLASS_ROLES])
def test_others_cannot_take_it(person_in, role):
    assert person_in(role.value).api("POST", "/glass", json=REASON).status_code == 403


def test_what_is_done_meanwhile_names_it_and_the_reason_is_sealed(person_in, town, store, clock):
    lea = person_in("analyst", name="lea")
    identity = town.post("Bonjour, je vends un vélo rouge à Laval.")
    glass = lea.api("POST", "/glass", json=REASON).json()["id"]
    assert lea.api("GET", f"/posts/{identity}").status_code == 200
    (broken,) = entries(store, "glass.broken")
    assert json.loads(broken.public)["glass"] == glass
    assert REASON["reason"] not in broken.public
    assert store.keys.opened(broken.sealed, f"glass:{glass}") == REASON["reason"]
    (opened,) = entries(store, "post.opened")
    assert json.loads(opened.public)["glass"] == glass
    clock.forward(hours=1)
    lea.api("GET", f"/posts/{identity}")
    assert all("glass" not in json.loads(entry.public) for entry in entries(store, "post.opened")[1:])


def test_without_an_entry_there_is_no_access(analyst, store, no_register):
    no_register()
    assert analyst.api("POST", "/glass", json=REASON).status_code == 503
    assert glass_rows(store) == []


@pytest.mark.parametrize("ended_by", ["seen", "review"])
def test_supervisors_and_auditors_are_alerted_on_every_page_until_one_has_seen_it(person_in, store, ended_by):
    lea, chef, verif = person_in("supervisor", name="lea"), person_in("supervisor", name="chef"), person_in("auditor")
    glass = lea.api("POST", "/glass", json=REASON).json()["id"]
    alert = 'href="/glass/review">Accès d&#39;urgence que personne'
    for who, page in ((chef, "/queue"), (chef, "/account"), (verif, "/register"), (verif, "/docs")):
        assert alert in who.page(page).text, page
    assert alert not in lea.page("/queue").text, "one's own is no news"
    assert lea.api("POST", f"/glass/{glass}/seen").status_code == 403
    assert alert in chef.page("/queue").text
    sent = {"json": FINDING} if ended_by == "review" else {}
    for who in (verif, chef) if ended_by == "seen" else (verif,):
        assert who.api("POST", f"/glass/{glass}/{ended_by}", **sent).status_code == 204
    assert alert not in chef.page("/queue").text
    told = [(entry.actor, json.loads(entry.public)) for entry in entries(store, "glass.seen")]
    ended = [(person_named(store, "auditor").pseudonym, {"glass": glass})]
    assert told == (ended if ended_by == "seen" else []), "nobody ends the others' alert unseen"


def test_somebody_else_reviews_it_once(person_in, store):
    lea, chef = person_in("supervisor", name="lea"), person_in("auditor", name="chef")
    glass = lea.api("POST", "/glass", json=REASON).json()["id"]
    own = lea.api("POST", f"/glass/{glass}/review", json=FINDING)
    assert (own.status_code, own.json()["error"]["code"]) == (403, "second_person")
    (item,) = chef.api("GET", "/glass").json()["items"]
    assert (item["reason"], item["reviewable"], item["late"]) == (REASON["reason"], True, False)
    assert lea.api("GET", "/glass").json()["items"][0]["reviewable"] is False
    said = [json.loads(entry.public) for entry in entries(store, "register.read")]
    assert said == [{"emergencies": 1}, {"emergencies": 1, "glass": glass}], "her own access is open still"
    assert chef.api("POST", f"/glass/{glass}/review", json={"finding": "bof", "note": "x"}).status_code == 422
    assert chef.api("POST", f"/glass/{glass}/review", json=FINDING).status_code == 204
    assert chef.api("POST", f"/glass/{glass}/review", json=FINDING).json()["error"]["code"] == "reviewed"
    (entry,) = entries(store, "glass.reviewed")
    assert json.loads(entry.public) == {"glass": glass, "finding": "proper"}
    assert FINDING["note"] not in repr([row.note for row in glass_rows(store)])
    assert chef.api("GET", "/glass").json()["items"][0]["note"] == FINDING["note"]
    assert chef.api("POST", "/glass/g-none/review", json=FINDING).status_code == 404


def test_a_review_is_late_after_a_week(person_in, store, clock):
    lea, chef = person_in("analyst", name="lea"), person_in("auditor", name="chef")
    lea.api("POST", "/glass", json=REASON)
    with store.database.reading() as session:
        assert unreviewed(session, store.clock()) == (1, 0)
        assert not any("emergency" in line for line in warnings(store, session))
    clock.forward(days=7)
    with store.database.reading() as session:
        assert unreviewed(session, store.clock()) == (1, 1)
        assert any("emergency accesses: 1 of 1" in line for line in warnings(store, session))
    chef.log_in("chef")
    assert chef.api("GET", "/glass").json()["items"][0]["late"] is True
    assert "vigie_glass_late 1" in chef.client.get("/metrics").text


def test_the_pages_take_review_and_keep_what_was_typed(person_in):
    lea, chef = person_in("analyst", name="lea"), person_in("auditor", name="chef")
    assert lea.send("/glass", reason=" ").status_code == 422
    assert lea.send("/glass", reason="<b>danger</b>").status_code == 303
    assert "<time" in lea.page("/glass").text
    again = lea.send("/glass", reason="<i>encore")
    assert again.status_code == 409
    glass = chef.api("GET", "/glass").json()["items"][0]["id"]
    assert "&lt;b&gt;danger" in chef.page("/glass/review").text
    missing = chef.send(f"/glass/{glass}/review", note="<u>noté")
    assert missing.status_code == 422
    assert "&lt;u&gt;noté" in missing.text
    assert chef.send(f"/glass/{glass}/review", **FINDING).status_code == 303
    assert FINDING["note"] in chef.page("/glass/review").text


@pytest.fixture
def small(make_store):
    """Return the store of a small house."""
    return make_store(house_profile="small", house_name="Maison Test")


def act_alone(store, person, *, since, reason="Personne d'autre cette nuit.", first=None):
    with recording(store) as session:
        return second_person(
            store, session, person, first=first or person.id, asked_at=since, act="subject.erase", reason=reason
        )


def test_two_people_need_no_reason_and_one_waits(store, make_person):
    lea, now = make_person("supervisor", name="lea"), store.clock()
    assert act_alone(store, lea, since=now, first="u-autre", reason="") is True
    with pytest.raises(NotAllowed) as caught:
        act_alone(store, lea, since=now - timedelta(days=300))
    assert caught.value.code == "second_person"
    assert glass_rows(store) == []


def test_in_a_small_house_one_goes_on_alone_after_a_day_and_the_partners_auditor_reviews_it(small, make_person):
    lea, chef, now = make_person("supervisor", name="lea"), make_person("supervisor", name="chef"), small.clock()
    create_user(small, AccountIn(name="verif", roles=["auditor"], organisation="Maison Voisine"))
    with pytest.raises(NotAllowed):
        act_alone(small, lea, since=now - timedelta(hours=23))
    with pytest.raises(BadInput):
        act_alone(small, lea, since=now - timedelta(hours=24), reason=" ")
    assert act_alone(small, lea, since=now - timedelta(hours=24)) is False
    (row,) = glass_rows(small)
    (entry,) = entries(small, "glass.broken")
    assert json.loads(entry.public) == {"glass": row.id, "act": "subject.erase", "via": "command line"}
    with small.database.reading() as session:
        assert not open_glass(session, lea.id, now), "to go on alone opens nothing"
    for who in (lea, chef):
        with pytest.raises(NotAllowed):
            review_glass(small, who, row.id, GlassReview(**FINDING))
    verif = person_named(small, "verif")
    assert list_glass(small, verif).items[0].reviewable
    review_glass(small, verif, row.id, GlassReview(**FINDING))
    assert glass_rows(small)[0].finding == "proper"
