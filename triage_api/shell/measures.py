"""How much waits, read from the database: counts and seconds, never a name, an id or a word of what was searched.

Whatever process does the work, the database knows of it: one page server tells for all workers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from crawlers.health import AHEAD, BROUGHT, SCHEDULES, watched
from store.alerts import open_alerts
from store.erasure import THOROUGH
from store.links import LINK
from store.outbox import INDEX
from store.posts import ASSESS
from store.quarantine import waiting as held_back
from store.settings import Settings
from store.tables import AssessmentRow, Lane, QueueItem, RegisterEntry, Run, Source, Work
from store.work import COLLECT
from triage_api.access.glass.alerts import REVIEW_WITHIN, unreviewed

LATE = timedelta(minutes=30)
"""A source that has been due for so long is late: collectors are away or too few."""
_NEWEST_RUNS = 1000
"""Collections among which the last success of each kind is looked for."""

Samples = Sequence[tuple[Mapping[str, str], float]]


@dataclass(frozen=True, slots=True)
class Measure:
    """One gauge: its name, what it tells, and its values by their labels."""

    name: str
    meaning: str
    samples: Samples

    @classmethod
    def one(cls, name: str, meaning: str, value: float) -> Measure:
        """Return a gauge without labels."""
        return cls(name, meaning, [({}, value)])

    @classmethod
    def by(cls, label: str, name: str, meaning: str, values: Mapping[str, float]) -> Measure:
        """Return a gauge with one label."""
        return cls(name, meaning, [({label: key}, value) for key, value in sorted(values.items())])


def rendered(measures: Iterable[Measure]) -> str:
    """Return measures in Prometheus' text format."""
    return "".join(
        f"# HELP {one.name} {one.meaning}\n# TYPE {one.name} gauge\n" + "".join(_lines(one)) for one in measures
    )


def _lines(measure: Measure) -> Iterator[str]:
    for labels, value in measure.samples:
        pairs = ",".join(f'{name}="{_escaped(said)}"' for name, said in labels.items())
        yield f"{measure.name}{f'{{{pairs}}}' if pairs else ''} {value:.15g}\n"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def waiting(session: Session, now: datetime) -> Iterator[Measure]:
    """Yield all that can be told cheaply: no query here reads more rows than wait."""
    yield from _queue(session, now)
    yield from _work(session, now)
    yield from _sources(session, now)
    yield from _health(session, now)
    yield _last_success(session, now)
    reviews, late = unreviewed(session, now)
    yield Measure.one("vigie_glass_unreviewed", "Emergency accesses that wait for their review.", reviews)
    told = f"Emergency accesses that have waited for their review for more than {REVIEW_WITHIN.days} days."
    yield Measure.one("vigie_glass_late", told, late)
    highest = session.scalar(select(func.max(RegisterEntry.n))) or 0
    yield Measure.one("vigie_register_entries", "Number of the newest entry of the register.", highest)


def in_quarantine(session: Session, settings: Settings, now: datetime) -> Iterator[Measure]:
    """Yield what waits for the quarantine officer, and whether a lexicon stands at the door."""
    held = held_back(session, settings, now)
    yield Measure.one("vigie_quarantine_waiting", "Sealed texts that wait for the quarantine officer.", held.texts)
    told = f"Sealed texts that have waited for more than {settings.quarantine_days} days."
    yield Measure.one("vigie_quarantine_late", told, held.late)
    told = "For how long the oldest sealed text has waited for the quarantine officer."
    yield Measure.one("vigie_quarantine_oldest_wait_seconds", told, _seconds(now, held.oldest))
    configured = settings.quarantine_lexicon_file is not None
    yield Measure.one("vigie_quarantine_lexicon", "1 if a lexicon is configured, 0 if not.", configured)


def searchable(session: Session) -> int:
    """Return how many posts the index should hold; reads an index of the assessments' from end to end."""
    read = select(AssessmentRow.post_id).distinct().subquery()  # an erased post has no assessment
    return session.scalar(select(func.count()).select_from(read)) or 0


