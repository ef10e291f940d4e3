"""axe-core over every page of every person: both languages, both themes, wide and narrow, and with errors shown."""

from __future__ import annotations

import pytest
from accessible import seen_wrong
from every_page import PEOPLE, pages_of

pytestmark = pytest.mark.browser

ALONE = ["/login", "/docs", "/nulle-part"]
"""Pages that nobody need have logged in for."""
MAIN = {
    "/queue",
    "/queue/{identity}",
    "/posts/{identity}",
    "/posts/{identity}/unknown",
    "/searches",
    "/searches/{identity}",
    "/dashboard",
    "/duty",
    "/requests/{identity}",
    "/lessons",
}
"""Where an analyst spends the day."""
EMPTY = """() => [...document.querySelectorAll("main form[method=post]")]
  .map((form, number) => [form, number])
  .filter(([form]) => form.querySelector("[required]"))
  .map(([form, number]) => number)"""
SEND_EMPTY = """number => {
  const form = document.querySelectorAll("main form[method=post]")[number];
  for (const one of form.elements) {
    if (one.required && one.type === "radio") one.checked = false;
    else if (one.required) one.value = "";
  }
  form.noValidate = true;
  form.requestSubmit();
}"""


def _switch(page, lang):
    page.context.add_cookies([{"name": "vigie_lang", "value": lang, "url": page.url}])


def _wrong_on(page, paths):
    found = {}
    for path in paths:
        answer = page.goto(path)
        if answer.status < 400 and answer.headers["content-type"].startswith("text/html"):
            found[path] = seen_wrong(page)
    return {path: wrong for path, wrong in found.items() if wrong}


def _one_of_each(name, house):
    """Return the pages by their route; of many items, three: not all may be seen, and some hold more than others."""
    chosen = {}
    for route, path in pages_of(name, house):
        if path not in ALONE:
            chosen.setdefault(route, []).append(path)
    return {route: paths[:2] + paths[-1:] if len(paths) > 3 else paths for route, paths in chosen.items()}


def test_the_pages_of_the_day_are_open_to_all(enter, house):
    page = enter("analyste", desks=house.desks)
    pages = _one_of_each("analyste", house)
    assert _wrong_on(page, [pages[route][-1] for route in sorted(MAIN)]) == {}


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("name", PEOPLE)
def test_every_page_is_open_to_all(enter, house, name, lang):
    page = enter(name, desks=house.desks)
    _switch(page, lang)
    paths = [path for paths in _one_of_each(name, house).values() for path in paths]
    assert _wrong_on(page, paths) == {}


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_pages_without_a_person_are_open_to_all(chromium, desks, lang):
    context = chromium.new_context(base_url=desks.address)
    page = context.new_page()
    page.goto("/login")
    _switch(page, lang)
    for path in ALONE:
        page.goto(path)
        assert page.locator("html").get_attribute("lang") == lang
        assert seen_wrong(page) == [], path
    context.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", PEOPLE)
def test_every_form_that_is_shown_again_is_open_to_all(enter, house, name):
    page = enter(name, desks=house.desks)
    again, found = 0, {}
    for route, paths in _one_of_each(name, house).items():
        if page.goto(paths[0]).status >= 400:
            continue
        for number in page.evaluate(EMPTY):
            page.goto(paths[0])
            with page.expect_navigation():
                page.evaluate(SEND_EMPTY, number)
            again += page.locator("main .problem").count() > 0
            if wrong := seen_wrong(page):
                found[f"{route} {number}"] = wrong
    assert found == {}
    assert again > 0


def test_what_looks_for_faults_would_find_one(chromium, desks):
    page = chromium.new_page(base_url=desks.address)
    page.goto("/login")
    assert seen_wrong(page) == []
    for markup, rule in {
        "<h1>Un</h1><input name='sans'>": "label",
        "<h1>Un</h1><img src='/static/vigie.svg'>": "image-alt",
        "<h1>Un</h1><p class='small'><a href='/a'>a</a><a href='/b'>b</a></p>": "target-size",
        "<h1>Un</h1><canvas width='900' height='9'></canvas>": "320 wide",
    }.items():
        page.evaluate("markup => { document.querySelector('main').innerHTML = markup; }", markup)
        assert any(rule in one for one in seen_wrong(page)), markup
    page.close()
