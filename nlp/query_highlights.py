"""Where in a text a query's words, phrases, patterns and contacts stand: made here, the same for every engine."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from nlp.contacts import Contact, find_contacts
from nlp.query_tree import Fuzzy, Pattern, Phrase, Prefix, Query, Word
from nlp.tokens import Token, tokens
from nlp.words import joined, key, keys

Span = tuple[int, int]


def highlights(text: str, query: Query) -> list[Span]:
    """Return the spans of a text that a query's atoms are found at, sorted, none overlapping; fields have none."""
    atoms = query.positive
    found = tokens(text)
    spans = [*_word_spans(found, [atom for atom in atoms if isinstance(atom, Word | Phrase)])]
    spans += _pattern_spans(found, [atom for atom in atoms if isinstance(atom, Prefix | Fuzzy)])
    contacts = {atom for atom in atoms if isinstance(atom, Contact)}
    if contacts:
        spans += [(one.start, one.end) for one in find_contacts(text) if one.contact in contacts]
    return _merged(spans)


def _word_spans(found: list[Token], atoms: Collection[Word | Phrase]) -> Iterator[Span]:
    stems = {atom.stem for atom in atoms if isinstance(atom, Word)}
    runs = {(atom.key,) if isinstance(atom, Word) else atom.keys for atom in atoms}
    folded = [token.folded for token in found]
    held, places = keys(folded), joined(folded)
    yield from ((token.start, token.end) for token in found if token.stem in stems)
    for run in runs:
        starts = (at for at in range(len(held) - len(run) + 1) if held[at] == run[0])
        hits = (at for at in starts if tuple(held[at : at + len(run)]) == run)
        yield from ((found[places[at][0]].start, found[places[at + len(run) - 1][1] - 1].end) for at in hits)


def _pattern_spans(found: list[Token], patterns: Collection[Pattern]) -> Iterator[Span]:
    """Yield the words that a pattern takes, and the words within an elision that it takes."""
    folded = [token.folded for token in found] if patterns else []
    for held, (start, end) in zip(keys(folded), joined(folded), strict=True):
        if any(pattern.takes(held) for pattern in patterns):
            yield found[start].start, found[end - 1].end
        elif any(pattern.takes(key(folded[end - 1])) for pattern in patterns):
            yield found[end - 1].start, found[end - 1].end


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
