"""What the search index keeps, what it is asked and what it answers, whichever engine stands behind it.

The database is the record; the index is derived and may be rebuilt at any time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from nlp.contacts import Contact, normal_contact, read_identifier, undetected_contacts
from nlp.query import Query, parse
from nlp.searches import SearchScope, language_code, place_key
from nlp.words import index_words
from store.clock import house_zone

SCHEMA_VERSION = 1
"""Changes when an index made earlier can no longer be read; such an index is built anew from the database."""
MAX_WINDOW = 10_000
"""Results that can be paged to by offset and limit."""


class Document(BaseModel):
    """What the index keeps of one post; `version` grows with every change of the post."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(min_length=1, max_length=200)
    version: int = Field(ge=0, lt=2**63)
    seq: int = Field(ge=0, lt=2**63)
    source: str
    kind: str
    lang: str
    city: str = ""
    region: str = ""
    author: str = ""
    posted_at: AwareDatetime | None = None
    ingested_at: AwareDatetime
    urgency: str = "none"
    signals: list[str] = []
    criteria: list[str] = []
    phones: list[str] = []
    emails: list[str] = []
    handles: list[str] = []
    cities: list[str] = []
    title: str = ""
    text: str

    @property
    def at(self) -> datetime:
        """Return when it was posted, or ingested if no one knows."""
        return self.posted_at or self.ingested_at

    @property
    def reading_text(self) -> str:
        """Return what is searched: title and text."""
        return f"{self.title}\n{self.text}" if self.title else self.text

    @property
    def contacts(self) -> list[str]:
        """Return its phones, e-mails and handles, and what is written like one, as `IndexQuery.contacts` has them."""
        found = [normal_contact("phone", value) for value in self.phones]
        found += [normal_contact("email", value) for value in self.emails]
        found += [normal_contact("handle", value) for value in self.handles]
        found += [each.contact for each in undetected_contacts(self.reading_text)]
        return sorted({str(contact) for contact in found})

    @property
    def places(self) -> list[str]:
        """Return the city its source gives and the cities it mentions, in the form that cities are searched by."""
        return sorted({place_key(city) for city in (self.city, *self.cities)} - {""})

    def canonical(self) -> str:
        """Return the document as JSON, the same for equal documents."""
        return self.model_dump_json()

    def sha256(self) -> str:
        """Return the digest of the stored document without its version, so that different histories compare equal."""
        return hashlib.sha256(self.model_dump_json(exclude={"version"}).encode()).hexdigest()


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
        return self.query is not None and any(not isinstance(atom, Contact) for atom in self.query.positive)

    @property
    def first_moment(self) -> int | None:
        """Return the first millisecond of `since`."""
        return None if self.since is None else milliseconds(_in_house(self.since, time.min))

    @property
    def last_moment(self) -> int | None:
        """Return the last millisecond of `until`."""
        return None if self.until is None else milliseconds(_in_house(self.until, time.max))


class Hits(BaseModel):
    """An answer: how many documents match, exactly, and the ids of those asked for, best first."""

    total: int
    ids: list[str]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A document that the engine will never take, and why; the others of its batch are kept."""

    id: str
    reason: str


class Index(Protocol):
    """A search engine. Everything put or removed is durable, and found by searches, after `commit`.

    Every method raises `IndexUnavailable` if the engine does not answer, `NotSetUp` if there is no index.
    """

    def set_up(self) -> None:
        """Make the index if there is none; safe to run again."""

    def require(self) -> None:
        """Raise `NotSetUp` if there is no index, or one made by another version of the program."""

    def put(self, docs: Sequence[Document]) -> list[Refusal]:
        """Add documents or replace them; one that is already there in a newer version stays as it is."""

    def remove(self, ids: Iterable[str], version: int | None = None) -> None:
        """Take documents out; with a version, only those that are not newer."""

    def commit(self) -> None:
        """Make what was put and removed durable and visible."""

    def search(self, query: IndexQuery) -> Hits:
        """Return what matches, by BM25, then newest first; without words to rank by, newest first."""

    def get(self, doc_id: str) -> Document | None:
        """Return a committed document."""

    def digest(self) -> Iterator[tuple[str, int, str]]:
        """Yield id, version and `Document.sha256` of every committed document, sorted by id."""

    def close(self) -> None:
        """Let go of locks and connections; what was not committed is lost."""


def _in_house(day: date, at: time) -> datetime:
    """Return a moment of a day as the pages show it, in the time of Québec."""
    moment = datetime.combine(day, at, house_zone())
    return moment if moment.tzinfo else moment.astimezone()


def milliseconds(moment: datetime) -> int:
    """Return a moment as milliseconds since 1970, rounded down."""
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000 // 1)


def search_words(document: Document) -> tuple[str, str]:
    """Return the two fields of words that engines index: keys and stems, separated by spaces."""
    found, stems = index_words(document.reading_text)
    return " ".join(found), " ".join(stems)
