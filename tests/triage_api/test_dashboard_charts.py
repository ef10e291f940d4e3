"""Charts are inert images that a strict policy lets through, in both themes and languages, and each has its table."""

from __future__ import annotations

import re
from typing import get_args
from xml.etree import ElementTree

import pytest
from desk_words import FUGUE
from double_coding import read_twice
from hypothesis import given
from hypothesis import strategies as st
from queue_rows import put, some

from store.tables import CriterionState
from triage_api.access.people import person_named
from triage_api.dashboard.charts import Name
from triage_api.dashboard.drawing import bars, columns, count_ticks, lines, share_ticks

NAMES = get_args(Name)
SVG = "{http://www.w3.org/2000/svg}"
SHAPES = {f"{SVG}{name}" for name in ("svg", "title", "g", "rect", "line", "path", "text")}


def drawn(browser, name, **asked):
    answer = browser.client.get("/dashboard/chart.svg", params={"name": name, **asked})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("image/svg+xml")
    return answer


def assert_inert(svg: str) -> ElementTree.Element:
    root = ElementTree.fromstring(svg)
    for shape in root.iter():
        assert shape.tag in SHAPES
        assert not [name for name in shape.attrib if name in ("style", "href") or name.startswith(("on", "{"))]
        assert "url(" not in " ".join(shape.attrib.values())
    assert re.findall(r"https?:[^\"' <]+", svg) == ["http://www.w3.org/2000/svg"]
    return root


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_every_chart_is_attributes_only_in_an_empty_house_and_a_full_one(analyst, town, store, clock, colours):
    for _ in range(2):
        for name in NAMES:
            answer = drawn(analyst, name, colours=colours)
            assert_inert(answer.text)
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
        town.post(FUGUE)
        put(store, *some(1, 60, clock()))


def test_the_themes_differ_in_colours_alone(analyst, store, clock):
    put(store, *some(1, 60, clock()))
    light, dark = (drawn(analyst, "waiting", colours=one).text for one in ("light", "dark"))
    assert light != dark
    bare = [re.sub(r'(fill|stroke)="[^"]*"', "", one) for one in (light, dark)]
    assert bare[0] == bare[1]
    assert not set(re.findall(r"#[0-9a-f]{6}", light)) & set(re.findall(r"#[0-9a-f]{6}", dark))
    assert "#f9f9f9" not in light
    assert "Monaco" not in light


def test_charts_speak_the_visitors_language(analyst):
    assert "Jeunes à risque" in drawn(analyst, "waiting").text
    assert "recrutement" in drawn(analyst, "scores_recruitment").text
    analyst.send("/language", lang="en")
    assert "Jeunes" not in drawn(analyst, "waiting").text
    assert "Share of texts by score: recruitment" in drawn(analyst, "scores_recruitment").text


@pytest.mark.parametrize("asked", [{}, {"name": "x"}, {"name": "waiting", "colours": '"><script>'}, {"name": "../etc"}])
def test_a_chart_that_there_is_not_is_a_clear_refusal(analyst, asked):
    answer = analyst.client.get("/dashboard/chart.svg", params=asked)
    assert answer.status_code == 422
    assert "<script>" not in answer.text.replace('<script src="/static', "")


def test_the_page_has_a_picture_with_words_and_a_table_for_each_chart(analyst, town, store, make_person):
    people = tuple(make_person("analyst", name=name).id for name in ("un", "deux"))
    for number in range(6):
        read_twice(store, town, people, "M05", (number % 2 == 0, number % 3 > 0), number)
    page = analyst.page("/dashboard").text
    pictures = re.findall(r'<img class="chart" src="/dashboard/chart.svg\?name=(\w+)" alt="([^"]+)"', page)
    assert sorted(name for name, _ in pictures) == sorted(NAMES)
    assert all(len(alt) > 30 and "{" not in alt for _, alt in pictures)
    assert page.count("name=waiting&amp;colours=dark") == 1
    for part in page.split("<picture>")[1:]:
        assert "<table>" in part.split("<picture>")[0].split("<section")[0]
    assert " style=" not in page
    assert "<style" not in page


def test_suspended_criteria_come_first_with_their_interval(analyst, town, store, make_person, clock):
    people = tuple(make_person("analyst", name=name).id for name in ("un", "deux"))
    for number in range(8):
        read_twice(store, town, people, "M05", (number % 2 == 0, number % 2 == 0), number)
    before = analyst.api("GET", "/dashboard").json()["agreement"]
    assert before[0]["subject"] == "M05"
    assert before[0]["alpha"] == 1
    with store.database.writing() as session:
        row = CriterionState(criterion="D02", state="suspended", alpha=0.1, posts=60, by=people[0], at=clock())
        session.add(row)
    after = analyst.api("GET", "/dashboard").json()["agreement"]
    assert [one["subject"] for one in after[:2]] == ["D02", "M05"]
    assert (after[0]["state"], after[1]["low"], after[1]["high"]) == ("suspended", 1, 1)
    page = analyst.page("/dashboard").text
    assert "suspendus : 1" in page
    assert person_named(store, "un").pseudonym not in page
    read_twice(store, town, people, "M05", (True, False), 99)
    assert analyst.api("GET", "/dashboard").json()["agreement"][1]["alpha"] < 1, "a new judgement is reckoned at once"


@given(st.lists(st.tuples(st.text(min_size=1, max_size=30), st.floats(0, 1e7)), min_size=1, max_size=12))
def test_hostile_names_are_text(rows):
    rows = [(re.sub(r"[^\u0020-\ud7ff\ue000-\ufffd]", "", name) or "x", value) for name, value in rows]
    for svg in (bars("<b>&", rows, "dark"), columns("<b>&", rows, "light")):
        ElementTree.fromstring(svg)
        assert "<b>" not in svg


@given(st.floats(0, 1e9))
def test_ticks_reach_the_top_and_are_few(top):
    ticks = count_ticks(top)
    assert ticks[0] == 0
    assert ticks[-1] >= top
    assert 2 <= len(ticks) <= 7
    assert all(float(tick).is_integer() for tick in ticks)


@given(st.floats(0, 1))
def test_shares_have_ticks_too(top):
    ticks = share_ticks(top)
    assert ticks[-1] >= top - 1e-6
    assert 2 <= len(ticks) <= 7
    assert ticks == sorted(set(ticks))


def test_the_second_line_is_told_by_more_than_its_colour():
    svg = lines("Titre", {"un": [(0, 0.1), (1, 0.9)], "deux": [(0, 0.2), (1, 0.3)]}, ["a", "b"], "light")
    assert svg.count("stroke-dasharray") == 1
    assert [shape.text for shape in assert_inert(svg).iter(f"{SVG}title")] == ["Titre"]
