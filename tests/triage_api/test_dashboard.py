"""The dashboard's figures against a plain count over a generated history; who sees what; an empty house; the page."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from asked_requests import ACT
from desk_words import FAREWELL, FUGUE, words_of
from queue_rows import put, row, some

from store.clock import house_zone
from store.counts import count_all
from store.tables import Decision, QueueItem, ReadingSpan
from triage_api.access.people import person_named
from triage_api.dashboard import weekly
from triage_api.dashboard.house import percentile
from triage_api.queue.models import LANES, VERDICTS

SEES = ("analyst", "supervisor")
OUTSIDE = ("auditor", "partner", "researcher", "investigator", "administrator", "quarantine_officer")


def told(browser):
    answer = browser.api("GET", "/dashboard")
    assert answer.status_code == 200, answer.text
    return answer.json()


def decided(item, user, verdict, at, **more) -> Decision:
    given = {"criteria": [], "sealed": b"", "grid": "1"} | more
    return Decision(item_id=item, post_id=None, user_id=user, verdict=verdict, created_at=at, **given)


def monday_of(moment: datetime) -> date:
    day = moment.astimezone(house_zone()).date()
    return day - timedelta(days=day.weekday())


def history(store, now: datetime, seed: int, user: str) -> list[tuple[datetime, str, str, datetime | None, datetime]]:
    """Keep decisions of some months, some of them undone; return moment, lane, verdict, when undone, when it came."""
    draw, rows = random.Random(seed), []
    for _ in range(150):
        at = now - timedelta(minutes=draw.randrange(60 * 24 * 75))
        came = at - timedelta(minutes=draw.randrange(4000))
        undone = at + timedelta(seconds=30) if draw.random() < 0.1 else None
        rows.append((at, draw.choice(LANES), draw.choice(VERDICTS), undone, came))
    rows.sort(key=lambda one: one[0])
    names = put(store, *(row(lane, came, status="decided") for _, lane, _, _, came in rows))
    with store.database.writing() as session:
        for name, (at, _, verdict, undone, _) in zip(names, rows, strict=True):
            session.add(decided(name, user, verdict, at, undone_at=undone))
            session.flush()
    return rows


@pytest.mark.parametrize("seed", range(2))
def test_decisions_by_week_are_those_of_a_plain_count(person_in, store, clock, seed):
    browser = person_in("supervisor")
    rows = history(store, clock(), seed, person_named(store, "supervisor").id)
    for _ in range(2):  # the second time the weeks that are over are remembered
        weeks = told(browser)["weeks"]
        assert [one["week"] for one in weeks] == [
            f"{monday_of(clock()) - timedelta(weeks=back)}" for back in reversed(range(8))
        ]
        for week in weeks:
            own = [one for one in rows if f"{monday_of(one[0])}" == week["week"] and one[3] is None]
            assert week["verdicts"] == {one: Counter(verdict for _, _, verdict, *_ in own)[one] for one in VERDICTS}
            assert week["lanes"] == {one: Counter(lane for _, lane, *_ in own)[one] for one in LANES}
        clock.forward(minutes=50)


def test_what_is_decided_and_undone_this_week_shows_at_once(analyst, town, clock):
    clock.forward(minutes=50)
    item = f"q-{town.post(FUGUE)[2:]}"
    assert told(analyst)["weeks"][-1]["verdicts"]["watch"] == 0
    sent = {"verdict": "watch", "criteria": [], "reason": "à suivre"}
    assert analyst.api("POST", f"/queue/{item}/decision", json=sent).status_code == 201
    assert told(analyst)["weeks"][-1]["verdicts"]["watch"] == 1
    assert analyst.api("POST", f"/queue/{item}/undo").status_code == 200
    assert told(analyst)["weeks"][-1]["verdicts"]["watch"] == 0


def test_what_waits_is_what_the_queue_counts(person_in, store, clock):
    put(store, *some(5, 80, clock()))
    counts = person_in("supervisor").api("GET", "/queue/counts").json()
    for role in SEES:
        found = told(person_in(role, name=f"autre-{role}"))
        assert (found["lanes"], found["desks"]) == (counts["lanes"], counts["desks"])


def nearest_rank(values, share):
    ordered = sorted(values)
    return int(next(one for one in ordered if sum(each <= one for each in ordered) >= share * len(ordered)))


def test_times_are_those_of_a_plain_count(person_in, store, clock):
    browser = person_in("supervisor")
    rows = history(store, clock(), 9, person_named(store, "supervisor").id)
    spans = {(one["what"], one["lane"]): one for one in told(browser)["spans"]}
    for lane in ("", *LANES):
        taken = [(at - came).total_seconds() for at, own, _, undone, came in rows if not undone and lane in ("", own)]
        one = spans["to_decision", lane]
        assert one["cases"] == len(taken)
        assert one["median_s"] == nearest_rank(taken, 0.5)
        assert one["p90_s"] == nearest_rank(taken, 0.9)
    assert spans["to_queue", ""]["cases"] == 0


def test_publication_to_queue_counts_posts_with_a_date_that_is_past(analyst, town, clock):
    town.post(FUGUE, "1", posted_at=(clock() - timedelta(hours=3)).isoformat())
    town.post(FAREWELL, "2")
    span = told(analyst)["spans"][0]
    assert (span["what"], span["cases"], span["median_s"], span["p90_s"]) == ("to_queue", 1, 10800, 10800)


def test_an_item_that_came_back_is_not_measured_from_before(person_in, store, clock):
    browser = person_in("supervisor")
    (item,) = put(store, row("ads", clock()))
    with store.database.writing() as session:
        session.add(decided(item, person_named(store, "supervisor").id, "watch", clock() - timedelta(days=2)))
    assert [one["cases"] for one in told(browser)["spans"]] == [0, 0]


def test_what_was_drawn_or_opened_again_is_not_measured_from_its_publication(analyst, town, store, clock):
    posts = [town.post(f"{FUGUE} no {number}", f"{number}", posted_at=clock().isoformat()) for number in range(3)]
    clock.forward(days=2)
    with store.database.writing() as session:
        drawn, again = (session.get(QueueItem, f"q-{post[2:]}") for post in posts[:2])
        drawn.lane = "sample"
        session.add(decided(again.id, person_named(store, "analyst").id, "watch", clock() - timedelta(days=1)))
        again.created_at = clock()
    analyst.log_in("analyst")
    assert (told(analyst)["spans"][0]["cases"], told(analyst)["spans"][0]["p90_s"]) == (1, 0)


def test_decisions_before_the_weeks_shown_are_not_gone_through(person_in, store, clock, monkeypatch):
    browser = person_in("supervisor")
    user = person_named(store, "supervisor").id
    (item,) = put(store, row("ads", clock() - timedelta(days=400), status="decided"))
    with store.database.writing() as session:
        session.add_all([decided(item, user, "watch", clock() - timedelta(days=days)) for days in (300, 200, 100)])
        session.flush()
        session.add_all([decided(item, user, "refer", clock() - timedelta(days=days)) for days in (30, 20, 0)])
    monkeypatch.setattr(weekly, "_MARGIN", 1)
    found = [week["verdicts"] for week in told(browser)["weeks"]]
    assert (sum(one["refer"] for one in found), sum(one["watch"] for one in found)) == (3, 0)
    with store.database.reading() as session:
        assert weekly._last_before(session, clock() - timedelta(days=50)) == 3
        assert weekly._last_before(session, clock() - timedelta(days=500)) == 0


@pytest.mark.parametrize("share", [0.5, 0.9])
@pytest.mark.parametrize("size", [1, 2, 9, 10, 11, 100])
def test_a_percentile_is_the_nearest_rank(share, size):
    values = sorted(random.Random(size).choices(range(50), k=size))
    assert percentile(values, share) == nearest_rank(values, share)
    assert percentile([], share) is None


def test_a_territory_that_a_source_gave_is_shown_and_never_obeyed(analyst, store, clock):
    put(store, row("ads", clock(), desk="<b>Laval\u202eervaH"))
    page = analyst.page("/dashboard").text
    assert "&lt;b&gt;Laval[U+202E]ervaH" in page


def test_requests_are_told_by_answer(person_in, clock):
    partner, browser = person_in("partner"), person_in("analyst")
    for number, kind in enumerate(["act", "passed", "passed", ""]):
        asked = {"who": "École", "why": f"Inquiétude {number}", "handles": [f"@pseudo{number}"]}
        made = partner.api("POST", "/requests", json=asked).json()["id"]
        if kind:
            answer = browser.api("POST", f"/requests/{made}/answer", json=ACT | {"kind": kind})
            assert answer.status_code in (200, 201), answer.text
    found = {one["kind"]: one["requests"] for one in told(browser)["outcomes"]}
    assert found == {"act": 1, "passed": 2, "nothing_found": 0, "call_us": 0}
    clock.forward(weeks=9)
    assert sum(one["requests"] for one in told(person_in("supervisor"))["outcomes"]) == 0


def test_what_came_in_is_told_for_whole_days_only(analyst, town, store, clock):
    town.post(FUGUE, "1")
    town.post(FUGUE, "2")
    assert told(analyst)["flow"]["figures"]["seen"] == 0, "today is not over"
    clock.forward(days=1)
    flow = told(person_again(analyst))["flow"]
    assert {name: flow["figures"][name] for name in ("seen", "to_read", "spared", "dropped")} == {
        "seen": 2,
        "to_read": 2,
        "spared": 1,
        "dropped": 0,
    }
    assert flow["figures"]["flagged:minor"] == 2
    assert flow["days"][-1] == {"day": "2026-03-02", "seen": 2, "to_read": 2, "spared": 1, "dropped": 0}
    assert len(flow["days"]) == 28
    with store.database.writing() as session:
        count_all(session, date(2026, 2, 1), {"seen": 1000})
    assert told(analyst)["flow"]["figures"]["seen"] == 2


def person_again(browser):
    """Log in again: a day has passed."""
    return browser.log_in("analyst")


@pytest.mark.parametrize("role", SEES)
def test_an_empty_house_has_a_page_in_both_languages(person_in, role):
    browser = person_in(role)
    found = told(browser)
    assert sum(one["waiting"] for one in found["lanes"]) == 0
    assert {one["state"] for one in found["drift"]["signals"]} == {"new"}
    assert {one["alpha"] for one in found["agreement"]} == {None}
    french = browser.page("/dashboard")
    assert french.status_code == 200
    assert "0 en attente, dont 0 en retard" in words_of(french.text)
    browser.send("/language", lang="en")
    english = words_of(browser.page("/dashboard").text)
    assert "0 waiting, 0 of them past their target" in english
    assert "dashboard." not in english
    assert "dashboard." not in words_of(french.text)


@pytest.mark.parametrize("role", OUTSIDE)
def test_nobody_else_enters(person_in, role):
    browser = person_in(role)
    assert browser.api("GET", "/dashboard").status_code == 403
    assert browser.page("/dashboard").status_code == 403
    assert browser.page("/dashboard/chart.svg?name=waiting").status_code == 403
    assert 'href="/dashboard"' not in browser.page("/account").text


def has_read(store, user, since, minutes):
    with store.database.writing() as session:
        session.add(ReadingSpan(user_id=user.id, began_at=since, last_at=since + timedelta(minutes=minutes), posts=3))


def test_reading_time_is_ones_own_and_of_others_only_how_many(person_in, make_person, store, clock):
    clock.forward(hours=8)
    browser = {role: person_in(role) for role in SEES}
    has_read(store, person_named(store, "analyst"), clock() - timedelta(minutes=90), 29)
    for number in range(3):
        has_read(store, make_person("analyst", name=f"lit{number}"), clock() - timedelta(minutes=300), 250)
    assert told(browser["supervisor"])["over"] is None, "two have not reached it: the count would say who"
    make_person("analyst", name="neuf")
    found = {role: told(browser[role]) for role in SEES}
    assert {role: one["over"] for role, one in found.items()} == {"analyst": None, "supervisor": 3}
    assert [one["own"]["days"][0]["minutes"] for one in found.values()] == [30, 0]
    pages = {role: words_of(browser[role].page("/dashboard").text) for role in SEES}
    assert "Lu aujourd&#39;hui : 30 min" in pages["analyst"]
    assert "atteint la limite aujourd" not in pages["analyst"]
    assert "Personnes qui ont atteint la limite aujourd&#39;hui : 3." in pages["supervisor"]
    told_others = f"{found['supervisor']}{pages['supervisor']}"
    assert "250" not in told_others
    assert "4 h 11" not in told_others
    assert "lit0" not in told_others


def test_a_programs_token_gets_the_houses_figures_and_no_reading_time(analyst):
    made = analyst.api("POST", "/tokens", json={"label": "x", "scopes": ["dashboard.read"]}).json()
    bearer = {"Authorization": f"Bearer {made['token']}"}
    analyst.client.cookies.clear()
    answer = analyst.client.get("/api/dashboard", headers=bearer)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["own"], answer.json()["over"]) == (None, None)


def test_nobody_comes_home_to_it_whose_training_lapsed(analyst, clock):
    clock.forward(days=500)
    analyst.log_in("analyst")
    assert analyst.page("/dashboard").status_code == 200
    assert analyst.client.get("/", follow_redirects=False).headers["location"] == "/account"
