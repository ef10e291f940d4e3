"""The engine of a team: Elasticsearch, through its official client.

Documents live in numbered generations (``NAME-000001``) behind two aliases: ``NAME`` is read, ``NAME-write`` is
written, so that a new generation can be built beside the live one and swapped in at one stroke.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from elasticsearch import BadRequestError
from elasticsearch.helpers import streaming_bulk

from store.errors import IndexUnavailable, NotSetUp
from store.index.base import SCHEMA_VERSION, Document, Hits, IndexQuery, Refusal, milliseconds, search_words
from store.index.elastic_client import TIMEOUT, NoSuchDocument, open_client, telling
from store.index.elastic_query import Json, order, translated
from store.settings import Settings

log = logging.getLogger(__name__)

_CHUNK_DOCS, _CHUNK_BYTES = 1000, 8_000_000
_PAGE = 1000
_KEYWORD = {"type": "keyword"}
_OWN_TOKENS = {"type": "text", "analyzer": "whitespace", "index_options": "positions"}
_KEYWORDS = ("source", "kind", "lang", "region", "urgency", "signals", "criteria", "places", "contacts")

MAPPING: Json = {
    "dynamic": "strict",
    "_meta": {"schema": SCHEMA_VERSION},
    "_source": {"excludes": ["words", "stems"]},
    "properties": {
        "id": _KEYWORD,
        **dict.fromkeys(_KEYWORDS, _KEYWORD),
        "words": _OWN_TOKENS,
        "stems": _OWN_TOKENS,
        "version": {"type": "long"},
        "seq": {"type": "long"},
        "at": {"type": "date", "format": "epoch_millis"},
        "document": {"type": "keyword", "index": False, "doc_values": False},
    },
}


class ElasticIndex:
    """The `Index` protocol on Elasticsearch; see there."""

    def __init__(self, settings: Settings) -> None:
        self.read = settings.index_name
        self.write = f"{settings.index_name}-write"
        self.client = open_client(settings)

    def require(self) -> None:
        """Raise `NotSetUp` if there is no index, or one of another version."""
        with telling():
            mappings = self.client.indices.get_mapping(index=self.read)
        made_for = {index["mappings"].get("_meta", {}).get("schema") for index in mappings.values()}
        if made_for != {SCHEMA_VERSION}:
            raise NotSetUp("The search index was made by another version of Vigie: build it anew.", code="index_old")

    def set_up(self) -> None:
        """Make the first generation and its aliases if there are none."""
        with telling():
            if not self.client.indices.exists_alias(name=self.read):
                self._create(1)
        self.require()

    def _create(self, generation: int) -> None:
        try:
            self.client.indices.create(
                index=f"{self.read}-{generation:06d}",
                mappings=MAPPING,
                settings={"number_of_shards": 1},
                aliases={self.read: {}, self.write: {"is_write_index": True}},
            )
        except BadRequestError as error:
            if error.error != "resource_already_exists_exception":  # another process was quicker
                raise

    def put(self, docs: Sequence[Document]) -> list[Refusal]:
        """Add documents or replace them, never by an older version; return those the engine will never take."""
        actions = ({**self._action("index", doc.id, doc.version), "_source": _as_elastic(doc)} for doc in docs)
        return self._bulk(actions)

    def remove(self, ids: Iterable[str], version: int | None = None) -> None:
        """Take documents out; with a version, only those that are not newer."""
        for some in _batches(ids, _CHUNK_DOCS):
            versions = self._versions(some) if version is None else dict.fromkeys(some, version)
            self._bulk(self._action("delete", doc_id, known) for doc_id, known in versions.items())

    def commit(self) -> None:
        """Make what was put and removed visible; one refresh for a whole batch, it was durable before."""
        with telling():
            self.client.indices.refresh(index=self.write)

    def search(self, query: IndexQuery) -> Hits:
        """Return what matches, by BM25, then newest first."""
        with telling():
            answer = self.client.search(
                index=self.read,
                query=translated(query),
                sort=order(query),
                from_=query.offset,
                size=query.limit,
                source=False,
                track_total_hits=True,
                timeout=f"{TIMEOUT}s",
                allow_partial_search_results=False,
            )
        if answer["timed_out"]:
            raise IndexUnavailable("The search took too long; make it narrower.", code="search_too_slow")
        found = answer["hits"]
        return Hits(total=found["total"]["value"], ids=[hit["_id"] for hit in found["hits"]])

    def get(self, doc_id: str) -> Document | None:
        """Return a document."""
        try:
            with telling():
                answer = self.client.get(index=self.read, id=doc_id, source_includes=["document"])
        except NoSuchDocument:
            return None
        return Document.model_validate_json(answer["_source"]["document"])

    def digest(self) -> Iterator[tuple[str, int, str]]:
        """Yield id, version and SHA-256 of every committed document, sorted by id, as of one moment."""
        with telling():
            moment = self.client.open_point_in_time(index=self.read, keep_alive="2m")["id"]
        try:
            for hit in self._walk(moment):
                document = Document.model_validate_json(hit["_source"]["document"])
                yield document.id, document.version, document.sha256()
        finally:
            with telling():
                self.client.close_point_in_time(id=moment)

    def close(self) -> None:
        """Let the connections go."""
        self.client.close()

    def _walk(self, moment: str) -> Iterator[Json]:
        after: list[Any] | None = None
        while True:
            with telling():
                answer = self.client.search(
                    pit={"id": moment, "keep_alive": "2m"},
                    sort=[{"id": "asc"}],
                    search_after=after,
                    size=_PAGE,
                    source={"includes": ["document"]},
                    track_total_hits=False,
                )
            hits = answer["hits"]["hits"]
            if not hits:
                return
            yield from hits
            after = hits[-1]["sort"]

    def _action(self, kind: str, doc_id: str, version: int) -> Json:
        # greater *or equal*: what a crash made us say twice is written twice, never refused
        return {
            "_op_type": kind,
            "_index": self.write,
            "_id": doc_id,
            "version": version,
            "version_type": "external_gte",
        }

    def _bulk(self, actions: Iterable[Json]) -> list[Refusal]:
        refusals = []
        with telling():
            answers = streaming_bulk(
                self.client,
                actions,
                chunk_size=_CHUNK_DOCS,
                max_chunk_bytes=_CHUNK_BYTES,
                raise_on_error=False,
                require_alias=True,
                max_retries=5,
                initial_backoff=0.5,
                max_backoff=8,
            )
            for done, answer in answers:
                if not done and (refusal := _refusal(next(iter(answer.values())))):
                    log.warning("document %s refused by the index: %s", refusal.id, refusal.reason)
                    refusals.append(refusal)
        return refusals

    def _versions(self, ids: Sequence[str]) -> dict[str, int]:
        with telling():
            answer = self.client.mget(index=self.write, ids=list(ids), source=False)
        return {each["_id"]: each["_version"] for each in answer["docs"] if each.get("found")}


def _as_elastic(doc: Document) -> Json:
    words, stems = search_words(doc)
    fields = {name: getattr(doc, name) for name in ("id", *_KEYWORDS, "version", "seq")}
    return {**fields, "words": words, "stems": stems, "at": milliseconds(doc.at), "document": doc.canonical()}


def _refusal(answer: Json) -> Refusal | None:
    """Return why a document can never be kept; None where a newer version, or its absence, makes that no loss."""
    status, error = answer["status"], answer.get("error") or {}
    kind = error.get("type", "") if isinstance(error, dict) else ""
    if status == 409 or (status == 404 and not kind):
        return None
    if status == 404:
        raise NotSetUp("There is no search index yet: run `vigie setup-db`.")
    if status == 429 or status >= 500:
        raise IndexUnavailable("The search engine is overloaded; it will be asked again.")
    return Refusal(answer["_id"], kind or f"status {status}")  # the type only: the engine's words may hold the text


def _batches(ids: Iterable[str], size: int) -> Iterator[list[str]]:
    left = iter(ids)
    while some := list(islice(left, size)):
        yield some
