"""From what a person asks to what the index is asked and what the register keeps of it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from nlp.contacts import Contact
from nlp.entities.numbers import TEENS, TENS, UNITS, ZEROS
from nlp.fold import fold
from nlp.grid import load_grid
from nlp.query import Atom, BadQuery, Field, Fuzzy, Phrase, Prefix, Query, Word, parse, with_sources_renamed
from nlp.searches import NormalScope, SearchScope, fingerprint, language_code, normalise
from nlp.types import ACTIONABLE
from nlp.words import key
from store.errors import BadInput
from store.index import IndexQuery
from store.store import Store
from store.tables import Request, Source, SubjectHash
from triage_api.desk import Desk
from triage_api.searches.models import SearchIn

_LANGUAGES = frozenset({"fr", "en", "mixed", "other"})
_LEAST_DIGITS = 7
"""So many digits among the words of a search are a phone number, however it is written."""
_DICTATED = {**dict.fromkeys(map(key, (*UNITS, *ZEROS)), 1), **dict.fromkeys(map(key, (*TEENS, *TENS)), 2)}
"""How many digits number words stand for when a phone number is spelled out."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A search that can be made: its scope with sources by id, its normal form, its tree and its fingerprint."""

    given: SearchIn
    scope: SearchScope
    normal: NormalScope
    query: Query
    fingerprint: str
    """Keyed hash of the normal form: equal for searches that are the same, and says nothing of what was searched."""
    only_flagged: bool
    """Whether flagged posts alone may be found."""

    def index_query(self, limit: int, after_seq: int | None = None) -> IndexQuery:
        """Return what the index is asked."""
        return IndexQuery(
            query=self.query,
            identifiers=self.scope.identifiers,
            cities=self.scope.cities,
            languages=self.scope.languages,
            sources=self.scope.sources,
            since=self.scope.since,
            until=self.scope.until,
            signals_any=sorted(ACTIONABLE) if self.only_flagged else [],
            after_seq=after_seq,
            limit=limit,
        )


def must_be_flagged(store: Store, session: Session, normal: NormalScope, request: str | None) -> bool:
    """Tell whether a search may find flagged posts alone.

    That is one for a contact that no open request of a partner names, or for what may be a piece of a contact; and one
    for a signal or criterion that counts only beside others. What must *not* be found counts as well: two searches,
    one with and one without "-514-555-0123", would tell who holds the number.
    """
    atoms = normal.atoms
    if sum(map(_digits, atoms)) >= _LEAST_DIGITS or any(map(_is_piece, atoms)) or any(map(_never_counts_alone, atoms)):
        return True
    contacts = [atom for atom in atoms if isinstance(atom, Contact)]
    return any(not _is_named(session, request, store.keys.blind(contact.kind, contact.value)) for contact in contacts)


def _digits(atom: Atom) -> int:
    """Return how many digits of a phone number an atom may hold, in figures or in words."""
    if isinstance(atom, Field):
        return sum(map(str.isdigit, atom.value)) if atom.name == "places" else 0
    keys = (atom.key,) if isinstance(atom, Word) else atom.keys if isinstance(atom, Phrase) else ()
    return sum(_DICTATED.get(each) or sum(map(str.isdigit, each)) for each in keys)


def _is_piece(atom: Atom) -> bool:
    """Tell whether a word is completed or corrected into a number: "514555*" finds whom no whole number would."""
    return isinstance(atom, Prefix | Fuzzy) and any(map(str.isdigit, atom.key))


def _never_counts_alone(atom: Atom) -> bool:
    """Tell whether a label says nothing of its own: a third party or a movement, which is no sign beside no other."""
    if not isinstance(atom, Field):
        return False
    if atom.name == "criteria":
        return all(atom.value != criterion.id for signal in ACTIONABLE for criterion in load_grid().raising(signal))
    return atom.name == "signals" and atom.value not in ACTIONABLE


def _is_named(session: Session, request: str | None, hashed: str) -> bool:
    """Tell whether a request that waits for its answer names a contact."""
    named = exists().where(SubjectHash.subject_id == Request.subject_id, SubjectHash.hash == hashed)
    query = select(Request.id).where(Request.id == request, Request.status != "answered", named)
    return session.scalar(query) is not None


def read_asked(desk: Desk, session: Session, given: SearchIn) -> Asked:
    """Return a search ready to be made; `BadInput` names the field that cannot be used."""
    if not (given.query.strip() or given.identifiers or given.cities):
        raise BadInput("Give words, a contact or a city to search for.", code="search_empty", field="query")
    if given.since and given.until and given.since > given.until:
        raise BadInput("The last day is before the first one.", code="dates_reversed", field="until")
    _require_languages(given.languages)
    try:
        scope = _with_sources(session, given)
        normal, query = normalise(scope), parse(scope.query)
    except BadQuery as error:
        raise BadInput(f"{error}.", code=f"query_{error.code}", field="query") from None
    hashed = desk.store.keys.blind("search", fingerprint(scope))
    flagged = must_be_flagged(desk.store, session, normal, given.request)
    return Asked(given, scope, normal, query, hashed, flagged)


def _require_languages(names: list[str]) -> None:
    if unknown := {language_code(name) for name in names} - _LANGUAGES - {""}:
        told = ", ".join(sorted(unknown))[:80]
        raise BadInput(
            f"The languages are fr, en, mixed, other; not {told}.", code="unknown_language", field="languages"
        )


def _with_sources(session: Session, given: SearchIn) -> SearchScope:
    """Return what is searched, with sources by id; its list holds those that the query alone leaves, too."""
    parse(given.query)  # its columns are those of the query as it was typed
    listed = _source_ids(session, given.sources, "sources")
    query = with_sources_renamed(given.query, lambda name: _source_ids(session, [name], "query")[0])
    scope = given.scope.model_copy(update={"sources": listed, "query": query})
    return scope.model_copy(update={"sources": sorted(normalise(scope).sources) or listed})


def same_words(value: str) -> str:
    """Return what a purpose or a ground is compared by."""
    return " ".join(fold(value).text.split())


def _source_ids(session: Session, named: list[str], field: str) -> list[str]:
    """Return the ids of sources that a person names by id or title."""
    wanted = [same_words(name) for name in named if name.strip()]
    if not wanted:
        return []
    rows = session.execute(select(Source.id, Source.title)).all()
    by_name = {same_words(title): identity for identity, title in rows} | {same_words(row[0]): row[0] for row in rows}
    if unknown := [name for name in wanted if name not in by_name]:
        raise BadInput(f"No such source: {', '.join(unknown)[:200]}.", code="unknown_source", field=field)
    return sorted({by_name[name] for name in wanted})
