"""Whether a source still brings what it used to: fields that no longer come, silence, collections that fail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from crawlers.sources.approvals import Standing, standing
from crawlers.sources.declaration import OUT_OF_TIME
from crawlers.sources.register import COLLECTED
from store.alerts import AlertKind, open_alerts
from store.clock import house_day
from store.tables import Post, Run, Source, SourceAlert

FIELDS = ("author", "city", "posted_at", "region", "url")
"""Fields of a post that a source may give, and may stop to give when its pages change."""
RECENT = 10
"""Posts that the last collections must have brought together before their fields are held against the earlier ones."""
_ENOUGH = 30
_USUAL = 0.5
_FALLEN = 0.2
_SILENT_RUNS = 3
_RUNS_LOOKED_AT = 50
_AGAIN = timedelta(days=7)
"""For so long a supervisor who has seen what is wrong is not told the same again."""
SCHEDULES = 3
"""Schedules without a collection that was done, after which a source is stale."""
AHEAD = timedelta(days=30)
"""An approval that ends within this is told."""
_EVERY_MINUTES = 60
_OUT_OF_TIME = and_(Run.status == "stopped", Run.message.startswith(OUT_OF_TIME))
BROUGHT = or_(Run.status == "done", and_(_OUT_OF_TIME, Run.counts["pages"].as_integer() > 0))
"""A collection that was done, or that read pages for as long as it may last."""

_FIELDS_GONE = "fields that used to come no longer do: {}"
_SILENT = f"it always brought posts, and brought none in its last {_SILENT_RUNS} collections or more"


@dataclass(frozen=True, slots=True)
class Filled:
    """How many posts there are, and how many of them give each of `FIELDS`."""

    posts: int
    given: Mapping[str, int]

    def share(self, field: str) -> float:
        """Return the share of the posts that give a field, 0 to 1."""
        return self.given.get(field, 0) / self.posts if self.posts else 0.0


@dataclass(frozen=True, slots=True)
class Watched:
    """A collected source as those who keep the house must see it."""

    source: Source
    standing: Standing
    done_at: datetime | None
    """When a collection of it was last done, or read for as long as it may last."""
    stale: bool
    """It may be collected, and no collection was done for `SCHEDULES` schedules."""
    ends_at: datetime | None
    """When its approval ends, if that is within `AHEAD`."""


def missing(recent: Filled, before: Filled) -> tuple[str, ...]:
    """Return the fields that at least half of 30 posts or more gave, and of which a fifth of that share is left."""
    if recent.posts < RECENT or before.posts < _ENOUGH:
        return ()
    usual = [field for field in FIELDS if before.share(field) >= _USUAL]
    return tuple(field for field in usual if recent.share(field) < before.share(field) * _FALLEN)


def silent(brought: Sequence[int]) -> bool:
    """Tell whether the newest three collections or more brought nothing, and all before them did.

    `brought` counts the posts that each collection found, known ones too, the newest first.
    """
    quiet = next((number for number, count in enumerate(brought) if count), len(brought))
    earlier = brought[quiet:]
    return quiet >= _SILENT_RUNS and len(earlier) >= _SILENT_RUNS and all(earlier)


def filled(session: Session, source_id: str) -> tuple[Filled, Filled]:
    """Return what the posts of the last collections give, and those before; no text is read.

    The last collections are as many of the newest as brought `RECENT` posts together.
    """
    since = _since(session, source_id)
    if since is None:
        return Filled(0, {}), _filled(session, _kept(source_id))
    newer = _filled(session, _kept(source_id), Post.ingested_at >= since)
    return newer, _filled(session, _kept(source_id), Post.ingested_at < since)


def found_wrong(session: Session, source_id: str) -> Iterator[tuple[AlertKind, str]]:
    """Yield what the newest collection of a source shows to be wrong with what it brings."""
    runs = _done(session, source_id)
    if runs and runs[0].finished_at is not None:
        known = _seen_lately(session, source_id, runs[0].finished_at - _AGAIN)
        yield from ((AlertKind.FIELDS, message) for message in _wrong(session, runs) if message not in known)


def watched(session: Session, now: datetime) -> Iterator[Watched]:
    """Yield every collected source, by its title."""
    rows = session.scalars(select(Source).where(Source.kind.in_(COLLECTED)).order_by(Source.title, Source.id))
    return (_watched(session, row, now) for row in rows.all())


def warnings(session: Session, now: datetime) -> Iterator[str]:
    """Yield a line for each thing that somebody who keeps the sources should look at."""
    if alerts := open_alerts(session):
        yield f"sources: {len(alerts)} alerts that no supervisor has seen (/sources)"
    for one in watched(session, now):
        if one.stale:
            done = f"the last was done on {house_day(one.done_at)}" if one.done_at else "none was ever done"
            yield f"source {one.source.id}: no collection was done for {SCHEDULES} schedules; {done}"
        if one.ends_at is not None:
            yield f"source {one.source.id}: its approval ends on {house_day(one.ends_at)}"


def every(source: Source) -> timedelta:
    """Return the time between two collections of a source."""
    return timedelta(minutes=source.declaration.get("every_minutes", _EVERY_MINUTES))


def _watched(session: Session, source: Source, now: datetime) -> Watched:
    found = standing(session, source.id, now)
    done = select(Run.finished_at).where(Run.source_id == source.id, BROUGHT)
    at = session.scalar(done.order_by(Run.id.desc()).limit(1))
    leave = found.leave if found.state == "approved" else None
    since = max(filter(None, (at, leave.granted_at)), default=now) if leave else now
    ends = leave.expires_at if leave and leave.expires_at <= now + AHEAD else None
    stale = now - since > SCHEDULES * every(source) and not _runs_now(session, source, now)
    return Watched(source, found, at, stale, ends)


def _runs_now(session: Session, source: Source, now: datetime) -> bool:
    longest = timedelta(minutes=source.declaration.get("max_minutes", _EVERY_MINUTES))
    newest = select(Run).where(Run.source_id == source.id).order_by(Run.id.desc()).limit(1)
    run = session.scalar(newest)
    return run is not None and run.finished_at is None and now - run.started_at <= longest


def _wrong(session: Session, runs: Sequence[Run]) -> Iterator[str]:
    if silent([_brought(run) for run in runs]):
        yield _SILENT
    if runs[0].counts.get("new"):
        gone = missing(*filled(session, runs[0].source_id))
        if gone:
            yield _FIELDS_GONE.format(", ".join(gone))


def _done(session: Session, source_id: str) -> list[Run]:
    newest = select(Run).where(Run.source_id == source_id, Run.finished_at.is_not(None)).order_by(Run.id.desc())
    runs = session.scalars(newest.limit(_RUNS_LOOKED_AT)).all()
    # One that met a wall or broke says nothing of what the pages hold; if it is the newest, nothing new is known.
    return list(filter(_brought_pages, runs)) if runs and _brought_pages(runs[0]) else []


def _brought_pages(run: Run) -> bool:
    ended = run.status == "stopped" and run.message.startswith(OUT_OF_TIME)
    return run.status == "done" or (ended and bool(run.counts.get("pages")))


def _brought(run: Run) -> int:
    return sum(int(run.counts.get(name, 0)) for name in ("new", "edited", "same", "unchanged"))


def _seen_lately(session: Session, source_id: str, since: datetime) -> set[str]:
    seen = select(SourceAlert.message).where(SourceAlert.source_id == source_id, SourceAlert.seen_at >= since)
    return set(session.scalars(seen))


def _kept(source_id: str) -> ColumnElement[bool]:
    # What was erased has lost its author and address: it would look like a source that no longer gives them.
    return (Post.source_id == source_id) & (Post.origin == "collect") & (Post.status == "live")


def _since(session: Session, source_id: str) -> datetime | None:
    nth = select(Post.ingested_at).where(_kept(source_id)).order_by(Post.seq.desc()).offset(RECENT - 1).limit(1)
    came = session.scalar(nth)
    if came is None:
        return None
    begun = select(func.max(Run.started_at)).where(Run.source_id == source_id, Run.started_at <= came)
    return session.scalar(begun)


def _filled(session: Session, *which: ColumnElement[bool]) -> Filled:
    columns = [func.count(case((_given(field), 1))) for field in FIELDS]
    posts, *given = session.execute(select(func.count(), *columns).select_from(Post).where(*which)).one()
    return Filled(posts, dict(zip(FIELDS, given, strict=True)))


def _given(field: str) -> ColumnElement[bool]:
    column = getattr(Post, field)
    given: ColumnElement[bool] = column.is_not(None) if field == "posted_at" else column != ""
    return given
