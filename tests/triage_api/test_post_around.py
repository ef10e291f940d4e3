"""What stands around a post: posts like it and why, its campaign's time line, drawings with their tables."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest
from desk_words import words_of

from pipeline.link import link_batch
from triage_api.posts.around_models import StayOut, WeekOut
from triage_api.posts.campaigns import by_week
from triage_api.posts.drawing import MOST_CITIES, WIDTH, drawn_movement, drawn_weeks

CAMPAIGN = (
    "chu en fugue depuis hier, j'ai 15 ans, une fille me propose un lit pis du cash contre des commissions à Laval"
)


@pytest.fixture
def linked(town, desk):
    def take(*posts):
        ids = [town.post(text, str(number), **more) for number, (text, more) in enumerate(posts)]
        while link_batch(desk.store, "test"):
            pass
        return ids

    return take


def test_posts_like_it_are_told_by_their_labels_and_what_is_shared(analyst, linked):
    text = f"{CAMPAIGN}, texte 514-555-0142"
    lure = "chu en fugue pis j'ai 16 ans, besoin d'une place pour dormir ce soir, appelle au 514-555-0142"
    first, near, copy, called = linked((text, {}), (f"{text} !", {"city": "Laval"}), (text, {}), (lure, {}))
    told = {one["id"]: one for one in analyst.api("GET", f"/posts/{first}").json()["similar"]}
    assert set(told) == {near, copy, called}
    assert "copy" in told[copy]["because"]
    assert {"phone", "text"} <= set(told[copy]["because"])
    assert told[called]["because"] == ["phone"]
    assert not any("fugue" in str(one.values()) for one in told.values())
    page = words_of(analyst.page(f"/posts/{first}?open=1").text)
    assert "le même texte" in page
    assert "un téléphone" in page


def test_an_advert_has_no_posts_like_it_even_if_they_are_its_copies(analyst, linked):
    advert = "Solo, 34 ans, centre-ville, sur rendez-vous seulement, 514-555-0142"
    first, _ = linked((advert, {"kind": "ad"}), (advert, {"kind": "ad"}))
    told = analyst.api("GET", f"/posts/{first}").json()
    assert (told["similar"], told["campaign"]) == ([], None)


def test_a_campaign_has_its_time_line_and_drawings_with_their_tables(analyst, linked):
    stops = [("Laval", "02-02"), ("Gatineau", "02-11"), ("Laval", "02-25")]
    posts = [
        (f"{CAMPAIGN} {'!' * n}", {"city": c, "posted_at": f"2026-{d}T12:00:00Z"}) for n, (c, d) in enumerate(stops)
    ]
    first, *_ = linked(*posts)
    told = analyst.api("GET", f"/posts/{first}").json()["campaign"]
    assert (told["first"][:10], told["last"][:10]) == ("2026-02-02", "2026-02-25")
    assert [(one["week"], one["posts"]) for one in told["weeks"]] == [
        ("2026-02-02", 1),
        ("2026-02-09", 1),
        ("2026-02-16", 0),
        ("2026-02-23", 1),
    ]
    page = analyst.page(f"/posts/{first}?open=1").text
    assert page.count('<svg class="drawing" role="img" aria-label=') == 2
    assert not re.search(r"<svg[^>]*>(?:(?!</svg>).)*style=", page, re.DOTALL)
    assert page.count("<rect") == 3
    assert "Semaine du" in words_of(page)


def moment(day):
    return datetime.fromisoformat("2026-01-01T12:00:00+00:00") + timedelta(days=day)


def test_weeks_are_those_of_quebec_and_the_newest_half_year():
    assert by_week([]) == []
    late = datetime.fromisoformat("2026-03-02T03:00:00+00:00")  # Sunday evening in Québec
    assert by_week([late]) == [WeekOut(week=date(2026, 2, 23), posts=1)]
    long = by_week([moment(0), moment(400)])
    assert len(long) == 26
    assert (long[0].posts, long[-1].posts) == (0, 1)


def test_a_drawing_stays_inside_its_frame_and_readable():
    stays = [StayOut(city=f"Ville {n % 40}", first=moment(n), last=moment(n + 0.5)) for n in range(200)]
    drawing = drawn_movement(stays)
    assert len(drawing.names) == MOST_CITIES
    for dot in drawing.dots:
        assert 0 <= dot.x1 <= dot.x2 <= WIDTH
        assert 0 <= dot.y <= drawing.height
    at_once = [StayOut(city=city, first=moment(0), last=moment(0)) for city in ("a", "b")]
    assert len(drawn_movement(at_once).dots) == 2
    assert drawn_movement(stays[:1]) is drawn_movement([]) is None
    weeks = drawn_weeks([WeekOut(week=date(2026, 1, 5), posts=n) for n in (0, 3, 1)])
    assert [bar.height for bar in weeks.bars] == [80, 26.7]
    assert drawn_weeks([WeekOut(week=date(2026, 1, 5), posts=3)]) is None
