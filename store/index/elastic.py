"""The engine of a team: Elasticsearch 8.19 or 9, through its official client.

Documents carry their post's version (`external_gte`): several indexers may write at once, in any order, and the newest
version stays. What was removed leaves the engine's files when its generation is dropped.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from store.batches import batches
from store.errors import IndexUnavailable, NotSetUp, VigieError
from store.index.base import Hits, IndexQuery, Refusal
from store.index.counting import aggregations, counted
from store.index.document import Document, milliseconds, search_words
from store.index.elastic_bulk import CHUNK_DOCS, action, answers
from store.index.elastic_client import TIMEOUT, Answered, NoSuchDocument, open_client, telling
from store.index.elastic_generations import Generations
from store.index.elastic_query import Json, order, translated
from store.index.failures import no_index, swapped
from store.settings import Settings

log = logging.getLogger(__name__)

T = TypeVar("T")

_PAUSE = 0.2
"""Seconds until a question is asked again."""
_PAGE, _KEEP = 500, "5m"
"""Documents of a scan that are read at once, and how long the engine waits until the next ones are wanted."""
_VALUES = {"size": 200}


class ElasticIndex:
    """The `Index` protocol on Elasticsearch; see there."""

    def __init__(self, settings: Settings, building: str = "") -> None:
        """Open the live generation or, if one is named, the generation that is being built beside it."""
        self.settings = settings
        self.client = open_client(settings)
        self.generations = Generations(self.client, settings.index_name)
        self._building = building
        self._touched: set[str] = set()
        """The generations that were written since the last commit."""

    @property
    def read(self) -> str:
        """Return the name that is searched: an alias, or the generation that is being built."""
        return self._building or self.generations.read

    @property
    def write(self) -> str:
        """Return the alias that is written."""
        return self.generations.build if self._building else self.generations.write

    def set_up(self) -> None:
        """Make the first generation and its aliases if there are none."""
        self.generations.make_first()
        self.require()

    def require(self) -> None:
        """Raise `NotSetUp` if there is no index, or one of another version or with other fields."""
        self.generations.require(self.read)

    def generation(self) -> str:
        """Return the name of the generation that is read."""
        return self._building or self.generations.live()

    def beside(self) -> ElasticIndex:
        """Return the generation that is being built beside the live one."""
        return ElasticIndex(self.settings, self.generations.start())

    def go_live(self) -> None:
        """Make this generation the live one in one atomic step, then drop all others."""
        name = self.generation()
        if self._building:
            self.commit()
        self.generations.go_live(name)
        self._building = ""

    def abandon(self) -> None:
        """Drop this unfinished generation."""
        self.generations.abandon(self._building)

    def put(self, docs: Sequence[Document]) -> list[Refusal]:
        """Add documents or replace them, never by an older version; return those the engine will never take."""
        refusals = self._bulk("index", ((doc.id, doc.version, {"_source": _as_elastic(doc)}) for doc in docs))
        for refusal in refusals:
            log.warning("document %s refused by the index: %s", refusal.id, refusal.reason)
        return refusals

    def remove(self, gone: Mapping[str, int]) -> None:
        """Take documents out, by id and version: all that are there in that version or an older one."""
        for refusal in self._bulk("delete", ((doc_id, version, {}) for doc_id, version in gone.items())):
            # never let go: what must not be found any more would be
            raise IndexUnavailable(f"The search engine refuses to take a document out: {refusal.reason}.")

    def commit(self) -> None:
        """Make what was put and removed visible; one refresh for a whole batch, it was durable before."""
        touched, self._touched = self._touched, set()
        try:
            with telling():
                self.client.indices.refresh(index=self._building or self.write)
        except NotSetUp:
            raise (swapped() if self._building else no_index()) from None
        if touched and touched != {self._building or self.generations.written()}:
            raise swapped()

    def search(self, query: IndexQuery) -> Hits:
        """Return what matches, by BM25, then newest first, then by id."""
        return _again(lambda: self._search(query))

    def get(self, doc_id: str) -> Document | None:
        """Return a committed document."""

        def read() -> Document | None:
            with telling():
                answer = self.client.get(index=self.read, id=doc_id, realtime=False, source_includes=["document"])
            return Document.model_validate_json(answer["_source"]["document"])

        try:
            return _again(read)
        except NoSuchDocument:
            return None

    def versions(self, ids: Sequence[str]) -> dict[str, int]:
        """Return the versions, committed or not, of those documents that are there."""
        found: dict[str, int] = {}
        for some in batches(ids, CHUNK_DOCS):
            with telling():
                answer = self.client.mget(index=self.write, ids=some, source=False)
            found |= {each["_id"]: each["_version"] for each in answer["docs"] if each.get("found")}
        return found

    def scan(self, query: IndexQuery) -> Iterator[Document]:
        """Yield every committed match, sorted by id, as of one moment."""
        moment = _again(self._point_in_time)
        try:
            for hit in self._walk(moment, translated(query)):
                yield Document.model_validate_json(hit["_source"]["document"])
        except NotSetUp:
            raise swapped() from None
        finally:
            with suppress(VigieError), telling():  # the engine lets it go by itself after a while
                self.client.close_point_in_time(id=moment)

    def close(self) -> None:
        """Let the connections go."""
        self.client.close()

    def _search(self, query: IndexQuery) -> Hits:
        with telling():
            answer = self.client.search(
                index=self.read,
                query=translated(query),
                sort=order(query),
                from_=query.offset,
                size=query.limit,
                source=False,
                aggs=aggregations(query, **_VALUES) or None,
                track_total_hits=True,
                timeout=f"{TIMEOUT - 2}s",
                allow_partial_search_results=False,
            )
        if answer["timed_out"]:
            raise IndexUnavailable("The search took too long; make it narrower.", code="search_too_slow")
        found = answer["hits"]
        counts = counted(query, answer.get("aggregations", {}))
        return Hits(total=found["total"]["value"], ids=[hit["_id"] for hit in found["hits"]], **counts)

    def _point_in_time(self) -> str:
        with telling():
            return str(self.client.open_point_in_time(index=self.read, keep_alive=_KEEP)["id"])

    def _walk(self, moment: str, query: Json) -> Iterator[Json]:
        after: list[Any] | None = None
        while True:
            with telling():
                answer = self.client.search(
                    pit={"id": moment, "keep_alive": _KEEP},
                    query=query,
                    sort=[{"id": "asc"}],
                    search_after=after,
                    size=_PAGE,
                    source={"includes": ["document"]},
                    track_total_hits=False,
                    timeout=f"{TIMEOUT - 2}s",
                    allow_partial_search_results=False,
                )
            if answer["timed_out"]:
                raise IndexUnavailable("The search engine is too slow.", code="search_too_slow")
            hits = answer["hits"]["hits"]
            if not hits:
                return
            yield from hits
            after = hits[-1]["sort"]

    def _bulk(self, kind: str, changes: Iterable[tuple[str, int, Json]]) -> list[Refusal]:
        """Send changes: ids, versions and what else belongs to each."""
        alias = self.write
        actions = ({**action(kind, alias, doc_id, version), **more} for doc_id, version, more in changes)
        refusals = []
        try:
            for taken_by, refusal in answers(self.client, actions):
                refusals += [refusal] if refusal else []
                self._touched.update({taken_by} - {alias})
            if refusals:
                self.require()  # if the index is not what we made, no document is to blame
        except VigieError as error:
            self._touched.clear()  # the caller does all of it again
            if error.code == "index_swapped":
                self.generations.written()
            raise
        return refusals


def _again(ask: Callable[[], T]) -> T:
    """Ask, and once more if the engine answered with an error: a generation may just have been replaced."""
    try:
        return ask()
    except (NotSetUp, Answered):
        time.sleep(_PAUSE)
        return ask()


def _as_elastic(doc: Document) -> Json:
    words, stems = search_words(doc)
    numbers = {"version": doc.version, "seq": doc.seq, "at": milliseconds(doc.at), "day": doc.day}
    return {"id": doc.id, **doc.keywords, **numbers, "words": words, "stems": stems, "document": doc.canonical()}
