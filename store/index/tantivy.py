"""The embedded engine: tantivy, in the data folder, written by one process and read by any number.

The folder holds numbered generations and a file `current` that names the live one. Deleting a document in tantivy does
not erase its text at once: erasing for good means building a new generation and dropping the old one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tantivy

from store.errors import IndexUnavailable, NotSetUp
from store.index.base import SCHEMA_VERSION, Document, Hits, IndexQuery, Refusal, milliseconds, search_words
from store.index.tantivy_query import translated

_HEAP = 64_000_000
"""Bytes that the writer keeps in memory before it writes a segment."""
_KEYWORDS = ("source", "kind", "lang", "region", "urgency", "signals", "criteria", "places", "contacts")
_FIRST = "000001"


def schema() -> tantivy.Schema:
    """Return the fields: keywords as they are, our own tokens, numbers, and the stored document."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", tokenizer_name="raw", index_option="basic", fast=True)
    for name in _KEYWORDS:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    for name in ("words", "stems"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    for name in ("version", "seq", "at"):
        builder.add_integer_field(name, indexed=True, fast=True)
    builder.add_bytes_field("document", stored=True)
    return builder.build()


_SCHEMA = schema()


class TantivyIndex:
    """The `Index` protocol on tantivy; see there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._generation = ""
        self._index: tantivy.Index | None = None
        self._writer: tantivy.IndexWriter | None = None
        self._pending: dict[str, int] = {}
        """Versions put and not yet committed; -1 for what was removed."""

    def set_up(self) -> None:
        """Make the first generation if there is none."""
        if _current(self.folder) is None:
            with _telling():
                live = self.folder / _FIRST
                live.mkdir(parents=True, exist_ok=True, mode=0o700)
                tantivy.Index(_SCHEMA, path=str(live))
                _make_current(self.folder, _FIRST)
        self._opened()

    def require(self) -> None:
        """Raise `NotSetUp` if there is no index, or one made by another version of the program."""
        self._opened()

    def put(self, docs: Sequence[Document]) -> list[Refusal]:
        """Add documents or replace them, never by an older version; tantivy refuses none."""
        known = self._versions([doc.id for doc in docs])
        if not docs:
            return []
        with self._writing() as writer:
            for doc in docs:
                if doc.version < known.get(doc.id, -1):
                    continue
                writer.delete_documents_by_term("id", doc.id)  # tantivy knows no unique key
                writer.add_document(_as_tantivy(doc))
                known[doc.id] = self._pending[doc.id] = doc.version
        return []

    def remove(self, ids: Iterable[str], version: int | None = None) -> None:
        """Take documents out; with a version, only those that are not newer."""
        ids = list(ids)
        if not ids:
            return
        known = {} if version is None else self._versions(ids)
        with self._writing() as writer:
            for doc_id in ids:
                if version is None or known.get(doc_id, -1) <= version:
                    writer.delete_documents_by_term("id", doc_id)
                    self._pending[doc_id] = -1

    def commit(self) -> None:
        """Write what was put and removed to the disk, in one atomic step."""
        if self._writer is not None:
            with self._writing() as writer:
                writer.commit()
            self._pending.clear()

    def search(self, query: IndexQuery) -> Hits:
        """Return what matches, by BM25, then newest first."""
        searcher = self._searcher()
        with _telling():
            tree = translated(query, self._opened().schema)
            order = None if query.has_words else "at"
            total = int(searcher.search(tree, limit=1).count)  # type: ignore[attr-defined]  # its stubs forget it
            found = _best(searcher, tree, order, min(query.offset + query.limit, total), total)
            return Hits(total=total, ids=found[query.offset : query.offset + query.limit])

    def get(self, doc_id: str) -> Document | None:
        """Return a committed document."""
        searcher = self._searcher()
        with _telling():
            term = tantivy.Query.term_query(self._opened().schema, "id", doc_id, index_option="basic")
            hits = searcher.search(term, limit=1).hits
            return _stored(searcher, hits[0][1]) if hits else None

    def digest(self) -> Iterator[tuple[str, int, str]]:
        """Yield id, version and SHA-256 of every committed document, sorted by id."""
        searcher = self._searcher()
        with _telling():
            everything = tantivy.Query.all_query()
            hits = _by_id(searcher, everything, searcher.num_docs)
        for doc_id, address in hits:
            with _telling():
                document = _stored(searcher, address)
            yield doc_id, document.version, document.sha256()

    def close(self) -> None:
        """Let the writer's lock go; what was not committed is lost."""
        writer, self._writer, self._index = self._writer, None, None
        self._pending.clear()
        if writer is not None:
            with _telling():
                writer.rollback()
                writer.wait_merging_threads()

    def _opened(self) -> tantivy.Index:
        """Return the live generation, opened anew if another process has changed it."""
        live = _current(self.folder)
        if live is None:
            raise NotSetUp("There is no search index yet: run `vigie setup-db`.")
        if self._index is None or live != self._generation:
            with _telling():
                self._index, self._generation = tantivy.Index.open(str(self.folder / live)), live
        return self._index

    def _searcher(self) -> tantivy.Searcher:
        index = self._opened()
        with _telling():
            index.reload()
            return index.searcher()

    @contextmanager
    def _writing(self) -> Iterator[tantivy.IndexWriter]:
        """Hand out the only writer; one that failed is given up, and what it held with it."""
        if self._writer is None:
            try:
                self._writer = self._opened().writer(heap_size=_HEAP, num_threads=1)
            except ValueError as error:
                if "lock" not in str(error).lower():
                    raise IndexUnavailable("The search index cannot be written: is its disk full?") from error
                raise IndexUnavailable(
                    "Another process writes the search index; only one may at a time.", code="index_locked"
                ) from None
        try:
            with _telling():
                yield self._writer
        except IndexUnavailable:
            self._writer = None
            self._pending.clear()
            raise

    def _versions(self, ids: Sequence[str]) -> dict[str, int]:
        """Return the versions, committed or not, of those documents that are there."""
        if not ids:
            return {}
        searcher, index = self._searcher(), self._opened()
        with _telling():
            wanted = tantivy.Query.term_set_query(index.schema, "id", list(ids))
            hits = _by_id(searcher, wanted, len(ids))
            versions = searcher.fast_field_values("version", [address for _, address in hits])
        committed = {doc_id: int(version or 0) for (doc_id, _), version in zip(hits, versions, strict=True)}
        return committed | {doc_id: self._pending[doc_id] for doc_id in ids if doc_id in self._pending}


def _as_tantivy(doc: Document) -> tantivy.Document:
    words, stems = search_words(doc)
    fields: dict[str, Any] = {name: getattr(doc, name) for name in ("id", *_KEYWORDS, "version", "seq")}
    fields |= {"words": words, "stems": stems, "at": milliseconds(doc.at)}
    made = tantivy.Document()
    made.extend({name: value for name, value in fields.items() if value not in ("", [])}, _SCHEMA)
    made.add_bytes("document", doc.canonical().encode())
    return made


def _stored(searcher: tantivy.Searcher, address: tantivy.DocAddress) -> Document:
    return Document.model_validate_json(bytes(searcher.doc(address)["document"][0]))


def _by_id(searcher: tantivy.Searcher, query: tantivy.Query, limit: int) -> list[tuple[str, tantivy.DocAddress]]:
    found = searcher.search(query, limit=max(1, limit), count=False, order_by_field="id", order=tantivy.Order.Asc)
    return list(found.hits)


def _best(searcher: tantivy.Searcher, tree: tantivy.Query, order: str | None, wanted: int, total: int) -> list[str]:
    """Return the ids of the `wanted` best, ties broken by newness and then id.

    The engine breaks ties its own way, so enough is taken to hold every document that ties with the last one wanted.
    """
    taken = wanted
    while wanted:
        hits = searcher.search(tree, limit=taken, count=False, order_by_field=order).hits
        if taken >= total or hits[wanted - 1][0] != hits[-1][0]:
            return _in_order(searcher, hits)[:wanted]
        taken = min(total, taken * 2 + 1)
    return []


def _in_order(searcher: tantivy.Searcher, hits: list[tuple[Any, tantivy.DocAddress]]) -> list[str]:
    addresses = [address for _, address in hits]
    times = searcher.fast_field_values("at", addresses)
    ids = [_stored(searcher, address).id for address in addresses]
    ranked = sorted(zip((rank for rank, _ in hits), times, ids, strict=True), key=lambda each: each[2])
    return [doc_id for *_, doc_id in sorted(ranked, key=lambda each: (each[0], each[1]), reverse=True)]


def _current(folder: Path) -> str | None:
    """Return the live generation; `NotSetUp` if it was made for another version of the program."""
    try:
        told = json.loads((folder / "current").read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        told = None
    if not isinstance(told, dict) or told.get("schema") != SCHEMA_VERSION:
        raise NotSetUp("The search index was made by another version of Vigie: build it anew.", code="index_old")
    return str(told["generation"])


def _make_current(folder: Path, generation: str) -> None:
    new = folder / "current.new"
    new.write_text(json.dumps({"generation": generation, "schema": SCHEMA_VERSION}))
    new.replace(folder / "current")


@contextmanager
def _telling() -> Iterator[None]:
    """Turn the engine's errors into ours, without its words: they may hold words of a post."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise IndexUnavailable("The search index cannot be read or written: is its disk full or gone?") from error
