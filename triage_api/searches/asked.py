"""From what a person asks to what the index is asked and what the register keeps of it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from nlp.contacts import Contact, read_identifier
from nlp.entities.numbers import TEENS, TENS, UNITS, ZEROS
from nlp.fold import fold
from nlp.grid import load_grid
from nlp.query import Atom, BadQuery, Field, Fuzzy, Phrase, Prefix, Query, Word, parse, with_sources_renamed
from nlp.query_implied import NormalClause
from nlp.searches import NormalScope, SearchScope, language_code, normalise, place_key
from nlp.types import ACTIONABLE
from nlp.words import key
from store.errors import BadInput
from store.index import IndexQuery
from store.store import Store
from store.tables import Request, Source, SubjectHash
from triage_api.desk import Desk
from triage_api.searches.models import SearchIn
from triage_api.searches.sealing import fingerprint_of

_LANGUAGES = frozenset({"fr", "en", "mixed", "other"})
_LEAST_DIGITS = 7
"""So many digits among the words of a search are a phone number, however it is written."""
_DICTATED = {**dict.fromkeys(map(key, (*UNITS, *ZEROS)), 1), **dict.fromkeys(map(key, (*TEENS, *TENS)), 2)}
"""How many digits number words stand for when a phone number is spelled out."""
_ARTICLES = frozenset(map(key, ("un", "une", "one")))
_LEAST_SPELLED = 3
"""So many digits apart from one another are part of a number that is spelled out; articles alone are not."""
_RESTRICTS = frozenset({"source", "lang", "since", "until"})
"""Fields that narrow a search and are none by themselves."""


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


def must_be_flagged(store: Store, session: Session, scope: SearchScope, request: str | None) -> bool:
    """Tell whether a search may find flagged posts alone.

    That is one for a contact that no open request of a partner names, or for what may be a piece of a contact; and one
    for a signal or criterion that counts only beside others. What must *not* be found counts as well: two searches,
    one with and one without "-514-555-0123", would tell who holds the number. What the normal form leaves out counts
    too: results are ranked by it. Raises `BadQuery`.
    """
    atoms = normalise(scope).atoms
    atoms += {*parse(scope.query).atoms}.difference(atoms)
    if _spells_a_number(atoms) or any(map(_is_piece, atoms)) or any(map(_never_counts_alone, atoms)):
        return True
    contacts = [atom for atom in atoms if isinstance(atom, Contact)]
    return any(not _is_named(session, request, store.keys.blind(contact.kind, contact.value)) for contact in contacts)


def _spells_a_number(atoms: list[Atom]) -> bool:
    """Tell whether what is asked for may be a phone number, or three digits of one, in figures or in words."""
    words = [word for atom in atoms for word in _number_words(atom)]
    single = [word for word in words if _digits(word) == 1]
    spelled = len(single) >= _LEAST_SPELLED and len([word for word in single if word not in _ARTICLES]) > 1
    return spelled or sum(map(_digits, words)) >= _LEAST_DIGITS


def _number_words(atom: Atom) -> tuple[str, ...]:
    """Return the words of an atom that may hold digits; of a pattern, the first number word that it may become."""
    if isinstance(atom, Prefix | Fuzzy):
        return tuple(word for word in _DICTATED if atom.takes(word))[:1]
    if isinstance(atom, Field):
        return (atom.value,) if atom.name == "places" else ()
    return (atom.key,) if isinstance(atom, Word) else atom.keys if isinstance(atom, Phrase) else ()


def _digits(word: str) -> int:
    return _DICTATED.get(word) or sum(map(str.isdigit, word))


def _is_piece(atom: Atom) -> bool:
    """Tell whether a number is completed or corrected: "514555*" finds whom no whole number would, "cinq*" too."""
    return isinstance(atom, Prefix | Fuzzy) and (atom.key in _DICTATED or any(map(str.isdigit, atom.key)))


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
    query = select(Request.id).where(Request.id == request, Request.status.not_in(("answered", "closed")), named)
    return session.scalar(query) is not None


def read_asked(desk: Desk, session: Session, given: SearchIn) -> Asked:
    """Return a search ready to be made; `BadInput` names the field that cannot be used."""
    if given.since and given.until and given.since > given.until:
        raise BadInput("The last day is before the first one.", code="dates_reversed", field="until")
    _require_languages(given.languages)
    _require_readable(given)
    try:
        scope = _with_sources(session, given)
        normal, query = normalise(scope), parse(scope.query)
    except BadQuery as error:
        raise BadInput(f"{error}.", code=f"query_{error.code}", field="query") from None
    if all(map(_only_restricts, normal.clauses)):
        raise BadInput("Give words, a contact or a city to search for.", code="search_empty", field="query")
    hashed = fingerprint_of(desk.store.keys, scope)
    flagged = must_be_flagged(desk.store, session, scope, given.request)
    return Asked(given, scope, normal, query, hashed, flagged)


def _require_languages(names: list[str]) -> None:
    if unknown := {language_code(name) for name in names} - _LANGUAGES - {""}:
        told = ", ".join(sorted(unknown))[:80]
        raise BadInput(
            f"The languages are fr, en, mixed, other; not {told}.", code="unknown_language", field="languages"
        )


def _require_readable(given: SearchIn) -> None:
    """Raise `BadInput` for an entry of a list that says nothing, such as "@": it would restrict nothing."""
    if not all(read_identifier(entry) and _says_something(entry) for entry in filter(None, given.identifiers)):
        raise BadInput("One of the contacts cannot be read.", code="unread_contact", field="identifiers")
    if not all(map(_says_something, map(place_key, filter(None, given.cities)))):
        raise BadInput("One of the cities cannot be read.", code="unread_city", field="cities")


def _says_something(entry: str) -> bool:
    return any(map(str.isalnum, fold(entry).text))


def _only_restricts(clause: NormalClause) -> bool:
    return all(isinstance(term.atom, Field) and term.atom.name in _RESTRICTS for term in clause)


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
