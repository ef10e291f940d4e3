"""Comparing searches: a new one is the same as an earlier one, inside it, beside it, or something else.

A search is a set of posts: its query's clauses, an any-of list of contacts, and any-of lists of cities, languages and
sources are ANDed, between two inclusive dates; an empty list is no restriction. A list is the same as fields of the
query (`ville:Laval OR ville:Gatineau`). Each search is brought to a normal form that two share when they are the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

from nlp.contacts import Contact, read_identifier
from nlp.fold import fold
from nlp.query import Atom, Field, Fuzzy, Phrase, Prefix, Query, Term, Word, parse
from nlp.query_fields import language_code, place_key, plain
from nlp.query_implied import NormalClause, implies, keys_of, weakest
from nlp.query_tree import BOUNDS, ONE_VALUED

__all__ = [
    "Day",
    "NormalScope",
    "Relation",
    "SearchScope",
    "compare",
    "fingerprint",
    "language_code",
    "normalise",
    "place_key",
    "relation",
]

Relation = Literal["same", "covered", "overlap", "different"]
_DAY = re.compile(r"\s*(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?\s*")


def _listed(value: object) -> object:
    return [] if value is None else [value] if isinstance(value, str) else value


def _day(value: object) -> object:
    """Read a day, also with slashes or a time after it; an empty one is an open end."""
    if not isinstance(value, str):
        return value
    if match := _DAY.fullmatch(fold(value).text.upper()):
        return f"{match[1]}-{int(match[2]):02}-{int(match[3]):02}"
    return value.strip() or None


Texts = Annotated[list[str], BeforeValidator(_listed)]
Day = Annotated[date | None, BeforeValidator(_day)]


class SearchScope(BaseModel):
    """What is searched, as asked; unknown fields are ignored, an empty list is no restriction."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)

    query: Annotated[str, BeforeValidator(lambda value: value or "")] = ""
    identifiers: Texts = []
    cities: Texts = []
    languages: Texts = []
    since: Day = None
    until: Day = None
    sources: Texts = []


@dataclass(frozen=True, slots=True)
class NormalScope:
    """A search in normal form; two are equal only if the searches are the same."""

    clauses: frozenset[NormalClause]
    """What must hold, none implied by another; lists and dates are clauses of fields, contacts are one clause."""

    @property
    def contacts(self) -> frozenset[Contact]:
        """Return the contacts that a result may hold."""
        return frozenset(atom for atom in self._positive if isinstance(atom, Contact))

    @property
    def words(self) -> frozenset[str]:
        """Return the words that a result may hold, by their keys, those of phrases too; patterns as they are typed."""
        return frozenset(word for atom in self._positive for word in _words(atom))

    @property
    def atoms(self) -> list[Atom]:
        """Return all that is asked for, also what must not be found."""
        return [term.atom for clause in self.clauses for term in clause]

    @property
    def sources(self) -> frozenset[str]:
        """Return the only sources that a result can come from; empty: any, or none: clauses exclude one another."""
        found = [clause for clause in self.clauses if _only_field(clause) == "source"]
        values = (term.atom.value for term in found[0] if isinstance(term.atom, Field)) if len(found) == 1 else ()
        return frozenset(values)

    def reaches(self, source: str) -> bool:
        """Tell whether posts of a source can be in the result, as far as clauses speak of sources alone."""
        asked = Field("source", plain(source))
        alone = (clause for clause in self.clauses if _speaks_of_sources(clause))
        return all(any((term.atom == asked) is not term.negated for term in clause) for clause in alone)

    @property
    def _positive(self) -> Iterator[Atom]:
        return (term.atom for clause in self.clauses for term in clause if not term.negated)


def normalise(scope: SearchScope) -> NormalScope:
    """Return the normal form of a search; raises `BadQuery` if its query cannot be read."""
    query = parse(scope.query)
    asked = [frozenset(map(_plainest, clause.any_of)) for clause in query.clauses]
    asked += [_contacts(query, scope.identifiers), *_lists(scope)]
    distinct = frozenset(weakest(clause) for clause in _intersected(clause for clause in asked if clause))
    return NormalScope(frozenset(one for one in distinct if not any(implies(other, one) for other in distinct - {one})))


def compare(a: SearchScope, b: SearchScope) -> Relation:
    """Say how a later search `b` relates to an earlier one `a`; raises `BadQuery`.

    `same`: equal; `covered`: b lies strictly inside a; `overlap`: neither, and they share a contact, or b strictly
    contains a, or, with no contact on either side, at least half of all their words; `different`: the rest.
    """
    return relation(normalise(a), normalise(b))


