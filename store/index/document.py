"""What the search index keeps of one post, and what it can be found by."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from functools import cached_property

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from nlp.contacts import FoundContact, normal_contact, undetected_contacts
from nlp.searches import place_key
from nlp.words import GAP, index_words
from store.clock import house_zone

KEYWORDS = ("source", "kind", "lang", "region", "urgency", "signals", "criteria", "places", "contacts", "verdict")
"""Fields that are found by their exact values; an empty value is not indexed."""
DAYS = (date(1990, 1, 1), date(2100, 1, 1))
"""The days that histograms count: the first, and the one after the last."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SURELY_CONTACT = frozenset("@._ ")
"""What no ordinary word holds, beside digits."""

Span = tuple[int, int]


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
    verdict: str = ""
    """The newest decision: dismiss, watch, refer or escalate; empty: nobody has decided."""
    phones: list[str] = []
    emails: list[str] = []
    handles: list[str] = []
    cities: list[str] = []
    contact_spans: list[Span] = []
    """Where the detectors found phones, e-mails and handles in `reading_text`, half-open."""
    title: str = ""
    text: str

    @property
    def at(self) -> datetime:
        """Return when it was posted, or ingested if no one knows."""
        return self.posted_at or self.ingested_at

    @property
    def day(self) -> int:
        """Return the day of `at` in Québec, as days since 1970."""
        return self.at.astimezone(house_zone()).toordinal() - _EPOCH.toordinal()

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
        found += [each.contact for each in self._undetected]
        return sorted({str(contact) for contact in found})

    @cached_property
    def _undetected(self) -> list[FoundContact]:
        return list(undetected_contacts(self.reading_text))

    @property
    def hidden_spans(self) -> list[Span]:
        """Return where contacts stand in `reading_text`, sorted: there nothing is found as a word.

        A search for words finds unflagged posts too; it must not find who holds a number, an e-mail or a handle.
        """
        undetected = ((each.start, each.end) for each in self._undetected)
        return sorted({*self.contact_spans, *_repeats(self.reading_text, self.contact_spans), *undetected})

    @property
    def places(self) -> list[str]:
        """Return the city its source gives and the cities it mentions, in the form that cities are searched by."""
        return sorted({place_key(city) for city in (self.city, *self.cities)} - {""})

    @property
    def keywords(self) -> dict[str, list[str]]:
        """Return the values that it is found by exactly, by field of `KEYWORDS`; no value twice, none empty."""
        held = {name: getattr(self, name) for name in KEYWORDS}
        listed = {name: [value] if isinstance(value, str) else value for name, value in held.items()}
        return {name: sorted({*values} - {""}) for name, values in listed.items()}

    def canonical(self) -> str:
        """Return the document as JSON, the same for equal documents."""
        return self.model_dump_json()

    def sha256(self) -> str:
        """Return the digest of the stored document without its version, so that different histories compare equal."""
        return hashlib.sha256(self.model_dump_json(exclude={"version"}).encode()).hexdigest()


def milliseconds(moment: datetime) -> int:
    """Return a moment as milliseconds since 1970, rounded down."""
    return int((moment - _EPOCH).total_seconds() * 1000 // 1)


def search_words(document: Document) -> tuple[str, str]:
    """Return the two fields of words that engines index: keys and stems, separated by spaces.

    Contacts are in neither, and no phrase reaches across one.
    """
    found: list[str] = []
    stems: list[str] = []
    for piece in _pieces(document.reading_text, document.hidden_spans):
        words, roots = index_words(piece)
        found += [GAP, *words] if found and words else words
        stems += roots
    return " ".join(found), " ".join(stems)


def _pieces(text: str, hidden: Iterable[Span]) -> Iterator[str]:
    at = 0
    for start, end in hidden:
        if start > at:
            yield text[at:start]
        at = max(at, end)
    yield text[at:]


def _repeats(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """Yield where contacts stand again, case not counting: the detectors name each of them once.

    A handle that may be any word ("rose") is one again only after an @.
    """
    lowered = text.lower()
    plain = lowered if len(lowered) == len(text) else text
    for surface in {plain[start:end] for start, end in spans} - {""}:
        sure = any(char.isdigit() or char in _SURELY_CONTACT for char in surface)
        yield from _whole(plain, surface if sure else f"@{surface}")


def _whole(text: str, sought: str) -> Iterator[Span]:
    at = text.find(sought)
    while at >= 0:
        end = at + len(sought)
        if not (text[at - 1 : at].isalnum() or text[end : end + 1].isalnum()):
            yield at, end
        at = text.find(sought, end)
