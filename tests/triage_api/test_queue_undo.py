"""For a moment a decision can be taken back, by whoever made it, if it was their last and nothing left the house."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from desk_words import FAREWELL, FUGUE, LURE
from sqlalchemy import select

from store.erasure import erase
from store.tables import Decision, Post, QueueItem, RegisterEntry

SENT = {"verdict": "refer", "criteria": ["M05"], "reason": "à transmettre"}


@pytest.fixture
def decided(analyst, town):
    """Have an item decided; return the item's id and the post's."""

    def make(text=FUGUE, key="", who=analyst, **sent):
        post = town.post(text, key)
        item = f"q-{post[2:]}"
        made = who.api("POST", f"/queue/{item}/decision", json=SENT | sent)
        assert made.status_code == 201, made.text
        return item, post

    return make


def undo(browser, item):
    return browser.api("POST", f"/queue/{item}/undo")


def code(answer):
    return answer.status_code, answer.json()["error"]["code"]


def get(store, table, identity):
    with store.database.reading() as session:
        return session.get_one(table, identity)


def post_of(store, identity) -> Post:
    with store.database.reading() as session:
        return session.scalars(select(Post).where(Post.id == identity)).one()


def told(store, event):
    with store.database.reading() as session:
        rows = session.scalars(select(RegisterEntry).where(RegisterEntry.event == event).order_by(RegisterEntry.n))
        return [json.loads(each.public) for each in rows]


def test_an_undone_decision_leaves_the_item_claimed_and_the_post_as_it_was(analyst, decided, town, store, desk, clock):
    post = town.post(FUGUE)
    before = post_of(store, post)
    item, _ = decided()
    town.settle()
    assert desk.index.get(post).verdict == "refer"
    assert post_of(store, post).expires_at is None
    clock.forward(seconds=59)
    answer = undo(analyst, item)
    assert answer.status_code == 200, answer.text
    assert answer.json()["items"] == [item]
    assert answer.json()["item"]["mine"] is True
    row, after = get(store, QueueItem, item), post_of(store, post)
    assert (row.status, row.claimed_until) == ("open", clock() + timedelta(minutes=30))
    assert after.expires_at == before.expires_at
    assert after.revision > before.revision + 1
    town.settle()
    assert desk.index.get(post).verdict == "", "searches by verdict do not find it any more"
    assert told(store, "decision.undone") == [{"item": item, "post": post, "verdict": "refer"}]
    with store.database.reading() as session:
        assert session.scalars(select(Decision)).one().undone_at == clock()
    again = analyst.api("POST", f"/queue/{item}/decision", json=SENT | {"verdict": "dismiss"})
    assert again.status_code == 201


def test_an_undone_decision_is_not_undone_twice_nor_too_late(analyst, decided, clock, store):
    item, _ = decided()
    clock.forward(seconds=60)
    assert code(undo(analyst, item)) == (409, "undo_late")
    assert get(store, QueueItem, item).status == "decided"
    item, _ = decided(FAREWELL)
    assert undo(analyst, item).status_code == 200
    assert code(undo(analyst, item)) == (409, "undo_not_last")


def test_only_ones_own_last_decision_is_undone(analyst, decided, person_in):
    first, _ = decided()
    second, _ = decided(LURE)
    assert code(undo(analyst, first)) == (409, "undo_not_last")
    assert code(undo(person_in("analyst", name="autre"), second)) == (409, "undo_not_last")
    assert undo(analyst, "q-none").status_code == 404
    assert undo(analyst, second).status_code == 200
    assert undo(analyst, first).status_code == 200, "it is the last one now"


def test_a_quarantine_is_not_undone(analyst, decided, store):
    item, post = decided(verdict="quarantine")
    assert code(undo(analyst, item)) == (409, "undo_quarantine")
    assert post_of(store, post).status == "quarantined"


def test_what_left_the_house_is_not_undone(analyst, decided, clock, person_in):
    item, post = decided()
    clock.forward(seconds=5)
    assert analyst.api("GET", f"/posts/{post}/facts").status_code == 200
    assert code(undo(analyst, item)) == (409, "undo_left")
    partner = person_in("partner")
    asked = {"who": "École", "why": "Absente", "handles": ["@lea.b"]}
    request = partner.api("POST", "/requests", json=asked).json()["id"]
    waiting = analyst.api("GET", "/queue", params={"lane": "requests"}).json()["items"]
    analyst.api("POST", f"/requests/{request}/answer", json={"kind": "call_us", "text": "Appelez-nous."})
    assert code(undo(analyst, waiting[0]["id"])) == (409, "undo_left")


def test_what_was_erased_or_reads_otherwise_by_now_is_not_undone(analyst, decided, town, store):
    item, post = decided()
    erase(store, post)
    assert code(undo(analyst, item)) == (409, "undo_changed")
    item, post = decided(LURE, "edited")
    town.post(FAREWELL, "edited")
    assert get(store, QueueItem, item).status == "open", "its new words wait"
    assert code(undo(analyst, item)) == (409, "undo_changed")


def test_what_somebody_else_decided_on_its_new_words_stays_decided(analyst, decided, town, store, person_in):
    item, _ = decided(LURE, "edited")
    town.post(FAREWELL, "edited")
    other = person_in("analyst", name="autre")
    made = other.api("POST", f"/queue/{item}/decision", json=SENT | {"verdict": "escalate"})
    assert made.status_code == 201, made.text
    assert code(undo(analyst, item)) == (409, "undo_changed")
    assert get(store, QueueItem, item).status == "decided"


def test_copies_follow_a_decision_and_its_undoing(analyst, town, store, clock):
    first = town.post(FUGUE, "1")
    clock.forward(minutes=20)
    copy, other = town.post(FUGUE.upper(), "2", source="babillard"), town.post(LURE)
    before = post_of(store, other).expires_at
    assert analyst.api("POST", f"/queue/q-{first[2:]}/decision", json=SENT).status_code == 201
    assert post_of(store, copy).expires_at is None
    assert post_of(store, other).expires_at == before
    clock.forward(seconds=10)
    assert undo(analyst, f"q-{first[2:]}").status_code == 200
    assert post_of(store, copy).expires_at == clock() + timedelta(days=30), "it waits, so it is kept like what waits"


def test_what_came_with_the_same_words_meanwhile_waits_with_the_reopened_item(analyst, town, store, clock):
    first = town.post(FAREWELL, "1")
    analyst.api("POST", f"/queue/q-{first[2:]}/decision", json=SENT | {"verdict": "watch"})
    clock.forward(seconds=20)
    copy = town.post(FAREWELL, "2")
    assert get(store, QueueItem, f"q-{copy[2:]}").status == "open"
    assert undo(analyst, f"q-{first[2:]}").status_code == 200
    assert get(store, QueueItem, f"q-{copy[2:]}").status == "withdrawn", "one waits for both"
    analyst.api("POST", f"/queue/q-{first[2:]}/release")
    assert [one["post"] for one in analyst.api("GET", "/queue").json()["items"]] == [first]


def test_a_copy_that_was_taken_out_of_the_campaign_waits_on_when_a_decision_is_undone(analyst, town, store):
    first, copy = town.post(FUGUE, "1"), town.post(FUGUE.upper(), "2", source="babillard")
    item = f"q-{first[2:]}"
    assert analyst.api("POST", f"/queue/{item}/part", json={"post": copy}).status_code == 200
    town.settle()
    assert analyst.api("POST", f"/queue/{item}/decision", json=SENT).status_code == 201
    assert undo(analyst, item).status_code == 200
    assert get(store, QueueItem, f"q-{copy[2:]}").status == "open", "no decision on the other is one for it"


def test_an_undo_that_cannot_be_entered_changes_nothing(analyst, decided, store, no_register):
    item, post = decided()
    no_register()
    assert undo(analyst, item).status_code == 503
    assert get(store, QueueItem, item).status == "decided"
    assert post_of(store, post).expires_at is None


@pytest.mark.parametrize(("lang", "words"), [("fr", "encore 45 s"), ("en", "45 s left")])
def test_the_page_after_a_decision_has_the_button_and_the_time_that_is_left(analyst, town, clock, lang, words):
    town.post(FUGUE)
    analyst.send("/language", lang=lang, next="/queue")
    (item,) = analyst.api("GET", "/queue").json()["items"]
    after = analyst.send(f"/queue/{item['id']}/decision", verdict="watch", reason="à suivre").headers["location"]
    clock.forward(seconds=15)
    page = analyst.page(after).text
    assert f'action="/queue/{item["id"]}/undo"' in page
    assert words in page
    assert analyst.send(f"/queue/{item['id']}/undo").headers["location"] == f"/queue/{item['id']}"
    assert "/undo" not in analyst.page(after).text
    analyst.send(f"/queue/{item['id']}/decision", verdict="watch", reason="à suivre")
    clock.forward(seconds=61)
    assert "/undo" not in analyst.page(after).text
    late = analyst.send(f"/queue/{item['id']}/undo")
    assert late.status_code == 409
    assert ("trop tard" if lang == "fr" else "too late") in late.text