def relation(earlier: NormalScope, later: NormalScope) -> Relation:
    """Say how a later search relates to an earlier one, both in normal form."""
    if earlier == later:
        return "same"
    if _inside(later, earlier):
        return "covered"
    if earlier.contacts & later.contacts or _inside(earlier, later) or _share_words(earlier, later):
        return "overlap"
    return "different"


def fingerprint(scope: SearchScope) -> str:
    """Return a string that two searches share exactly when they are the same; it tells what was searched."""
    clauses = sorted(sorted(map(_spelled, clause)) for clause in normalise(scope).clauses)
    return json.dumps(clauses, ensure_ascii=False, separators=(",", ":"))


def _spelled(term: Term) -> list[str]:
    """Return what tells a term from every other: its sign, its kind and what it asks for."""
    asked = (str(part) for value in astuple(term.atom) for part in (value if isinstance(value, tuple) else (value,)))
    return ["-" if term.negated else "+", type(term.atom).__name__, *asked]


def _words(atom: Atom) -> tuple[str, ...]:
    if isinstance(atom, Word | Phrase):
        return keys_of(atom)
    if isinstance(atom, Prefix | Fuzzy):
        return (f"{atom.key}*" if isinstance(atom, Prefix) else f"{atom.key}~{atom.edits}",)
    return ()


# --- normal form of clauses ----------------------------------------------------------------------------------------


def _contacts(query: Query, identifiers: Iterable[str]) -> NormalClause:
    listed = [contact for entry in identifiers for contact in read_identifier(entry)]
    return frozenset(map(Term, (*listed, *query.contacts)))


def _lists(scope: SearchScope) -> Iterator[NormalClause]:
    """Yield the clauses that the lists and dates of a scope are; an empty one is no restriction."""
    yield frozenset(Term(Field("places", value)) for value in map(place_key, scope.cities) if value)
    yield frozenset(Term(Field("lang", value)) for value in map(language_code, scope.languages) if value)
    yield frozenset(Term(Field("source", value)) for value in map(plain, scope.sources) if value)
    yield frozenset({Term(Field("since", scope.since.isoformat()))} if scope.since else ())
    yield frozenset({Term(Field("until", scope.until.isoformat()))} if scope.until else ())


def _plainest(term: Term) -> Term:
    """Say "not since the 2nd" as "until the 1st", and "not until the 1st" as "since the 2nd"."""
    atom = term.atom
    if not (term.negated and isinstance(atom, Field) and atom.name in BOUNDS):
        return term
    day, step = date.fromisoformat(atom.value), timedelta(days=1)
    if atom.name == "since" and day > date.min:
        return Term(Field("until", (day - step).isoformat()))
    if atom.name == "until" and day < date.max:
        return Term(Field("since", (day + step).isoformat()))
    return term


def _intersected(clauses: Iterable[NormalClause]) -> Iterator[NormalClause]:
    """Make one clause of those that restrict the same field, if a post has one value of it and some value is left."""
    by_field: dict[str, list[NormalClause]] = {}
    for clause in clauses:
        by_field.setdefault(_only_field(clause), []).append(clause)
    for name, found in by_field.items():
        both = frozenset.intersection(*found) if name in ONE_VALUED else None
        yield from [both] if both else found


def _speaks_of_sources(clause: NormalClause) -> bool:
    return all(isinstance(term.atom, Field) and term.atom.name == "source" for term in clause)


def _only_field(clause: NormalClause) -> str:
    """Return the field that all of a clause's alternatives ask for a value of; "" if there is none."""
    names = {term.atom.name if isinstance(term.atom, Field) and not term.negated else "" for term in clause}
    return names.pop() if len(names) == 1 else ""


# --- relations -----------------------------------------------------------------------------------------------------


def _inside(inner: NormalScope, outer: NormalScope) -> bool:
    """Tell whether every post of one search is surely in the other's; they are known not to be equal."""
    return all(any(implies(mine, theirs) for mine in inner.clauses) for theirs in outer.clauses)


def _share_words(one: NormalScope, other: NormalScope) -> bool:
    if one.contacts or other.contacts:
        return False
    shared, either = one.words & other.words, one.words | other.words
    return bool(shared) and 2 * len(shared) >= len(either)
