"""Comparing searches: a new one is the same as an earlier one, inside it, beside it, or something else.

A search is a set of posts: its query's clauses, an any-of list of contacts, and any-of lists of cities, languages and
sources are ANDed, between two inclusive dates; an empty list is no restriction. Each is brought to a normal form that
two searches share exactly when they are the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

from nlp.cities import canonical_city
from nlp.contacts import Contact, read_identifier
from nlp.fold import fold
from nlp.query import Atom, Clause, Phrase, Query, Term, Word, parse

Relation = Literal["same", "covered", "overlap", "different"]

_DAY = re.compile(r"\s*(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?\s*")
_REGION = re.compile(r"[-_].*")
_LANGUAGES = {
    "fr": ("fr", "fra", "fre", "francais", "french"),
    "en": ("en", "eng", "anglais", "english"),
    "mixed": ("mixed", "mixte", "bilingue", "bilingual"),
    "other": ("other", "autre"),
}
_LANGUAGE_OF = {name: code for code, names in _LANGUAGES.items() for name in names}


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
    """A search in normal form; two are equal exactly when the searches are the same."""

    clauses: frozenset[frozenset[Term]]
    """What must hold, none implied by another: contacts of the query and the list are one of the clauses."""
    cities: frozenset[str]
    languages: frozenset[str]
    sources: frozenset[str]
    since: date
    until: date

    @property
    def contacts(self) -> frozenset[Contact]:
        """Return the contacts that a result may hold."""
        return frozenset(atom for atom in self._positive if isinstance(atom, Contact))

    @property
    def words(self) -> frozenset[str]:
        """Return the keys of the words that a result may hold, those of phrases too."""
        return frozenset(key for atom in self._positive if not isinstance(atom, Contact) for key in _keys(atom))

    @property
    def _positive(self) -> Iterable[Atom]:
        return (term.atom for clause in self.clauses for term in clause if not term.negated)


def normalise(scope: SearchScope) -> NormalScope:
    """Return the normal form of a search; raises `BadQuery` if its query cannot be read."""
    return NormalScope(
        clauses=_clauses(parse(scope.query), scope.identifiers),
        cities=frozenset(map(place_key, scope.cities)) - {""},
        languages=frozenset(map(language_code, scope.languages)) - {""},
        sources=frozenset(map(_plain, scope.sources)) - {""},
        since=scope.since or date.min,
        until=scope.until or date.max,
    )


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
    normal = normalise(scope)
    clauses = sorted(sorted(map(_spelled, clause)) for clause in normal.clauses)
    lists = (normal.cities, normal.languages, normal.sources)
    days = [normal.since.isoformat(), normal.until.isoformat()]
    return json.dumps([clauses, *map(sorted, lists), days], ensure_ascii=False, separators=(",", ":"))


def place_key(city: str) -> str:
    """Return what a city is compared, indexed and searched by, whatever its spelling ("mtl", "St-Jérôme")."""
    return _plain(_plain(canonical_city(city) or city).replace("-", " "))


def language_code(name: str) -> str:
    """Return the code of a language given by code or name ("FR", "fr-CA", "anglais"), else the name, folded."""
    plain = _plain(name)
    return _LANGUAGE_OF.get(plain) or _LANGUAGE_OF.get(_REGION.sub("", plain), plain)


def _plain(value: str) -> str:
    return " ".join(fold(value).text.split())


def _spelled(term: Term) -> str:
    atom = term.atom
    body = f"{atom}" if isinstance(atom, Contact) else " ".join((type(atom).__name__, *_keys(atom)))
    return f"-{body}" if term.negated else body


def _keys(atom: Word | Phrase) -> tuple[str, ...]:
    return (atom.key,) if isinstance(atom, Word) else atom.keys


# --- normal form of clauses ----------------------------------------------------------------------------------------


def _clauses(query: Query, identifiers: Iterable[str]) -> frozenset[frozenset[Term]]:
    listed = [contact for entry in identifiers for contact in read_identifier(entry)]
    asked = [_weakest(clause) for clause in query.clauses]
    if contacts := (*listed, *query.contacts):
        asked.append(frozenset(map(Term, contacts)))
    distinct = frozenset(asked)
    return frozenset(one for one in distinct if not any(_implies(other, one) for other in distinct - {one}))


def _weakest(clause: Clause) -> frozenset[Term]:
    """Drop alternatives that bring nothing beside a wider one ("a b" OR a)."""
    terms = frozenset(clause.any_of)
    return frozenset(one for one in terms if not any(_term_implies(one, other) for other in terms - {one}))


def _implies(stronger: frozenset[Term], weaker: frozenset[Term]) -> bool:
    """Tell whether what meets one clause always meets the other."""
    return all(any(_term_implies(term, other) for other in weaker) for term in stronger)


def _term_implies(stronger: Term, weaker: Term) -> bool:
    if stronger.negated != weaker.negated:
        return False
    if stronger.negated:
        return _atom_implies(weaker.atom, stronger.atom)
    return _atom_implies(stronger.atom, weaker.atom)


def _atom_implies(stronger: Atom, weaker: Atom) -> bool:
    """Tell whether a post that holds one always holds the other: a phrase holds its words and its parts."""
    if stronger == weaker:
        return True
    if not isinstance(stronger, Phrase) or isinstance(weaker, Contact):
        return False
    part, whole = _keys(weaker), stronger.keys
    return any(whole[at : at + len(part)] == part for at in range(len(whole) - len(part) + 1))


# --- relations -----------------------------------------------------------------------------------------------------


def _inside(inner: NormalScope, outer: NormalScope) -> bool:
    """Tell whether every post of one search is surely in the other's; they are known not to be equal."""
    return (
        all(any(_implies(mine, theirs) for mine in inner.clauses) for theirs in outer.clauses)
        and _within(inner.cities, outer.cities)
        and _within(inner.languages, outer.languages)
        and _within(inner.sources, outer.sources)
        and outer.since <= inner.since
        and inner.until <= outer.until
    )


def _within(inner: frozenset[str], outer: frozenset[str]) -> bool:
    return not outer or (bool(inner) and inner <= outer)


def _share_words(one: NormalScope, other: NormalScope) -> bool:
    if one.contacts or other.contacts:
        return False
    shared, either = one.words & other.words, one.words | other.words
    return bool(shared) and 2 * len(shared) >= len(either)
