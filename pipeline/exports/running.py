"""The worker's step: it measures a corpus that was asked for, and makes the one that was approved."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select

from disclosure.study import StudyKey
from pipeline.exports.gathering import gather, recheck
from pipeline.exports.making import make
from pipeline.exports.package.shapes import Manifest
from pipeline.exports.planning import TooFew, plan
from pipeline.exports.staging import Stage, opened_stage
from store.errors import NotFound, VigieError
from store.exports import EXPORT, Scope, export_folder, stage_file, study_key
from store.register import Event, append
from store.store import Store
from store.tables import AssessmentRow, Export, Post, Study
from store.work import fail_work, finish_work, renew_work, take_work

log = logging.getLogger(__name__)

KEPT = timedelta(days=90)
"""So long the files of a corpus can be fetched."""
_STAGED = timedelta(days=30)
"""So long staged rows wait for somebody who approves them."""
_CLOSED = timedelta(days=30)
"""So long after its agreement a study's key is kept."""
_RETRY = timedelta(minutes=5)
ACTOR = "vigie"
"""Who acts in the register when the worker does so by itself."""


class Lost(VigieError):
    """Another worker has taken the corpus meanwhile, or it was decided otherwise."""

    code = "lost"


def export_batch(store: Store, owner: str) -> int:
    """Take one corpus that waits for the worker and do what it waits for; return how many were taken.

    Cut short, it goes on where it was when it is taken again: rows are staged in order, and a corpus is written anew.
    """
    lease = timedelta(seconds=store.settings.lease_seconds)
    with store.database.writing() as session:
        taken = take_work(session, EXPORT, owner, now=store.clock(), lease=lease, limit=1)
    for identity in taken:
        try:
            _Job(store, owner, identity).run()
        except Lost:
            continue
        except Exception as error:
            log.exception("corpus %s", identity)
            said = error.message if isinstance(error, VigieError) else "it could not be made; the worker's log says why"
            _failed(store, owner, identity, said)
    return len(taken)


