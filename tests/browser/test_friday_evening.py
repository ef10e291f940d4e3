"""Friday, half past four: a counsellor without an account telephones, and whoever approves is gone until Monday."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import friday_house as friday
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from store.settings import Settings
from triage_api.referrals.due import reviewed_by
from triage_api.shell.languages import Lang, say

pytestmark = pytest.mark.browser

SIGNS_A_MINUTE = 200
MOST_MINUTES = 3.0
PHONE = {"width": 390, "height": 844}
ASKED = {
    "number": friday.SCHOOL_PHONE,
    "who": "Mme Merle, conseillère, école du Ruisseau",
    "why": "Elle a écrit hier soir à une amie qu'elle veut en finir ce soir. Absente depuis midi, ne répond plus. Un "
    "homme plus vieux l'attendait mardi à la porte dans une auto grise; elle a un deuxième téléphone et ne mange plus "
    "avec nous. Sa mère, rejointe à 15 h, la cherche aussi.",
    "since": "midi",
    "age": "15",
    "youth": "Lou",
    "city": "Longueuil",
    "missing_since": "aujourd'hui, midi",
    "handles": "lou.fictive",
    "places": "terminus",
}
FACTS = {
    "facts.reasonable_ground": "Message lu hier à 21 h 10 par une amie : elle veut en finir ce soir.",
    "facts.risk": "Suicide; la jeune elle-même.",
    "facts.urgency": "Elle a dit ce soir, et manque depuis midi.",
    "facts.recipient_able": "La conseillère a son numéro et connaît ses amies.",
    "facts.directive": "Directive 59.1 de la maison.",
}
TELLS = "Elle pourrait être au terminus. Appelez le 911 et dites-le, puis ses parents."


@pytest.fixture
def clock(clock):
    clock.now = friday.FRIDAY
    return clock


@pytest.fixture
def address(store):
    friday.fill(store)
    with friday.served(store) as address:
        yield address


@pytest.fixture(params=["fr", "en"])
def lang(request) -> Lang:
    return request.param


@pytest.fixture
def come(chromium, address, lang):
    """Open a telephone's browser in a language, and log in as somebody."""
    contexts: list[BrowserContext] = []

    def enter(name: str = "") -> Page:
        context = chromium.new_context(base_url=address, viewport=PHONE)
        context.add_cookies([{"name": "vigie_lang", "value": lang, "url": address}])
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        if name:
            page.goto("/login")
            page.locator("input[name=name]").fill(name)
            page.locator("input[name=password]").fill(friday.PASSWORD)
            page.get_by_role("button", name=say(lang, "login.enter")).click()
            page.wait_for_url(lambda url: not url.endswith("/login"))
        return page

    yield enter
    for context in contexts:
        context.close()


