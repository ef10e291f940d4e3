"""The sources: all of them, one of them, and the alerts that a supervisor has seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crawlers.health import Watched, watched
from crawlers.sources.register import declared_source
from store.alerts import open_alerts, see
from store.errors import NotFound
from store.store import Store
from store.tables import Post, Run, Source, SourceAlert
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.sources.approving import standing_of
from triage_api.sources.arrival import arrivals, none_yet
from triage_api.sources.coverage import sources_now
from triage_api.sources.covering import SourceNow
from triage_api.sources.health import health
from triage_api.sources.models import Arrival, SeenIn, SourceLine, SourceOut, SourcePage


@dataclass(frozen=True, slots=True)
class _Known:
    """What is read once for all sources."""

    posts: Mapping[str, int]
    runs: Mapping[str, Run]
    alerts: Mapping[str, int]
    now: Mapping[str, SourceNow]
    watched: Mapping[str, Watched]
    arrivals: Mapping[str, list[Arrival]]


def list_sources(store: Store, person: Person) -> SourcePage:
    """Return every source, what it holds, whether it may be collected and how it does."""
    require(person, Action.SOURCE_READ)
    with store.database.reading() as session:
        together, known = _known(session, store.clock())
        rows = session.scalars(select(Source).order_by(Source.title, Source.id))
        items = [_line(row, known) for row in rows]
    return SourcePage(items=items, open_alerts=sum(known.alerts.values()), arrivals=together)


def read_source(store: Store, person: Person, identity: str) -> SourceOut:
    """Return one source and its health; `NotFound` if it is not declared."""
    require(person, Action.SOURCE_READ)
    now = store.clock()
    with store.database.reading() as session:
        source = declared_source(session, identity)
        line = _line(source, _known(session, now)[1])
        told = health(session, store.settings, source, now)
    return SourceOut(**line.model_dump(), **told, approval=standing_of(store, person, identity))


def see_alerts(store: Store, person: Person, identity: str, given: SeenIn) -> SourceOut:
    """Note that a supervisor has seen an alert of a source, or all that are open; `NotFound` if it has no such alert.

    One that was seen already stays as it is.
    """
    require(person, Action.SOURCE_DECIDE)
    with store.database.writing() as session:
        declared_source(session, identity)
        alerts = [row.id for row in open_alerts(session, identity)]
        if given.alert is not None:
            alerts = [_of_source(session, identity, given.alert)]
        for alert in alerts:
            see(session, alert, by=person.pseudonym, now=store.clock())
    return read_source(store, person, identity)


def _of_source(session: Session, identity: str, alert: int) -> int:
    found = select(SourceAlert.id).where(SourceAlert.id == alert, SourceAlert.source_id == identity)
    if session.scalar(found) is None:
        raise NotFound("There is no such alert.")
    return alert


def _known(session: Session, now: datetime) -> tuple[list[Arrival], _Known]:
    held = select(Post.source_id, func.count()).where(Post.status == "live").group_by(Post.source_id)
    newest = select(Run).where(Run.id.in_(select(func.max(Run.id)).group_by(Run.source_id)))
    together, each = arrivals(session, now)
    return together, _Known(
        posts=dict(session.execute(held).all()),
        runs={run.source_id: run for run in session.scalars(newest)},
        alerts=Counter(alert.source_id for alert in open_alerts(session)),
        now={one.id: one for one in sources_now(session, now)},
        watched={one.source.id: one for one in watched(session, now)},
        arrivals=each,
    )


def _line(row: Source, known: _Known) -> SourceLine:
    run, now, seen = known.runs.get(row.id), known.now.get(row.id), known.watched.get(row.id)
    leave = seen.standing.leave if seen and seen.standing.state == "approved" else None
    return SourceLine(
        id=row.id,
        title=row.title,
        kind=row.kind,
        state=seen.standing.state if seen else "not_collected",
        approved_until=leave.expires_at if leave else None,
        ends_soon=seen is not None and seen.ends_at is not None,
        problem=f"The source {row.id} {seen.standing.problem}." if seen and seen.standing.problem else "",
        posts=known.posts.get(row.id, 0),
        last_run=run.started_at if run else None,
        last_status=run.status if run else "",
        read_at=now.read_at if now else None,
        newest_post=now.newest_post if now else None,
        why=now.why if now else None,
        stale=seen is not None and seen.stale,
        open_alerts=known.alerts.get(row.id, 0),
        arrivals=known.arrivals.get(row.id) or none_yet(),
    )
