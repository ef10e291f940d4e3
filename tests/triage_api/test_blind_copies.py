"""What two people judge blind is blind in every copy of its text: a copy found by a search would tell the evidence."""

from __future__ import annotations

import pytest
from desk_words import FUGUE, words_of
from double_coding import claim, first_reading, item_of, judge, second_reading
from sqlalchemy import event, select

from store.tables import QueueItem
from triage_api.agreement.blind import blind_among, blinding
from triage_api.shell.languages import say

MARKS = ("M05", "M01", "M04", "D05", '"weight"', "<mark")


@pytest.fixture
def store(make_store):
    return make_store(double_coding_percent=100)


@pytest.fixture
def first(person_in):
    return person_in("analyst", name="première")


@pytest.fixture
def copies(town, store):
    """A post that two people are to judge, its item, and a later copy of its text that has none."""
    item = item_of(store, town.post(FUGUE, "a"))
    return item, town.post(FUGUE, "b")


def told(browser, post):
    """Return all that a person is told of a post that they found."""
    asked = {"query": "fugue", "purpose": "watch", "ground": "LPJ 39"}
    found = browser.api("POST", "/searches", json=asked)
    opened = browser.api("GET", f"/posts/{post}")
    page = browser.page(f"/posts/{post}?open=1").text.split("data-picker")[0]
    sheet = browser.page(f"/posts/{post}/facts").text
    assert (found.status_code in (200, 201), opened.status_code) == (True, 200)
    return {"search": found.text, "post": opened.text, "page": page, "sheet": sheet}


def leaks(ways):
    return {(name, mark) for name, text in ways.items() for mark in MARKS if mark in text}


def test_a_copy_tells_nothing_until_its_text_is_judged(copies, first, store):
    item, copy = copies
    with store.database.reading() as session:
        assert session.scalar(select(QueueItem.id).where(QueueItem.post_id == copy)) is None
    assert leaks(told(first, copy)) == set()
    claim(first, item.id)
    assert judge(first, item.id, "watch", ("M05",)).status_code == 201
    assert {"search", "post", "page"} <= {name for name, _ in leaks(told(first, copy))}


def test_the_second_reader_is_told_nothing_by_a_copy_either(copies, first, person_in, clock):
    item, copy = copies
    first_reading(first, item.id)
    clock.forward(seconds=61)
    second = person_in("supervisor", name="seconde")
    assert leaks(told(second, copy)) == set()
    assert second_reading(second).status_code == 201
    assert leaks(told(second, copy))
    assert leaks(told(person_in("analyst", name="tierce"), copy)), "nobody waits for another judgement"


def test_the_page_of_a_copy_leads_to_the_post_that_is_judged(copies, first):
    item, copy = copies
    page = first.page(f"/posts/{copy}?open=1").text
    assert say("fr", "judging.copy") in words_of(page).replace("&#39;", "'")
    main = page.split('<main id="main"')[1]
    assert f'href="/posts/{item.post_id}"' in main
    assert f"/agreement/{item.id}" not in main
    assert f"/queue/{item.id}" not in main


def test_other_words_and_an_item_that_was_not_drawn_hide_nothing(copies, town, store, make_person):
    item, copy = copies
    other = town.post("Adieu tout le monde, c'est mon dernier message, c'est ce soir.", "c")
    person = make_person("analyst", name="quatre")
    with store.database.writing() as session:
        session.scalars(select(QueueItem).where(QueueItem.post_id == other)).one().double = False
    with store.database.reading() as session:
        assert blind_among(session, person, [copy, other, item.post_id]) == {copy, item.post_id}
        assert blinding(session, person, [copy])[copy].id == item.id
        assert blind_among(session, person, []) == set()
    with store.database.writing() as session:
        session.get(QueueItem, item.id).double = False
    with store.database.reading() as session:
        assert blind_among(session, person, [copy, item.post_id]) == set()


def test_no_more_is_looked_at_than_the_posts_and_their_copies(copies, store, make_person):
    if not store.database.is_sqlite:
        pytest.skip("how a query is answered is asked of SQLite, whose planner needs no statistics")
    _, copy = copies
    person, asked = make_person("analyst", name="cinq"), []

    def note(_connection, _cursor, statement, parameters, *_rest):
        asked.append((statement, parameters))

    event.listen(store.database.engine, "before_cursor_execute", note)
    with store.database.reading() as session:
        blind_among(session, person, [copy])
    event.remove(store.database.engine, "before_cursor_execute", note)
    items = [one for one in asked if "FROM queue_items" in one[0]]
    assert len(items) == 2
    with store.database.reading() as session:
        for statement, parameters in items:
            plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            assert all("SEARCH" in row[3] and ("post_id=?" in row[3] or "same_text=?" in row[3]) for row in plan), plan
