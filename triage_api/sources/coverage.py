"""What is covered, and what is not: said with every answer, so that "nothing found" never stands alone.

Searches, standing searches, answers to requests and the page of coverage all come here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import cast

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from crawlers.sources.approvals import State
from crawlers.sources.overview import states_of
from crawlers.sources.register import COLLECTED
from nlp.query import BadQuery
from nlp.searches import SearchScope, normalise
from store.store import Store
from store.tables import Post, Run, Search, Source, SourceAlert
from triage_api.access.models import Person
from triage_api.access.policy import Action, may, require
from triage_api.searches.sealing import open_search
from triage_api.sources.covering import (
    Coverage,
    CoverageNow,
    CoveredSource,
    KindCoverage,
    KindNow,
    LeftOut,
    SourceNow,
    Why,
)

PASTED = "paste"
"""Kind of the sources that hold what people pasted."""

WALLED = (
    "Instagram",
    "Snapchat",
    "TikTok",
    "Facebook",
    "Messenger",
    "WhatsApp",
    "Discord",
    "Telegram",
    "X",
    "YouTube",
    "OnlyFans",
    "messages privés · private messages",
    "groupes fermés · closed groups",
    "images, audio, vidéo · images, audio, video",
)
"""What stands behind a log-in or is no text: nobody reads it here. A pasted text is one post, not the platform."""

_READ = or_(Run.status == "done", (Run.status == "stopped") & (Run.counts["pages"].as_integer() > 0))
"""Collections that read something: not one that a wall stopped before its first page."""
_MET = ("wall", "captcha", "block", "terms", "robots")
"""Kinds of alert that say why a collection could not read."""


def coverage(session: Session, store: Store, scope: SearchScope) -> Coverage:
    """Return the sources that a search could find posts of, and the names of the rest."""
    now = sources_now(session, store.clock())
    return _told(now, _reached(scope, [one.id for one in now if one.held]))


def coverage_of(session: Session, store: Store, searches: Iterable[Search]) -> Coverage:
    """Return what searches covered together when they were made; what was first read later is not covered."""
    covered: set[str] = set()
    first = _first_read(session)
    for row in searches:
        told = open_search(store, session, row)
        if told is not None:
            there = [source for source in row.sources if source in first and first[source] <= row.opened_at]
            covered |= _reached(told, there)
    return _told(sources_now(session, store.clock()), covered)


def without_names(told: Coverage) -> Coverage:
    """Return a coverage for those to whom the house tells no source's name: by kind, and the walled platforms."""
    kinds = [
        _kind(kind, [one for one in told.sources if one.kind == kind], _count(told.left_out, kind))
        for kind in sorted({one.kind for one in told.sources} | {one.kind for one in told.left_out})
    ]
    return Coverage(sources=[], not_covered=list(WALLED), kinds=kinds)


def coverage_now(store: Store, person: Person) -> CoverageNow:
    """Return what is looked at today: source by source for those who see the sources, else by kind."""
    require(person, Action.COVERAGE_READ)
    now = store.clock()
    with store.database.reading() as session:
        found = sources_now(session, now)
    kinds = sorted({one.kind for one in found})
    named = found if may(person, Action.SOURCE_READ) else []
    told = [_kind_now(kind, [one for one in found if one.kind == kind]) for kind in kinds]
    return CoverageNow(at=now, sources=named, kinds=told, walled=list(WALLED))


def sources_now(session: Session, now: datetime) -> list[SourceNow]:
    """Return every source but those of pasted texts, by title.

    Leave to read a source is not reading it: only one that was visited, or whose posts are here, has a `read_at`.
    """
    read, kept, met = _visits(session), _arrivals(session), _met(session)
    rows = session.scalars(select(Source).where(Source.kind != PASTED).order_by(Source.title, Source.id)).all()
    states = states_of(session, rows, now)
    found = []
    for row in rows:
        came, newest = kept.get(row.id, (None, None))
        at = read.get(row.id) or came
        why = _why(row, states[row.id], met.get(row.id), visited=at is not None)
        found.append(SourceNow(id=row.id, title=row.title, kind=row.kind, read_at=at, newest_post=newest, why=why))
    return found


def reopening_sources(session: Session, store: Store) -> set[str]:
    """Return the sources whose arrival makes an earlier search incomplete: the collected and imported ones.

    A pasted text needs no new search: it was ingested later, and so is part of what is brought back as new.
    """
    brought = exists().where(Post.source_id == Source.id, Post.origin != PASTED)  # a look at each, not at every post
    held = select(Source.id).where(Source.kind != PASTED, brought)
    collected = session.scalars(select(Source).where(Source.kind.in_(COLLECTED))).all()
    states = states_of(session, collected, store.clock())
    return {source for source, state in states.items() if state == "approved"} | set(session.scalars(held))


