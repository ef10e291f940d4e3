"""The search page says what will be sought and what may have been meant: for that nothing is searched, or lost."""

from __future__ import annotations

import html
import re

import pytest
from desk_words import FUGUE, words_of
from sqlalchemy import func, select

from store.tables import RegisterEntry, Search

WHY = {"purpose": "watch", "ground": "LPJ 39"}
HOSTILE = "<script>alert(1)</script>\u202e<img src=x onerror=y>"


@pytest.fixture
def untouched(store, desk, monkeypatch):
    """Return a check that nothing was entered in the register and the index was not asked since."""
    asked = []
    for name in ("search", "get", "scan"):
        monkeypatch.setattr(desk.index, name, lambda *given, name=name: asked.append(name))

    def counts():
        with store.database.reading() as session:
            return [session.scalar(select(func.count()).select_from(table)) for table in (RegisterEntry, Search)]

    before = counts()
    return lambda: asked == [] and counts() == before


def hints(browser, status=200, **typed):
    answer = browser.api("POST", "/searches/hints", json=typed)
    assert answer.status_code == status, answer.text
    return answer.json()


def plain(page):
    return html.unescape(words_of(page))


def test_what_will_be_sought_is_told_in_words_and_nothing_is_searched(analyst, untouched):
    query = 'fugue "en ville" -chien gym OU pisc* fugeuse~ ville:mtl signal:mineur 514-555-0142'
    fields = {"identifiers": "@lea.b\n", "cities": "Laval\nGatineau", "since": "2026-01-01", "languages": ["fr", "en"]}
    page = analyst.send("/searches/check", query=query, **fields)
    assert page.status_code == 200
    told = plain(page.text).replace("\xa0", " ")
    for words in (
        "Tout ceci à la fois :",
        "le mot (et sa famille) « fugue »",
        "les mots, à la suite, « en ville »",
        "pas le mot (et sa famille) « chien »",
        "le mot (et sa famille) « gym » ou un mot qui commence par « pisc »",
        "un mot proche de « fugeuse » (à 1 faute près)",
        "la ville « Montréal »",
        "le signal « Mineur »",
        "le contact, téléphone « +15145550142 » ou le contact, pseudo « lea.b »",
        "la ville « Laval » ou la ville « Gatineau »",
        "la langue « français » ou la langue « anglais »",
        "à partir du « 2026-01-01 »",
        "seules les publications signalées",
        "Rien n'est encore cherché",
    ):
        assert words.lower() in told.lower(), words
    assert untouched()


def test_all_that_was_typed_is_there_again_after_a_check(analyst):
    typed = {"query": 'fugue "foyer"', "identifiers": "@a.b\n@c.d", "cities": "Lavall", "sources": "forum"}
    typed |= {
        "purpose": "runaway",
        "ground": "LPJ 39",
        "request": "r-1",
        "until": "2026-03-01",
        "again_reason": "pour voir",
    }
    page = analyst.send("/searches/check", **typed, languages=["fr", "mixed"]).text
    for name in ("query", "request", "until", "again_reason"):
        assert f'name="{name}" type="{"date" if name == "until" else "text"}" value="{html.escape(typed[name])}"' in (
            page.replace("&#34;", "&quot;")
        ), name
    for name in ("identifiers", "cities", "sources"):
        assert re.search(rf'<textarea id="f-{name}"[^>]*>\s*{re.escape(typed[name])}</textarea>', page), name
    assert page.count(" checked") == 2
    assert '<option value="runaway" selected>' in page


@pytest.mark.parametrize(
    ("typed", "field", "fixed"),
    [
        ({"query": "fugue ville:Lavall"}, "query", 'fugue ville:"Laval"'),
        ({"query": "fugue maelie.bourg foyer"}, "query", "fugue pseudo:maelie.bourg foyer"),
        ({"query": 'fugue "en ville'}, "query", 'fugue "en ville"'),
        ({"query": "fugue", "cities": "Gatineau\nLavall"}, "cities", "Gatineau\nLaval"),
    ],
)
def test_one_click_puts_right_what_was_meant_and_keeps_the_rest(analyst, untouched, typed, field, fixed):
    rest = {"identifiers": "@lea.b", "purpose": "runaway", "again_reason": "pour voir"}
    page = analyst.send("/searches/check", **typed, **rest).text
    (key,) = re.findall(r'name="fix" value="([^"]+)" formaction="/searches/check"', page)
    mended = analyst.send("/searches/check", **typed, **rest, fix=html.unescape(key))
    assert mended.status_code == 200
    shown = html.unescape(mended.text)
    assert f'name="query" type="text" value="{fixed}"' in shown if field == "query" else f"{fixed}</textarea>" in shown
    assert "@lea.b</textarea>" in shown
    assert 'value="pour voir"' in shown
    assert 'name="fix"' not in shown
    assert untouched()


