"""What axe-core and a narrow window say of a page: WCAG 2.2 AA, as far as a program can tell."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["cat.color"]
"""The rules that a theme can break: the others look at what is there, which no theme changes."""
NARROW = {"width": 320, "height": 640}
"""What is left of a window 1280 wide at 400 % (WCAG 1.4.10)."""
DOUBLED = {"width": 640, "height": 450}
"""The same window at 200 %."""
WIDE = {"width": 1280, "height": 900}
OPEN_ALL = "() => { for (const one of document.querySelectorAll('main details')) one.open = true; }"
STICKS_OUT = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  const out = one => one.getBoundingClientRect().right > room + 1 || one.scrollWidth > one.clientWidth + 1;
  const wide = [...document.querySelectorAll("body *")].filter(one => out(one) && !one.closest(".scroll, .unseen"));
  return [document.documentElement.scrollWidth, ...wide.slice(-5).map(one => one.outerHTML.slice(0, 200))];
}"""
_AXE = Axe()


def violations(page: Page, tags: list[str]) -> list[str]:
    """Return what axe-core finds wrong by the rules of these tags: rule, element, and what it lacks."""
    options = {"runOnly": {"type": "tag", "values": tags}, "resultTypes": ["violations"]}
    found = _AXE.run(page, options=options).response["violations"]
    return [
        f"{one['id']}: {node['html'][:200]} — {node.get('failureSummary', '')}"
        for one in found
        for node in one["nodes"]
    ]


def seen_wrong(page: Page) -> list[str]:
    """Return what is wrong with the page that stands open, all its parts unfolded, in both themes and three widths."""
    page.evaluate(OPEN_ALL)
    page.emulate_media(color_scheme="light")
    wrong = violations(page, STANDARD)
    page.emulate_media(color_scheme="dark")
    wrong += [f"dark {one}" for one in violations(page, COLOURS)]
    page.emulate_media(color_scheme="light")
    for size in (DOUBLED, NARROW):
        page.set_viewport_size(size)
        wrong += [f"{size['width']} wide: {one}" for one in page.evaluate(STICKS_OUT)]
    wrong += [f"narrow {one}" for one in violations(page, ["wcag22aa"])]
    page.set_viewport_size(WIDE)
    return wrong
