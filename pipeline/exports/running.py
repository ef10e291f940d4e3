"""The worker's step: it measures a corpus that was asked for, and makes the one that was approved."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from disclosure.study import StudyKey
from pipeline.exports.ending import ACTOR
from pipeline.exports.gathering import gather, gather_coded, recheck
from pipeline.exports.making import make
from pipeline.exports.package.shapes import Manifest
from pipeline.exports.planning import TooFew, plan
from pipeline.exports.room import codes_of, open_room, room_preview, texts_of
from pipeline.exports.staging import Stage, opened_stage
from store.errors import NotFound, VigieError
from store.exports import EXPORT, Scope, export_folder, stage_file, study_key
from store.register import Event, append
from store.store import Store
from store.tables import AssessmentRow, Export, Post, Study
from store.work import dead_letters, fail_work, finish_work, held_work, renew_work, take_work

log = logging.getLogger(__name__)

_RETRY = timedelta(minutes=5)
Told = Callable[[str, int, int], None]
"""Told how far a corpus is: the step, how much of it is done, and of how much."""


class Lost(VigieError):
    """Another worker has taken the corpus meanwhile, or it was decided otherwise."""

    code = "lost"


def export_batch(store: Store, owner: str, told: Told = lambda *_: None) -> int:
    """Take one corpus that waits for the worker and do what it waits for; return how many were taken.

    `told` hears how far it is. Cut short, it goes on where it was when it is taken again: rows are staged in order, and
    a corpus is written anew.
    """
    lease = timedelta(seconds=store.settings.lease_seconds)
    with store.database.writing() as session:
        taken = take_work(session, EXPORT, owner, now=store.clock(), lease=lease, limit=1)
    for identity in taken:
        try:
            _Job(store, owner, identity, told).run()
        except Lost:
            continue
        except Exception as error:
            log.exception("corpus %s", identity)
            said = error.message if isinstance(error, VigieError) else "it could not be made; the worker's log says why"
            _failed(store, owner, identity, said)
    return len(taken)


class _Job:
    """One corpus in the hands of one worker."""

    def __init__(self, store: Store, owner: str, identity: str, told: Told) -> None:
        self._store, self._owner, self._identity, self._told = store, owner, identity, told
        with store.database.reading() as session:
            row = session.get(Export, identity)
            if row is None:
                raise NotFound("No such corpus.")
            self._export = row
            self._newest = session.scalar(select(func.max(Post.seq))) or 0

    def run(self) -> None:
        """Measure it or make it, by its status; anything else is no work any more."""
        status = self._export.status
        if status not in ("asked", "approved"):
            with self._settling():
                return
        try:
            with self._kept():
                self._measured() if status == "asked" else self._made()
        except TooFew as error:
            self._end("refused", error.message, {"why": error.code}, None)

    def _measured(self) -> None:
        with self._stage() as (stage, scope, key):
            self._gather(stage, scope, key)
            self._at("generalise", 0, 1)
            preview = self._preview(stage, scope, key)
        with self._settling() as (_, row):
            row.status, row.preview, row.previewed_at, row.progress = "previewed", preview, self._store.clock(), {}

    def _preview(self, stage: Stage, scope: Scope, key: StudyKey) -> dict[str, Any]:
        if self._export.tier == "room":
            return room_preview(stage, scope)
        return plan(stage, self._export.tier, key, scope.sample).preview

    def _made(self) -> None:
        store, folder = self._store, export_folder(self._store.settings, self._identity)
        with self._stage() as (stage, scope, key):
            self._gather(stage, scope, key)  # only if what was measured is no longer there
            recheck(store, stage, scope, key, lambda seen: self._at("recheck", seen, stage.size), self._codes())
            if self._export.tier == "room":
                self._opened(texts_of(stage, scope))
                return
            self._at("write", 0, 1)
            shutil.rmtree(folder, ignore_errors=True)
            planned = plan(stage, self._export.tier, key, scope.sample)
            ends = store.clock() + self._lasting()
            manifest, report = make(store, self._export, planned, stage, folder, ends_at=ends, models=self._models())
        told = report.model_dump(mode="json")
        if report.passed:
            self._end("ready", "", told, manifest)
        else:
            shutil.rmtree(folder)
            self._end("refused", "its own proof found fault", told | {"why": "proof"}, None)

    def _opened(self, texts: list[tuple[str, str]]) -> None:
        """Open the reading room of a corpus for as long as its study lasts; it has no file."""
        now, said = self._store.clock(), {"export": self._identity, "status": "ready", "rows": {"texts": len(texts)}}
        with self._settling() as (session, row):
            open_room(session, row, texts)
            row.status, row.progress, row.counts = "ready", {}, {"texts": len(texts)}
            row.ready_at, row.expires_at = now, session.get_one(Study, row.study_id).ends_at
            append(session, event=Event.EXPORT_CLOSED, actor=ACTOR, at=now, public=said)
        stage_file(self._store.settings, self._identity).unlink(missing_ok=True)

    def _codes(self) -> dict[str, str] | None:
        """Return what the posts of the study were coded as in its room; None for a corpus that is not of codes."""
        if self._export.tier != "codes":
            return None
        with self._store.database.reading() as session:
            return codes_of(session, self._export.study_id or "")

    def _gather(self, stage: Stage, scope: Scope, key: StudyKey) -> None:
        if stage.whole:
            return
        codes = self._codes()
        if codes is None:
            gather(self._store, stage, scope, key, lambda seq: self._at("gather", seq, self._newest))
        else:
            gather_coded(self._store, stage, scope, key, codes)

    def _end(self, status: str, error: str, report: dict[str, Any], manifest: Manifest | None) -> None:
        """Say what came of it, in the register too: the digests of the files, or why there are none."""
        now = self._store.clock()
        said: dict[str, object] = {"export": self._identity, "status": status}
        faults = {"faults": len(report.get("faults", []))}
        said |= {"sha256": manifest.files, "rows": manifest.rows} if manifest else faults
        with self._settling() as (session, row):
            row.status, row.error, row.report, row.progress = status, error, report, {}
            if manifest:
                row.counts, row.ready_at, row.expires_at = dict(manifest.rows), now, now + self._lasting()
            else:
                row.ended_at = now
            append(session, event=Event.EXPORT_CLOSED, actor=ACTOR, at=now, public=said)
        stage_file(self._store.settings, self._identity).unlink(missing_ok=True)

    def _lasting(self) -> timedelta:
        """Return how long the files of a corpus can be fetched."""
        return timedelta(days=self._store.settings.export_days)

    def _models(self) -> list[str]:
        with self._store.database.reading() as session:
            return sorted(session.scalars(select(AssessmentRow.model).distinct()))

    @contextmanager
    def _stage(self) -> Iterator[tuple[Stage, Scope, StudyKey]]:
        study = self._export.study_id
        if not study:
            raise NotFound("This corpus belongs to no study.")
        key = StudyKey(study, self._store.keys.key(study_key(study)))
        with opened_stage(stage_file(self._store.settings, self._identity)) as stage:
            yield stage, Scope.model_validate(self._export.scope), key

    def _at(self, step: str, done: int, of: int) -> None:
        """Say how far it is."""
        with self._writing() as (_, row):
            row.progress = {"step": step, "done": done, "of": of}
        self._told(step, done, of)

    @contextmanager
    def _writing(self) -> Iterator[tuple[Session, Export]]:
        """Open a transaction that changes the corpus; `Lost` if it, or its work, is no longer this worker's."""
        with self._store.database.writing() as session:
            row = session.get_one(Export, self._identity, with_for_update=True)
            mine = held_work(session, EXPORT, self._owner, [self._identity])
            if row.status != self._export.status or not mine:
                raise Lost("This corpus was taken over or decided otherwise meanwhile.")
            yield session, row

    @contextmanager
    def _settling(self) -> Iterator[tuple[Session, Export]]:
        """Open the transaction that ends this piece of work: an approval that comes after asks for it anew."""
        with self._writing() as (session, row):
            yield session, row
            finish_work(session, EXPORT, [self._identity])

    @contextmanager
    def _kept(self) -> Iterator[None]:
        """Keep the lease while the work lasts: to generalise and to prove a large corpus takes minutes."""
        done, lease = threading.Event(), timedelta(seconds=self._store.settings.lease_seconds)

        def renew() -> None:
            while not done.wait(lease.total_seconds() / 3):
                with self._store.database.writing() as session:
                    renew_work(session, EXPORT, self._identity, self._owner, self._store.clock() + lease)

        thread = threading.Thread(target=renew, name=f"lease-{self._identity}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def _failed(store: Store, owner: str, identity: str, why: str) -> None:
    """Keep why a corpus could not be made; tried too often, it has failed for good."""
    now = store.clock()
    with store.database.writing() as session:
        row = session.get(Export, identity, with_for_update=True)
        fail_work(session, EXPORT, identity, owner, now + _RETRY, why)
        if row is None or row.status not in ("asked", "approved"):
            return
        row.error = why
        if identity in dead_letters(session, EXPORT):
            row.status, row.ended_at = "failed", now
            said = {"export": identity, "status": "failed"}
            append(session, event=Event.EXPORT_CLOSED, actor=ACTOR, at=now, public=said)
