"""How fast documents come into an engine through the outbox, and where the time goes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from benchmarks.search.bare import rate
from benchmarks.search.places import Place, announce_all, say
from pipeline.index import drain_batch
from store.index import Document, Index, Refusal, elastic, tantivy_documents
from store.index.document import search_words
from store.outbox import INDEX
from store.store import Store
from store.work import count_work

Json = dict[str, Any]

TOKENS = "tokens, within put"
_TELL = 50_000


def outbox(place: Place) -> Json:
    """Index every post of a place through the outbox, from an empty index until no work is left."""
    place.drop_index()
    with place.opened() as store, place.index(writer=True) as index:
        announce_all(store)
        clocked = Clocked(index)
        started, used = time.perf_counter(), time.process_time()
        with clocked.noting_tokens():
            _drain(store, clocked, place)
        seconds, cpu = time.perf_counter() - started, time.process_time() - used
        with store.database.reading() as session:
            left = count_work(session, INDEX)
    stages = clocked.seconds | {"database and documents": seconds - clocked.seconds["put"] - clocked.seconds["commit"]}
    stages = {name: round(taken, 1) for name, taken in stages.items()}
    return {**rate(place.posts - left, seconds), "cpu_seconds": round(cpu, 1), "stages": stages}


class Clocked:
    """An index that notes how long it was asked to put and to commit; all else goes to it unseen."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.seconds = dict.fromkeys(("put", TOKENS, "commit"), 0.0)

    def put(self, docs: Sequence[Document]) -> list[Refusal]:
        with self._noting("put"):
            return self.index.put(docs)

    def commit(self) -> None:
        with self._noting("commit"):
            self.index.commit()

    def remove(self, gone: Mapping[str, int]) -> None:
        self.index.remove(gone)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.index, name)

    @contextmanager
    def noting_tokens(self) -> Iterator[None]:
        """Note how long both engines' making of tokens takes, where they call it."""

        def noted(document: Document) -> tuple[str, str]:
            with self._noting(TOKENS):
                return search_words(document)

        with patch.object(tantivy_documents, "search_words", noted), patch.object(elastic, "search_words", noted):
            yield

    @contextmanager
    def _noting(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.seconds[stage] += time.perf_counter() - started


def _drain(store: Store, index: Index, place: Place) -> None:
    done = 0
    while count := drain_batch(store, index, "bench"):
        done += count
        if done % _TELL < count:
            say(f"{place.name}: {done:,} posts indexed through the outbox")
