"""How one source does: its collections, its robots.txt, its pace, the fields that it gives, its alerts."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crawlers.health import FIELDS, filled, missing
from crawlers.policy.remembered import MARK
from crawlers.sources.register import COLLECTED
from store.settings import Settings
from store.tables import Run, Source, SourceAlert, SourceMark, Work
from store.work import COLLECT
from triage_api.sources.models import AlertOut, FieldOut, FieldsOut, RobotsOut, RunOut

_RUNS = 20
_ALERTS = 20
_COUNTS = ("pages", "new", "edited", "same", "unchanged", "gone", "robots")


def health(session: Session, settings: Settings, source: Source, now: datetime) -> dict[str, Any]:
    """Return the fields of `SourceOut` that are about the source alone."""
    told: dict[str, Any] = {"hosts": source.declaration.get("allowed_hosts", [])}
    told |= _schedule(session, source, now)
    told |= {"robots": _robots(session, source.id), "fields": _fields(session, source.id)}
    told |= {"runs": _runs(session, source.id), "alerts": _alerts(session, source.id), "every_minutes": None}
    told["pace_s"] = None
    if source.kind in COLLECTED:
        told["every_minutes"] = source.declaration.get("every_minutes")
        asked = [one.delay_s for one in told["robots"]]
        told["pace_s"] = max(source.declaration.get("delay", 0.0), settings.request_delay, *asked, 0.0)
    return told


def _schedule(session: Session, source: Source, now: datetime) -> dict[str, Any]:
    work = session.scalar(select(Work).where(Work.kind == COLLECT, Work.key == source.id))
    collecting = work is not None and work.owner is not None and work.due_at is not None and work.due_at > now
    return {"collecting": collecting, "next_at": work.due_at if work and not collecting else None}


def _runs(session: Session, source_id: str) -> list[RunOut]:
    newest = select(Run).where(Run.source_id == source_id).order_by(Run.id.desc()).limit(_RUNS)
    return [_run(row) for row in session.scalars(newest)]


def _run(row: Run) -> RunOut:
    lasted = (row.finished_at - row.started_at).total_seconds() if row.finished_at else None
    return RunOut(
        started_at=row.started_at,
        finished_at=row.finished_at,
        seconds=lasted,
        status=row.status,
        message=row.message,
        **{name: row.counts.get(name, 0) for name in _COUNTS},
        dropped=row.counts.get("dropped", {}),
        errors=row.counts.get("errors", {}),
    )


def _robots(session: Session, source_id: str) -> list[RobotsOut]:
    marks = select(SourceMark).where(SourceMark.source_id == source_id, SourceMark.name.startswith(MARK))
    return [_host(mark) for mark in session.scalars(marks.order_by(SourceMark.name))]


def _host(mark: SourceMark) -> RobotsOut:
    told = json.loads(mark.value)
    return RobotsOut(
        host=mark.name.removeprefix(MARK),
        state=told["state"],
        problem=told["problem"],
        delay_s=told["delay"],
        seen_at=mark.seen_at,
    )


def _fields(session: Session, source_id: str) -> FieldsOut:
    recent, before = filled(session, source_id)
    gone = missing(recent, before)
    items = [
        FieldOut(name=name, recent=recent.share(name), before=before.share(name), missing=name in gone)
        for name in FIELDS
    ]
    return FieldsOut(recent_posts=recent.posts, before_posts=before.posts, items=items)


def _alerts(session: Session, source_id: str) -> list[AlertOut]:
    newest = select(SourceAlert).where(SourceAlert.source_id == source_id)
    rows = session.scalars(newest.order_by(SourceAlert.last_at.desc(), SourceAlert.id.desc()).limit(_ALERTS))
    return [AlertOut.model_validate(row, from_attributes=True) for row in rows]
