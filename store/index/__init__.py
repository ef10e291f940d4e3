"""The search index: one interface, two engines."""

from __future__ import annotations

from store.index.base import Document, Hits, Index, IndexQuery, Refusal
from store.index.elastic import ElasticIndex
from store.index.tantivy import TantivyIndex
from store.settings import Settings

__all__ = ["Document", "Hits", "Index", "IndexQuery", "Refusal", "open_index"]


def open_index(settings: Settings, *, writer: bool) -> Index:
    """Open the engine that the settings choose: embedded in the data folder, or Elasticsearch at `index_url`.

    A reader of an index that does not exist is told so at once (`NotSetUp`); a writer makes it with `set_up`. The
    embedded engine's only writing lock is taken at the first change, not here.
    """
    index = _engine(settings)
    if not writer:
        index.require()
    return index


def _engine(settings: Settings) -> Index:
    if settings.index_url:
        return ElasticIndex(settings)
    return TantivyIndex(settings.data_dir / "index")
