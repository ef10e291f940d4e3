"""How much waits in each lane and territory, since when, and what is late; filters by them, and how it is shown."""

from __future__ import annotations

from datetime import timedelta

import pytest
from desk_words import FUGUE, words_of
from queue_rows import put, row, some

from triage_api.queue.models import LANES

TARGETS = {"immediate": timedelta(minutes=15), "soon": timedelta(hours=24)}
OTHERS = timedelta(days=5)


def counts(browser):
    answer = browser.api("GET", "/queue/counts")
    assert answer.status_code == 200, answer.text
    return answer.json()


def items(browser, **asked):
    answer = browser.api("GET", "/queue", params={"limit": 200, **asked})
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def is_late(one, now):
    return now - one.created_at >= TARGETS.get(one.urgency, OTHERS)


@pytest.mark.parametrize("seed", range(3))
def test_each_lane_tells_what_waits_what_is_late_and_since_when(analyst, store, clock, seed):
    clock.forward(minutes=seed * 20, seconds=seed)
    rows = some(seed, 120, clock())
    put(store, *rows, row("ads", clock(), status="decided"), row("at_risk", clock(), status="expired"))
    told = {lane["lane"]: lane for lane in counts(analyst)["lanes"]}
    assert list(told) == list(LANES)
    for lane in LANES:
        own = [one for one in rows if one.lane == lane]
        oldest = min(one.created_at for one in own)
        assert told[lane]["waiting"] == len(own)
        assert told[lane]["late"] == sum(is_late(one, clock()) for one in own)
        assert told[lane]["oldest_s"] == (clock() - oldest).total_seconds()
        targets = {TARGETS.get(one.urgency, OTHERS).total_seconds() for one in own if one.created_at == oldest}
        assert told[lane]["target_s"] in targets
    assert {desk["desk"]: desk["waiting"] for desk in counts(analyst)["desks"]} == {
        name or "unknown": sum(one.desk == name for one in rows) for name in ("Estrie", "Montréal", "")
    }


@pytest.mark.parametrize("lane", [None, *LANES])
def test_late_only_lists_what_is_counted_as_late(analyst, store, clock, lane):
    rows = some(7, 120, clock())
    put(store, *rows)
    asked = {"late": "true"} | ({"lane": lane} if lane else {})
    wanted = {one.id for one in rows if is_late(one, clock()) and lane in (None, one.lane)}
    found = items(analyst, **asked)
    assert {item["id"] for item in found} == wanted
    assert all(item["late"] for item in found)
    assert sum(item["late"] for item in items(analyst, **({"lane": lane} if lane else {}))) == len(wanted)


def test_an_empty_queue_has_every_lane(analyst):
    told = counts(analyst)
    assert [lane["waiting"] for lane in told["lanes"]] == [0] * len(LANES)
    assert {lane["oldest_s"] for lane in told["lanes"]} == {None}
    assert told["desks"] == [{"desk": "unknown", "waiting": 0}]


def test_a_territory_is_the_desks_and_unknown_is_one_too(analyst, store, clock):
    moved, here, nowhere = put(
        store,
        row("ads", clock(), region="Estrie", desk="Laval"),
        row("ads", clock(), region="Laval", desk="Laval"),
        row("ads", clock()),
    )
    assert {item["id"] for item in items(analyst, desk="Laval")} == {moved, here}
    assert items(analyst, desk="Estrie") == []
    assert [item["id"] for item in items(analyst, desk="unknown")] == [nowhere]
    assert analyst.api("GET", "/queue", params={"desk": "x" * 101}).status_code == 422
    page = words_of(analyst.page("/queue?desk=Laval").text)
    assert "Laval (2)" in page
    assert "Territoire inconnu 1" in page
    shown = analyst.page("/queue?desk=unknown").text
    assert nowhere in shown
    assert moved not in shown
    odd = analyst.page('/queue?desk="><script>x')
    assert odd.status_code == 200
    assert "<script>x" not in odd.text


def test_the_age_of_the_post_stands_beside_the_waiting(analyst, person_in, town, clock):
    posted = (clock() - timedelta(days=3)).isoformat()
    town.post(FUGUE, posted_at=posted)
    clock.forward(minutes=40)
    (item,) = items(analyst)
    assert (item["waiting_s"], item["age_s"]) == (40 * 60, 3 * 86400 + 40 * 60)
    assert (item["target_s"], item["late"]) == (86400, False)
    listed = words_of(analyst.page("/queue").text)
    assert "40 min 3 j" in listed
    assert "depuis 40 min, cible 24 h" in listed
    label = words_of(analyst.page(f"/queue/{item['id']}").text)
    assert "3 j" in label
    assert "cible : 24 h" in label
    clock.forward(hours=24)
    page = words_of(person_in("supervisor").page("/queue").text)
    assert "24 h 40 min en retard" in page
    assert "1 en retard" in page


def test_a_post_without_a_date_has_no_age(analyst, town):
    town.post(FUGUE)
    assert items(analyst)[0]["age_s"] is None


def test_the_page_keeps_its_filters_from_page_to_page(analyst, store, clock):
    put(store, *(row("ads", clock() - timedelta(days=2), desk="Laval") for _ in range(60)), row("ads", clock()))
    page = analyst.page("/queue?desk=Laval&late=1&lane=ads").text
    following = page.split('rel="next"')[0].rpartition('href="')[2].split('"')[0].replace("&amp;", "&")
    assert "lane=ads" in following
    assert "late=1" in following
    second = analyst.page(following).text
    assert second.count('data-row-key="c"') == 10
    assert page.count('data-row-key="c"') == 50
    assert "checked" in second


def test_the_page_says_whether_anyone_is_on_duty(analyst):
    assert "911" in analyst.page("/queue").text.split("<table")[0].split("<h1>")[1]
    taken = analyst.send("/duty/now", until="23:00")
    assert taken.status_code == 303, taken.text
    assert "notice good" in analyst.page("/queue").text
