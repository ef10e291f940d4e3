"""What earlier searches are found by, so that a new one is compared with those few that can be related to it.

A search gives labels for what it asks for. Whoever keeps searches keeps keyed hashes of them, never the labels. No
related search is missed, as `relation` decides, and what is found is still to be compared:

- What lies inside a search implies each of its clauses. So a search is found by the labels that *one* of its clauses
  is met by, and is sought by all that the other one holds; the same the other way round.
- Searches that share a contact share its label.
- Two sets of words that share half of their union share one, or two, of the first words of each, in a fixed order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from nlp.contacts import Contact
from nlp.query_implied import NormalClause
from nlp.query_tree import BOUNDS, MIN_PREFIX, Atom, Field, Fuzzy, Phrase, Prefix, Term
from nlp.searches import NormalScope

__all__ = ["SearchTerms", "terms_of"]

_NOTHING_ASKED = "any"
"""Label of a search without clauses: all lie inside it."""
_NEGATED = "not"
_FUZZY = "fuzzy"
_PREFIX = 8
"""Letters of a beginning that tell one from another; a longer one shares the label of its first so many."""
_FEW = 12
"""Searches of more words than this are found by single words: their pairs would be too many."""


@dataclass(frozen=True, slots=True)
class SearchTerms:
    """The labels of a search."""

    clauses: tuple[frozenset[str], ...]
    """For each clause, what it is met by: whatever implies it holds one of these. Those that tell most come first."""
    held: frozenset[str]
    """What its clauses imply, its contacts among them: it meets a clause of another only if it holds one of its labels.
    """
    contacts: frozenset[str]
    words: frozenset[str]
    """By what one that has at least half of the words in common finds it; none where contacts are sought."""
    word_probes: frozenset[str]
    """By what it finds the others: for two such searches, one of these is in the `words` of the other."""

    @property
    def must(self) -> frozenset[str]:
        """Return the labels that alone meet a clause: whatever lies inside this search holds all of them."""
        return frozenset(label for clause in self.clauses if len(clause) == 1 for label in clause)


def terms_of(scope: NormalScope) -> SearchTerms:
    """Return the labels of a search in normal form."""
    clauses = sorted(scope.clauses, key=lambda clause: (_tells_little(clause), sorted(_met_by(clause))))
    held = {label for clause in scope.clauses for term in clause for label in _held_by(term)}
    words = [] if scope.contacts else sorted(scope.words, key=lambda word: (-len(word), word))
    return SearchTerms(
        clauses=tuple(map(_met_by, clauses)) or (frozenset({_NOTHING_ASKED}),),
        held=frozenset(held | {_NOTHING_ASKED}),
        contacts=frozenset(map(_contact, scope.contacts)),
        words=frozenset(_found_by(words)),
        word_probes=frozenset(_sought_by(words)),
    )


# --- clauses -------------------------------------------------------------------------------------------------------


def _tells_little(clause: NormalClause) -> int:
    """Return how little a clause can be expected to tell: contacts most, then words, patterns, fields, bounds."""
    return max(map(_rank, clause), default=0)


def _rank(term: Term) -> int:
    if term.negated:
        return 5
    if isinstance(term.atom, Field):
        return 4 if term.atom.name in BOUNDS else 3
    return 0 if isinstance(term.atom, Contact) else 2 if isinstance(term.atom, Prefix | Fuzzy) else 1


def _met_by(clause: NormalClause) -> frozenset[str]:
    return frozenset(label for term in clause for label in _asked_by(term))


def _asked_by(term: Term) -> tuple[str, ...]:
    """Return the labels of which everything that implies a term holds one."""
    atom = term.atom
    if term.negated:
        return (_NEGATED,)
    if isinstance(atom, Phrase):
        return (_run(atom.keys[:2]),)
    if isinstance(atom, Prefix):
        return (_beginning(atom.key[:_PREFIX]),)
    if isinstance(atom, Fuzzy):
        return (f"{_FUZZY}:{atom.key}", _FUZZY)  # a wider one of the same word; the word of a phrase
    return (_plain(atom),)


def _held_by(term: Term) -> Iterator[str]:
    """Yield a label of each thing that a term implies."""
    atom = term.atom
    if term.negated:
        yield _NEGATED
    elif isinstance(atom, Phrase):
        yield from _held_by_phrase(atom.keys)
    elif isinstance(atom, Prefix):
        yield from _beginnings(atom.key)
    else:
        yield f"{_FUZZY}:{atom.key}" if isinstance(atom, Fuzzy) else _plain(atom)


def _held_by_phrase(keys: tuple[str, ...]) -> Iterator[str]:
    yield _FUZZY
    for at, key in enumerate(keys):
        yield _word(key)
        yield _run(keys[at : at + 2])
        yield from _beginnings(key)


def _plain(atom: Atom) -> str:
    if isinstance(atom, Contact):
        return _contact(atom)
    if isinstance(atom, Field):
        return atom.name if atom.name in BOUNDS else f"field:{atom.name}:{atom.value}"
    return _word(getattr(atom, "key", ""))


def _beginnings(key: str) -> Iterator[str]:
    return (_beginning(key[:length]) for length in range(MIN_PREFIX, min(len(key), _PREFIX) + 1))


def _beginning(letters: str) -> str:
    return f"prefix:{letters}"


def _run(keys: Iterable[str]) -> str:
    return f"run:{' '.join(keys)}"


def _word(key: str) -> str:
    return f"word:{key}"


def _contact(contact: Contact) -> str:
    return f"contact:{contact}"


# --- words ---------------------------------------------------------------------------------------------------------
#
# Of n and m words at least (n + m) / 3 are shared where that is half of their union. That is two or more, but for one
# word beside one or two. Sets that share k words share l of them among their first n - k + l and m - k + l, in any
# order that both use: the longest come first, for they are the rarest. With k >= n / 2, the first n // 2 + l will do.


def _found_by(words: list[str]) -> Iterator[str]:
    count = len(words)
    if count <= 2:
        yield from (_single(word, str(count)) for word in words)
    if 2 <= count <= _FEW:
        yield from _pairs(words)
    if count > _FEW:
        yield from _first(words)


def _sought_by(words: list[str]) -> Iterator[str]:
    count = len(words)
    if count == 1:
        yield from (_single(words[0], size) for size in ("1", "2"))
    if count == 2:
        yield from (_single(word, "1") for word in words)
    if 2 <= count <= 2 * _FEW:
        yield from _pairs(words)
    if 2 * count > _FEW:
        yield from _first(words)


def _first(words: list[str]) -> Iterator[str]:
    return (_single(word, "many") for word in words[: len(words) // 2 + 1])


def _pairs(words: list[str]) -> Iterator[str]:
    return (f"pair:{one} {other}" for one, other in combinations(words[: len(words) // 2 + 2], 2))


def _single(word: str, size: str) -> str:
    return f"of {size}:{word}"
