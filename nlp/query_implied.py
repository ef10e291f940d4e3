"""What follows from what: whether a post that meets one clause of a query surely meets another."""

from __future__ import annotations

from nlp.query_tree import Atom, Field, Fuzzy, Phrase, Prefix, Term, Word

NormalClause = frozenset[Term]
"""Alternatives; at least one of them holds."""


def weakest(clause: NormalClause) -> NormalClause:
    """Drop alternatives that bring nothing beside a wider one ("a b" OR a)."""
    return frozenset(one for one in clause if not any(_term_implies(one, other) for other in clause - {one}))


def implies(stronger: NormalClause, weaker: NormalClause) -> bool:
    """Tell whether what meets one clause always meets the other."""
    return all(any(_term_implies(term, other) for other in weaker) for term in stronger)


def _term_implies(stronger: Term, weaker: Term) -> bool:
    if stronger.negated != weaker.negated:
        return False
    if stronger.negated:
        return _atom_implies(weaker.atom, stronger.atom)
    return _atom_implies(stronger.atom, weaker.atom)


def _atom_implies(stronger: Atom, weaker: Atom) -> bool:
    """Tell whether a post that holds one surely holds the other.

    A word also brings back those of its stem, so it implies no prefix and nothing fuzzy; a phrase holds its words.
    """
    if stronger == weaker:
        return True
    match stronger, weaker:
        case Phrase(), _:
            return _phrase_holds(stronger.keys, weaker)
        case Prefix(), Prefix():
            return weaker.takes(stronger.key)
        case Fuzzy(), Fuzzy():
            return stronger.key == weaker.key and stronger.edits <= weaker.edits
        case Field(name="since" | "until" as name), Field(name=other) if name == other:
            return stronger.value >= weaker.value if name == "since" else stronger.value <= weaker.value
    return False


def _phrase_holds(whole: tuple[str, ...], part: Atom) -> bool:
    if isinstance(part, Prefix | Fuzzy):
        return any(map(part.takes, whole))
    run = keys_of(part) if isinstance(part, Word | Phrase) else ()
    return bool(run) and any(whole[at : at + len(run)] == run for at in range(len(whole) - len(run) + 1))


def keys_of(atom: Word | Phrase) -> tuple[str, ...]:
    """Return the keys of a word or a phrase."""
    return (atom.key,) if isinstance(atom, Word) else atom.keys
