"""A walk over everything that a search engine keeps: its terms, its stored documents and the bytes of its files.

Plant strings whose long words nothing else holds; show that the walk finds them before it is to find nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import tantivy
from elasticsearch import Elasticsearch
from elasticsearch.helpers import scan
from engines import document, generations

from store.index import Index
from store.index.document import KEYWORDS, search_words
from store.index.elastic import ElasticIndex
from store.index.tantivy import TantivyIndex

_LONG = 5
"""Letters of a word that is looked for by itself."""
_FIELDS = ("id", "words", "stems", *KEYWORDS)


@dataclass
class Traces:
    """Which of the planted strings were found, and where."""

    terms: set[str] = field(default_factory=set)
    stored: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.terms or self.stored or self.files)


def walk(index: Index, planted: Iterable[str], *folders: Path) -> Traces:
    """Look for planted strings in every generation of an index and in every file below the folders.

    The folder of the embedded engine is walked anyhow; for Elasticsearch name the nodes' data folders.
    """
    planted = list(planted)
    found = Traces(files=set(in_files(planted, folders)))
    for name in generations(index):
        if isinstance(index, ElasticIndex):
            _walk_elastic(index.client, name, planted, found)
        elif isinstance(index, TantivyIndex):
            _walk_tantivy(index.folder / name, planted, found)
    if isinstance(index, TantivyIndex):
        found.files.update(in_files(planted, [index.folder]))
    return found


def terms_of(planted: str) -> set[str]:
    """Return the terms that a planted string is found by: its contacts if there are any, else its long words."""
    made = document("planted", planted)
    words, stems = search_words(made)
    return set(made.contacts) or {word for word in f"{words} {stems}".split() if len(word) >= _LONG}


def in_files(planted: Iterable[str], folders: Iterable[Path]) -> Iterator[str]:
    """Yield the planted strings of which a file holds the whole, a long word or a term."""
    needles = {each: {each, *terms_of(each), *(w for w in each.split() if len(w) >= _LONG)} for each in planted}
    for path in (path for folder in folders for path in folder.rglob("*") if path.is_file()):
        held = path.read_bytes()
        yield from (each for each, parts in needles.items() if any(part.encode() in held for part in parts))


def _walk_tantivy(folder: Path, planted: list[str], found: Traces) -> None:
    searcher = tantivy.Index.open(str(folder)).searcher()
    terms = {term for name in _FIELDS for term, _ in searcher.terms_with_prefix(name, "")}
    found.terms.update(each for each in planted if terms & terms_of(each))
    everything = searcher.search(tantivy.Query.all_query(), limit=max(1, searcher.num_docs), count=False).hits
    for _, address in everything:
        text = bytes(searcher.doc(address)["document"][0]).decode()
        found.stored.update(each for each in planted if each in text)


def _walk_elastic(client: Elasticsearch, name: str, planted: list[str], found: Traces) -> None:
    """Elasticsearch lists no terms of a text field, but tells how often one stands in its dictionary."""
    client.indices.refresh(index=name)
    for each in planted:
        if any(_in_dictionary(client, name, term) for term in terms_of(each)):
            found.terms.add(each)
    for hit in scan(client, index=name, query={"query": {"match_all": {}}}):
        text = str(hit["_source"])
        found.stored.update(each for each in planted if each in text)


def _in_dictionary(client: Elasticsearch, name: str, term: str) -> bool:
    answer = client.termvectors(
        index=name,
        doc={"words": term, "stems": term, "contacts": term},
        fields=["words", "stems", "contacts"],
        term_statistics=True,
        field_statistics=False,
        positions=False,
        offsets=False,
    )
    vectors = answer["term_vectors"].values()
    return any(each.get("doc_freq", 0) for vector in vectors for each in vector["terms"].values())
