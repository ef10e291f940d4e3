"""What ends by itself: files that may be fetched no longer, staged rows nobody waits for, keys of studies long over."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select

from pipeline.exports.room import forget_study, shut_rooms
from store.exports import export_folder, study_key
from store.register import Event, append
from store.store import Store
from store.tables import Export, Study

_STAGED = timedelta(days=30)
"""So long staged rows wait for somebody who approves them."""
_CLOSED = timedelta(days=30)
"""So long after its agreement a study's key is kept."""
ACTOR = "vigie"
"""Who acts in the register when the worker does so by itself."""


def let_go(store: Store) -> int:
    """Delete the files of corpora whose time is over, staged rows nobody waits for, and keys of studies long ended.

    Safe to run at any moment, to cut short and to run again; returns how many corpora and studies were let go.
    """
    now = store.clock()
    with store.database.reading() as session:
        ended = select(Study.id).where(Study.closed_at.is_(None), Study.ends_at <= now - _CLOSED)
        studies = list(session.scalars(ended))
    store.keys.destroy([study_key(study) for study in studies])  # first: a study is closed once its key is gone
    with store.database.writing() as session:
        over = [*session.scalars(_expired(now))]
        for row in over:
            row.status, row.ended_at = "expired", now
        for study in session.scalars(select(Study).where(Study.id.in_(studies)).with_for_update()):
            study.closed_at = now
            forget_study(session, study.id)
            append(session, event=Event.STUDY_CLOSED, actor=ACTOR, at=now, public={"study": study.id})
        gone = list(session.scalars(select(Export.id).where(Export.status.in_(_GONE))))
        shut_rooms(session, gone)
    for identity in gone:
        _delete(store, identity)
    return len(over) + len(studies)


def _delete(store: Store, identity: str) -> None:
    """Delete all that is on disk of a corpus: its files, its staged rows and what a worker who was killed left."""
    folder = export_folder(store.settings, identity)
    for path in (folder, *folder.parent.glob(f".{identity}.*")):
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


_GONE = ("expired", "recalled", "denied", "refused", "failed")


def _expired(now: datetime) -> Any:
    """Return the query of corpora whose files have expired, and of those that nobody approved in time."""
    done = (Export.status == "ready") & (Export.expires_at <= now)
    waited = Export.status.in_(("asked", "previewed")) & (Export.created_at <= now - _STAGED)
    return select(Export).where(or_(done, waited)).with_for_update()
