"""Pictures of the demo's pages into docs/images: `make screenshots`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from scripts.demo_browser import CHROMIUM, FLAGS, Desks, running_demo

_IMAGES = Path(__file__).parent.parent / "docs" / "images"
_SIZE = {"width": 1280, "height": 900}


def _queue(page: Page, address: str) -> None:
    page.goto(f"{address}/queue")


def _post(page: Page, address: str) -> None:
    page.goto(f"{address}/queue?lane=at_risk")
    page.locator("tbody tr").nth(3).get_by_role("link").click()
    page.get_by_role("button", name="Prendre et lire").click()
    page.get_by_role("link", name="Ouvrir le texte").click()
    page.locator(".text").wait_for()


def _search(page: Page, address: str) -> None:
    page.goto(f"{address}/searches")
    page.get_by_label("Mots").fill("fugue")
    page.locator("select[name=purpose]").select_option(index=1)
    page.locator("select[name=ground]").select_option(index=1)
    page.get_by_role("button", name="Rechercher").click()
    page.wait_for_url("**/searches/*")


def _take(browser: Browser, desks: Desks) -> None:
    for scheme in ("light", "dark"):
        context = browser.new_context(viewport=_SIZE, color_scheme=scheme, locale="fr-CA")
        page = context.new_page()
        desks.log_in(page, "analyste")
        for name, go in {"queue": _queue, "post": _post, "search": _search}.items():
            go(page, desks.address)
            page.screenshot(path=_IMAGES / (f"{name}.png" if scheme == "light" else f"{name}-dark.png"))
        context.close()


def main() -> None:
    """Start the demo, take the pictures, stop."""
    if CHROMIUM is None:
        sys.exit("Chromium is needed: apt-get install chromium")
    with (
        tempfile.TemporaryDirectory() as folder,
        running_demo(Path(folder) / "data") as desks,
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        _take(browser, desks)
        browser.close()


if __name__ == "__main__":
    main()
