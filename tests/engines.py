"""The two search engines, for tests of what both do alike."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from store.index import Document, Index, IndexQuery, open_index
from store.index.elastic import ElasticIndex
from store.index.tantivy import TantivyIndex
from store.settings import Settings

ELASTICSEARCH = os.environ.get("VIGIE_TEST_ELASTICSEARCH_URL", "")
ENGINES = ("tantivy", "elasticsearch")
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def document(doc_id: str, text: str = "rien", **fields: object) -> Document:
    known: dict[str, object] = {"version": 1, "seq": 1, "source": "forum", "kind": "post", "lang": "fr"}
    known |= {"ingested_at": START, "text": text} | fields
    return Document(id=doc_id, **known)  # type: ignore[arg-type]


@contextmanager
def engine_settings(engine: str, folder: Path) -> Iterator[Settings]:
    """Name an index of a test's own, on a real engine; nothing of it is left after."""
    if engine == "tantivy":
        yield Settings(data_dir=folder)
        return
    if not ELASTICSEARCH:
        pytest.skip("no Elasticsearch: VIGIE_TEST_ELASTICSEARCH_URL names no node")
    settings = Settings(data_dir=folder, index_url=ELASTICSEARCH, index_name=f"vigie-test-{uuid.uuid4().hex[:12]}")
    yield settings
    engine_index = ElasticIndex(settings)
    if left := generations(engine_index):
        engine_index.client.indices.delete(index=left)
    engine_index.close()


def generations(index: Index) -> list[str]:
    """Return every generation of which anything is left, in order."""
    if isinstance(index, ElasticIndex):
        return sorted(index.client.indices.get(index=f"{index.settings.index_name}-0*"))
    assert isinstance(index, TantivyIndex)
    return sorted(path.name for path in index.folder.iterdir() if path.is_dir())


def opened(settings: Settings) -> Index:
    """Open an index to write it."""
    index = open_index(settings)
    index.set_up()
    return index


def fill(index: Index, *documents: Document) -> None:
    assert index.put(documents) == []
    index.commit()


def ids(index: Index) -> list[str]:
    """Return the ids of every committed document, in order."""
    return [doc.id for doc in index.scan(IndexQuery())]


def rebuilt(index: Index) -> None:
    """Copy everything into a new generation and swap it in."""
    beside = index.beside()
    fill(beside, *index.scan(IndexQuery()))
    beside.go_live()
    beside.close()
