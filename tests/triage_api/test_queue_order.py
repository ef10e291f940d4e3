"""One order for the list and for what is offered, in which youth at risk keep their share."""

from __future__ import annotations

import base64
import random
from datetime import timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from queue_rows import plain_order, put, row, some

from store.errors import BadInput
from store.tables import QueueItem, Skip
from triage_api.queue.filters import Filters
from triage_api.queue.listing import listing
from triage_api.queue.models import LANES
from triage_api.queue.ordering import every, interleaved, next_item
from triage_api.shell.cursors import wrap, wrap_sealed

EVERY_FIFTH = 5


@pytest.fixture
def person(make_person):
    return make_person("analyst")


@pytest.fixture
def other(make_person):
    return make_person("analyst", name="autre")


def ids(house, person, **more):
    return [item.id for item in listing(house, person, Filters(**more), limit=200).items]


def offered(desk, person):
    with desk.store.database.reading() as session:
        return next_item(desk, session, person)


def change(store, identity, **values):
    with store.database.writing() as session:
        item = session.get_one(QueueItem, identity)
        for name, value in values.items():
            setattr(item, name, value)


def skip(store, person, identity):
    with store.database.writing() as session:
        session.add(Skip(item_id=identity, user_id=person.id, at=store.clock()))


def key(one):
    return (-one.rank, one.hour, -one.score, one.id)


places = st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from([0.1, 0.9]))


@given(st.lists(places, max_size=25), st.lists(places, max_size=25), st.integers(0, 7), st.integers(0, 12))
def test_in_every_stretch_one_place_is_theirs_and_nobody_is_lost(kept, rest, step, run):
    def items(lane, told):
        made = [SimpleNamespace(rank=r, hour=h, score=s, id=f"{lane}{n}") for n, (r, h, s) in enumerate(told)]
        return sorted(made, key=key)

    theirs, others = items("a", kept), items("b", rest)
    told = [one for one, _ in interleaved(theirs, others, step, run)]
    assert [one for one in told if one in theirs] == theirs, "each lane keeps its order"
    assert [one for one in told if one in others] == others
    waits, in_a_row = len(theirs), run
    for one in told:
        if one in theirs:
            waits, in_a_row = waits - 1, 0
            continue
        assert not (step and waits and in_a_row >= step - 1), "their place was given away"
        in_a_row += 1
    if not step:
        assert told == sorted([*theirs, *others], key=key)


@pytest.mark.parametrize(("percent", "step"), [(0, 0), (1, 100), (20, 5), (15, 6), (33, 3), (34, 2), (50, 2)])
def test_the_share_is_never_less_than_what_is_set(settings, percent, step):
    assert every(settings.model_copy(update={"reserved_percent": percent})) == step
    assert not step or 1 / step >= percent / 100


@pytest.mark.parametrize("seed", range(4))
def test_the_list_is_the_plain_order_however_it_is_cut_into_pages(desk, person, store, clock, seed):
    rows = some(seed, 60, clock())
    put(store, *rows)
    wanted = plain_order(rows, EVERY_FIFTH)
    assert ids(desk, person) == wanted
    seen, cursor = [], None
    while True:
        page = listing(desk, person, cursor=cursor, limit=1 + seed * 4)
        seen += [item.id for item in page.items]
        if (cursor := page.next) is None:
            break
    assert seen == wanted
    assert ids(desk, person, lane="ads") == plain_order([one for one in rows if one.lane == "ads"], 0)
    assert ids(desk, person, desk="Estrie") == plain_order([one for one in rows if one.desk == "Estrie"], EVERY_FIFTH)


def test_every_fifth_place_is_theirs_against_an_immediate_backlog(desk, person, store, clock):
    put(store, *(row("immediate", clock()) for _ in range(20)), *(row("at_risk", clock()) for _ in range(3)))
    lanes = [item.lane for item in listing(desk, person).items]
    assert [place for place, lane in enumerate(lanes, 1) if lane == "at_risk"] == [5, 10, 15]
    assert lanes.count("immediate") == 20


def test_without_a_share_urgency_alone_counts(clock, desk, person):
    rows = some(9, 30, clock())
    put(desk.store, *rows)
    desk.store.settings.reserved_percent = 0
    assert ids(desk, person) == plain_order(rows, 0)


@pytest.mark.parametrize("seed", range(3))
def test_pages_show_what_stays_once_while_items_come_and_go(desk, person, store, clock, seed):
    draw, rows = random.Random(seed), some(seed, 60, clock())
    put(store, *rows)
    gone, seen, cursor = set(), [], None
    while True:
        page = listing(desk, person, cursor=cursor, limit=7)
        seen += [item.id for item in page.items]
        if (cursor := page.next) is None:
            break
        leaving = draw.sample([one.id for one in rows if one.id not in gone], 3)
        gone |= set(leaving)
        for identity in leaving:
            change(store, identity, status="decided", taken_at=clock())
        clock.forward(seconds=1)
        put(store, *some(seed + 100, 3, clock()))
        put(store, row("at_risk", clock()), row("immediate", clock()))
    assert len(seen) == len(set(seen))
    assert {one.id for one in rows} - gone <= set(seen)


