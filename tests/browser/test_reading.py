"""The reading pane by keyboard alone, and all of it without JavaScript."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def opened(page, *, key=True):
    """Take an item that one person judges, by its label, and open its text; by key or by link."""
    for number in range(20):
        page.goto("/queue")
        page.locator("tbody tr a[data-open]").nth(number).click()
        take = page.get_by_role("button", name="Prendre et lire")
        if not take.count():
            continue  # a request, or one that an earlier test holds
        take.click()
        if not re.search(r"/posts/p-[0-9a-f]+$", page.url):
            continue
        expect(page.locator(".text")).to_have_count(0)
        page.wait_for_load_state("load")  # a key before the scripts are there is lost
        if key:
            page.keyboard.press("o")
        else:
            page.get_by_role("link", name="Ouvrir le texte").click()
        page.wait_for_url(re.compile(r"open=1"), wait_until="load")
        if not page.get_by_text("Deux personnes jugent").count():
            return
    raise AssertionError("no item that one person judges")


def focused(page, what="id"):
    return page.evaluate(f"document.activeElement.getAttribute('{what}')")


def test_the_keyboard_alone_opens_marks_chooses_writes_and_records(enter):
    page = enter("analyste")
    opened(page)
    marks = page.locator(".text mark")
    count = marks.count()
    assert count >= 1
    page.keyboard.press("n")
    assert focused(page) == "m-1"
    page.keyboard.press("p")
    assert focused(page) == f"m-{count}", "round to the last"
    page.keyboard.press("n")
    assert focused(page) == "m-1"
    page.keyboard.press("?")
    expect(page.locator("#keys dl")).to_be_visible()
    page.keyboard.press("?")
    expect(page.locator("#keys dl")).to_be_hidden()
    page.keyboard.press("2")
    expect(page.locator("input[name=verdict][value=watch]")).to_be_checked()
    page.keyboard.press("e")
    assert focused(page, "name") == "reason"
    page.keyboard.type("2 à revoir: ?", delay=1)
    expect(page.locator("input[name=verdict][value=watch]")).to_be_checked()
    page.keyboard.press("Escape")
    page.keyboard.press("5")
    expect(page.locator("input[name=verdict][value=quarantine]")).to_be_checked()
    page.keyboard.press("2")
    page.keyboard.press("e")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"decided=watch"))


def test_a_key_that_is_held_passes_one_item_over_and_not_the_next_one_too(enter):
    page = enter("analyste")
    opened(page)
    skips = []
    page.on("request", lambda request: skips.append(request.url) if request.url.endswith("/skip") else None)
    with page.expect_navigation(wait_until="load"):
        page.keyboard.down("s")
    following = page.url
    expect(page.locator("[data-key=s]")).to_be_visible()
    for _ in range(5):
        page.keyboard.down("s")  # the key repeats itself
    page.keyboard.up("s")
    page.reload()
    assert (page.url, len(skips)) == (following, 1)


def test_the_picker_is_searched_and_enter_there_records_nothing(enter):
    page = enter("analyste")
    opened(page)
    seek = page.get_by_label("Chercher un critère")
    seek.fill("FUGUE DISPARITION")
    shown = page.locator("[data-picker] label.tick:visible")
    expect(shown).to_have_count(1)
    seek.press("Enter")
    expect(shown.locator("input")).to_be_checked()
    assert "open=1" in page.url
    seek.fill("zzzz")
    expect(page.get_by_text("Aucun critère ne correspond.")).to_be_visible()
    seek.fill("")
    expect(page.locator("[data-picker] [data-none]")).to_be_hidden()


def test_a_note_takes_along_what_is_half_written_beside_it(enter):
    page = enter("analyste")
    opened(page)
    page.keyboard.press("3")
    page.locator("textarea[name=reason]").fill("À moitié")
    page.get_by_label(re.compile("^Nouveau mot-clé")).fill("À revoir")
    page.get_by_role("button", name="Ajouter le mot-clé").click()
    expect(page.locator("textarea[name=reason]")).to_have_value("À moitié")
    expect(page.locator("input[name=verdict][value=refer]")).to_be_checked()
    expect(page.get_by_role("button", name="Enlever le mot-clé a revoir")).to_be_visible()


def test_without_javascript_text_notes_checklist_and_decision_work(enter):
    page = enter("analyste", javascript=False)
    opened(page, key=False)
    expect(page.locator(".text mark").first).to_be_visible()
    expect(page.get_by_label("Chercher un critère")).to_be_hidden()
    page.locator(".legend a").first.click()
    assert "#m-1" in page.url
    page.get_by_label(re.compile("^Nouvelle note")).fill("Une note.")
    page.get_by_role("button", name="Ajouter la note").click()
    expect(page.locator(".message")).to_contain_text("Une note.")
    page.get_by_role("link", name=re.compile("^Personne ne sait")).first.click()
    page.locator("input[name=ticked][value=police]").check()
    page.get_by_role("button", name="Garder ce qui est fait").click()
    expect(page.locator("input[name=ticked][value=police]")).to_be_checked()
    page.emulate_media(media="print")
    expect(page.locator("input[name=ticked][value=police]")).to_be_visible()
    expect(page.locator("header.top")).to_be_hidden()
