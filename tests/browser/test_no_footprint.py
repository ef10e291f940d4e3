"""Chromium over every page of every person, in a house full of hostile words: nobody else is asked for anything."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

import pytest
from every_page import ITEMS, PEOPLE, pages_of
from hostile_house import HOSTILE
from playwright.sync_api import Page, expect

from triage_api.app import guarded_routes
from triage_api.shell.security import HEADERS

pytestmark = [pytest.mark.browser, pytest.mark.thorough]

both = pytest.mark.parametrize(
    "javascript", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["javascript", "no-javascript"]
)
ODD = [
    f"/nulle-part/{quote(HOSTILE[0], safe='')}",
    f"/posts/{quote(HOSTILE[0], safe='')}",
    f"/queue?lane={quote(HOSTILE[0])}&cursor={quote(HOSTILE[1])}",
    f"/searches?request={quote(HOSTILE[0])}",
    f"/posts/new?request={quote(HOSTILE[0])}",
    "/login?next=//suivi.example/",
    "/static/nulle-part.css",
]
"""Addresses as a hostile link gives them; most lead to a page of errors."""
LEADS_OUT = """() => {
  const names = ["href", "src", "action", "formaction", "data", "poster", "srcset", "ping", "background", "cite"];
  const wrong = [];
  for (const one of document.querySelectorAll("*")) {
    for (const name of names) {
      for (const value of [one.getAttribute(name), one.getAttributeNS("http://www.w3.org/1999/xlink", name)]) {
        // a number to call leads to no other site: it opens the telephone
        if (name === "href" && one.localName === "a" && /^tel:[0-9+*]{3,20}$/.test(value)) continue;
        if (value !== null && new URL(value, location.href).origin !== location.origin) wrong.push(one.outerHTML);
      }
    }
    const bad = ["base", "iframe", "object", "embed", "style", "video", "audio"].includes(one.localName) ||
      (one.ownerSVGElement !== undefined && !one.matches("svg.qr, svg.drawing, path, svg.drawing > :is(rect, text)"));
    const acts = ["style", "autofocus", "http-equiv"].some(name => one.hasAttribute(name));
    if (bad || acts) wrong.push(one.outerHTML);
    if ([...one.attributes].some(each => each.name.startsWith("on"))) wrong.push(one.outerHTML);
    const ours = /^\\/static\\/\\w+\\.js$/.test(one.getAttribute("src"));
    if (one.localName === "script" && !ours) wrong.push(one.outerHTML);
  }
  return wrong;
}"""


class Watched:
    """A page, and all that it asks, says and pops up."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: set[str] = set()
        self.said: list[str] = []
        page.on("request", lambda request: self.asked.add(urlsplit(request.url).hostname or request.url))
        page.on("console", lambda message: self.said.append(f"{urlsplit(page.url).path}: {message.text}"))
        page.on("dialog", lambda dialog: (self.said.append(dialog.message), dialog.dismiss()))
        page.on("popup", lambda popup: self.said.append(popup.url))

    def visit(self, path: str) -> int:
        """Open a page, look at all that it holds, and return its status."""
        answer = self.page.goto(path)
        assert answer is not None
        told = answer.headers
        assert not {name for name, value in HEADERS.items() if told.get(name.lower()) != value}, path
        if told["content-type"].startswith("text/html"):
            assert self.page.evaluate(LEADS_OUT) == [], path
            assert self.page.locator("h1").count() == 1, path
        return answer.status

    def violations(self) -> list[str]:
        """Return what Chromium said, but for the status of pages of errors."""
        return [said for said in self.said if "Failed to load resource" not in said]


@pytest.fixture(scope="module")
def opened() -> dict[str, set[str]]:
    """Return the pages that each person saw, by the visit: every page of items must be, or nothing was looked at."""
    return {}


@both
@pytest.mark.parametrize("name", PEOPLE)
def test_every_page_asks_no_other_host_and_leads_nowhere_else(enter, house, sink, opened, name, javascript):
    before = len(sink.asked())
    watched = Watched(enter(name, javascript=javascript, desks=house.desks))
    for route, path in pages_of(name, house):
        status = watched.visit(path)
        assert status in ({200, 404} if route in ITEMS else {200}), (path, status)
        opened.setdefault(f"{name} {javascript}", set()).update({route} if status == 200 else ())
    for path in ODD:
        assert watched.visit(path) < 500, path
    watched.page.wait_for_timeout(200)
    assert watched.asked == {"127.0.0.1"}
    assert sink.asked()[before:] == []
    assert watched.violations() == []


def test_every_page_of_items_was_seen_by_somebody(opened):
    if len(opened) < 2 * len(PEOPLE):
        pytest.skip("the visits were chosen from, or made by several workers")
    assert set().union(*opened.values()) >= ITEMS.keys() & {
        path for method, path, _ in guarded_routes() if method == "GET"
    }


@both
def test_what_is_revealed_and_what_is_typed_wrongly_are_inert_too(enter, house, sink, javascript):
    before = len(sink.asked())
    watched = Watched(enter("analyste", javascript=javascript, desks=house.desks))
    page = watched.page
    for what in ("address", "author"):
        watched.visit(f"/posts/{house.items['posts'][0]}?open=1")
        page.locator("summary").filter(has_text="Révéler").click()
        page.locator("select[name=what]").select_option(what)
        page.locator("input[name=why]").fill(HOSTILE[0])
        page.get_by_role("button", name="Révéler").click()
        expect(page.locator(".notice[role=status]")).to_contain_text("suivi[.]example")
        assert page.evaluate(LEADS_OUT) == []
    watched.visit("/searches")
    page.get_by_label("Mots").fill(HOSTILE[0])  # its last quotation mark is never closed
    for label in ("But", "Base légale"):
        page.get_by_label(re.compile(f"^{label}")).select_option(index=1)
    page.get_by_role("button", name="Rechercher").click()
    expect(page.get_by_label("Mots")).to_have_value(HOSTILE[0])
    assert page.evaluate(LEADS_OUT) == []
    assert watched.asked == {"127.0.0.1"}
    assert sink.asked()[before:] == []
    assert watched.violations() == []


def test_what_looks_for_ways_out_would_find_one(chromium, house):
    page = chromium.new_page(base_url=house.desks.address)
    page.goto("/login")
    assert page.evaluate(LEADS_OUT) == []
    for markup in ('<a href="//suivi.example">', '<p style="color:red">', "<svg></svg>", '<img src="x" onerror="1">'):
        page.evaluate("markup => { document.querySelector('main').innerHTML = markup; }", markup)
        assert page.evaluate(LEADS_OUT), markup
    page.close()