def _queue(session: Session, now: datetime) -> Iterator[Measure]:
    free = or_(QueueItem.claimed_until.is_(None), QueueItem.claimed_until <= now)
    oldest = func.min(case((free, QueueItem.created_at)))
    query = select(QueueItem.lane, func.count(), oldest).where(QueueItem.status == "open").group_by(QueueItem.lane)
    counts: dict[str, float] = dict.fromkeys(get_args(Lane), 0)
    waits: dict[str, float] = dict.fromkeys(get_args(Lane), 0)
    for lane, count, since in session.execute(query):
        counts[lane], waits[lane] = count, _seconds(now, since)
    yield Measure.by("lane", "vigie_queue_items", "Items that wait for a decision.", counts)
    told = "For how long the oldest item that nobody has claimed has waited."
    yield Measure.by("lane", "vigie_queue_oldest_wait_seconds", told, waits)


def _work(session: Session, now: datetime) -> Iterator[Measure]:
    # Since it was asked for: a try that failed, or one under way, has not ended the wait. Dead letters wait no more.
    since_asked = func.min(case((Work.due_at.is_not(None), Work.asked_at)))
    query = select(Work.kind, func.count(), func.count(Work.due_at), since_asked).group_by(Work.kind)
    live = dict.fromkeys((ASSESS, INDEX), 0)
    dead: dict[str, float] = dict.fromkeys((ASSESS, COLLECT, INDEX, LINK), 0)
    waits: dict[str, float] = dict.fromkeys((ASSESS, INDEX), 0)
    for kind, every, not_dead, since in session.execute(query):
        live[kind], dead[kind], waits[kind] = not_dead, every - not_dead, _seconds(now, since)
    yield Measure.one("vigie_posts_to_assess", "Posts that the reader has not read.", live[ASSESS])
    told = "For how long the oldest post has waited for the reader."
    yield Measure.one("vigie_posts_to_assess_oldest_wait_seconds", told, waits[ASSESS])
    yield Measure.one("vigie_outbox_lag", "Changed posts that the index has not heard of.", live[INDEX])
    told = "For how long the oldest change has waited for the index."
    yield Measure.one("vigie_outbox_oldest_wait_seconds", told, waits[INDEX])
    told = "For how long the oldest erasure has waited to leave the files of index and database."
    yield Measure.one("vigie_erasure_wait_seconds", told, _seconds(now, _oldest_erasure(session)))
    yield Measure.by("kind", "vigie_dead_letters", "Work that was given up.", dead)


def _oldest_erasure(session: Session) -> datetime | None:
    moment = session.scalar(select(func.min(Work.key)).where(Work.kind == THOROUGH))
    return datetime.fromisoformat(moment) if moment else None


def _sources(session: Session, now: datetime) -> Iterator[Measure]:
    states = (Work.due_at <= now, Work.due_at <= now - LATE, Work.error != "")
    columns = [func.count(case((state, 1))) for state in states]
    row = session.execute(select(func.count(), *columns).where(Work.kind == COLLECT)).one()
    known, due, late, failing = (int(number) for number in row)
    yield Measure.one("vigie_sources", "Sources that are collected.", known)
    yield Measure.one("vigie_sources_due", "Sources that wait for a collector.", due)
    told = f"Sources that have waited for a collector for more than {LATE // timedelta(minutes=1)} minutes."
    yield Measure.one("vigie_sources_late", told, late)
    yield Measure.one("vigie_sources_failing", "Sources whose last collection failed or was refused.", failing)


def _health(session: Session, now: datetime) -> Iterator[Measure]:
    told = "Alerts of sources that no supervisor has seen."
    yield Measure.one("vigie_source_alerts", told, len(open_alerts(session)))
    seen = list(watched(session, now))
    told = f"Approved sources of which no collection was done for {SCHEDULES} schedules."
    yield Measure.one("vigie_sources_stale", told, sum(one.stale for one in seen))
    told = f"Sources whose approval ends within {AHEAD.days} days."
    yield Measure.one("vigie_sources_ending", told, sum(one.ends_at is not None for one in seen))


def _last_success(session: Session, now: datetime) -> Measure:
    newest = select(Run.id).order_by(Run.id.desc()).limit(_NEWEST_RUNS).subquery()
    query = select(Source.kind, func.max(Run.finished_at)).join(Run, Run.source_id == Source.id)
    query = query.where(Run.id.in_(select(newest.c.id)), BROUGHT)
    ages = {kind: _seconds(now, at) for kind, at in session.execute(query.group_by(Source.kind))}
    told = "Since the last collection that was done or read its full time, by kind of source; none of late: not told."
    return Measure.by("kind", "vigie_collect_since_success_seconds", told, ages)


def _seconds(now: datetime, since: datetime | None) -> float:
    return max((now - since).total_seconds(), 0) if since else 0