def test_what_is_offered_one_after_the_other_is_the_list(desk, person, store, clock):
    rows = [
        *(row("immediate", clock() - timedelta(hours=n)) for n in range(14)),
        *(row("at_risk", clock() - timedelta(hours=n)) for n in range(4)),
        row("ads", clock(), urgency="routine"),
    ]
    put(store, *rows)
    wanted, got = ids(desk, person), []
    while (following := offered(desk, person)) is not None:
        clock.forward(seconds=1)
        assert ids(desk, person)[0] == following, "whoever takes the first of the list works in the same order"
        change(store, following, status="decided", taken_at=clock())
        got.append(following)
    assert got == wanted == plain_order(rows, EVERY_FIFTH)


def test_the_share_is_the_houses_whoever_takes(desk, person, other, store, clock):
    put(store, *(row("immediate", clock()) for _ in range(12)), *(row("at_risk", clock()) for _ in range(2)))
    lanes = []
    for number in range(10):
        who = (person, other)[number % 2]
        identity = offered(desk, who)
        clock.forward(seconds=1)
        change(store, identity, taken_at=clock(), claimed_by=who.id, claimed_until=clock() + timedelta(seconds=1))
        clock.forward(seconds=1)
        with store.database.reading() as session:
            lanes.append(session.get_one(QueueItem, identity).lane)
        change(store, identity, status="decided")
    assert lanes.index("at_risk") == 4
    assert [place for place, lane in enumerate(lanes) if lane == "at_risk"] == [4, 9]


def test_ones_own_claim_comes_first_then_what_was_handed_over_then_the_list(desk, person, other, store, clock):
    first, mine, handed, theirs = put(
        store,
        row("immediate", clock()),
        row("ads", clock(), urgency="routine"),
        row("recruitment", clock()),
        row("immediate", clock() - timedelta(hours=5)),
    )
    change(store, mine, claimed_by=person.id, claimed_until=clock() + timedelta(minutes=30))
    change(store, handed, handed_to=person.id)
    change(store, theirs, handed_to=other.id)
    page = listing(desk, person)
    assert [item.id for item in page.mine] == [mine, handed]
    assert (page.mine[0].mine, page.mine[1].for_me) == (True, True)
    assert [item.id for item in page.items] == [theirs, first, handed, mine], "the list hides nothing"
    assert page.items[0].handed_to == other.pseudonym
    assert offered(desk, person) == mine
    change(store, mine, claimed_until=clock())
    assert offered(desk, person) == handed
    assert offered(desk, other) == theirs
    change(store, theirs, status="decided")
    assert offered(desk, other) == first
    change(store, first, status="decided")
    assert offered(desk, other) == mine, "a claim that lapsed is nobody's"
    change(store, mine, status="decided")
    assert offered(desk, other) is None, "what is handed to one is not offered to others"
    assert listing(desk, person, Filters(status="decided")).mine == []


def test_what_was_skipped_or_is_read_by_another_is_not_offered(desk, person, other, store, clock):
    risky, first, second = put(
        store, row("at_risk", clock()), row("immediate", clock()), row("immediate", clock() + timedelta(hours=-1))
    )
    assert offered(desk, person) == second
    skip(store, person, second)
    assert offered(desk, person) == first
    assert offered(desk, other) == second
    change(store, first, claimed_by=other.id, claimed_until=clock() + timedelta(minutes=30))
    assert offered(desk, person) == risky
    change(store, risky, handed_to=person.id)
    skip(store, person, risky)
    assert offered(desk, person) is None
    assert set(ids(desk, person)) == {risky, first, second}


def test_past_the_cut_off_only_what_is_immediate_is_offered(desk, person, store, clock):
    calm, urgent = put(store, row("at_risk", clock()), row("immediate", clock()))
    desk.store.settings.exposure_cut_off = "00:01"  # half past four in Québec
    assert offered(desk, person) == urgent
    change(store, urgent, status="decided")
    assert offered(desk, person) is None
    desk.store.settings.exposure_cut_off = ""
    assert offered(desk, person) == calm


@pytest.mark.parametrize("lane", LANES)
def test_a_cursor_of_another_list_or_none_at_all_breaks_nothing(analyst, store, clock, lane):
    put(store, *some(3, 30, clock()))
    cursor = analyst.api("GET", "/queue", params={"limit": 2}).json()["next"]
    assert analyst.api("GET", "/queue", params={"lane": lane, "cursor": cursor}).status_code == 200
    assert analyst.api("GET", "/queue", params={"cursor": "bm9u"}).status_code == 422


@pytest.mark.parametrize("filters", [{}, {"lane": "at_risk"}])
def test_a_cursor_tells_no_score_and_is_good_for_this_list_alone(desk, store, person, clock, filters):
    put(store, *(row("at_risk", clock(), score=0.123 + number / 1000) for number in range(3)))
    first = listing(desk, person, Filters(**filters), limit=1)
    held = base64.urlsafe_b64decode(first.next + "=" * (-len(first.next) % 4))
    assert b"0.12" not in held
    assert first.items[0].id.encode() not in held
    assert len(first.next) <= 400
    rest = listing(desk, person, Filters(**filters), cursor=first.next)
    assert [one.id for one in (*first.items, *rest.items)] == ids(desk, person, **filters)
    turned = base64.urlsafe_b64encode(held[:-1] + bytes([held[-1] ^ 1])).decode().rstrip("=")
    place = (3, 0, 0.5, "q-1")
    other = wrap_sealed(store.keys, "other", *place, *place, 0)
    for refused in (turned, other, wrap(*place, *place, 0), "x", "é", "A" * 16):
        with pytest.raises(BadInput):
            listing(desk, person, Filters(**filters), cursor=refused)