class Typist:
    """Fills forms in as hands do, and counts each sign typed, each choice and each click as one stroke."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.strokes = 0

    def write(self, name: str, text: str) -> None:
        box = self.page.locator(f"form [name='{name}']:visible").last
        box.click()
        self.page.keyboard.type(text)
        self.strokes += len(text) + 1

    def press(self, place: str) -> None:
        self.page.locator(place).click()
        self.strokes += 1

    def choose(self, name: str, **option: Any) -> None:
        self.page.locator(f"select[name='{name}']").select_option(**option)
        self.strokes += 2

    @property
    def minutes(self) -> float:
        return self.strokes / SIGNS_A_MINUTE


_PLACES = """() => {
  const box = document.querySelector("aside.emergency").getBoundingClientRect();
  return [box.top, box.bottom, document.querySelector("h1").getBoundingClientRect().top];
}"""
"""Measured at one moment: a page that scrolls meanwhile would mix two."""


def numbers_first(page: Page, *phones: str) -> None:
    """See the numbers to call before anything else, whole, on the first screen of a telephone."""
    box = page.locator("aside.emergency")
    expect(box).to_have_count(1)
    for phone in phones:
        expect(box.locator(f"a[href='tel:{re.sub(r'[^0-9]', '', phone)}']")).to_be_visible()
    top, bottom, title = page.evaluate(_PLACES)
    assert 0 <= top < bottom <= PHONE["height"]
    assert bottom <= title
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_who_has_no_account_is_told_whom_to_call(come, lang):
    page = come()
    for path in ("/", "/before", "/login"):
        page.goto(path)
        numbers_first(page, "911", "988", "811")
        expect(page.locator("aside.emergency")).to_contain_text(say(lang, "emergency.not_a_report"))
    page.get_by_role("link", name=say(lang, "helplines.before")).click()
    page.locator("select[name=region]").select_option(friday.REGION)
    page.get_by_role("button", name=say(lang, "directory.show")).click()
    numbers_first(page, "911", "988", friday.DPJ_PHONE)


def test_a_partner_sees_who_is_there_and_when_it_is_read(come, lang):
    page = come("pivot-ecole")
    page.goto("/requests/new")
    numbers_first(page, "911", "988", friday.DPJ_PHONE)
    expect(page.locator("aside.emergency")).to_contain_text(say(lang, "helplines.read_by"))
    expect(page.get_by_role("status")).to_contain_text(say(lang, "duty.someone"))
    expect(page.locator("aside.emergency")).to_contain_text(say(lang, "emergency.not_a_report"))
    page.locator("main button.primary").click()  # the browser itself stops an empty form; with one field it goes
    page.locator("[name=who]").fill("TS")
    page.locator("[name=why]").fill(" ")
    page.locator("main button.primary").click()
    expect(page.locator("#p-why")).to_be_visible()
    numbers_first(page, "911", "988", friday.DPJ_PHONE)


def test_a_caller_on_friday_evening(come, lang, capsys):
    page = come("analyste")
    page.goto("/requests")
    page.get_by_role("link", name=say(lang, "caller.title")).click()
    numbers_first(page, "911", "988")
    expect(page.locator("aside.emergency")).to_contain_text(say(lang, "helplines.read_by"))
    typist = enter_call(page)
    with capsys.disabled():
        sys.stdout.write(
            f"\n[{lang}] {typist.strokes} strokes, {typist.minutes:.1f} min at {SIGNS_A_MINUTE} a minute\n"
        )
    assert typist.minutes <= MOST_MINUTES
    numbers_first(page, "911", "988", friday.DPJ_PHONE)
    for key in ("say_not_report", "say_answer", "say_covered", "never_others", "never_safe"):
        expect(page.locator("main")).to_contain_text(say(lang, f"caller.{key}"))
    disclose(page)
    told = page.locator("section.answer")
    expect(told).to_contain_text(TELLS)
    expect(told).to_contain_text(say(lang, "answer_say.approach"))
    for word in (
        "911",
        "988",
        *{"fr": ("N'interrogez pas", "ne cherchez rien en ligne")}.get(lang, ("Do not question",)),
    ):
        expect(told).to_contain_text(word)
    expect(page.locator("main")).to_contain_text("2026-11-23 16:30")
    alone(page, lang)
    reviewed_on_monday(come, lang, page.url.rsplit("/", 1)[1].partition("?")[0].partition("#")[0])


def enter_call(page: Page) -> Typist:
    """Write down what the caller says, by hand."""
    typist = Typist(page)
    typist.choose("organisation", label=f"{friday.SCHOOL} — {friday.SCHOOL_PHONE}")
    typist.choose("number_from", value="directory")
    typist.choose("region", label=friday.REGION)
    for place in ("called_back", "danger][value=yes", "runaway", "reported][value=yes"):
        typist.press(f"input[name={place}]")
    for name, text in ASKED.items():
        typist.write(name, text)
    typist.press("main button.primary")
    page.wait_for_url(re.compile(r"/requests/r-"))
    return typist


def disclose(page: Page) -> None:
    """Tell the caller what lets her act, on the urgent ground, with nobody else there."""
    page.locator("button[name=ground][value=loi_acces_59_1]").click()
    form = page.locator("form:has(input[name=kind][value=act])")
    for name, text in FACTS.items():
        form.locator(f"[name='{name}']").fill(text)
    form.locator("[name=text]").fill(TELLS)
    form.locator("button.primary").click()
    expect(page.locator("section.answer")).to_be_visible()


def alone(page: Page, lang: Lang) -> None:
    """Refer the same to the DPJ's pivot, at once and alone."""
    request = page.url.rsplit("/", 1)[1].partition("?")[0].partition("#")[0]
    page.goto(f"/referrals/new?request={request}&ground=loi_acces_59_1")
    page.locator("select[name=pivot]").select_option(label=f"{friday.DPJ} — Camille Fictive")
    page.get_by_role("button", name=say(lang, "referrals.go_on")).click()
    form = page.locator("form[action='/referrals']")
    for name, text in FACTS.items():
        form.locator(f"[name='{name}']").fill(text)
    form.locator("[name='told.plain_summary']").fill("Une jeune de la région pourrait être en danger ce soir.")
    page.get_by_role("button", name=say(lang, "referrals.send_now")).click()
    expect(page.locator("main")).to_contain_text(say(lang, "referral_state.sent"))
    expect(page.locator("main")).to_contain_text("2026-11-23 16:30")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.goto(f"/requests/{request}")


def reviewed_on_monday(come: Callable[..., Page], lang: Lang, request: str) -> None:
    """See, as the supervisor who comes in on Monday, what was told alone; and find that it was proper."""
    page = come("superviseure")
    page.goto("/referrals/reviews")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(2)
    for row in rows.all():
        expect(row).to_contain_text("2026-11-23 16:30")
    page.locator(f"a[href='/referrals/{request}/review']").click()
    expect(page.locator("main")).to_contain_text(FACTS["facts.risk"])
    expect(page.locator("main")).not_to_contain_text(TELLS)
    page.locator("select[name=finding]").select_option("proper")
    page.locator("[name=note]").fill("Risque réel, rien de trop.")
    page.get_by_role("button", name=say(lang, "disclosure.write")).click()
    expect(page.locator(f"tr:has(a[href='/referrals/{request}/review'])")).to_contain_text(say(lang, "finding.proper"))


def test_monday_is_the_next_day_that_people_work():
    zone = ZoneInfo("America/Toronto")
    for friday_evening, due in (
        (datetime(2026, 11, 20, 16, 30, tzinfo=zone), "2026-11-23T16:30"),
        (datetime(2026, 5, 15, 16, 30, tzinfo=zone), "2026-05-19T16:30"),  # the patriots' Monday
        (datetime(2026, 10, 9, 16, 30, tzinfo=zone), "2026-10-13T16:30"),  # Thanksgiving
        (datetime(2026, 4, 3, 16, 30, tzinfo=zone), "2026-04-07T16:30"),  # Easter
    ):
        by = reviewed_by(Settings(), friday_evening).astimezone(zone)
        assert by.strftime("%Y-%m-%dT%H:%M") == due
        assert by - friday_evening >= timedelta(days=3)
