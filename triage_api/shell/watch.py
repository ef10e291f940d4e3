"""Looking at database and index without ever waiting long for either: one that hangs must not silence the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from store.errors import VigieError
from store.index import Index, IndexQuery
from store.store import Store
from store.tables import RegisterEntry
from triage_api.shell.measures import Measure, in_quarantine, searchable, waiting

_SECONDS = 4.0
"""Prometheus gives an answer up after 10 seconds unless told otherwise."""
_COUNT_EVERY = timedelta(minutes=5)


class Look:
    """A question that a thread of its own asks; one that hangs is waited for again, not asked twice."""

    def __init__(self, ask: Callable[[], list[Measure]]) -> None:
        self._ask = ask
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="vigie-watch")
        self._lock = Lock()
        self._asked: Future[list[Measure]] | None = None

    def begin(self) -> Future[list[Measure]]:
        """Return the answer to come."""
        with self._lock:
            if self._asked is None or self._asked.done():
                self._asked = self._thread.submit(self._ask)
            return self._asked


class Watch:
    """What `/metrics` tells of one store and one index."""

    def __init__(self, store: Store, index: Index, seconds: float = _SECONDS) -> None:
        self._store = store
        self._index = index
        self._seconds = seconds
        self._counted: tuple[datetime, int] | None = None
        self._limit = store.settings.erase_hours * 3600
        self._looks = {
            "vigie_database_up": Look(self._database),
            "vigie_register_writable": Look(self._register),
            "vigie_index_up": Look(self._documents),
            "": Look(self._posts),
        }

    def measures(self) -> Iterator[Measure]:
        """Yield every measure; of what does not answer in time only that it is down."""
        answers = {name: look.begin() for name, look in self._looks.items()}
        end = time.monotonic() + self._seconds
        for name, answer in answers.items():
            found = _within(answer, end - time.monotonic())
            if name:
                yield Measure.one(name, "1 if it answers, 0 if not.", found is not None)
            yield from found or ()
        told = "Age after which an erasure is carried out in the files too."
        yield Measure.one("vigie_erasure_due_seconds", told, self._limit)

    def _database(self) -> list[Measure]:
        with self._store.database.reading() as session:
            now = self._store.clock()
            return [*waiting(session, now), *in_quarantine(session, self._store.settings, now)]

    def _register(self) -> list[Measure]:
        # Refused where nothing can be written: the one write lock of SQLite, a row lock of PostgreSQL.
        newest = select(RegisterEntry.n).order_by(RegisterEntry.n.desc()).limit(1)
        with self._store.database.writing() as session:
            session.execute(newest.with_for_update())
        return []

    def _documents(self) -> list[Measure]:
        self._index.require()
        total = self._index.search(IndexQuery(limit=0)).total
        return [Measure.one("vigie_index_documents", "Documents of the live generation.", total)]

    def _posts(self) -> list[Measure]:
        now = self._store.clock()
        if self._counted is None or now - self._counted[0] >= _COUNT_EVERY:
            with self._store.database.reading() as session:
                self._counted = now, searchable(session)
        told = "Posts that the index should hold; counted every few minutes."
        return [Measure.one("vigie_searchable_posts", told, self._counted[1])]


def _within(answer: Future[list[Measure]], seconds: float) -> list[Measure] | None:
    """Return an answer, None if it does not come in time or says that nothing can be had."""
    try:
        return answer.result(max(seconds, 0))
    except (TooLate, VigieError, SQLAlchemyError):
        return None
