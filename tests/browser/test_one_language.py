"""Pages in one language hold no words of the other one, wherever they come from: template, script or service."""

from __future__ import annotations

import re

import pytest
from every_page import PEOPLE, pages_of

from triage_api.shell.languages import catalogue

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SAID = """() => {
  const own = document.documentElement.lang;
  for (const one of document.querySelectorAll("main [lang]")) if (one.lang !== own) one.remove();
  return [document.title, document.querySelector("main").innerText,
    ...[...document.querySelectorAll("main, main *, nav")].flatMap(one =>
      ["title", "alt", "aria-label", "placeholder"].map(name => one.getAttribute(name)).filter(Boolean))];
}"""
"""What says itself that it is of another language may be: the guide is French, the API's manual English."""
OTHER = {"fr": "en", "en": "fr"}


def distinct(lang: str) -> re.Pattern[str]:
    """Return what finds any of a language's own phrases: three words and more, between places to fill in."""
    own, other = catalogue(lang), "\n".join(catalogue(OTHER[lang]).values()).casefold()
    parts = {part.strip() for words in own.values() for part in re.split(r"\{\w*\}", words)}
    phrases = {part for part in parts if len(part.split()) >= 3 and part.casefold() not in other}
    assert len(phrases) > 300
    return re.compile("|".join(rf"(?<!\w){re.escape(one)}(?!\w)" for one in sorted(phrases, key=len, reverse=True)))


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("name", PEOPLE)
def test_pages_hold_no_words_of_the_other_language(enter, house, name, lang):
    page, foreign = enter(name, desks=house.desks), distinct(OTHER[lang])
    page.context.add_cookies([{"name": "vigie_lang", "value": lang, "url": page.url}])
    found, seen = {}, set()
    for route, path in pages_of(name, house):
        if route in seen:
            continue
        answer = page.goto(path)
        if answer.ok and answer.headers["content-type"].startswith("text/html"):
            seen.add(route)
            assert page.locator("html").get_attribute("lang") == lang
            if words := set(foreign.findall(" | ".join(page.evaluate(SAID)))):
                found[path] = sorted(words)
    assert found == {}
    assert len(seen) > 3