def _reached(scope: SearchScope, sources: Collection[str]) -> set[str]:
    """Return those of the sources that a search does not leave out, by its list or in its query ("-source:forum")."""
    try:
        normal = normalise(scope)
    except BadQuery:  # an older version of the query language could read it
        return set(sources).intersection(scope.sources or sources)
    return {source for source in sources if normal.reaches(source)}


def _told(now: Iterable[SourceNow], ids: Collection[str]) -> Coverage:
    """Tell sources as covered and the others as not; a pasted text is one post, its platform was not looked at."""
    rows = list(now)
    covered = [CoveredSource.model_validate(one.model_dump()) for one in rows if one.id in ids]
    left_out = [
        LeftOut(title=one.title, kind=one.kind, why="not_asked" if one.held else one.why or "unvisited")
        for one in rows
        if one.id not in ids
    ]
    return Coverage(sources=covered, not_covered=[*(one.title for one in left_out), *WALLED], left_out=left_out)


def _count(left_out: Iterable[LeftOut], kind: str) -> int:
    return sum(one.kind == kind for one in left_out)


def _kind(kind: str, read: list[CoveredSource], not_read: int) -> KindCoverage:
    return KindCoverage(kind=kind, read=len(read), not_read=not_read, read_at=_latest(one.read_at for one in read))


def _kind_now(kind: str, of_kind: list[SourceNow]) -> KindNow:
    read = sum(one.why is None for one in of_kind)
    return KindNow(
        kind=kind,
        read=read,
        not_read=len(of_kind) - read,
        read_at=_latest(one.read_at for one in of_kind),
        newest_post=_latest(one.newest_post for one in of_kind),
    )


def _latest(moments: Iterable[datetime | None]) -> datetime | None:
    return max(filter(None, moments), default=None)


def _why(row: Source, state: State, met: Why | None, *, visited: bool) -> Why | None:
    """Return why nothing is read of a source now; None if it is."""
    if row.kind not in COLLECTED:
        return None if visited else "empty"
    if state != "approved":
        return cast("Why", state)
    return met or (None if visited else "unvisited")


def _visits(session: Session) -> Mapping[str, datetime | None]:
    last = select(Run.finished_at).where(Run.source_id == Source.id, _READ).order_by(Run.id.desc()).limit(1)
    return dict(session.execute(select(Source.id, last.scalar_subquery())).all())


def _first_read(session: Session) -> Mapping[str, datetime]:
    visits = select(Run.source_id, func.min(Run.finished_at)).where(_READ).group_by(Run.source_id)
    came = select(Post.source_id, func.min(Post.ingested_at)).group_by(Post.source_id)
    first: dict[str, datetime] = {}
    for source, at in (*session.execute(visits), *session.execute(came)):
        first[source] = min(at, first.get(source, at))
    return first


def _arrivals(session: Session) -> Mapping[str, tuple[datetime | None, datetime | None]]:
    """Return when the newest post of each source came in, and when its latest was published."""
    own = Post.source_id == Source.id, Post.status == "live"
    came = select(Post.ingested_at).where(*own).order_by(Post.ingested_at.desc()).limit(1).scalar_subquery()
    known = Post.posted_at.is_not(None), Post.posted_at <= Post.ingested_at  # a moment to come is a mistake
    newest = select(Post.posted_at).where(*own, *known).order_by(Post.posted_at.desc()).limit(1).scalar_subquery()
    return {source: (at, published) for source, at, published in session.execute(select(Source.id, came, newest)) if at}


def _met(session: Session) -> Mapping[str, Why]:
    """Return what stopped the last collection of those sources that could not be read."""
    ended = select(Run.id).where(Run.source_id == Source.id, Run.finished_at.is_not(None))
    newest = ended.order_by(Run.id.desc()).limit(1).correlate(Source).scalar_subquery()
    runs = {run.source_id: run for run in session.scalars(select(Run).join(Source, Run.id == newest))}
    alerts = session.scalars(select(SourceAlert).where(SourceAlert.kind.in_(_MET)).order_by(SourceAlert.last_at))
    met = {row.source_id: cast("Why", row.kind) for row in alerts if _in(row, runs.get(row.source_id))}
    failed: dict[str, Why] = {source: "failed" for source, run in runs.items() if run.status == "failed"}
    return failed | met


def _in(alert: SourceAlert, run: Run | None) -> bool:
    """Tell whether a collection met what an alert says, seen by a supervisor or not."""
    return run is not None and alert.last_at >= run.started_at
