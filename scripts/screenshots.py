"""Pictures of the demo's pages, light and dark, into docs/images: `make screenshots`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from scripts.demo_browser import CHROMIUM, FLAGS, Desks, running_demo

_IMAGES = Path(__file__).parent.parent / "docs" / "images"
_WIDE = {"width": 1280, "height": 900}
_PHONE = {"width": 390, "height": 844}
_COLOURS = 96
"""Enough for flat pages and the grey of letters; a third of the bytes."""


def _item(page: Page) -> None:
    page.goto("/queue?lane=at_risk")
    page.locator("tbody tr").nth(3).get_by_role("link").click()
    page.locator("main dl").first.wait_for()


def _post(page: Page) -> None:
    _item(page)
    if (claim := page.get_by_role("button", name="Prendre et lire")).count():
        claim.first.click()
    page.get_by_role("link", name="Ouvrir le texte").click()
    page.locator(".text").wait_for()


def _unknown(page: Page) -> None:
    _post(page)
    page.locator("a[href$='/unknown']").first.click()
    page.wait_for_url("**/unknown")


def _search(page: Page) -> None:
    page.goto("/searches")
    page.get_by_label("Mots").fill("fugue")
    page.locator("select[name=purpose]").select_option(index=1)
    page.locator("select[name=ground]").select_option(index=1)
    page.get_by_role("button", name="Rechercher").click()
    page.wait_for_url("**/searches/*")


def _at(path: str) -> Callable[[Page], None]:
    def go(page: Page) -> None:
        page.goto(path)

    return go


_PAGES: dict[str, dict[str, Callable[[Page], None]]] = {
    "analyste": {
        "queue": _at("/queue"),
        "item": _item,
        "post": _post,
        "unknown": _unknown,
        "search-form": _at("/searches"),
        "search": _search,
        "dashboard": _at("/dashboard"),
        "duty": _at("/duty"),
        "lesson": _at("/lessons/case"),
    },
    "pivot-ecole": {"request": _at("/requests/new"), "requests": _at("/requests")},
    "superviseure": {"sources": _at("/sources"), "agreement": _at("/agreement")},
    "chercheuse": {"corpora": _at("/corpora")},
    "verificateur": {"oversight": _at("/oversight"), "register": _at("/register")},
}
"""Each person's pages, and how one gets there."""
_IN_ENGLISH = {"queue", "dashboard"}
_ON_A_PHONE = {"queue", "post"}


def _keep(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    if page.get_by_text("500 · internal").count():
        raise RuntimeError(f"{name}: the page did not work")
    with Image.open(BytesIO(page.screenshot())) as taken:
        flat = taken.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
        flat.save(_IMAGES / f"{name}.png", optimize=True)


def _take(page: Page, name: str, go: Callable[[Page], None]) -> None:
    """Take a page in both themes, and a few in English and as a phone shows them."""
    go(page)
    for scheme, mark in (("dark", "-dark"), ("light", "")):
        page.emulate_media(color_scheme=scheme)
        _keep(page, name + mark)
    if name in _ON_A_PHONE:
        page.set_viewport_size(_PHONE)
        _keep(page, f"{name}-phone")
        page.set_viewport_size(_WIDE)
    if name in _IN_ENGLISH:
        page.context.add_cookies([{"name": "vigie_lang", "value": "en", "url": page.url}])
        page.reload()
        _keep(page, f"{name}-en")
        page.context.clear_cookies(name="vigie_lang")


def _take_all(browser: Browser, desks: Desks) -> None:
    for person, pages in _PAGES.items():
        context = browser.new_context(base_url=desks.address, viewport=_WIDE, locale="fr-CA")
        page = context.new_page()
        desks.log_in(page, person)
        for name, go in pages.items():
            _take(page, name, go)
        context.close()


def main() -> None:
    """Start the demo, take the pictures, stop."""
    if CHROMIUM is None:
        sys.exit("Chromium is needed: apt-get install chromium")
    with (
        tempfile.TemporaryDirectory() as folder,
        running_demo(Path(folder) / "data", double_coding_percent=0) as desks,
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        _take_all(browser, desks)
        browser.close()


if __name__ == "__main__":
    main()
