"""A result's page: repeats before results, coverage beside them, what was counted, how to narrow, news of watches."""

from __future__ import annotations

import html
import re
from collections import Counter
from datetime import date, timedelta

import pytest
from desk_words import FAREWELL, FUGUE, HARMLESS, HOSTILE, LURE, words_of
from sqlalchemy import select

from nlp.searches import place_key
from store.posts import current_assessments
from store.tables import Post, RegisterEntry, StandingHit
from triage_api.searches.drawing import drawn

WHY = {"purpose": "watch", "ground": "LPJ 39"}


def ask(browser, status=201, **asked):
    made = browser.api("POST", "/searches", json=WHY | asked)
    assert made.status_code == status, made.text
    return made.json()


def page_of(browser, made):
    answer = browser.page(f"/searches/{made['id']}")
    assert answer.status_code == 200
    return answer.text


def plain(page):
    return html.unescape(words_of(page))


def events(store):
    with store.database.reading() as session:
        told = select(RegisterEntry.event).where(RegisterEntry.event.like("search.%")).order_by(RegisterEntry.n)
        return list(session.scalars(told))


# --- repeats before results ----------------------------------------------------------------------------------------


def test_a_repeat_is_told_before_its_results_who_when_what_it_found_and_what_is_new(analyst, person_in, town, clock):
    town.post(FUGUE, "a")
    first = ask(analyst, query="fugue")
    assert first["earlier"] is None
    town.post(f"{FUGUE} encore", "b")
    other = person_in("analyst", name="autre")
    again = ask(other, 200, query="Fugues")
    by = analyst.api("GET", "/session").json().get("pseudonym")
    assert again["earlier"]["id"] == first["id"]
    assert again["earlier"]["opened_at"] == first["opened_at"]
    assert (again["earlier"]["own"], by in (None, again["earlier"]["by"])) == (False, True)
    page = page_of(other, again)
    told = plain(page)
    assert f"Faite par {again['earlier']['by']}" in told
    assert "Trouvé alors : 1. Arrivé depuis : 1." in told
    assert page.index('id="repeat-title"') < page.index("data-rows"), "before the results"
    assert page.index("data-rows") < page.index("Trouvé alors (1)"), "what is new stands before what is not"
    mine = ask(analyst, 200, query="fugue")
    assert mine["earlier"]["own"]
    assert "Faite par vous" in plain(page_of(analyst, mine))


def test_it_runs_again_from_the_page_with_a_reason_and_not_without(analyst, town, store):
    town.post(FUGUE)
    ask(analyst, query="fugue", since="2026-01-01")
    page = page_of(analyst, ask(analyst, 200, query="fugue", since="2026-01-01"))
    form = re.search(r'<form class="narrow" id="again".*?</form>', page, re.S)[0]
    sent = {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)}
    sent.pop("csrf")
    before = events(store)
    refused = analyst.send("/searches", **sent, again_reason=" ")
    assert refused.status_code == 409
    assert 'value="fugue"' in refused.text
    assert events(store) == before
    made = analyst.api("GET", analyst.send("/searches", **sent, again_reason="vérifier").headers["location"]).json()
    assert (made["reused_from"], made["facets"]["source"]) == (None, {"forum": 1})
    assert events(store)[len(before) :] == ["search.opened", "search.closed"]


def test_those_that_overlap_are_named_before_the_results(analyst, person_in, town):
    town.post(FUGUE)
    ask(analyst, query="fugue ville:Laval")
    other = person_in("analyst", name="autre")
    page = page_of(other, ask(other, query="fugue"))
    assert page.index('href="#overlaps"') < page.index("data-rows")
    assert 'id="overlaps"' in page


def test_nothing_found_is_never_said_alone(analyst, town):
    town.post(LURE)
    page = page_of(analyst, ask(analyst, query="introuvable"))
    assert "Rien dans ce qui est couvert" in page
    assert 'class="coverage"' in page
    again = page_of(analyst, ask(analyst, 200, query="introuvable"))
    assert "Rien de nouveau depuis, dans ce qui est couvert." in again
    assert 'class="coverage"' in again


