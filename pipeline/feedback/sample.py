"""The sample lane: posts drawn at random from those in which nothing was seen, so that what is missed can be told.

What is drawn and counted are texts: copies of one text are one. A drawn text is kept until it is decided or
`VIGIE_RETAIN_WATCHED_DAYS` have passed, unless the leave of its source promised that it goes sooner.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from secrets import SystemRandom
from typing import TypeVar

from sqlalchemy import Select, Text, and_, cast, exists, func, select
from sqlalchemy.orm import Session

from nlp.cities import region_of
from nlp.types import URGENCIES
from pipeline.queueing import drawn_double
from store.clock import house_day, house_zone
from store.counts import count_all
from store.erasure import hold_texts
from store.intake import decided_end
from store.locks import hold
from store.missed import POPULATION, SAMPLE, SAMPLED
from store.posts import get_post
from store.retention import retention_of
from store.store import Store
from store.tables import AssessmentRow, DayCount, Post, QueueItem

WINDOW_DAYS = 28
"""Days over which the lane's share of the queue is kept: of a queue of few posts a day, 5 % is one every few days."""
MOST_AT_ONCE = 50
"""Texts drawn at once: a lane that was opened late fills over some hours."""
_LOCK = "sample"

Thing = TypeVar("Thing")


def draw_sample(store: Store) -> int:
    """Draw as many posts as the sample lane is short of and put them in the queue; return how many.

    Each text is drawn at most once, with the same chance as any other, by numbers that nobody can foretell.
    """
    now = store.clock()
    with store.database.reading() as session:
        wanted = _wanted(session, store, now)
        if not wanted:
            return 0
        drawn, population = draw(session.scalars(_passed_over()), wanted)
    if not drawn:
        return 0
    with store.database.writing() as session:
        hold(session, [_LOCK])
        hold_texts(session, drawn)
        wanted = _wanted(session, store, now)  # another worker may have drawn meanwhile
        mine = _passed_over().where(Post.id.in_(drawn[:wanted])).order_by(Post.id)
        still = session.scalars(mine.with_for_update(of=Post)).all()
        for identity in still:
            _queue(session, store, identity, now)
        _note(session, house_day(now), len(still), population)
    return len(still)


def draw(things: Iterable[Thing], wanted: int) -> tuple[list[Thing], int]:
    """Return `wanted` of some things, each as likely as any other, and how many things there were.

    One walk, holding no more than is wanted: Vitter's algorithm R (1985).
    """
    chance, held, seen = SystemRandom(), list[Thing](), 0
    for seen, one in enumerate(things, start=1):
        if len(held) < wanted:
            held.append(one)
        elif (place := chance.randrange(seen)) < wanted:
            held[place] = one
    chance.shuffle(held)
    return held, seen


def _wanted(session: Session, store: Store, now: datetime) -> int:
    """Return how many texts the lane is short of: its share of what was queued by signal, less what was drawn."""
    first = house_day(now) - timedelta(days=WINDOW_DAYS - 1)
    begins = datetime.combine(first, time(), house_zone()).astimezone(UTC)
    by_signal = (QueueItem.lane != SAMPLE, QueueItem.post_id.is_not(None), QueueItem.created_at >= begins)
    queued = session.scalar(select(func.count()).select_from(QueueItem).where(*by_signal)) or 0
    counted = select(func.sum(DayCount.count)).where(DayCount.name == SAMPLED, DayCount.day >= first)
    short = queued * store.settings.sample_percent // 100 - int(session.scalar(counted) or 0)
    return min(max(short, 0), MOST_AT_ONCE)


def _passed_over() -> Select[str]:
    """Return the query for posts in which nothing was seen: one for each text that no item ever stood for.

    That is the copy with the lowest id. What was pasted is not among them: a person read it, and chose it.
    """
    every = AssessmentRow.__table__.alias("every")
    newest = select(func.max(every.c.id)).where(every.c.post_id == Post.id, every.c.version == Post.version)
    nothing = and_(AssessmentRow.id == newest.scalar_subquery(), cast(AssessmentRow.flagged, Text) == "[]")
    own, same = (exists().where(QueueItem.post_id == Post.id), exists().where(QueueItem.same_text == Post.same_text))
    other = Post.__table__.alias("other")
    copy = exists().where(other.c.same_text == Post.same_text, other.c.status == "live", other.c.id < Post.id)
    read = select(Post.id).join(AssessmentRow, nothing)
    kept = (Post.status == "live", Post.gone_at.is_(None), Post.origin != "paste", Post.same_text != "")
    return read.where(*kept, ~own, ~same, ~copy)


def _queue(session: Session, store: Store, identity: str, now: datetime) -> None:
    post = get_post(session, identity)
    rows = select(AssessmentRow).where(AssessmentRow.post_id == identity, AssessmentRow.version == post.version)
    row = session.scalars(rows.order_by(AssessmentRow.id.desc()).limit(1)).one()
    cities = [post.city, *(str(city["value"]) for city in row.body["entities"]["cities"])]
    region = post.region or next((region for region in map(region_of, cities) if region), "")
    item = QueueItem(id=f"q-{identity[2:]}", post_id=identity, lane=SAMPLE, urgency="none", signals=[], created_at=now)
    item.rank, item.score = URGENCIES.index("none"), row.score
    item.region, item.desk, item.same_text, item.version = region, region, post.same_text, post.version
    item.double = drawn_double(store, item.id)
    session.add(item)
    if retention_of(session, post.source_id) is None:  # else the leave holds: what it promised goes when it said
        end = now + timedelta(days=store.settings.retain_watched_days)
        post.expires_at = decided_end(session, store.settings, post, end)


def _note(session: Session, day: date, drawn: int, population: int) -> None:
    """Add to what was drawn on a day, from how many; the caller holds the lane."""
    known = session.scalar(select(DayCount.count).where(DayCount.day == day, DayCount.name == POPULATION)) or 0
    count_all(session, day, {SAMPLED: drawn, POPULATION: max(0, population - known)})
