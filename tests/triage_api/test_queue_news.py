"""What an open page asks by itself: small, told once, and no reason for a session to last."""

from __future__ import annotations

from datetime import timedelta

from queue_rows import put, row
from sqlalchemy import select

from store.tables import QueueItem, SessionRow


def ask(browser):
    return browser.client.get("/api/queue/news")


def session_end(store):
    with store.database.reading() as session:
        return session.scalar(select(SessionRow.expires_at))


def test_news_are_what_is_immediate_newest_first(analyst, store, clock):
    first = ask(analyst)
    assert first.json() == {"count": 0, "newest": []}
    (old,) = put(store, row("immediate", clock()))
    put(store, row("at_risk", clock()), row("immediate", clock(), status="decided"))
    clock.forward(minutes=1)
    (new,) = put(store, row("immediate", clock()))
    told = ask(analyst)
    assert told.status_code == 200
    assert told.json() == {"count": 2, "newest": [new, old]}
    with store.database.writing() as session:
        item = session.get_one(QueueItem, new)
        item.claimed_by, item.claimed_until = "u-1", clock() + timedelta(minutes=5)
    assert ask(analyst).json() == {"count": 2, "newest": [old]}, "it is being read"


def test_news_stay_small_in_a_backlog(analyst, store, clock):
    put(store, *(row("immediate", clock() - timedelta(seconds=n)) for n in range(60)))
    told = ask(analyst)
    assert told.json()["count"] == 60
    assert len(told.json()["newest"]) == 20
    assert len(told.content) < 1000


def test_a_row_is_the_pages_row_and_nothing_of_the_text(analyst, town, store):
    from desk_words import FAREWELL

    town.post(FAREWELL)
    identity = ask(analyst).json()["newest"][0]
    answer = analyst.client.get(f"/api/queue/{identity}/row")
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.strip().startswith(f'<tr id="{identity}">')
    assert answer.text.strip() in analyst.page("/queue").text
    assert "adieu" not in answer.text
    assert analyst.client.get("/api/queue/q-nulle/row").status_code == 404


def test_asking_for_news_keeps_no_session_alive(analyst, store, clock):
    (identity,) = put(store, row("immediate", clock()))
    end = session_end(store)
    minutes = store.settings.session_minutes
    for _ in range(minutes - 1):
        clock.forward(minutes=1)
        assert ask(analyst).status_code == 200
        assert analyst.client.get(f"/api/queue/{identity}/row").status_code == 200
    assert session_end(store) == end
    clock.forward(minutes=1)
    over = ask(analyst)
    assert (over.status_code, over.json()["error"]["code"]) == (401, "not_logged_in")


def test_doing_something_does(analyst, store, clock):
    end = session_end(store)
    clock.forward(minutes=5)
    assert analyst.page("/queue").status_code == 200
    assert session_end(store) == end + timedelta(minutes=5)


def test_only_who_sees_the_queue_is_told(person_in, browser):
    assert ask(person_in("partner")).status_code == 403
    assert ask(browser()).status_code == 401


def test_the_page_may_ask_us_and_nobody_else(analyst):
    policy = analyst.page("/queue").headers["content-security-policy"]
    assert "connect-src 'self';" in policy
    assert "default-src 'none'" in policy


def test_the_page_stands_without_scripts(analyst, store, clock):
    (identity,) = put(store, row("immediate", clock()))
    page = analyst.page("/queue").text
    assert f'formaction="/queue/{identity}/skip"' in page
    assert '<form id="row-acts" method="post"' in page
    assert "data-keys hidden" in page, "keys are only told where they work"
    skipped = analyst.send(f"/queue/{identity}/skip")
    assert skipped.status_code == 303
    assert page.count("<script") == 2
