"""The queue while it is open: what is new comes by itself, and the keys do what the page says."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from store.settings import Settings
from store.store import open_store
from store.tables import QueueItem

pytestmark = pytest.mark.browser


@pytest.fixture
def immediate(demo_data, desks):
    """Put an immediate item into the running demo's queue; it is taken out again at the end."""
    store, made = open_store(Settings(data_dir=demo_data)), []

    def put(identity):
        item = QueueItem(id=identity, lane="immediate", urgency="immediate", rank=3, score=0.9, signals=["distress"])
        item.created_at = datetime.now(UTC)
        with store.database.writing() as session:
            session.add(item)
        made.append(identity)

    yield put
    with store.database.writing() as session:
        for identity in made:
            session.delete(session.get_one(QueueItem, identity))
    store.close()


def test_what_is_immediate_appears_without_a_reload_while_the_page_is_looked_at(enter, immediate):
    page = enter("analyste")
    page.clock.install()
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/api/queue/news" in request.url else None)
    page.goto("/queue")
    live = page.locator("[data-news]")
    with page.expect_response(re.compile("/api/queue/news")) as first:
        page.clock.run_for(16_000)
    first.value.finished()  # it asks once at a time: a turn that comes while an answer is under way is left out
    expect(live).to_be_empty()
    assert len(asked) == 1, "once in fifteen seconds"
    immediate("q-ffffffffffffffffffffff01")
    page.clock.run_for(16_000)
    fresh = page.locator("tr[id='q-ffffffffffffffffffffff01']")
    expect(fresh).to_contain_text("nouveau", timeout=20_000)
    expect(live).to_contain_text("Immédiat (1)")
    assert page.title().startswith("(1)")
    assert page.locator("[data-takes-news] tr").first.get_attribute("id") == "q-ffffffffffffffffffffff01"
    before = len(asked)
    page.evaluate("Object.defineProperty(document, 'visibilityState', {value: 'hidden', configurable: true})")
    page.clock.run_for(60_000)
    assert len(asked) == before, "a page that nobody looks at asks nothing"
    page.evaluate("Object.defineProperty(document, 'visibilityState', {value: 'visible', configurable: true})")
    with page.expect_response(re.compile("/api/queue/news")) as answered:
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert answered.value.ok
    expect(fresh).to_have_count(1)
    assert len(asked) == before + 1
    page.context.clear_cookies()
    with page.expect_response(re.compile("/api/queue/news")) as refused:
        for _ in range(40):  # a turn that comes while an answer is under way is left out
            page.clock.run_for(16_000)
            page.wait_for_timeout(50)
            if len(asked) > before + 1:
                break
    assert refused.value.status == 401
    expect(live).to_contain_text("session a pris fin")
    done = len(asked)
    page.clock.run_for(60_000)
    assert len(asked) == done


def test_the_keys_of_the_list(enter):
    page = enter("analyste")
    page.goto("/queue")
    rows = page.locator("[data-rows] tbody tr")
    expect(page.get_by_text("Raccourcis clavier")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(rows.first.get_by_role("link")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_text("ligne suivante")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_text("ligne suivante")).to_be_hidden()
    page.keyboard.press("/")
    expect(page.locator("[data-filters] select").first).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator("[data-filters] select").first).to_be_focused()  # a letter is typed, not a shortcut
    page.get_by_role("link", name="Tout").first.focus()
    page.keyboard.press("2")
    page.wait_for_url(re.compile(r"lane=at_risk$"))
    page.keyboard.press("0")
    page.wait_for_url(re.compile(r"/queue$"))
    skipped = rows.nth(1).get_attribute("id")
    page.keyboard.press("j")
    page.keyboard.press("j")
    with page.expect_request(re.compile(rf"/queue/{skipped}/skip$")):
        page.keyboard.press("s")
    page.goto("/queue")
    page.keyboard.press("?")
    page.get_by_role("button", name=re.compile("Désactiver les raccourcis")).click()
    page.goto("/queue")
    page.keyboard.press("2")
    page.keyboard.press("j")
    expect(rows.first.get_by_role("link")).not_to_be_focused()
    assert page.url.endswith("/queue")


def test_without_scripts_the_queue_has_its_buttons_and_promises_no_keys(enter):
    page = enter("analyste", javascript=False)
    page.goto("/queue")
    expect(page.get_by_text("Raccourcis clavier")).to_be_hidden()
    row = page.locator("[data-rows] tbody tr").first
    identity = row.get_attribute("id")
    row.get_by_role("button", name="Passer").click()
    page.goto("/queue?lane=immediate")
    page.get_by_text("Garder ces filtres").click()
    page.get_by_label("Nom de la vue").fill("Mes urgences")
    page.get_by_role("button", name="Garder la vue").click()
    expect(page.get_by_role("link", name="Mes urgences")).to_have_attribute("aria-current", "true")
    page.goto("/queue/views")
    page.get_by_role("button", name=re.compile("Supprimer")).click()
    expect(page.get_by_text("Aucune vue")).to_be_visible()
    assert identity
