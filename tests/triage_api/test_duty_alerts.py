"""Alerts: an immediate item that nobody takes in time, an item handed over; once, without content, one's own alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from desk_words import FAREWELL, words_of
from sqlalchemy import select, update
from test_at_once import at_once

from store.tables import DeskAlert, Duty, QueueItem, ReadingSpan, User
from triage_api.duty.alerts import tell
from triage_api.duty.running import tell_late, watching
from triage_api.queue.news import news
from triage_api.requests.models import RequestIn
from triage_api.requests.service import file_request

HOUR = timedelta(hours=1)
TAKEN = datetime(2026, 3, 2, 14, 31, tzinfo=UTC)
NUMBERS = count(1)


@pytest.fixture
def now(clock):
    clock.now = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
    return clock.now


@pytest.fixture
def people(make_person):
    roles = {"anne": "analyst", "bob": "analyst", "chef": "supervisor", "chefe": "supervisor", "ecole": "partner"}
    return {name: make_person(role, name=name) for name, role in roles.items()}


@pytest.fixture
def watch(store, people):
    def keep(name, since, hours=8.0, backup=""):
        row = Duty(id=f"d-{next(NUMBERS)}", user_id=people[name].id)
        row.backup_id = people[backup].id if backup else None
        row.starts_at, row.ends_at = since, since + hours * HOUR
        with store.database.writing() as session:
            session.add(row)

    return keep


def waits(store, clock, lane="immediate", **more):
    """Put an item in the queue; what it says does not matter here."""
    row = QueueItem(id=f"q-{next(NUMBERS):020}", lane=lane, urgency="immediate", rank=3, signals=["distress"])
    row.created_at = clock.now
    for name, value in more.items():
        setattr(row, name, value)
    with store.database.writing() as session:
        session.add(row)
    return row.id


def told(store, people):
    names = {person.id: name for name, person in people.items()}
    with store.database.reading() as session:
        rows = session.scalars(select(DeskAlert).order_by(DeskAlert.id))
        return sorted((names[row.user_id], row.kind, row.about) for row in rows)


def test_the_backup_is_told_once_the_time_is_over_and_never_again(now, store, clock, people, watch):
    watch("anne", now - HOUR, backup="bob")
    item = waits(store, clock)
    clock.forward(minutes=14, seconds=59)
    assert tell_late(store) == 0
    clock.forward(seconds=1)
    assert tell_late(store) == 1
    assert told(store, people) == [("bob", "unacknowledged", item)]
    clock.forward(hours=2)
    assert tell_late(store) == 0
    second = waits(store, clock)
    clock.forward(minutes=15)
    assert tell_late(store) == 1
    assert told(store, people)[1] == ("bob", "unacknowledged", second)


@pytest.mark.parametrize(
    "more",
    [
        {"lane": "at_risk"},
        {"lane": "requests", "urgency": "soon"},
        {"lane": "sample"},
        {"taken_at": TAKEN, "claimed_until": TAKEN + 2 * HOUR},
        {"status": "decided"},
        {"status": "withdrawn"},
    ],
)
def test_what_is_taken_closed_or_in_another_lane_alerts_nobody(now, store, clock, people, watch, more):
    watch("anne", now - HOUR, backup="bob")
    waits(store, clock, **more)
    clock.forward(hours=1)
    assert tell_late(store) == 0


def test_a_request_that_says_danger_is_now_is_told_like_an_immediate_post(now, store, clock, people, desk, watch):
    """The partner was told to call 911; whoever stands in hears all the same that nobody took it."""
    watch("anne", now - HOUR, backup="bob")
    danger = file_request(desk, people["ecole"], RequestIn(who="École", why="Elle est avec lui.", danger="yes")).id
    file_request(desk, people["ecole"], RequestIn(who="École", why="En fugue.", runaway=True))
    with store.database.reading() as session:
        item = session.scalars(select(QueueItem.id).where(QueueItem.request_id == danger)).one()
    clock.forward(minutes=15)
    assert tell_late(store) == 1
    assert told(store, people) == [("bob", "unacknowledged", item)]
    assert news(desk, people["anne"]).newest == [item]


@pytest.mark.parametrize("until", [None, TAKEN + timedelta(minutes=30)])
def test_what_was_taken_and_given_back_or_let_lapse_is_told(now, store, clock, people, watch, until):
    watch("anne", now - HOUR, backup="bob")
    item = waits(store, clock, taken_at=TAKEN, claimed_until=until)
    clock.forward(hours=1)
    assert tell_late(store) == 1
    assert told(store, people) == [("bob", "unacknowledged", item)]


def test_each_backup_of_those_on_duty_is_told(now, store, clock, people, watch):
    watch("anne", now, backup="bob")
    watch("chef", now, backup="chefe")
    item = waits(store, clock)
    clock.forward(minutes=15)
    assert tell_late(store) == 2
    assert told(store, people) == [("bob", "unacknowledged", item), ("chefe", "unacknowledged", item)]


def test_without_a_backup_who_still_can_every_supervisor_is_told(now, store, clock, people, watch):
    watch("anne", now, backup="bob")
    with store.database.writing() as session:
        session.execute(update(User).where(User.name == "bob").values(trained_on=None))
        session.execute(update(User).where(User.name == "chefe").values(active=False))
    item = waits(store, clock)
    clock.forward(minutes=15)
    assert tell_late(store) == 1
    assert told(store, people) == [("chef", "unacknowledged", item)]


def test_while_nobody_is_on_duty_supervisors_are_told_at_once_and_a_watch_has_its_time_first(
    now, store, clock, people, watch
):
    item = waits(store, clock)
    assert tell_late(store) == 2
    supervisors = [("chef", "unacknowledged", item), ("chefe", "unacknowledged", item)]
    assert told(store, people) == supervisors
    clock.forward(hours=10)
    watch("anne", clock.now, backup="bob")
    clock.forward(minutes=14)
    assert tell_late(store) == 0
    clock.forward(minutes=1)
    assert tell_late(store) == 1
    assert told(store, people) == [("bob", "unacknowledged", item), *supervisors]


def test_a_watch_that_follows_another_gives_no_new_time(now, store, clock, people, watch):
    watch("anne", now, hours=0.5, backup="bob")
    clock.forward(minutes=20)
    waits(store, clock)
    watch("chef", now + 0.5 * HOUR, backup="chefe")
    clock.forward(minutes=15)
    assert tell_late(store) == 1
    assert [name for name, _, _ in told(store, people)] == ["chefe"]


def test_two_workers_at_once_tell_each_person_once(now, store, clock, people):
    items = [waits(store, clock) for _ in range(20)]
    done = at_once([lambda: tell_late(store)] * 4)
    assert sum(done) == 40
    expected = sorted((name, "unacknowledged", item) for name in ("chef", "chefe") for item in items)
    assert told(store, people) == expected


def test_the_step_looks_once_a_minute_and_lets_go_after_thirty_days(now, store, clock, people, watch):
    watch("anne", now, backup="bob")
    gone, stays = waits(store, clock), waits(store, clock, lane="at_risk")
    with store.database.writing() as session:
        tell(session, "handed", [(people["bob"].id, gone), (people["bob"].id, stays)], now)
        session.add(ReadingSpan(user_id=people["anne"].id, began_at=now, last_at=now + HOUR, posts=1))
        session.execute(update(QueueItem).where(QueueItem.id == gone).values(status="expired"))
    step = watching(store)
    clock.forward(minutes=20)
    step()
    waits(store, clock)
    clock.forward(minutes=15)
    assert (step(), step()) == (1, 0)
    waits(store, clock, created_at=clock.now - HOUR)
    clock.forward(seconds=30)
    assert step() == 0
    clock.forward(seconds=30)
    assert step() == 1
    clock.forward(days=30, hours=9)
    step()
    with store.database.reading() as session:
        assert session.scalars(select(Duty)).all() == []
        assert session.scalars(select(ReadingSpan)).all() == []
        assert gone not in {row.about for row in session.scalars(select(DeskAlert))}
        assert stays in {row.about for row in session.scalars(select(DeskAlert))}


def test_while_nobody_is_to_be_told_it_waits_for_no_other_writer(now, store, clock, people, watch):
    watch("anne", now, backup="bob")
    waits(store, clock)
    with store.database.writing():
        assert tell_late(store) == 0


def line(page):
    return words_of(page.text.split('<main id="main"')[0]).replace("&#39;", "'")


@pytest.mark.team_slow
def test_a_real_post_alerts_without_a_word_of_it_until_it_is_seen_or_taken(now, store, clock, town, person_in):
    boss = person_in("supervisor", name="chef")
    other = person_in("supervisor", name="chefe")
    town.post(FAREWELL, author="auteurinconnu", city="Laval")
    assert tell_late(store) == 2
    alert = line(boss.page("/account"))
    assert "Immédiat : 1 en attente, non pris à temps. Le plus ancien attend depuis 2026-03-02 09:30" in alert
    raw = boss.page("/account").text + boss.api("GET", "/duty/alerts").text
    for word in ("adieu", "distress", "Détresse", "forum", "auteurinconnu", "Laval"):
        assert word not in raw
    (told_of,) = boss.api("GET", "/duty/alerts").json()["items"]
    assert set(told_of) == {"kind", "count", "since", "upto", "place"}
    seen = boss.send("/duty/alerts/seen", kind=told_of["kind"], upto=told_of["upto"], next="/account")
    assert (seen.status_code, seen.headers["location"]) == (303, "/account")
    assert "Immédiat" not in line(boss.page("/account"))
    other.send("/language", lang="en")
    assert "Immediate: 1 waiting" in line(other.page("/account")), "seen by one is seen by one"
    item = other.api("GET", "/queue").json()["items"][0]["id"]
    other.api("POST", f"/queue/{item}/claim")
    with store.database.writing() as session:
        session.execute(update(QueueItem).where(QueueItem.id == item).values(taken_at=clock.now))
    assert "Immediate" not in line(other.page("/account"))


def test_what_comes_after_stays_when_an_alert_is_seen(now, store, clock, person_in):
    boss = person_in("supervisor")
    waits(store, clock)
    tell_late(store)
    shown = boss.api("GET", "/duty/alerts").json()["items"][0]
    clock.forward(minutes=1)
    waits(store, clock)
    tell_late(store)
    assert boss.api("GET", "/duty/alerts").json()["items"][0]["count"] == 2
    assert boss.api("POST", "/duty/alerts/seen", json={"kind": shown["kind"], "upto": shown["upto"]}).status_code == 204
    (left,) = boss.api("GET", "/duty/alerts").json()["items"]
    assert (left["count"], left["since"]) == (1, clock.now.isoformat().replace("+00:00", "Z"))


def test_what_was_handed_over_is_told_to_whom_it_was_for_while_it_is(now, store, clock, person_in):
    mine, other = person_in("analyst", name="anne"), person_in("analyst", name="bob")
    with store.database.reading() as session:
        anne = session.scalar(select(User.id).where(User.name == "anne"))
    item = waits(store, clock, lane="at_risk", handed_to=anne)
    with store.database.writing() as session:
        assert tell(session, "handed", [(anne, item)], clock.now) == 1
        assert tell(session, "handed", [(anne, item)], clock.now) == 0
    assert "Remis à vous : 1 en attente" in line(mine.page("/account"))
    assert other.api("GET", "/duty/alerts").json()["items"] == []
    upto = mine.api("GET", "/duty/alerts").json()["items"][0]["upto"]
    other.api("POST", "/duty/alerts/seen", json={"kind": "handed", "upto": upto + 10})
    assert mine.api("GET", "/duty/alerts").json()["items"], "nobody sees for somebody else"
    mine.api("POST", "/duty/alerts/seen", json={"kind": "handed", "upto": upto})
    assert mine.api("GET", "/duty/alerts").json()["items"] == []
    with store.database.writing() as session:  # handed over once more
        session.execute(update(DeskAlert).values(seen_at=None))
    assert mine.api("GET", "/duty/alerts").json()["items"]
    with store.database.writing() as session:
        session.execute(update(QueueItem).where(QueueItem.id == item).values(handed_to=None))
    assert mine.api("GET", "/duty/alerts").json()["items"] == []


@pytest.mark.parametrize("sent", [{}, {"kind": "glass", "upto": 1}, {"kind": "handed", "upto": -1}, {"kind": "handed"}])
def test_seeing_something_else_is_refused(now, person_in, sent):
    boss = person_in("supervisor")
    assert boss.api("POST", "/duty/alerts/seen", json=sent).status_code == 422
    assert boss.send("/duty/alerts/seen", **sent).status_code == 422
