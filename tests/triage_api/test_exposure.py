"""Reading time: what counts, breaks, the limit of a day and going on, the cut-off; all on a frozen clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from desk_words import FAREWELL, LURE, words_of
from sqlalchemy import select
from test_at_once import at_once

from store.errors import Conflict
from store.tables import ReadingSpan, User
from triage_api.access.people import person_named
from triage_api.app import guarded_routes
from triage_api.exposure.day import Exposure, bounds, days_of, exposure_of, is_cut_off, restricts_to_immediate
from triage_api.exposure.service import go_on, how_many_over, require_going_on
from triage_api.exposure.ticking import acted, read

MINUTE = timedelta(minutes=1)
NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)


@pytest.fixture
def now(clock):
    clock.now = NOON
    return NOON


@pytest.fixture
def person(now, make_person):
    return make_person("analyst")


def spans(store):
    with store.database.reading() as session:
        rows = session.scalars(select(ReadingSpan).order_by(ReadingSpan.id))
        return [(row.began_at, row.last_at, row.posts) for row in rows]


def has_read(store, person, since, minutes, posts=1):
    with store.database.writing() as session:
        last = since + minutes * MINUTE
        session.add(ReadingSpan(user_id=person.id, began_at=since, last_at=last, posts=posts))


def today(store, person, clock) -> Exposure:
    with store.database.reading() as session:
        return exposure_of(session, store.settings, person.id, clock.now)


def restricted(store, person, clock):
    with store.database.reading() as session:
        return restricts_to_immediate(session, store.settings, person, clock.now)


def test_the_time_from_one_act_to_the_next_counts_up_to_a_break(desk, store, person, clock):
    read(desk, person)
    clock.forward(minutes=4)
    acted(store, person)
    clock.forward(minutes=10)
    read(desk, person)
    assert spans(store) == [(NOON, NOON + 14 * MINUTE, 2)]
    assert today(store, person, clock).seconds == 14 * 60
    clock.forward(minutes=10, seconds=1)
    assert today(store, person, clock).seconds == 15 * 60, "a minute for the text that was read last"
    acted(store, person)
    assert len(spans(store)) == 1, "what one does after a break is no reading until a text is opened"
    read(desk, person)
    assert spans(store)[1] == (clock.now, clock.now, 1)
    clock.forward(seconds=30)
    assert today(store, person, clock).seconds == 15 * 60 + 30
    assert today(store, person, clock).posts == 3


def test_two_windows_that_open_at_once_are_one_stretch(desk, store, person):
    at_once([lambda: read(desk, person)] * 4)
    assert spans(store) == [(NOON, NOON, 4)]


def test_somebody_elses_reading_and_a_programs_are_not_ones_own(desk, store, person, make_person, clock):
    other = make_person("analyst", name="autre")
    read(desk, other)
    clock.forward(minutes=5)
    acted(store, person)
    assert spans(store) == [(NOON, NOON, 1)]
    assert today(store, person, clock).seconds == 0


def test_deciding_at_the_desk_makes_it_longer_looking_does_not_nor_does_a_program(
    now, store, town, analyst, clock, desk
):
    town.post(FAREWELL)
    read(desk, person_named(store, "analyst"))
    clock.forward(minutes=5)
    item = analyst.api("GET", "/queue").json()["items"][0]["id"]
    analyst.page("/queue")
    made = analyst.api("POST", "/tokens", json={"label": "x", "scopes": ["queue.work", "post.read"]}).json()
    bearer = {"Authorization": f"Bearer {made['token']}"}
    assert analyst.client.post(f"/api/queue/{item}/claim", headers=bearer).status_code == 200
    read(desk, replace(person_named(store, "analyst"), scopes=frozenset()))
    assert spans(store) == [(NOON, NOON, 1)]
    assert analyst.send(f"/queue/{item}/skip").status_code == 303
    assert spans(store) == [(NOON, NOON + 5 * MINUTE, 1)]
    clock.forward(minutes=1)
    analyst.api("POST", "/queue/q-none/claim")
    assert spans(store)[0][1] == clock.now, "who tries is at the desk"


def test_a_stretch_over_midnight_is_shared_by_two_days(store, person, clock):
    midnight = bounds(date(2026, 3, 3))[0]
    assert midnight == datetime(2026, 3, 3, 5, tzinfo=UTC)
    has_read(store, person, midnight - 20 * MINUTE, 50, posts=7)
    clock.now = midnight + 60 * MINUTE
    with store.database.reading() as session:
        new, old, *before = days_of(session, person.id, clock.now)
    assert (new.day, new.seconds, new.posts) == (date(2026, 3, 3), 31 * 60, 0)
    assert (old.day, old.seconds, old.posts, old.stretches) == (date(2026, 3, 2), 20 * 60, 7, 1)
    assert [one.seconds for one in before] == [0] * 6


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 6, 1), 24)])
def test_a_day_has_the_hours_that_it_has_where_clocks_change(store, person, clock, day, hours):
    begins, ends = bounds(day)
    assert ends - begins == timedelta(hours=hours)
    has_read(store, person, begins - 60 * MINUTE, 60 * (hours + 2))
    clock.now = ends + 2 * 60 * MINUTE
    with store.database.reading() as session:
        days = days_of(session, person.id, clock.now)
    assert [one.seconds for one in days[:3]] == [61 * 60, hours * 3600, 3600]


def test_from_three_quarters_it_is_told_and_at_the_limit_one_is_asked(store, person, clock):
    has_read(store, person, NOON - 400 * MINUTE, 178)
    assert (today(store, person, clock).near, today(store, person, clock).over) == (False, False)
    has_read(store, person, NOON - 100 * MINUTE, 0)
    assert (today(store, person, clock).near, today(store, person, clock).over) == (True, False)
    assert not restricted(store, person, clock)
    has_read(store, person, NOON - 90 * MINUTE, 58)
    assert today(store, person, clock).seconds == 239 * 60
    has_read(store, person, NOON - 20 * MINUTE, 0)
    found = today(store, person, clock)
    assert (found.seconds, found.over, found.asks) == (240 * 60, True, True)
    assert restricted(store, person, clock)


def test_going_on_holds_for_an_hour_of_reading_and_for_a_day(desk, store, person, clock):
    go_on(desk, person)
    has_read(store, person, NOON - 300 * MINUTE, 245)
    assert restricted(store, person, clock), "nobody goes on in advance"
    with pytest.raises(Conflict) as refused, store.database.reading() as session:
        require_going_on(session, store.settings, person, clock.now)
    assert refused.value.code == "exposure_limit"
    go_on(desk, person)
    go_on(desk, person)
    assert (today(store, person, clock).over, restricted(store, person, clock)) == (True, False)
    with store.database.reading() as session:
        require_going_on(session, store.settings, person, clock.now)
    has_read(store, person, NOON - 50 * MINUTE, 49)
    assert not restricted(store, person, clock)
    has_read(store, person, NOON, 10)
    clock.forward(minutes=11)
    assert today(store, person, clock).seconds == 307 * 60
    assert restricted(store, person, clock), "another hour of reading: asked again"
    go_on(desk, person)
    assert not restricted(store, person, clock)
    clock.forward(days=1)
    has_read(store, person, clock.now - 300 * MINUTE, 245)
    assert restricted(store, person, clock)


def test_after_fifty_minutes_without_a_break_one_is_proposed_until_it_is_had(desk, store, person, clock):
    read(desk, person)
    for _ in range(5):
        clock.forward(minutes=9, seconds=59)
        acted(store, person)
    assert not today(store, person, clock).break_due
    clock.forward(seconds=5)
    assert today(store, person, clock).break_due
    clock.forward(minutes=9, seconds=55)
    assert today(store, person, clock).break_due
    clock.forward(seconds=1)
    assert (today(store, person, clock).break_due, today(store, person, clock).run) == (False, 0)
    read(desk, person)
    clock.forward(minutes=5)
    assert (today(store, person, clock).break_due, today(store, person, clock).run) == (False, 300)


@pytest.mark.parametrize(
    ("cut_off", "shown", "late"),
    [
        ("", "23:00", False),
        ("16:00", "15:59", False),
        ("16:00", "16:00", True),
        ("16:00", "23:59", True),
        ("16:00", "00:30", True),
        ("16:00", "05:59", True),
        ("16:00", "06:00", False),
        ("01:00", "00:59", False),
        ("01:00", "01:00", True),
        ("01:00", "06:00", False),
        ("01:00", "23:00", False),
    ],
)
@pytest.mark.parametrize(("day", "offset"), [("2026-03-09", "-04:00"), ("2026-03-06", "-05:00")])
def test_from_the_cut_off_until_the_morning_only_the_immediate_is_offered(
    make_store, cut_off, shown, late, day, offset
):
    house = make_store(exposure_cut_off=cut_off)
    assert is_cut_off(house.settings, datetime.fromisoformat(f"{day}T{shown}{offset}")) is late


def test_the_cut_off_holds_whoever_has_read_nothing(make_store, person, clock):
    house = make_store(exposure_cut_off="11:30")
    assert restricted(house, person, clock)
    clock.now = NOON - 31 * MINUTE
    assert not restricted(house, person, clock)


def test_the_page_shows_today_and_seven_days_in_both_languages(now, store, analyst):
    person = person_named(store, "analyst")
    has_read(store, person, NOON - 3 * 24 * 60 * MINUTE, 250, posts=41)
    has_read(store, person, NOON - 60 * MINUTE, 20, posts=12)
    page = words_of(analyst.page("/account/exposure").text)
    assert "2026-03-02 (aujourd&#39;hui) 21 min 12 1 non atteinte" in page
    assert "2026-02-27 4 h 11 min 41 1 atteinte" in page
    assert "2026-02-23" in page
    assert "2026-02-22" not in page
    analyst.send("/language", lang="en")
    assert "2026-03-02 (today) 21 min 12 1 not reached" in words_of(analyst.page("/account/exposure").text)
    told = analyst.api("GET", "/exposure").json()
    assert told["days"][3] == {"day": "2026-02-27", "minutes": 251, "posts": 41, "stretches": 1, "over": True}
    assert (told["limit_minutes"], told["asks_to_stop"], told["only_immediate"]) == (240, False, False)
    assert "/account/exposure" in analyst.page("/account").text


def above(browser, path="/account"):
    return words_of(browser.page(path).text.split('<main id="main"')[0])


def test_the_lines_above_every_page_and_one_more_click(now, store, analyst, clock):
    person = person_named(store, "analyst")
    assert "limite" not in above(analyst)
    has_read(store, person, NOON - 500 * MINUTE, 200)
    assert "Vous approchez de la limite du jour. Lu aujourd&#39;hui : 3 h 21 min" in above(analyst)
    has_read(store, person, NOON - 55 * MINUTE, 55)
    assert "C&#39;est assez pour aujourd&#39;hui : arrêtez de lire." in above(analyst)
    assert "Vous lisez sans pause depuis 55 min" in above(analyst)
    assert "Continuer quand même" in above(analyst, "/searches")
    gone = analyst.send("/account/exposure/on", next="/queue")
    assert (gone.status_code, gone.headers["location"]) == (303, "/queue")
    assert "Continuer quand même" not in above(analyst)
    assert "Vous avez choisi de continuer" in above(analyst)
    assert analyst.send("/account/exposure/on", next="//ailleurs.example/").headers["location"] == "/"
    analyst.send("/language", lang="en")
    assert "That is enough for today: stop reading." in above(analyst)


def test_beyond_the_limit_an_item_is_taken_after_one_more_click_an_immediate_one_at_once(now, store, analyst, town):
    has_read(store, person_named(store, "analyst"), NOON - 300 * MINUTE, 250)
    town.post(FAREWELL, "a")
    town.post(LURE, "b")
    urgent, other = (one["id"] for one in analyst.api("GET", "/queue").json()["items"])
    assert analyst.api("POST", f"/queue/{urgent}/claim").status_code == 200
    assert analyst.api("POST", f"/queue/{urgent}/release").status_code == 200
    refused = analyst.api("POST", f"/queue/{other}/claim")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "exposure_limit")
    page = analyst.send(f"/queue/{other}/claim")
    assert page.status_code == 409
    assert "Continuer quand même" in page.text
    assert 'name="next" value="/queue"' in page.text
    assert analyst.api("POST", "/exposure/on").status_code == 204
    assert analyst.api("POST", f"/queue/{other}/claim").status_code == 200


def test_a_campaign_is_no_way_around_the_limit(now, store, analyst, town):
    has_read(store, person_named(store, "analyst"), NOON - 300 * MINUTE, 250)
    posts = [town.post(f"{LURE} {more}", more, settle=False) for more in ("vite", "merci")]
    town.settle()
    item = f"q-{posts[0][2:]}"
    refused = analyst.api("POST", f"/queue/{item}/campaign/claim")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "exposure_limit")
    assert all(one["claimed_by"] is None for one in analyst.api("GET", "/queue").json()["items"])
    assert analyst.api("POST", "/exposure/on").status_code == 204
    assert len(analyst.api("POST", f"/queue/{item}/campaign/claim").json()["items"]) == 2


def test_after_the_cut_off_the_line_says_so(make_store, make_person, now, browser, store):
    store.settings.exposure_cut_off = "11:00"
    make_person("analyst")
    assert "Il est tard" in above(browser().log_in("analyst"))


@pytest.mark.parametrize(
    ("over", "under", "count"), [(0, 9, None), (2, 9, None), (3, 2, None), (3, 3, 3), (4, 5, 4), (6, 0, None)]
)
def test_a_count_that_would_say_who_is_not_told(now, store, make_person, over, under, count):
    people = [make_person("analyst", name=f"a{number}") for number in range(over + under)]
    make_person("partner")
    for number, one in enumerate(people):
        has_read(store, one, NOON - 300 * MINUTE, 245 if number < over else 200)
        has_read(store, one, NOON - timedelta(days=2), 500)
    with store.database.reading() as session:
        assert how_many_over(session, store.settings, now) == count


PRIVATE = ("7919", "3 h 08 min", '"minutes":188')


@pytest.mark.team_slow
@pytest.mark.parametrize("role", ["supervisor", "auditor", "administrator", "analyst"])
def test_nobody_reads_a_colleagues_minutes_by_any_address(now, store, person_in, role):
    colleague = person_in("analyst", name="anne")
    person = person_named(store, "anne")
    has_read(store, person, NOON - 200 * MINUTE, 187, posts=7919)
    own = colleague.page("/account/exposure").text + colleague.api("GET", "/exposure").text
    assert all(one in own for one in PRIVATE), "these are what must not be seen elsewhere"
    browser = person_in(role, name="moi")
    with store.database.reading() as session:
        identity = session.scalar(select(User.id).where(User.name == "anne"))
    looked = 0
    for method, path, _ in guarded_routes():
        if method != "GET" or "{" in path or path.startswith("/oidc/"):
            continue
        for name in ("", f"?person={identity}&user={identity}&user_id={identity}&who={person.pseudonym}&name=anne"):
            text = browser.client.get(path + name, follow_redirects=False).text
            looked += 1
            assert not [one for one in PRIVATE if one in text and not path.startswith("/openapi")], (path, name)
    for path in (f"/account/exposure/{identity}", f"/exposure/{identity}", f"/api/users/{identity}/exposure"):
        assert browser.page(path).status_code == 404
    assert looked > 40


@pytest.mark.parametrize("path", ["/account/exposure", "/api/exposure"])
def test_a_stranger_and_a_program_see_nothing(now, analyst, browser, path):
    made = analyst.api("POST", "/tokens", json={"label": "x", "scopes": ["queue.read"]}).json()
    bearer = {"Authorization": f"Bearer {made['token']}"}
    assert browser().client.get(path, follow_redirects=False).status_code in (303, 401)
    assert browser().client.get(path, headers=bearer, follow_redirects=False).status_code in (303, 403)
