"""A day at the desk in Chromium, by keyboard alone, timed."""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import UTC, datetime

import pytest
from day import ITEMS, Analyst, work
from day_house import CAMPAIGNS, COLLEAGUE, opened
from keyboard import Timings
from sqlalchemy import select

from store.tables import Decision, Judgement, RegisterEntry, User

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def tab(chromium, day_desks):
    """Open a browser for a person, whose pages are timed."""
    contexts = []

    def open_tab(timings):
        context = chromium.new_context(base_url=day_desks.address, locale="fr-CA")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        timings.watch(page)
        return page

    yield open_tab
    for context in contexts:
        context.close()


def test_a_day_by_keyboard_alone(tab, day_data, day_desks, capsys):
    timings, since = Timings(), datetime.now(UTC)
    analyst = Analyst(tab(timings))
    analyst.log_in(day_desks, "analyste")
    with opened(day_data) as store, store.database.reading() as session:
        names = {user.name: user for user in session.scalars(select(User))}
        own, colleague = names["analyste"], names[COLLEAGUE]
        pseudonym = colleague.pseudonym
    handed = work(analyst, pseudonym)
    other = Analyst(tab(timings))
    other.log_in(day_desks, COLLEAGUE)
    taken = take_what_was_handed(other, handed)
    seconds = read_a_second_time(other, 2)
    stops = walk(other)
    with capsys.disabled():
        sys.stdout.write("\n".join(["", *timings.table(), "", *told(analyst, stops), ""]))
    together = [item for campaign in analyst.campaigns for item in campaign]
    with opened(day_data) as store, store.database.reading() as session:
        rows = session.scalars(select(Decision).where(Decision.created_at >= since)).all()
        judged = Counter(
            (row.item_id, row.user_id) for row in session.scalars(select(Judgement).where(Judgement.at >= since))
        )
        told_of = select(RegisterEntry.event, RegisterEntry.actor, RegisterEntry.public)
        entries = session.execute(told_of.where(RegisterEntry.at >= since)).all()
    stand = Counter((row.item_id, row.user_id) for row in rows if row.undone_at is None)
    assert len(analyst.decided) == len(set(analyst.decided)) == ITEMS
    assert len(analyst.campaigns) == CAMPAIGNS
    assert stand == Counter([(item, own.id) for item in analyst.decided + together] + [(taken, colleague.id)])
    assert max(Counter(item for item, _ in stand).values()) == 1, "nothing is decided twice"
    undone = Counter(row.item_id for row in rows if row.undone_at is not None)
    assert undone == Counter(analyst.undone)
    assert len({row.act or row.id for row in rows if row.undone_at is not None}) == 2
    assert judged == Counter(
        [(item, own.id) for item in analyst.judged] + [(item, colleague.id) for item in other.judged + seconds]
    )
    assert analyst.judged, "one item in ten is read by two people"
    assert len({row.verdict for row in rows}) >= 4
    assert any(row.criteria for row in rows)
    made = Counter((event, actor) for event, actor, _ in entries)
    assert made["decision.made", own.pseudonym] == ITEMS + len(together) + len(analyst.undone)
    assert made["decision.undone", own.pseudonym] == len(analyst.undone)
    assert made["judgement.made", own.pseudonym] == len(analyst.judged)
    assert made["item.handed", own.pseudonym] == 3
    searches = [made[f"search.{name}", own.pseudonym] for name in ("opened", "reused", "closed")]
    assert searches == [4, 1, 5], "the one that was made before ran nothing"
    assert made["decision.made", pseudonym] == 1
    of_decisions = {json.loads(public)["item"] for event, _, public in entries if event == "decision.made"}
    assert of_decisions == {item for item, _ in stand}


def take_what_was_handed(other, handed):
    """Decide one of the items that were handed over, refuse another, leave the third; return what was decided."""
    own = other.page.locator("table[data-rows]").first.locator("tbody tr")
    assert sorted(own.evaluate_all("rows => rows.map(row => row.id)")) == sorted(handed)
    other.take()
    decided = other.decide("2")
    assert decided in handed
    other.keys.task = "refuse"
    other.keys.press("j")
    other.keys.go("Enter", "/queue/q-")
    other.keys.tab_to("form[action$='/refuse'] button")
    other.keys.go("Enter", "/queue")
    other.keys.menu("/queue")
    assert own.count() == 1
    return decided


def read_a_second_time(other, times):
    """Judge blind what somebody else decided; return the items."""
    other.keys.task = "second reading"
    items = []
    for _ in range(times):
        other.keys.menu("/second")
        other.keys.tab_to("main button.primary")
        other.keys.go("Enter", "/posts/p-")
        other.read()
        items.append(other.judge_second())
    return items


def walk(person):
    """Go round each page of the day by Tab: nowhere is the focus caught; return how many stops each has."""
    stops = {}
    for name in ("queue", "text", "campaign", "searches"):
        if name == "queue":
            person.keys.menu("/queue")
        elif name == "text":
            person.take()
        elif name == "campaign":
            person.keys.go("g", "/campaign$")
        else:
            person.keys.menu("/searches")
        person.keys.task = "walk"
        stops[name] = person.keys.stops()
    return stops


def told(analyst, stops):
    pressed = analyst.keys.pressed
    yield f"{'task':<20} {'keys pressed':>12}"
    yield from (f"{task:<20} {count:>12}" for task, count in pressed.most_common())
    yield "stops by Tab: " + ", ".join(f"{name} {count}" for name, count in stops.items())
