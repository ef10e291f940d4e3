"""The embedded engine: tantivy, in the data folder, written by one process and read by any number.

Deleting a document in tantivy does not erase its text at once: erasing for good means building a new generation and
dropping the old one. A process that has the old one open goes over at its next call; until then the dropped files have
no name any more, but take up room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import tantivy

from store.errors import IndexUnavailable
from store.index.base import Hits, IndexQuery, Refusal
from store.index.counting import aggregations, counted
from store.index.document import Document
from store.index.failures import swapped
from store.index.tantivy_documents import SCHEMA, as_tantivy, by_id, make_or_open, stored, stored_id, telling
from store.index.tantivy_generations import Generations
from store.index.tantivy_query import translated
from store.index.tantivy_ranking import best, count

T = TypeVar("T")

_HEAP, _BUILDING_HEAP = 64_000_000, 256_000_000
"""Bytes that the writer keeps in memory before it writes a segment; larger segments are merged less often."""
_VALUES = {"size": 60_000, "segment_size": 60_000}
"""Values of a facet that are counted, so that none of the most frequent ones is missed in any segment."""


class TantivyIndex:
    """The `Index` protocol on tantivy; see there."""

    def __init__(self, folder: Path, building: str = "") -> None:
        """Open the live generation in a folder or, if one is named, the generation that is being built beside it."""
        self.folder = folder
        self._generations = Generations(folder)
        self._building = building
        self._open: tuple[str, tantivy.Index] | None = None
        self._writer: tuple[str, tantivy.IndexWriter] | None = None
        self._pending: dict[str, int] = {}
        """Versions put and not yet committed; -1 for what was removed."""

    def set_up(self) -> None:
        """Make the first generation if there is none, drop what a crash left of older ones."""
        self._generations.make_first(make_or_open)
        self.require()

    def require(self) -> None:
        """Raise `NotSetUp` if there is no index, or one made by another version of the program."""
        self._ask(lambda searcher: searcher.num_docs)

    def generation(self) -> str:
        """Return the name of the generation that is read."""
        return self._building or self._generations.live()

    def beside(self) -> TantivyIndex:
        """Return the generation that is being built beside the live one."""
        return TantivyIndex(self.folder, self._generations.start(make_or_open))

    def go_live(self) -> None:
        """Make this generation the live one in one atomic step, then drop all others."""
        name = self.generation()
        self.commit()
        self.close()  # whoever indexes is to find the writer's lock free
        self._generations.go_live(name)
        self._building = ""

    def abandon(self) -> None:
        """Drop this unfinished generation."""
        self.close()
        self._generations.abandon(self._building)

    def put(self, docs: Sequence[Document]) -> list[Refusal]:
        """Add documents or replace them, never by an older version; tantivy refuses none."""
        if not docs:
            return []
        with self._writing() as writer:
            known = self.versions([doc.id for doc in docs])
            for doc in docs:
                if doc.version < known.get(doc.id, -1):
                    continue
                if doc.id in known:  # tantivy knows no unique key
                    writer.delete_documents_by_term("id", doc.id)
                writer.add_document(as_tantivy(doc))
                known[doc.id] = self._pending[doc.id] = doc.version
        return []

    def remove(self, gone: Mapping[str, int]) -> None:
        """Take documents out, by id and version: all that are there in that version or an older one."""
        if not gone:
            return
        with self._writing() as writer:
            for doc_id, version in self.versions(list(gone)).items():
                if version <= gone[doc_id]:
                    writer.delete_documents_by_term("id", doc_id)
                    self._pending[doc_id] = -1

    def commit(self) -> None:
        """Write what was put and removed to the disk, in one atomic step."""
        if self._writer is None:
            return
        with self._writing() as writer:
            writer.commit()
            if self._pending and self._writer[0] != self.generation():  # replaced while it was being written
                raise swapped()
        self._pending.clear()

    def search(self, query: IndexQuery) -> Hits:
        """Return what matches, by BM25, then newest first, then by id."""
        return self._ask(lambda searcher: _answer(searcher, query))

    def get(self, doc_id: str) -> Document | None:
        """Return a committed document."""
        tree = tantivy.Query.term_query(SCHEMA, "id", doc_id, index_option="basic")

        def read(searcher: tantivy.Searcher) -> Document | None:
            hits = searcher.search(tree, limit=1, count=False).hits
            return stored(searcher, hits[0][1]) if hits else None

        return self._ask(read)

    def versions(self, ids: Sequence[str]) -> dict[str, int]:
        """Return the versions, committed or not, of those documents that are there."""
        found = self._ask(lambda searcher: _versions(searcher, ids)) if ids else {}
        found |= {doc_id: self._pending[doc_id] for doc_id in ids if doc_id in self._pending}
        return {doc_id: version for doc_id, version in found.items() if version >= 0}

    def scan(self, query: IndexQuery) -> Iterator[Document]:
        """Yield every committed match, sorted by id, as of one moment."""

        def every(searcher: tantivy.Searcher) -> tuple[tantivy.Searcher, Iterator[tantivy.DocAddress]]:
            tree = translated(query, SCHEMA)
            hits = searcher.search(tree, limit=max(1, count(searcher, tree)), count=False, order_by_field="at").hits
            return searcher, by_id(searcher, (address for _, address in hits))

        searcher, addresses = self._ask(every)
        with telling():
            for address in addresses:
                yield stored(searcher, address)

    def close(self) -> None:
        """Let the writer's lock go; what was not committed is lost."""
        writer, self._writer, self._open = self._writer, None, None
        if writer is not None:
            with telling():
                if self._pending:
                    writer[1].rollback()
                writer[1].wait_merging_threads()
        self._pending.clear()

    def _ask(self, question: Callable[[tantivy.Searcher], T]) -> T:
        """Ask the generation that is read as it now stands; once more if it was replaced at that moment."""
        name = self.generation()
        try:
            return self._asked(name, question)
        except IndexUnavailable:
            if self.generation() == name:
                raise
        return self._asked(self.generation(), question)

    def _asked(self, name: str, question: Callable[[tantivy.Searcher], T]) -> T:
        index = self._opened(name)
        with telling():
            index.reload()
            return question(index.searcher())

    def _opened(self, name: str) -> tantivy.Index:
        held = self._open
        if held is None or held[0] != name:
            with telling():
                held = self._open = name, tantivy.Index.open(str(self.folder / name))
        return held[1]

    @contextmanager
    def _writing(self) -> Iterator[tantivy.IndexWriter]:
        """Hand out the only writer; one that failed is given up, and what it held with it."""
        name = self.generation()
        if self._writer is not None and self._writer[0] != name:
            lost = bool(self._pending)
            self._give_up()
            if lost:
                raise swapped()
        if self._writer is None:
            self._writer = name, self._new_writer(name)
        try:
            with telling():
                yield self._writer[1]
        except IndexUnavailable:
            self._give_up()
            if self.generation() != name:
                raise swapped() from None
            raise

    def _give_up(self) -> None:
        self._writer = None
        self._pending.clear()

    def _new_writer(self, name: str) -> tantivy.IndexWriter:
        heap = _BUILDING_HEAP if self._building else _HEAP
        try:
            return self._opened(name).writer(heap_size=heap, num_threads=1)
        except ValueError as error:
            if self.generation() != name:
                raise swapped() from None
            if "lockbusy" not in str(error).lower():
                raise IndexUnavailable("The search index cannot be written: is its disk full?") from error
            raise IndexUnavailable(
                "Another process writes the search index; only one may at a time.", code="index_locked"
            ) from None


def _answer(searcher: tantivy.Searcher, query: IndexQuery) -> Hits:
    tree = translated(query, SCHEMA)
    last = query.offset + query.limit
    total, ids = best(searcher, tree, by_words=query.has_words, first=query.offset, last=last)
    asked = aggregations(query, **_VALUES)
    counts = counted(query, searcher.aggregate(tree, asked)) if asked else {}
    return Hits(total=total, ids=ids, **counts)


def _versions(searcher: tantivy.Searcher, ids: Sequence[str]) -> dict[str, int]:
    wanted = tantivy.Query.term_set_query(SCHEMA, "id", list(ids))
    hits = searcher.search(wanted, limit=len(ids), count=False).hits
    addresses = [address for _, address in hits]
    versions = searcher.fast_field_values("version", addresses)
    return {stored_id(searcher, at): int(version or 0) for at, version in zip(addresses, versions, strict=True)}
