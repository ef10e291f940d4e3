"""What every desk is handed: the store, the index, the grid, and the reader, which is loaded when first needed."""

from __future__ import annotations

from threading import Lock

from nlp.grid import Grid, load_grid
from nlp.reader import Reader
from store.index import Index
from store.models import reader_in_force
from store.store import Store
from triage_api.queue.models import CountsOut
from triage_api.searches.counts import Recent
from triage_api.shell.lately import Lately


class Desk:
    """The rooms below, opened."""

    def __init__(self, store: Store, index: Index, reader: Reader | None = None) -> None:
        self.store = store
        self.index = index
        self.counted = Recent()
        self.waiting: Lately[CountsOut] = Lately()
        self._reader = reader
        self._loading = Lock()

    @property
    def grid(self) -> Grid:
        """Return the grid of criteria in force."""
        return load_grid()

    @property
    def reader(self) -> Reader:
        """Return the reader, loading its models at the first call."""
        with self._loading:
            if self._reader is None:
                self._reader = reader_in_force(self.store.settings)
            return self._reader