# --- what was counted ----------------------------------------------------------------------------------------------


def test_facets_equal_a_plain_count(analyst, town, store, clock):
    texts = [FUGUE, FAREWELL, LURE, HARMLESS, "I ran away, I am 16 and I need a couch tonight", "Adieu fugue, sec 3"]
    cities = ["Laval", "Gatineau", "", "Montréal", "Trois-Rivières"]
    for number in range(25):
        town.post(
            f"{texts[number % 6]} no {number}",
            str(number),
            source=("forum", "babillard", "journal")[number % 3],
            city=cities[number % 5],
            kind="ad" if number % 4 == 0 else "post",
            posted_at=clock() - timedelta(days=number % 9),
        )
    made = ask(analyst, query="-introuvable", since="2026-01-01")
    with store.database.reading() as session:
        posts = list(session.scalars(select(Post)))
        rows = current_assessments(session, [post.id for post in posts])
    assert made["total"] == len(posts) == 25
    told = made["facets"]
    assert told["source"] == Counter(post.source_id for post in posts)
    assert told["kind"] == Counter(post.kind for post in posts)
    assert told["lang"] == Counter(rows[post.id].lang for post in posts)
    assert told["urgency"] == Counter(rows[post.id].urgency for post in posts)
    assert told["signals"] == Counter(signal for post in posts for signal in rows[post.id].flagged)
    assert told["region"] == Counter(post.region for post in posts if post.region)
    assert told["places"]["gatineau"] == sum(place_key(post.city) == "gatineau" for post in posts)
    days = Counter(post.posted_at.date() for post in posts)
    assert sum(made["histogram"].values()) == sum(days.values())
    assert len(made["histogram"]) == len(days)
    page = page_of(analyst, made)
    for facet in ("source", "kind", "lang", "urgency", "signals", "region"):
        assert all(f'<td class="number">{count}</td>' in page for count in told[facet].values())


def test_a_facet_narrows_by_way_of_the_register(analyst, town, store):
    here = town.post(FUGUE, "a", kind="ad")
    town.post(f"{FUGUE} encore", "b")
    page = page_of(analyst, ask(analyst, query="fugue"))
    (narrow,) = re.findall(r'name="narrow" value="(genre:&#?\w+;ad&#?\w+;)"', page)
    sent = analyst.send("/searches", query="fugue", narrow=html.unescape(narrow), **WHY)
    made = analyst.api("GET", sent.headers["location"]).json()
    assert (made["relation"], [hit["id"] for hit in made["items"]]) == ("covered", [here])
    assert events(store) == ["search.opened", "search.closed", "search.reused", "search.closed"]
    told = plain(page_of(analyst, made))
    assert "Une recherche plus large a déjà été faite" in told
    assert "Rien n'a été compté" in told
    assert "Pour compter, refaites-la à neuf, avec une raison" in told


def test_a_facet_narrows_whatever_the_query_ends_with(analyst, town):
    here = town.post(f"{FUGUE} Quelle ville ?", "a", kind="ad")
    town.post(f"{FUGUE} Une ville encore.", "b")
    sent = analyst.send("/searches", query="fugue ville :", narrow='genre:"ad"', **WHY)
    made = analyst.api("GET", sent.headers["location"]).json()
    assert [hit["id"] for hit in made["items"]] == [here], "the colon takes the facet for no value of a field"


def test_what_is_added_by_hand_is_not_lost_when_it_cannot_be_read(analyst, town):
    town.post(FUGUE)
    refused = analyst.send("/searches", query="fugue", narrow="signal:foo", **WHY)
    assert refused.status_code == 422
    assert 'value="signal:foo fugue"' in refused.text
    assert "colonne 8" in plain(refused.text)


def test_counts_that_are_no_more_can_be_made_again(analyst, town):
    town.post(FUGUE)
    made = ask(analyst, query="fugue")
    analyst.client.app.state.desk.counted._kept.clear()  # as a new process has none
    page = page_of(analyst, made)
    assert "gardé nulle part" in plain(page)
    assert "Refaire et compter à neuf" in plain(page)


