"""What the search index keeps, what it is asked and what it answers, whichever engine stands behind it.

The database is the record; the index is derived and may be rebuilt at any time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, Protocol, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from nlp.contacts import read_identifier
from nlp.query import Phrase, Query, Word, parse
from nlp.searches import SearchScope, language_code, place_key
from store.index.document import Document
from store.index.moments import first_moment, last_moment

__all__ = [
    "FACETS",
    "MAX_FACET_VALUES",
    "MAX_WINDOW",
    "SCHEMA_VERSION",
    "Document",
    "Facet",
    "Hits",
    "Index",
    "IndexQuery",
    "Period",
    "Refusal",
    "digest",
]

SCHEMA_VERSION = 3
"""Changes when an index made earlier can no longer be read; such an index is built anew from the database."""
MAX_WINDOW = 10_000
"""Results that can be paged to by offset and limit."""
Facet = Literal["source", "kind", "lang", "region", "urgency", "signals", "criteria", "places", "verdict"]
"""A keyword field whose values can be counted."""
FACETS: tuple[Facet, ...] = get_args(Facet)
MAX_FACET_VALUES = 50
"""Values that are counted of a facet: the most frequent ones."""
Period = Literal["day", "week", "month"]


Values = Annotated[list[str], Field(max_length=1000)]


class IndexQuery(BaseModel):
    """A search. An empty list is no restriction; lists are any-of; everything else is ANDed."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    query: Query | None = None
    identifiers: Values = []
    cities: Values = []
    languages: Values = []
    sources: Values = []
    since: date | None = None
    """First day, in Québec, of posting, or of ingestion where no one knows when it was posted."""
    until: date | None = None
    """Last day, inclusive."""
    signals_any: Values = []
    after_seq: int | None = None
    """Only what was ingested after this `seq`."""
    limit: int = Field(50, ge=0, le=1000)
    offset: int = Field(0, ge=0)
    facets: tuple[Facet, ...] = ()
    """Keyword fields of which the matches' values are counted."""
    histogram: Period | None = None
    """Count the matches by day, week (from Monday) or month."""

    @model_validator(mode="after")
    def _within_window(self) -> IndexQuery:
        if self.offset + self.limit > MAX_WINDOW:
            raise ValueError(f"offset and limit reach beyond the first {MAX_WINDOW} results")
        return self

    @classmethod
    def of(cls, scope: SearchScope, **more: Any) -> IndexQuery:
        """Return the question that a search's scope asks, with what else is wanted; raises `BadQuery`."""
        return cls(query=parse(scope.query), **scope.model_dump(exclude={"query"}), **more)

    @property
    def contacts(self) -> list[str]:
        """Return the contacts of which one must be found, from the list and from the query; empty: no restriction."""
        listed = [contact for entry in self.identifiers for contact in read_identifier(entry)]
        return sorted({str(contact) for contact in (*listed, *(self.query.contacts if self.query else ()))})

    @property
    def places(self) -> list[str]:
        """Return the cities in the form that they are indexed by."""
        return sorted({place_key(city) for city in self.cities} - {""})

    @property
    def keyword_filters(self) -> dict[str, list[str]]:
        """Return the restrictions on keyword fields, by field: any of the values."""
        lists = {
            "contacts": self.contacts,
            "places": self.places,
            "lang": sorted({language_code(name) for name in self.languages} - {""}),
            "source": [source for source in self.sources if source],
            "signals": [signal for signal in self.signals_any if signal],
        }
        return {field: values for field, values in lists.items() if values}

    @property
    def has_words(self) -> bool:
        """Tell whether there are words to rank by; otherwise every match is worth the same."""
        return self.query is not None and any(isinstance(atom, Word | Phrase) for atom in self.query.positive)

    @property
    def first_moment(self) -> int | None:
        """Return the first millisecond of `since`."""
        return None if self.since is None else first_moment(self.since)

    @property
    def last_moment(self) -> int | None:
        """Return the last millisecond of `until`."""
        return None if self.until is None else last_moment(self.until)


class Hits(BaseModel):
    """An answer: how many documents match, exactly, the ids of those asked for, best first, and what was counted."""

    total: int
    ids: list[str]
    facets: dict[str, dict[str, int]] = {}
    """By facet: how many matches have each value, most first, then by value; at most 50 values."""
    histogram: dict[date, int] = {}
    """By first day of each period that has matches, ascending; days are Québec's, from 1990 to 2099."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A document that the engine will never take, and why; the others of its batch are kept."""

    id: str
    reason: str


class Index(Protocol):
    """A search engine. Everything put or removed is durable, and found by searches, after `commit`.

    Documents live in numbered generations. One is live: it is read and written. Another may be built beside it and
    swapped in; whoever has the old one open goes over by itself. A writer then loses what it has not committed, and
    its next call raises `IndexUnavailable` with the code ``index_swapped``: put and remove it again.

    Every method raises `IndexUnavailable` if the engine does not answer, `NotSetUp` if there is no index.
    """

    def set_up(self) -> None:
        """Make the index if there is none, drop what a crash left of older generations; safe to run again."""

    def require(self) -> None:
        """Raise `NotSetUp` if there is no index, or one made by another version of the program or changed since."""

    def put(self, docs: Sequence[Document]) -> list[Refusal]:
        """Add documents or replace them; one that is already there in a newer version stays as it is."""

    def remove(self, gone: Mapping[str, int]) -> None:
        """Take documents out, by id and version: all that are there in that version or an older one."""

    def commit(self) -> None:
        """Make what was put and removed durable and visible."""

    def search(self, query: IndexQuery) -> Hits:
        """Return what matches, by BM25, then newest first, then by id; without words to rank by, newest first."""

    def get(self, doc_id: str) -> Document | None:
        """Return a committed document."""

    def versions(self, ids: Sequence[str]) -> dict[str, int]:
        """Return the versions, committed or not, of those documents that are there."""

    def scan(self, query: IndexQuery) -> Iterator[Document]:
        """Yield every committed match, however many, sorted by id, as of one moment; limit and offset do not count.

        Raises `IndexUnavailable` (``index_swapped``) if the engine drops the generation meanwhile.
        """

    def generation(self) -> str:
        """Return the name of the generation that is read."""

    def beside(self) -> Index:
        """Return the generation that is being built beside the live one, which may be old or missing.

        It is made empty if there is none, resumed if it is unfinished, dropped and made anew if it is of another
        version of the program. It is seen by nobody else until `go_live`. Close it when done.
        """

    def go_live(self) -> None:
        """Make this generation, one that `beside` returned, the one that is read and written, in one atomic step.

        Then drop every other generation with its files. What was put is committed first; safe to repeat.
        Raises `IndexUnavailable` (``index_swapped``) if the generation was dropped meanwhile.
        """

    def abandon(self) -> None:
        """Drop what `beside` returned, unfinished: the next one is made empty."""

    def close(self) -> None:
        """Let go of locks and connections; what was not committed is lost."""


def digest(index: Index) -> Iterator[tuple[str, int, str]]:
    """Yield id, version and `Document.sha256` of every committed document, sorted by id."""
    for document in index.scan(IndexQuery()):
        yield document.id, document.version, document.sha256()
