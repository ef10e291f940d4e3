"""The sample lane on real text, and what it tells of missed signs."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from math import sqrt

import pytest
from sqlalchemy import select

from pipeline.assess import assess_batch
from pipeline.feedback import sample
from pipeline.feedback.sample import draw, draw_sample
from store.clock import house_day
from store.missed import POPULATION, SAMPLED, estimate, missed, wilson
from store.posts import ASSESS, get_post
from store.tables import Approval, AssessmentRow, DayCount, Decision, Post, QueueItem, User
from store.work import add_work

FUGUE = "chu en fugue depuis 2 jours jsais pu ou dormir j'ai 15 ans, numéro {}"
TIRES = "À vendre: {} pneus d'hiver, presque neufs, 200$"


@pytest.fixture
def filled(make_store, take_into, reader):
    """A store with four items queued by signal and five texts in which nothing was seen, one of them twice."""
    store = make_store(sample_percent=50)
    for n in range(4):
        take_into(store, FUGUE.format(n), f"f{n}")
    for n in range(5):
        take_into(store, TIRES.format(n), f"t{n}")
    take_into(store, TIRES.format(0), "copy")
    while assess_batch(store, reader, "one"):
        pass
    return store


def drawn_items(store) -> list[QueueItem]:
    with store.database.reading() as session:
        return list(session.scalars(select(QueueItem).where(QueueItem.lane == "sample").order_by(QueueItem.id)))


def test_the_lane_holds_its_share_of_what_nothing_was_seen_in(filled):
    assert draw_sample(filled) == 2
    assert draw_sample(filled) == 0, "the lane has its share"
    items = drawn_items(filled)
    assert [(one.urgency, one.rank, one.signals, one.status) for one in items] == [("none", 0, [], "open")] * 2
    with filled.database.reading() as session:
        for item in items:
            post = get_post(session, item.post_id)
            assert post.text.startswith("À vendre")
            row = session.scalar(select(AssessmentRow).where(AssessmentRow.post_id == post.id))
            assert item.score == row.score
            assert row.flagged == []
            assert post.expires_at == filled.clock() + timedelta(days=filled.settings.retain_watched_days)
        counts = {row.name: row.count for row in session.scalars(select(DayCount))}
    assert (counts[SAMPLED], counts[POPULATION]) == (2, 5), "copies of one text are one"


def test_each_text_is_drawn_once(make_store, filled):
    everything = make_store(sample_percent=100)
    assert draw_sample(filled) == 2
    assert draw_sample(everything) == 2
    items = drawn_items(filled)
    assert len({one.same_text for one in items}) == 4
    with filled.database.writing() as session:
        for item in session.scalars(select(QueueItem)):
            item.status = "decided"
    assert draw_sample(make_store(sample_percent=100)) == 0


def test_what_a_person_pasted_is_not_drawn(make_store, filled):
    with filled.database.writing() as session:
        for post in session.scalars(select(Post).where(Post.text.startswith("À vendre"))):
            post.origin = "paste"
    assert draw_sample(make_store(sample_percent=100)) == 0


def test_none_is_drawn_where_none_is_wanted(make_store, filled):
    assert draw_sample(make_store(sample_percent=0)) == 0


def test_reading_a_drawn_post_again_leaves_it_in_the_lane(filled, reader, clock):
    draw_sample(filled)
    before = {one.id: one.status for one in drawn_items(filled)}
    clock.forward(days=1)
    with filled.database.writing() as session:
        add_work(session, ASSESS, [one.post_id for one in drawn_items(filled)], clock())
    while assess_batch(filled, reader, "one"):
        pass
    assert {one.id: one.status for one in drawn_items(filled)} == before
    with filled.database.reading() as session:
        ends = [get_post(session, one.post_id).expires_at for one in drawn_items(filled)]
    assert min(ends) > clock() + timedelta(days=filled.settings.retain_unflagged_days)


def test_the_leave_of_a_source_is_kept(filled):
    with filled.database.writing() as session:
        leave = Approval(source_id="forum", digest="d", assessment="1", mandate="m", ground="g", approvers=["a", "b"])
        leave.created_at = leave.granted_at = filled.clock()
        leave.expires_at, leave.retention_days = filled.clock() + timedelta(days=90), 3
        session.add(leave)
    with filled.database.reading() as session:
        ends = {post.id: post.expires_at for post in session.scalars(select(Post))}
    assert draw_sample(filled) == 2
    with filled.database.reading() as session:
        assert {post.id: post.expires_at for post in session.scalars(select(Post))} == ends


def test_every_text_has_the_same_chance():
    times = Counter(one for _ in range(3000) for one in draw(range(10), 3)[0])
    assert set(times) == set(range(10))
    # 900 each, standard deviation 25: six of them are met by chance less than once in a million runs
    assert all(750 < count < 1050 for count in times.values())
    assert draw([], 3) == ([], 0)
    assert sorted(draw(range(2), 3)[0]) == [0, 1]


def test_no_more_than_some_are_drawn_at_once(filled, monkeypatch):
    monkeypatch.setattr(sample, "MOST_AT_ONCE", 1)
    assert [draw_sample(filled) for _ in range(3)] == [1, 1, 0]


def test_what_was_missed_is_told_with_its_interval(filled, clock):
    draw_sample(filled)
    today = house_day(clock())
    with filled.database.reading() as session:
        assert missed(session, today, today).per_1000 is None
    with filled.database.writing() as session:
        session.add(User(id="u", name="u", pseudonym="loutre-1", roles=["analyst"], password="x", created_at=clock()))
        session.flush()
        for item, verdicts in zip(drawn_items(filled), (["dismiss"], ["dismiss", "refer"]), strict=True):
            for verdict in verdicts:
                session.add(
                    Decision(
                        item_id=item.id,
                        post_id=item.post_id,
                        user_id="u",
                        verdict=verdict,
                        criteria=[],
                        sealed=b"",
                        grid="1",
                        created_at=clock(),
                    )
                )
    with filled.database.reading() as session:
        told = missed(session, today, today)
        assert missed(session, today + timedelta(days=1), today + timedelta(days=9)).decided == 0
    assert (told.decided, told.found, told.per_1000) == (2, 1, 500.0)
    low, high = wilson(0.5, 2)
    assert (told.low, told.high) == (round(1000 * low, 2), round(1000 * high, 2))


def test_wilson_is_as_published():
    low, high = wilson(0.0, 10)  # Brown, Cai & DasGupta (2001): the score interval of 0 in n ends at z²/(n + z²)
    assert low == 0.0
    assert high == pytest.approx(3.8414588 / 13.8414588, abs=1e-6)
    assert wilson(0.5, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)


def test_a_day_of_many_texts_counts_for_more():
    quiet, busy = date(2026, 3, 2), date(2026, 3, 3)
    told = estimate({quiet: 10.0, busy: 90.0}, {quiet: 50, busy: 50}, {quiet: 0, busy: 5})
    assert told.per_1000 == pytest.approx(1000 * (90 * 5) / (10 * 50 + 90 * 50))
    worth = (10 * 50 + 90 * 50) ** 2 / (100 * 50 + 8100 * 50)
    assert told.high == pytest.approx(1000 * wilson(0.09, worth)[1], abs=0.01)
    assert told.high - told.low > 1000 * 2 * 1.9 * sqrt(0.09 * 0.91 / 100), "uneven weights make it less sure"
