"""Watches: taken, planned, ended, with a back-up; who is told what of them; what stands for them where none are."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from desk_words import words_of
from sqlalchemy import select, update
from test_at_once import at_once

from store.errors import VigieError
from store.tables import Duty, RegisterEntry, User
from triage_api.duty.models import WatchIn
from triage_api.duty.service import Overlap, plan
from triage_api.duty.standing import standing

HOUR = timedelta(hours=1)


@pytest.fixture
def now(clock):
    clock.now = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)  # Monday, 09:30 in Québec
    return clock.now


def told(moment):
    return moment.isoformat().replace("+00:00", "Z")


def entries(store):
    with store.database.reading() as session:
        rows = session.scalars(select(RegisterEntry).where(RegisterEntry.event == "duty.taken"))
        return [(row.actor, json.loads(row.public)) for row in rows]


def change(store, name, **values):
    with store.database.writing() as session:
        session.execute(update(User).where(User.name == name).values(**values))


def pseudonym(store, name):
    with store.database.reading() as session:
        return session.scalar(select(User.pseudonym).where(User.name == name))


def found(store, clock):
    with store.database.reading() as session:
        return standing(session, store.settings, clock.now)


def planned(browser, since, hours=2, **more):
    asked = {"starts_at": since.isoformat(), "ends_at": (since + hours * HOUR).isoformat(), **more}
    return browser.api("POST", "/duty", json=asked)


def code(answer):
    return answer.status_code, answer.json()["error"]["code"], answer.json()["error"]["field"]


def test_the_watch_is_taken_from_now_until_an_hour_and_entered(now, analyst, store, person_in):
    person_in("supervisor", name="chef")
    made = analyst.api("POST", "/duty/now", json={"until": "17h00", "backup": pseudonym(store, "chef")})
    assert made.status_code == 201, made.text
    own, chef = pseudonym(store, "analyst"), pseudonym(store, "chef")
    end = datetime(2026, 3, 2, 22, tzinfo=UTC)
    assert made.json() | {"id": ""} == {
        "id": "",
        "who": own,
        "backup": chef,
        "starts_at": told(now),
        "ends_at": told(end),
        "now": True,
        "mine": True,
    }
    stands = analyst.api("GET", "/duty").json()["standing"]
    assert stands["on_duty"]
    assert stands["until"] == told(end)
    assert stands["who"] == [{"who": own, "until": told(end)}]
    (actor, public), *rest = entries(store)
    assert not rest
    assert actor == own
    assert (public["act"], public["who"], public["backup"]) == ("taken", own, chef)
    assert (public["from"], public["until"]) == (now.isoformat(), end.isoformat())


def test_nothing_is_taken_when_the_register_cannot_be_written(now, analyst, store, no_register):
    no_register()
    assert analyst.api("POST", "/duty/now", json={"until": "17:00"}).status_code == 503
    with store.database.reading() as session:
        assert session.scalars(select(Duty)).all() == []


def test_a_watch_over_midnight_on_the_night_when_clocks_go_back(clock, analyst, store):
    clock.now = datetime(2026, 11, 1, 2, tzinfo=UTC)  # Saturday, 22:00
    change(store, "analyst", trained_on=date(2026, 10, 1))
    analyst.log_in("analyst")
    assert analyst.api("POST", "/duty/now", json={"until": "06:00"}).json()["ends_at"] == "2026-11-01T11:00:00Z"
    clock.forward(hours=8, minutes=59)
    assert found(store, clock).on_duty
    clock.forward(minutes=1)
    assert not found(store, clock).on_duty


@pytest.mark.parametrize(
    ("begins", "ends", "problem"),
    [
        (2, 1, "hours_reversed"),
        (2, 2, "hours_reversed"),
        (-1, 3, "watch_past"),
        (1, 27, "watch_long"),
        (93 * 24, 93 * 24 + 1, "watch_far"),
    ],
)
def test_hours_that_cannot_be_are_refused(now, analyst, begins, ends, problem):
    status, name, _ = code(planned(analyst, now + begins * HOUR, ends - begins))
    assert (status, name) == (422, problem)


@pytest.mark.parametrize("until", ["", "25:00", "9", "17:60", "demain", "17:00:00"])
def test_an_hour_that_no_clock_shows_is_refused(now, analyst, until):
    assert analyst.api("POST", "/duty/now", json={"until": until}).status_code == 422


def test_a_form_filled_in_slowly_begins_now(now, analyst):
    assert planned(analyst, now - timedelta(minutes=5)).json()["starts_at"] == told(now)


def test_one_person_has_one_watch_at_a_time_and_several_persons_may(now, analyst, person_in, store):
    assert planned(analyst, now + 2 * HOUR).status_code == 201
    for begins, hours in ((1, 2), (2, 2), (3, 2), (2.5, 0.5), (1, 6)):
        assert code(planned(analyst, now + begins * HOUR, hours))[:2] == (409, "duty_overlap")
    assert planned(analyst, now + 4 * HOUR).status_code == 201, "it begins when the other ends"
    assert planned(person_in("analyst", name="autre"), now + 2 * HOUR).status_code == 201
    assert analyst.api("GET", "/duty").json()["standing"]["next_at"] == told(now + 2 * HOUR)


def test_of_two_who_plan_the_same_at_once_one_has_it(now, desk, make_person):
    person = make_person("analyst")
    asked = WatchIn(starts_at=now + HOUR, ends_at=now + 2 * HOUR)
    outcomes = at_once([lambda: plan(desk, person, asked)] * 4)
    assert [type(one) for one in outcomes if isinstance(one, VigieError)] == [Overlap] * 3


def test_a_backup_is_active_trained_able_and_not_oneself(now, analyst, person_in, store):
    for name, role in (("parti", "analyst"), ("echu", "analyst"), ("ecole", "partner"), ("chef", "supervisor")):
        person_in(role, name=name)
    change(store, "parti", active=False)
    change(store, "echu", trained_on=None)
    for name in ("parti", "echu", "ecole"):
        refused = planned(analyst, now + HOUR, backup=pseudonym(store, name))
        assert code(refused) == (422, "cannot_watch", "backup")
        assert refused.text == planned(analyst, now + HOUR, backup="personne-99").text, "it tells nothing of accounts"
    assert code(planned(analyst, now + HOUR, backup=pseudonym(store, "analyst")))[1] == "own_backup"
    made = planned(analyst, now + HOUR).json()["id"]
    named = analyst.api("POST", f"/duty/{made}/backup", json={"backup": pseudonym(store, "chef")})
    assert named.json()["backup"] == pseudonym(store, "chef")
    assert analyst.api("POST", f"/duty/{made}/backup", json={}).json()["backup"] is None
    assert [public["act"] for _, public in entries(store)] == ["taken", "backup", "backup"]


def test_an_analyst_keeps_their_own_a_supervisor_everybodys(now, analyst, person_in, store):
    boss = person_in("supervisor")
    analysts = pseudonym(store, "analyst")
    assert code(planned(analyst, now + HOUR, person=pseudonym(store, "supervisor")))[:2] == (403, "not_allowed")
    theirs = planned(boss, now + HOUR).json()["id"]
    mine = planned(boss, now + HOUR, person=analysts).json()
    assert (mine["who"], mine["mine"]) == (analysts, False)
    missing = analyst.api("POST", "/duty/d-00000000000000000000/end")
    for act in ("end", "backup"):
        refused = analyst.api("POST", f"/duty/{theirs}/{act}", json={})
        assert (refused.status_code, refused.text) == (404, missing.text)
    assert analyst.api("POST", f"/duty/{mine['id']}/end").status_code == 204
    assert boss.api("POST", f"/duty/{theirs}/end").status_code == 204
    assert boss.api("GET", "/duty").json()["items"] == []


def test_a_watch_ends_early_and_one_not_begun_is_withdrawn(now, analyst, clock, store):
    running = analyst.api("POST", "/duty/now", json={"until": "17:00"}).json()["id"]
    later = planned(analyst, now + 20 * HOUR).json()["id"]
    clock.forward(minutes=40)
    assert analyst.api("POST", f"/duty/{running}/end").status_code == 204
    assert analyst.api("POST", f"/duty/{later}/end").status_code == 204
    assert not found(store, clock).on_duty
    assert [public["act"] for _, public in entries(store)][2:] == ["ended", "withdrawn"]
    assert entries(store)[2][1]["until"] == clock.now.isoformat()
    assert code(analyst.api("POST", f"/duty/{running}/end"))[:2] == (409, "watch_over")
    assert analyst.api("POST", f"/duty/{later}/end").status_code == 404


def test_whose_account_or_training_ended_is_on_duty_no_more(now, analyst, clock, store):
    analyst.api("POST", "/duty/now", json={"until": "17:00"})
    change(store, "analyst", trained_on=None)
    assert found(store, clock).on_duty == ()
    change(store, "analyst", trained_on=now.date(), active=False)
    assert found(store, clock).on_duty == ()
    change(store, "analyst", active=True)
    assert len(found(store, clock).on_duty) == 1


def test_watches_that_follow_each_other_are_one_cover(now, analyst, person_in, clock, store):
    analyst.api("POST", "/duty/now", json={"until": "11:30"})
    other = person_in("analyst", name="autre")
    planned(other, now + 2 * HOUR, 3)
    planned(other, now + 8 * HOUR, 1)
    clock.forward(hours=3)
    covered = found(store, clock)
    assert (covered.since, covered.until, covered.next_at) == (now, now + 5 * HOUR, now + 8 * HOUR)
    assert [one.pseudonym for one in covered.on_duty] == [pseudonym(store, "autre")]
    clock.forward(hours=3)
    gap = found(store, clock)
    assert (gap.on_duty, gap.since, gap.until, gap.next_at) == ((), None, None, now + 8 * HOUR)


def test_working_hours_of_the_able_stand_where_nobody_keeps_watches(now, make_person, make_store, clock):
    make_person("analyst")
    make_person("partner")
    house = make_store(house_shift="lun-ven 08:00-16:00")
    change(house, "partner", shift="24/7")
    day = found(house, clock)
    assert not day.by_watches
    assert [one.until for one in day.on_duty] == [day.until] == [datetime(2026, 3, 2, 21, tzinfo=UTC)]
    clock.now = datetime(2026, 3, 2, 21, tzinfo=UTC)
    assert not found(house, clock).on_duty, (
        "half an hour's grace is for those who look back, not for who may be hoped for"
    )
    assert found(house, clock).next_at == datetime(2026, 3, 3, 13, tzinfo=UTC)
    clock.now = datetime(2026, 3, 6, 22, tzinfo=UTC)  # Friday evening; clocks change on Sunday
    assert found(house, clock).next_at == datetime(2026, 3, 9, 12, tzinfo=UTC)


def test_ones_own_hours_go_before_the_houses_and_hours_without_end_have_none(now, make_person, make_store, clock):
    make_person("analyst")
    house = make_store(house_shift="lun-ven 08:00-16:00")
    change(house, "analyst", shift="24/7")
    always = found(house, clock)
    assert (always.until, always.next_at, always.on_duty[0].until) == (None, None, None)
    change(house, "analyst", shift="mar 08:00-09:00")
    assert not found(house, clock).on_duty


@pytest.mark.parametrize("hours", ["", "de temps en temps"])
def test_without_hours_nobody_is_on_duty(now, make_person, make_store, clock, hours):
    make_person("analyst")
    nobody = found(make_store(house_shift=hours), clock)
    assert (nobody.on_duty, nobody.next_at) == ((), None)


def test_in_a_house_that_keeps_watches_working_hours_count_for_nothing(now, analyst, make_store, clock):
    house = make_store(house_shift="24/7")
    assert found(house, clock).on_duty
    planned(analyst, now + HOUR, 1)
    assert not found(house, clock).on_duty
    clock.forward(days=7)
    assert not found(house, clock).on_duty
    clock.forward(hours=2)
    assert found(house, clock).on_duty, "a week after the last watch it keeps none any more"


def test_a_partner_is_told_whether_and_when_never_who(now, analyst, person_in, store):
    partner = person_in("partner", name="ecole")
    for page in ("/duty", "/requests", "/coverage"):
        text = words_of(partner.page(page).text).replace("&#39;", "'")
        assert text.index("911") < text.index("Personne n'est de garde en ce moment")
    person_in("supervisor", name="chef")
    names = [pseudonym(store, "analyst"), pseudonym(store, "chef")]
    analyst.api("POST", "/duty/now", json={"until": "17:00", "backup": names[1]})
    planned(analyst, now + 20 * HOUR, backup=names[1])
    page = partner.api("GET", "/duty").json()
    assert page["items"] == []
    assert page["standing"] == {
        "on_duty": True,
        "until": "2026-03-02T22:00:00Z",
        "next_at": told(now + 20 * HOUR),
        "who": [],
        "by_watches": None,
    }
    for path in ("/duty", "/requests", "/coverage", "/api/duty"):
        text = partner.page(path).text
        assert not [name for name in names if name in text], path
        assert "on_duty" in text or "de garde jusqu" in words_of(text) or "Quelqu&#39;un" in text
    assert partner.api("POST", "/duty/now", json={"until": "17:00"}).status_code == 403
    assert partner.page("/duty/plan").status_code == 403


def test_an_auditor_reads_who_and_changes_nothing(now, analyst, person_in, store):
    analyst.api("POST", "/duty/now", json={"until": "17:00"})
    auditor = person_in("auditor")
    assert auditor.api("GET", "/duty").json()["items"][0]["who"] == pseudonym(store, "analyst")
    assert "<form class" not in auditor.page("/duty").text
    assert auditor.api("POST", "/duty/now", json={"until": "17:00"}).status_code == 403


def test_the_page_takes_plans_and_ends_in_both_languages(now, analyst, person_in, store):
    chef = person_in("supervisor", name="chef")
    name = pseudonym(store, "chef")
    assert analyst.send("/duty/now", until="17:00", backup=name).headers["location"] == "/duty"
    page = words_of(analyst.page("/duty").text)
    assert "2026-03-02 17:00" in page
    assert "Vous êtes de garde." in page
    assert 'action="/duty/now"' not in analyst.page("/duty").text
    assert 'action="/duty/now"' in chef.page("/duty").text
    again = analyst.send("/duty/now", until="18:00")
    assert again.status_code == 409
    assert "18:00" in again.text
    assert "Garde déjà inscrite : 2026-03-02 09:30 – 2026-03-02 17:00" in words_of(again.text)
    wrong = analyst.send("/duty/plan", starts_at="2026-03-03T09:00", ends_at="2026-03-03T08:00", backup=name)
    assert wrong.status_code == 422
    assert "2026-03-03T08:00" in wrong.text
    assert "La fin est avant le début." in wrong.text
    wrong = analyst.send("/duty/plan", starts_at="demain", ends_at="2026-03-03T08:00")
    assert (wrong.status_code, "demain" in wrong.text) == (422, True)
    sent = {"starts_at": "2026-03-08T01:00", "ends_at": "2026-03-08T07:00", "person": pseudonym(store, "analyst")}
    assert chef.send("/duty/plan", **sent).status_code == 303
    items = chef.api("GET", "/duty").json()["items"]
    assert [items[1]["starts_at"], items[1]["ends_at"]] == ["2026-03-08T06:00:00Z", "2026-03-08T11:00:00Z"]
    chef.send("/language", lang="en")
    assert "Somebody is on duty" in chef.page("/duty").text
    assert 'name="person"' in chef.page("/duty/plan").text
    assert 'name="person"' not in analyst.page("/duty/plan").text
    assert chef.send(f"/duty/{items[1]['id']}/backup", backup="personne-99").status_code == 422
    assert chef.send(f"/duty/{items[1]['id']}/backup", backup=name).status_code == 303
    assert chef.send(f"/duty/{items[1]['id']}/end").status_code == 303
    assert len(chef.api("GET", "/duty").json()["items"]) == 1
