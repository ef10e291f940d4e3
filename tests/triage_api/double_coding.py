"""Posts that two people judge, and how they do, for the tests of double coding."""

from __future__ import annotations

from datetime import timedelta

from desk_people import Browser, Town
from sqlalchemy import select

from nlp.grid import load_grid
from store.store import Store
from store.tables import Judgement, Post, QueueItem

GRID = load_grid().version


def item_of(store: Store, post: str) -> QueueItem:
    with store.database.reading() as session:
        return session.scalars(select(QueueItem).where(QueueItem.post_id == post)).one()


def claim(browser: Browser, item: str) -> None:
    answer = browser.api("POST", f"/queue/{item}/claim")
    assert answer.status_code == 200, answer.text


def judge(browser: Browser, item: str, verdict: str = "watch", criteria: tuple[str, ...] = ()):
    return browser.api("POST", f"/agreement/{item}/judgement", json={"verdict": verdict, "criteria": list(criteria)})


def decide(browser: Browser, item: str, verdict: str = "watch"):
    given = {"verdict": verdict, "criteria": ["M05"], "reason": "Vu et lu."}
    return browser.api("POST", f"/queue/{item}/decision", json=given)


def first_reading(browser: Browser, item: str, verdict: str = "watch", criteria: tuple[str, ...] = ("M05",)) -> None:
    """Claim, judge and decide as a first reader does."""
    claim(browser, item)
    judged = judge(browser, item, verdict, criteria)
    assert judged.status_code == 201, judged.text
    decided = decide(browser, item, verdict)
    assert decided.status_code == 201, decided.text


def second_reading(browser: Browser, verdict: str = "watch", criteria: tuple[str, ...] = ("M05",)):
    """Take the next second reading and judge it."""
    taken = browser.api("POST", "/agreement/second").json()
    assert taken["item"], taken
    return judge(browser, taken["item"], verdict, criteria)


def read_twice(
    store: Store, town: Town, people: tuple[str, str], met: str, sees: tuple[bool, bool], number: int
) -> None:
    """Keep a post that two people judged, as the service would have written it: only what they found matters here."""
    now = store.clock() - timedelta(days=1)
    town.declare("forum")
    post, item = f"p-{number:024x}", f"q-{number:024x}"
    blank = {"text": "", "title": "", "author": "", "url": "", "city": "", "region": "", "digest": "", "same_text": ""}
    row = Post(id=post, source_id="forum", external_id=post, kind="post", origin="import", **blank)
    row.seq, row.revision, row.version, row.status, row.provenance = 10_000 + number, 1, 1, "erased", {}
    row.ingested_at = row.seen_at = now
    waits = QueueItem(id=item, post_id=post, lane="at_risk", urgency="soon", rank=2, signals=["minor"], double=True)
    waits.status, waits.created_at = "decided", now
    with store.database.writing() as session:
        session.add(row)
        session.flush()
        session.add(waits)
        session.flush()
        for person, saw in zip(people, sees, strict=True):
            found = Judgement(item_id=item, user_id=person, verdict="watch", criteria=[met] if saw else [])
            found.grid, found.at = GRID, now
            session.add(found)