def test_the_histogram_is_drawn_without_a_style_and_has_its_table(analyst, town, clock):
    for number, days in enumerate((0, 0, 2, 40)):
        town.post(f"{FUGUE} no {number}", str(number), posted_at=clock() - timedelta(days=days))
    for since, period in (("2026-01-01", "Par jour"), ("2025-06-01", "Par semaine")):
        page = page_of(analyst, ask(analyst, query="fugue", since=since, again_reason="essai"))
        (svg,) = re.findall(r'<svg class="drawing".*?</svg>', page, re.S)
        assert "style" not in svg
        assert 'role="img" aria-label="' in svg
        assert svg.count("<rect") == len(re.findall(r"<tr><td>\d{4}-\d\d-\d\d</td>", page)) > 1
        assert period in page


def test_a_drawing_keeps_the_distance_between_days_and_the_height_of_counts():
    monday = date(2026, 3, 2)
    told = drawn({monday: 1, monday + timedelta(days=3): 4}, "day")
    first, second = told.bars
    assert second.height == 4 * first.height == told.foot
    assert second.x == 3 * told.width / 4
    assert second.x + second.width <= told.width
    weeks = drawn({monday: 1, monday + timedelta(days=21): 1}, "week")
    assert weeks.bars[1].x == 3 * weeks.width / 4
    months = drawn({date(2025, 12, 1): 2, date(2026, 2, 1): 1}, "month")
    assert months.bars[1].x == pytest.approx(2 * months.width / 3, abs=0.01)
    long = drawn({date(1990, 1, 1): 9, date(2026, 2, 1): 1}, "month")
    assert (len(long.bars), long.last) == (1, date(2026, 2, 1))
    assert drawn({monday: 3}, "day") is None
    assert drawn({}, "day") is None
    assert drawn(None, None) is None


# --- hits and watches ----------------------------------------------------------------------------------------------


def test_hostile_names_in_hits_and_facets_are_shown_and_never_obeyed(analyst, town):
    town.post(HOSTILE, "a", city='<b onclick="x()">Laval</b>')
    made = ask(analyst, query="fugue")
    page = page_of(analyst, made)
    assert "<b onclick" not in page
    assert "&lt;b onclick" in page
    assert "pisteur" not in page, "a hit shows labels: its text is read by an entry of its own"
    opened = analyst.page(f"/posts/{made['items'][0]['id']}?search={made['id']}&open=1").text
    assert "<script>alert" not in opened
    assert re.search(r'<mark class="[^"]*found', opened) or "Mot cherché" in opened


def test_ones_own_watches_with_news_stand_beside(analyst, person_in, town, store):
    page = analyst.page("/searches").text
    assert "Rien de nouveau dans ce qui est couvert (0 en cours)" in page
    asked = {"who": "École", "why": "Absente", "handles": ["@lea.b"]}
    request = person_in("partner").api("POST", "/requests", json=asked).json()["id"]
    made = ask(analyst, query="fugue", request=request, purpose="request")
    assert 'action="/standing"' in page_of(analyst, made)
    sent = analyst.send("/standing", search=made["id"])
    assert "Rien de nouveau dans ce qui est couvert (1 en cours)" in analyst.page("/searches").text
    standing, new = sent.headers["location"].removeprefix("/standing/"), town.post(FUGUE)
    with store.database.writing() as session:
        session.add(StandingHit(standing_id=standing, post_id=new, found_at=store.clock()))
    for page in (analyst.page("/searches").text, page_of(analyst, made)):
        assert f'<a href="/standing/{standing}"><bdi>fugue</bdi></a> <strong>(1 à lire)</strong>' in page
    assert (
        "Rien de nouveau dans ce qui est couvert (0 en cours)"
        in person_in("analyst", name="autre").page("/searches").text
    )
    other = ask(analyst, query="adieu")
    assert 'action="/standing"' not in page_of(analyst, other)
    assert "Seule une recherche faite pour la demande" in plain(page_of(analyst, other))
