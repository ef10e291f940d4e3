"""The search index: one interface, two engines."""

from __future__ import annotations

from store.index.base import Document, Hits, Index, IndexQuery, Refusal
from store.index.elastic import ElasticIndex
from store.index.tantivy import TantivyIndex
from store.settings import Settings

__all__ = ["Document", "Hits", "Index", "IndexQuery", "Refusal", "open_index"]


def open_index(settings: Settings) -> Index:
    """Return the engine that the settings choose: embedded in the data folder, or Elasticsearch at `index_url`.

    Nothing is asked or locked yet: `set_up` makes an index where there is none, `require` tells that there is none
    (`NotSetUp`). The embedded engine's only writing lock is taken at the first change.
    """
    if settings.index_url:
        return ElasticIndex(settings)
    return TantivyIndex(settings.data_dir / "index")
