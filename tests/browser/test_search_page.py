"""The search page by keyboard, on a phone, and with JavaScript off."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

both = pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no-javascript"])


def say_why(page):
    for label in ("But", "Base légale"):
        page.get_by_label(re.compile(f"^{label}")).select_option(index=1)


def test_a_search_by_keyboard_alone(enter):
    page = enter("analyste")
    page.goto("/searches")
    say_why(page)
    page.get_by_role("link", name="Vigie", exact=True).first.focus()
    page.keyboard.press("/")
    expect(page.get_by_label("Mots")).to_be_focused()
    page.keyboard.type("chambre")
    page.get_by_label(re.compile("^Contacts")).focus()
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/searches/s-"))
    page.keyboard.press("j")
    first = page.locator("[data-rows] tbody [data-open]").first
    expect(first).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_label(re.compile("^Préciser"))).to_be_focused()
    first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/posts/"))


@both
def test_enter_in_the_words_searches_and_takes_no_hint(enter, javascript):
    page = enter("analyste", javascript=javascript)
    page.goto("/searches")
    page.get_by_label("Mots").fill("fugue ville:Lavall")
    page.get_by_role("button", name="Dire ce que cela veut dire").click()
    page.wait_for_url(re.compile(r"/searches/check"))
    expect(page.get_by_role("button", name="Laval")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Rien n'est encore cherché")).to_be_visible()
    say_why(page)
    page.get_by_label("Mots").press("Enter")
    page.wait_for_url(re.compile(r"/searches/s-"))
    page.get_by_role("button", name="Laval").click()
    page.wait_for_url(re.compile(r"/searches/s-"))
    expect(page.locator(".sought")).to_contain_text("Laval")


@both
def test_a_hint_is_taken_by_one_click_and_the_rest_stays(enter, javascript):
    page = enter("analyste", javascript=javascript)
    page.goto("/searches")
    page.get_by_label("Mots").fill("fugue maelie.bourg")
    page.get_by_label(re.compile("^Contacts")).fill("@lea.b")
    page.get_by_role("button", name="Dire ce que cela veut dire").click()
    page.get_by_role("button", name="pseudo:maelie.bourg").click()
    expect(page.get_by_label("Mots")).to_have_value("fugue pseudo:maelie.bourg")
    expect(page.get_by_label(re.compile("^Contacts"))).to_have_value("@lea.b")


def test_nothing_reaches_beyond_the_width_of_a_phone(enter):
    page = enter("analyste")
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/searches")
    say_why(page)
    page.get_by_label("Mots").fill("chambre après:2020-01-01 " + "signal:foo " * 12)
    page.get_by_role("button", name="Dire ce que cela veut dire").click()
    expect(page.locator(".place")).to_be_visible()
    page.wait_for_load_state()  # the words may be there before the style is
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0
    page.get_by_label("Mots").fill("chambre après:2020-01-01")
    page.get_by_role("button", name="Rechercher").click()
    page.wait_for_url(re.compile(r"/searches/s-"))
    page.wait_for_load_state()
    assert page.evaluate(wide) <= 0