class _Job:
    """One corpus in the hands of one worker."""

    def __init__(self, store: Store, owner: str, identity: str) -> None:
        self._store, self._owner, self._identity = store, owner, identity
        with store.database.reading() as session:
            row = session.get(Export, identity)
            if row is None:
                raise NotFound("No such corpus.")
            self._export = row
            self._newest = session.scalar(select(func.max(Post.seq))) or 0

    def run(self) -> None:
        """Measure it or make it, by its status; anything else is no work any more."""
        status = self._export.status
        if status in ("asked", "approved"):
            try:
                self._measured() if status == "asked" else self._made()
            except TooFew as error:
                self._end("refused", error.message, {}, None)
        with self._store.database.writing() as session:
            finish_work(session, EXPORT, [self._identity])

    def _measured(self) -> None:
        with self._stage() as stage:
            scope, key = Scope.model_validate(self._export.scope), self._key()
            gather(self._store, stage, scope, key, lambda seq: self._at("gather", seq, self._newest))
            self._at("generalise", 0, 1)
            preview = plan(stage, self._export.tier, key, scope.sample).preview
        with self._writing("asked") as row:
            row.status, row.preview, row.previewed_at, row.progress = "previewed", preview, self._store.clock(), {}

    def _made(self) -> None:
        store, folder = self._store, export_folder(self._store.settings, self._identity)
        with self._stage() as stage:
            scope, key = Scope.model_validate(self._export.scope), self._key()
            gather(store, stage, scope, key, lambda seq: self._at("gather", seq, self._newest))
            recheck(store, stage, lambda seen: self._at("recheck", seen, stage.size))
            self._at("write", 0, 1)
            shutil.rmtree(folder, ignore_errors=True)
            planned = plan(stage, self._export.tier, key, scope.sample)
            ends = store.clock() + KEPT
            manifest, report = make(store, self._export, planned, stage, folder, ends_at=ends, models=self._models())
        if not report.passed:
            shutil.rmtree(folder)
            self._end("refused", "its own proof found fault", report.model_dump(mode="json"), None)
            return
        self._end("ready", "", report.model_dump(mode="json"), manifest)

    def _end(self, status: str, error: str, report: dict[str, Any], manifest: Manifest | None) -> None:
        """Say what came of it, in the register too: the digests of the files, or why there are none."""
        now = self._store.clock()
        said: dict[str, object] = {"export": self._identity, "status": status}
        faults = {"faults": len(report.get("faults", []))}
        said |= {"sha256": manifest.files, "rows": manifest.rows} if manifest else faults
        with self._store.database.writing() as session:
            row = session.get_one(Export, self._identity, with_for_update=True)
            if row.status != self._export.status:
                raise Lost("This corpus was decided otherwise meanwhile.")
            row.status, row.error, row.report, row.progress = status, error, report, {}
            if manifest:
                row.counts, row.ready_at, row.expires_at = dict(manifest.rows), now, now + KEPT
            else:
                row.ended_at = now
            append(session, event=Event.EXPORT_CLOSED, actor=ACTOR, at=now, public=said)
        stage_file(self._store.settings, self._identity).unlink(missing_ok=True)

    def _key(self) -> StudyKey:
        study = self._export.study_id
        if not study:
            raise NotFound("This corpus belongs to no study.")
        return StudyKey(study, self._store.keys.key(study_key(study)))

    def _models(self) -> list[str]:
        with self._store.database.reading() as session:
            return sorted(session.scalars(select(AssessmentRow.model).distinct()))

    @contextmanager
    def _stage(self) -> Iterator[Stage]:
        with opened_stage(stage_file(self._store.settings, self._identity)) as stage:
            yield stage

    def _at(self, step: str, done: int, of: int) -> None:
        """Say how far it is and keep the lease; `Lost` once that is another's."""
        until = self._store.clock() + timedelta(seconds=self._store.settings.lease_seconds)
        with self._writing(self._export.status) as row:
            row.progress = {"step": step, "done": done, "of": of}
        with self._store.database.writing() as session:
            if not renew_work(session, EXPORT, self._identity, self._owner, until):
                raise Lost("Another worker has taken this corpus.")

    @contextmanager
    def _writing(self, status: str) -> Iterator[Export]:
        with self._store.database.writing() as session:
            row = session.get_one(Export, self._identity, with_for_update=True)
            if row.status != status:
                raise Lost("This corpus was decided otherwise meanwhile.")
            yield row


def let_go(store: Store) -> int:
    """Delete the files of corpora whose time is over, staged rows nobody waits for, and keys of studies long ended.

    Safe to run at any moment and again; returns how many corpora and studies were let go.
    """
    now = store.clock()
    with store.database.writing() as session:
        over = [*session.scalars(_expired(now))]
        for row in over:
            row.status, row.ended_at = "expired", now
        gone = {row.id for row in session.scalars(select(Export).where(Export.status.in_(_GONE)))}
        closed = [*session.scalars(select(Study).where(Study.closed_at.is_(None), Study.ends_at <= now - _CLOSED))]
        for study in closed:
            study.closed_at = now
            append(session, event=Event.STUDY_CLOSED, actor=ACTOR, at=now, public={"study": study.id})
    for identity in gone:
        shutil.rmtree(export_folder(store.settings, identity), ignore_errors=True)
        stage_file(store.settings, identity).unlink(missing_ok=True)
    store.keys.destroy([study_key(study.id) for study in closed])
    return len(over) + len(closed)


_GONE = ("expired", "recalled", "denied", "refused", "failed")


def _expired(now: datetime) -> Any:
    """Return the query of corpora whose files have expired, and of those that nobody approved in time."""
    done = (Export.status == "ready") & (Export.expires_at <= now)
    waited = Export.status.in_(("asked", "previewed")) & (Export.created_at <= now - _STAGED)
    return select(Export).where(or_(done, waited)).with_for_update()


def _failed(store: Store, owner: str, identity: str, why: str) -> None:
    with store.database.writing() as session:
        fail_work(session, EXPORT, identity, owner, store.clock() + _RETRY, why)
        row = session.get(Export, identity, with_for_update=True)
        if row is not None and row.status in ("asked", "approved"):
            row.error = why
