"""Letting a corpus leave, denying it, calling it back, and saying that one's copies are destroyed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from store.errors import BadInput, Conflict
from store.exports import ask_worker
from store.register import Event
from store.store import Store
from store.tables import Export, ExportCopy, Study
from triage_api.access.glass.second import second_person
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.corpora.models import ApproveIn, CorpusOut, DestroyedIn, WhyIn
from triage_api.corpora.service import seen_export, told_of
from triage_api.corpora.studies import is_over
from triage_api.shell.recording import enter, recording

_DENIED = ("asked", "previewed")
_RECALLED = ("approved", "ready", "expired")
"""One whose files have expired here is recalled too: its copies have not."""


def approve(store: Store, person: Person, identity: str, given: ApproveIn) -> CorpusOut:
    """Let a corpus leave whose preview is there; the worker writes it, and proves it, before anything can be fetched.

    `Conflict`: not measured yet (``not_previewed``), decided already (``corpus_decided``), of a study that is over
    (``study_over``). Whoever asked does so only alone, as `second_person` lets one.
    """
    require(person, Action.EXPORT_DECIDE)
    now = store.clock()
    with recording(store) as session:
        row = seen_export(session, person, identity, lock=True)
        study = session.get(Study, row.study_id, with_for_update=True) if row.study_id else None
        _check_waits(row, study, now)
        ask_worker(session, row.id, now)
        act, reason = Event.EXPORT_APPROVED.value, given.reason
        both = second_person(store, session, person, first=row.user_id, asked_at=row.created_at, act=act, reason=reason)
        row.status, row.approved_by, row.approved_at = "approved", person.id, now
        row.alone, row.reason = not both, "" if both else reason
        if study is not None and study.approved_at is None:
            study.approved_at = now
        _enter(session, store, person, Event.EXPORT_APPROVED, row, {} if both else {"alone": True})
        return told_of(store, session, person, row)


def deny(store: Store, person: Person, identity: str, given: WhyIn) -> CorpusOut:
    """Deny a corpus that was asked for; `Conflict` (``corpus_decided``) once it was decided."""
    require(person, Action.EXPORT_DECIDE)
    with recording(store) as session:
        row = seen_export(session, person, identity, lock=True)
        _only(row, _DENIED)
        _end(row, "denied", given.reason, store.clock())
        row.approved_by = person.id
        _enter(session, store, person, Event.EXPORT_DENIED, row)
        return told_of(store, session, person, row)


def recall(store: Store, person: Person, identity: str, given: WhyIn) -> CorpusOut:
    """Call a corpus back: nothing of it is handed over from now on, and whoever has copies is asked to destroy them.

    `Conflict` (``corpus_decided``) for one that never was let out, or was called back already.
    """
    require(person, Action.EXPORT_DECIDE)
    with recording(store) as session:
        row = seen_export(session, person, identity, lock=True)
        _only(row, _RECALLED)
        _end(row, "recalled", given.reason, store.clock())
        out = select(func.count()).select_from(ExportCopy)
        out = out.where(ExportCopy.export_id == row.id, ExportCopy.destroyed_at.is_(None))
        _enter(session, store, person, Event.EXPORT_RECALLED, row, {"copies": session.scalar(out) or 0})
        return told_of(store, session, person, row)


def destroyed(store: Store, person: Person, identity: str, given: DestroyedIn) -> CorpusOut:
    """Keep somebody's word that all copies which they fetched of a corpus are destroyed.

    `BadInput` (``needed``) without their word, `Conflict` (``no_copies``) if they have none.
    """
    if not given.confirmed:
        raise BadInput("Confirm that the copies are destroyed.", code="needed", field="confirmed")
    with recording(store) as session:
        row = seen_export(session, person, identity, lock=True)
        own = (ExportCopy.export_id == row.id, ExportCopy.user_id == person.id, ExportCopy.destroyed_at.is_(None))
        files = session.scalars(select(ExportCopy.file).where(*own)).all()
        if not files:
            raise Conflict("You have no copy of it.", code="no_copies")
        session.execute(update(ExportCopy).where(*own).values(destroyed_at=store.clock()))
        _enter(session, store, person, Event.EXPORT_DESTROYED, row, {"files": sorted(set(files))})
        return told_of(store, session, person, row)


def _check_waits(row: Export, study: Study | None, now: datetime) -> None:
    if row.status == "asked":
        raise Conflict("Nobody can approve what is not measured yet.", code="not_previewed")
    _only(row, ("previewed",))
    if study is not None and is_over(study, now):
        raise Conflict("The study of this corpus has ended.", code="study_over")


def _only(row: Export, statuses: Collection[str]) -> None:
    if row.status not in statuses:
        raise Conflict(f"This corpus is {row.status}.", code="corpus_decided")


def _end(row: Export, status: str, reason: str, now: datetime) -> None:
    row.status, row.reason, row.ended_at = status, reason, now


def _enter(
    session: Session, store: Store, person: Person, event: Event, row: Export, more: Mapping[str, object] | None = None
) -> None:
    """Write the entry of a decision; why it was taken is for those who may open it."""
    sealed = store.keys.sealed(row.reason, f"export:{row.id}") if row.reason else None
    enter(session, store, person, event, {"export": row.id, "tier": row.tier, **(more or {})}, sealed)
