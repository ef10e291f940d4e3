"""A whole house: a store, an index and a reader, with the unattended steps beside them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from crawlers.sources.approvals import approve
from crawlers.sources.declaration import load_source
from crawlers.sources.register import declare
from fixtures.town.server import Town
from nlp.reader import Reader
from pipeline.loop import run_forever, steps
from store.index import Index, open_index
from store.intake import take_in
from store.outbox import INDEX
from store.posts import ASSESS
from store.records import PostIn
from store.store import Store
from store.tables import Post, Run
from store.work import count_work
from triage_api.access.models import Person
from triage_api.desk import Desk


@dataclass
class House:
    """A store, an index and a reader, as `vigie work` and the pages have them."""

    store: Store
    index: Index
    reader: Reader
    analyst: Person

    @property
    def desk(self) -> Desk:
        return Desk(self.store, self.index, self.reader)

    def waiting(self, kind: str) -> int:
        with self.store.database.reading() as session:
            return count_work(session, kind)

    def posts(self) -> int:
        with self.store.database.reading() as session:
            return session.scalar(select(func.count()).select_from(Post)) or 0

    def take(self, *texts: str) -> list[str]:
        given = [(PostIn(text=text, external_id=text[:300]), None) for text in texts]
        return [identity for identity, _ in take_in(self.store, "given", "import", given)]

    @contextmanager
    def working(self, *names: str) -> Iterator[None]:
        """Run the unattended steps meanwhile, as `vigie work` does, with an index connection of their own."""
        stop = threading.Event()
        own = open_index(self.store.settings)
        todo = steps(self.store, self.reader, own, names, stop)
        worker = threading.Thread(target=run_forever, args=(todo, stop))
        worker.start()
        try:
            yield
        finally:
            stop.set()
            worker.join(60)
            own.close()
        assert not worker.is_alive()

    def runs(self) -> list[str]:
        """Tell how each collection went; a test that waits in vain for posts says why."""
        with self.store.database.reading() as session:
            return [f"{run.source_id}: {run.status} {run.message} {run.counts}" for run in session.scalars(select(Run))]

    def settled(self) -> bool:
        return self.waiting(ASSESS) == 0 and self.waiting(INDEX) == 0


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    """Wait until something holds; tell whether it did in time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


def collects(house: House, town: Town) -> None:
    """Let a house collect the whole town."""
    for declaration in town.declarations().values():
        source = load_source(declaration).model_copy(update={"delay": 0.0})
        declare(house.store, source)
        end = house.store.clock() + timedelta(days=1)
        approve(house.store, source.id, assessment="E", mandate="M", ground="G", approvers=["A", "B"], expires_at=end)
