"""What will be sought, in words, and what a person may have meant otherwise: before a search, and beside its result.

No index is asked, so the register has nothing to tell; what was typed is kept nowhere.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from typing import TypeVar

from nlp.cities import canonical_city
from nlp.contacts import Contact, read_identifier
from nlp.query import Atom, BadQuery, Field, Fuzzy, Phrase, Prefix, Query, Term, parse
from nlp.query_fields import language_code
from nlp.query_hints import Hint, hints_of, near_cities
from nlp.searches import SearchScope
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.desk import Desk
from triage_api.searches.asked import must_be_flagged
from triage_api.searches.models import Broken, HintOut, Hints, HintsIn, Said
from triage_api.shell.inert import inert

Typed = TypeVar("Typed", bound=HintsIn)
_AROUND = 60
"""Characters that are shown before and after the place of an error."""


def hints_for(desk: Desk, person: Person, given: HintsIn) -> Hints:
    """Return what a search would look for, and what may have been meant; for a query that cannot be read, where."""
    require(person, Action.SEARCH_RUN)
    told = [*map(_hint, hints_of(given.query)), *_of_cities(given.cities)]
    try:
        query = parse(given.query)
    except BadQuery as error:
        return Hints(sought=[], hints=told, broken=_broken(given.query, error), only_flagged=False)
    scope = given.scope
    with desk.store.database.reading() as session:
        only_flagged = must_be_flagged(desk.store, session, scope, None)
    return Hints(sought=[*_sought(query, scope)], hints=told, broken=None, only_flagged=only_flagged)


def put_right(values: Typed, key: str) -> Typed:
    """Return what was typed with one hint taken; as it is if there is no such hint any more."""
    if not key:
        return values
    told = [*map(_hint, hints_of(values.query)), *_of_cities(values.cities)]
    hint = next((one for one in told if one.key == key), None)
    if hint is None or hint.fixed is None:
        return values
    if hint.field == "query":
        return values.model_copy(update={"query": hint.fixed})
    return values.model_copy(update={"cities": [hint.meant if one == hint.text else one for one in values.cities]})


def _hint(hint: Hint) -> HintOut:
    key = f"{hint.code}:{hint.start}:{hint.meant}"
    return HintOut(key=key, code=hint.code, field="query", text=hint.text, meant=hint.meant, fixed=hint.fixed)


def _of_cities(cities: Iterable[str]) -> Iterator[HintOut]:
    """Yield hints for the list of cities."""
    for at, name in enumerate(cities):
        near = near_cities(name)
        for city in near:
            yield HintOut(
                key=f"cities:{at}:{city}", field="cities", code="city_meant", text=name, meant=city, fixed=city
            )
        if not near and any(map(str.isalnum, name)) and canonical_city(name) is None:
            yield HintOut(key=f"cities:{at}", field="cities", code="city_unknown", text=name, meant="", fixed=None)


def _broken(text: str, error: BadQuery) -> Broken:
    """Return where a query cannot be read: some of it, and how far a caret under it stands."""
    at = min(error.column - 1, len(text))
    before, here, after = text[max(at - _AROUND, 0) : at], text[at : at + 1], text[at + 1 : at + _AROUND]
    shown = inert(_one_line(before))
    return Broken(
        code=error.code,
        column=error.column,
        before=shown,
        here=inert(_one_line(here)),
        after=inert(_one_line(after)),
        caret=sum(map(_columns, shown)),
    )


def _one_line(text: str) -> str:
    return "".join(" " if char.isspace() else char for char in text)


def _columns(char: str) -> int:
    """Return how many columns of a fixed-width letter a character takes: wide ones two, accents of their own none."""
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


# --- what will be sought -------------------------------------------------------------------------------------------


def _sought(query: Query, scope: SearchScope) -> Iterator[list[Said]]:
    """Yield what must hold, each as alternatives."""
    for clause in query.clauses:
        yield [_said(term) for term in clause.any_of]
    listed = [contact for entry in scope.identifiers for contact in read_identifier(entry)]
    lists: tuple[list[Atom], ...] = (
        list(dict.fromkeys((*query.contacts, *listed))),
        [Field("places", city) for city in scope.cities if city],
        [Field("lang", language_code(name)) for name in scope.languages if name],
        [Field("source", name) for name in scope.sources if name],
        [Field("since", scope.since.isoformat())] if scope.since else [],
        [Field("until", scope.until.isoformat())] if scope.until else [],
    )
    yield from ([_said(Term(atom)) for atom in atoms] for atoms in lists if atoms)


def _said(term: Term) -> Said:
    kind, value = _kind_and_value(term.atom)
    slips = term.atom.edits if isinstance(term.atom, Fuzzy) else 0
    return Said(negated=term.negated, kind=kind, value=value, slips=slips)


def _kind_and_value(atom: Atom) -> tuple[str, str]:
    if isinstance(atom, Contact):
        return atom.kind, atom.value
    if isinstance(atom, Field):
        return atom.name, (canonical_city(atom.value) or atom.value) if atom.name == "places" else atom.value
    if isinstance(atom, Phrase):
        return "phrase", " ".join(atom.keys)
    return "prefix" if isinstance(atom, Prefix) else "fuzzy" if isinstance(atom, Fuzzy) else "word", atom.key
