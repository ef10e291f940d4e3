"""What the embedded engine keeps of a document, and how it is read again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from heapq import merge
from pathlib import Path
from typing import Any

import tantivy

from store.errors import IndexUnavailable
from store.index.document import KEYWORDS, Document, milliseconds, search_words


def _schema() -> tantivy.Schema:
    """Return the fields: keywords as they are, our own tokens, numbers, and the stored document."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", tokenizer_name="raw", index_option="basic", fast=True, stored=True)
    for name in KEYWORDS:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    for name in ("words", "stems"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    for name in ("version", "seq", "at", "day"):
        builder.add_integer_field(name, indexed=True, fast=True)
    builder.add_bytes_field("document", stored=True)
    return builder.build()


SCHEMA = _schema()


def make_or_open(folder: Path) -> None:
    """Make an empty index, or see that the one in a folder can be read and has our fields.

    Every segment is kept in the order of ids: reading a whole index in that order, or the first of many documents that
    tie, then costs no more than what is read.
    """
    with telling():
        tantivy.Index(SCHEMA, path=str(folder), sort_by_field="id").searcher()


def as_tantivy(doc: Document) -> tantivy.Document:
    """Return a document as the engine takes it."""
    words, stems = search_words(doc)
    fields: dict[str, Any] = {"id": doc.id, "version": doc.version, "seq": doc.seq}
    fields |= {name: values for name, values in doc.keywords.items() if values}
    fields |= {"words": words, "stems": stems, "at": milliseconds(doc.at), "day": doc.day}
    made = tantivy.Document()
    made.extend(fields, SCHEMA)
    made.add_bytes("document", doc.canonical().encode())
    return made


def stored(searcher: tantivy.Searcher, address: tantivy.DocAddress) -> Document:
    """Read a whole document."""
    return Document.model_validate_json(bytes(searcher.doc(address)["document"][0]))


def stored_id(searcher: tantivy.Searcher, address: tantivy.DocAddress) -> str:
    """Read the id alone."""
    return str(searcher.doc(address)["id"][0])


def by_id(searcher: tantivy.Searcher, addresses: Iterable[tantivy.DocAddress]) -> Iterator[tantivy.DocAddress]:
    """Yield addresses in the order of their ids; ids are read one by one, as far as the caller goes."""
    segments: dict[int, list[int]] = {}
    for address in addresses:
        segments.setdefault(address.segment_ord, []).append(address.doc)
    runs = (_with_ids(searcher, segment, sorted(found)) for segment, found in segments.items())
    return (tantivy.DocAddress(segment, found) for _, segment, found in merge(*runs))


def _with_ids(searcher: tantivy.Searcher, segment: int, found: list[int]) -> Iterator[tuple[str, int, int]]:
    for each in found:
        yield stored_id(searcher, tantivy.DocAddress(segment, each)), segment, each


@contextmanager
def telling() -> Iterator[None]:
    """Turn the engine's errors into ours, without its words: they may hold words of a post."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise IndexUnavailable("The search index cannot be read or written: is its disk full or gone?") from error