def test_a_hint_that_is_no_more_changes_nothing(analyst):
    page = analyst.send("/searches/check", query="fugue", fix="city_meant:0:Laval").text
    assert 'value="fugue"' in page


@pytest.mark.parametrize(
    ("query", "column", "before"),
    [("fugue signal:foo", 14, "fugue signal:"), ("fu*", 1, ""), ("é漢 vile:Laval", 4, "é漢 ")],
)
def test_an_error_shows_its_place_with_a_caret_under_it(analyst, untouched, query, column, before):
    for path, more in (("/searches/check", {}), ("/searches", WHY)):
        page = analyst.send(path, query=query, **more)
        assert page.status_code == 422
        assert f'value="{query}"' in page.text
        (shown,) = re.findall(r'<pre class="place" dir="ltr"><code>(.*?)</code></pre>', page.text, re.S)
        first, caret = html.unescape(re.sub(r"<[^>]+>", "", shown)).split("\n")
        assert first.startswith(before)
        wide = before.count("漢")
        assert caret == " " * (len(before) + wide) + "^"
        assert f"colonne {column}" in plain(page.text)
    assert untouched()


def test_what_is_typed_is_shown_and_never_obeyed(analyst, untouched):
    fields = {"query": f'{HOSTILE} ville:"{HOSTILE.replace(chr(34), "")}" maelie.bourg', "cities": HOSTILE}
    for query in (fields["query"], f'signal:"{HOSTILE}"', f'"{HOSTILE}'):
        page = analyst.send("/searches/check", **(fields | {"query": query}))
        assert page.status_code in (200, 422)
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        shown = page.text.partition('<form class="narrow"')[2]
        inside = re.findall(r"<(?:bdi|code)>(.*?)</(?:bdi|code)>", shown, re.S)
        assert inside
        assert not any("\u202e" in one for one in inside), "marks that turn the text are shown instead"
    assert untouched()


def test_a_form_that_is_too_long_says_so_and_loses_nothing(analyst, untouched):
    page = analyst.send("/searches/check", query="a" * 10_001, identifiers="@lea.b")
    assert page.status_code == 422
    assert "@lea.b</textarea>" in page.text
    assert "a" * 10_001 in page.text
    assert untouched()


def test_programs_get_the_same_hints(analyst, untouched):
    told = hints(analyst, query="fugue ville:Lavall")
    assert told["sought"][0] == [{"negated": False, "kind": "word", "value": "fugue", "slips": 0}]
    assert [(one["code"], one["fixed"]) for one in told["hints"]] == [("city_meant", 'fugue ville:"Laval"')]
    assert (told["broken"], told["only_flagged"]) == (None, False)
    assert hints(analyst, query="pseudo:lea")["only_flagged"]
    assert hints(analyst, query="fu*")["broken"]["column"] == 1
    hints(analyst, 422, query="a" * 10_001)
    assert untouched()


def test_only_who_may_search_is_told(person_in, browser):
    assert person_in("partner").api("POST", "/searches/hints", json={"query": "fugue"}).status_code == 403
    assert person_in("researcher").send("/searches/check", query="fugue").status_code == 403


def test_the_result_says_what_was_sought_and_a_click_searches_what_was_meant(analyst, town):
    found = town.post(FUGUE, city="Laval")
    sent = analyst.send("/searches", query="fugue ville:Lavall", since="2026-01-01", **WHY)
    page = analyst.page(sent.headers["location"]).text
    assert "Vouliez-vous dire Laval" in plain(page)
    assert "la ville «\xa0lavall\xa0»" in plain(page)
    (key,) = re.findall(r'name="fix" value="([^"]+)" formaction="/searches"', page)
    mended = analyst.send("/searches", query="fugue ville:Lavall", since="2026-01-01", fix=html.unescape(key), **WHY)
    made = analyst.api("GET", mended.headers["location"]).json()
    assert [hit["id"] for hit in made["items"]] == [found]
    assert (made["scope"]["query"], made["scope"]["since"]) == ('fugue ville:"Laval"', "2026-01-01")


def test_the_help_shows_examples_that_can_be_searched(analyst):
    for lang in ("fr", "en"):
        analyst.send("/language", lang=lang, next="/")
        page = analyst.page("/searches").text
        examples = [html.unescape(one) for one in re.findall(r"<tr><td><code>(.*?)</code></td>", page)]
        assert len(examples) == 12
        for example in examples:
            told = hints(analyst, query=example)
            assert (told["broken"], told["hints"]) == (None, []), example
