"""Whom to call stands first: numbers of the region from the directory, who is on duty, by when a request is read."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from desk_words import words_of
from directory_entries import organisation, pivot
from sqlalchemy import delete

from store.tables import Duty
from triage_api.directory.kinds import REGIONS
from triage_api.duty.models import WatchIn
from triage_api.duty.service import plan
from triage_api.helplines.lines import lines_for
from triage_api.shell.languages import catalogue
from triage_api.shell.pages import dial


@pytest.fixture
def now(clock):
    clock.now = datetime(2026, 3, 6, 21, 30, tzinfo=UTC)  # Friday, 16:30 in Québec
    return clock.now


@pytest.fixture
def keeper(now, make_person):
    return make_person("supervisor", name="superviseure")


@pytest.fixture
def dpj(desk, keeper):
    return organisation(desk, keeper, "DPJ fictive", kind="dpj", regions=["Laval"], phone="450 555-0143", hours="24/7")


def told(store, region=""):
    with store.database.reading() as session:
        return lines_for(session, store, region)


def watch(desk, keeper, begins, hours=2):
    plan(desk, keeper, WatchIn(starts_at=begins, ends_at=begins + timedelta(hours=hours)))


def top(page):
    """Return what stands above the page's own words."""
    return page.text.split('<main id="main"')[0]


def test_the_numbers_of_a_region_come_from_the_directory_and_none_is_made_up(store, desk, keeper, dpj):
    organisation(desk, keeper, "DPJ sans numéro", kind="dpj", regions=["Laval"])
    (line,) = told(store, "Laval").dpj
    assert (line.name, line.phone, line.open_now) == ("DPJ fictive", "450 555-0143", True)
    for region in {*REGIONS, "", "Hors Québec", "Atlantide"} - {"Laval"}:
        assert told(store, region).dpj == []
    assert (told(store).danger, told(store).suicide, told(store).info_social) == ("911", "988", "811")


def test_when_a_request_is_read_runs_from_now_if_somebody_is_on_duty(store, desk, keeper, now):
    watch(desk, keeper, now)
    lines = told(store)
    assert lines.on_duty
    assert (lines.read_by, lines.urgent_by) == (now + timedelta(days=5), now + timedelta(hours=24))


def test_and_from_the_next_watch_if_nobody_is(store, desk, keeper, now):
    monday = now + timedelta(hours=63, minutes=30)
    watch(desk, keeper, monday)
    lines = told(store)
    assert not lines.on_duty
    assert (lines.read_by, lines.urgent_by) == (monday + timedelta(days=5), monday + timedelta(hours=24))
    with store.database.writing() as session:
        session.execute(delete(Duty))
    assert told(store).read_by is None


def test_the_targets_of_the_house_count(make_store, now):
    house = make_store(house_shift="24/7", target_soon_hours=2, target_routine_days=1)
    assert told(house).read_by is None, "nobody is there who could be on duty"


def test_a_partner_finds_numbers_duty_and_moment_above_every_page(desk, keeper, dpj, person_in, now, store):
    partner = person_in("partner", name="pivot-ecole")
    school = organisation(desk, keeper, regions=["Laval"])
    pivot(desk, keeper, school.id, account="pivot-ecole")
    for path in ("/requests", "/requests/new", "/directory", "/coverage", "/duty", "/account"):
        first = words_of(top(partner.page(path)))
        for words in ("911", "988", "450 555-0143", "DPJ fictive", "ne remplace pas votre signalement"):
            assert words in first, (path, words)
        assert "Personne ne peut dire quand" in first
        assert "Avant de chercher" in first
        assert partner.page(path).text.count("<aside") == 1
    watch(desk, keeper, now)
    first = words_of(top(partner.page("/requests")))
    assert "lue au plus tard le 2026-03-11 17:30" in first, "clocks change on Sunday"
    assert "au plus tard le 2026-03-07 16:30" in first
    assert "superviseure" not in first


def test_a_partner_of_no_known_region_is_led_to_811(dpj, person_in):
    partner = person_in("partner")
    first = top(partner.page("/requests"))
    assert "450 555-0143" not in first
    assert 'href="tel:811"' in first
    assert "Info-Social" in first


def test_a_visitor_finds_the_numbers_first_and_the_desk_below(browser, analyst):
    first = top(browser().page("/login"))
    assert all(f'href="tel:{number}"' in first for number in ("911", "988", "811"))
    assert 'href="/before"' in first
    assert "tel:911" not in top(analyst.page("/queue"))
    assert "tel:911" in analyst.page("/queue").text


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_page_before_searching_is_open_to_all_in_both_languages_and_sets_no_cookie(browser, dpj, lang):
    visitor = browser()
    visitor.client.cookies.set("vigie_lang", lang)
    page = visitor.page("/before")
    assert page.status_code == 200
    assert "set-cookie" not in page.headers
    said = words_of(page.text).replace("&#39;", "'")
    for key in ("traces", "warns", "wrong", "law", "health", "talk", "report", "missing", "never", "vigie_not"):
        assert catalogue(lang)[f"before.{key}"] in said, key
    assert "450 555-0143" not in said
    found = visitor.client.get("/before", params={"region": "Laval"}).text
    assert 'href="tel:4505550143"' in found
    assert 'href="tel:811"' in visitor.client.get("/before", params={"region": "Estrie"}).text
    odd = visitor.client.get("/before", params={"region": "<b>"})
    assert (odd.status_code, "<b>" in odd.text) == (200, False)


def test_the_page_names_no_number_that_could_change():
    for lang in ("fr", "en"):
        words = " ".join(text for key, text in catalogue(lang).items() if key.startswith(("before.", "helplines.")))
        assert set(re.findall(r"\d+", words)) <= {"911", "811", "18"}


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        ("450 555-0143", "4505550143"),
        ("+1 (450) 555-0143", "+14505550143"),
        ("450 555-0143 poste 12", "4505550143"),
        ("450 555-0143 ext. 12", "4505550143"),
        ("310-4141", "3104141"),
        ("*4141", "*4141"),
        ("", ""),
    ],
)
def test_what_a_telephone_dials(written, dialled):
    assert dial(written) == dialled
