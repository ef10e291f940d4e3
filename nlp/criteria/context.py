"""What surrounds a match and weakens it: negation, past accounts, fiction and hyperbole."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from nlp.criteria.matching import Match
from nlp.criteria.notation import NEGATORS
from nlp.criteria.words import BOUNDARY, Word

BEFORE = 3
"""Words before a match in which a negation reaches it; in English and French the negated verb follows closely."""
_AFTER = 1
_STOPS = frozenset(["et", "mais", "alors", "and", "but", "so", "because", "parce", "car", "or"]) | {BOUNDARY}

DAMPING = {"negated": 0.15, "past": 0.45, "fiction": 0.35}
"""What is left of a criterion's weight. A quotation leaves it whole: relatives quote what frightens them."""


def sentence_bounds(words: Sequence[Word]) -> list[int]:
    """Return the positions of all boundaries, ascending."""
    return [at for at, word in enumerate(words) if word.text == BOUNDARY]


def sentence_of(bounds: Sequence[int], start: int, end: int, size: int) -> tuple[int, int]:
    """Return the half-open range of words of the sentence around a match."""
    low, high = bisect_left(bounds, start), bisect_right(bounds, end - 1)
    return (bounds[low - 1] + 1 if low else 0), (bounds[high] if high < len(bounds) else size)


def negated(words: Sequence[Word], match: Match) -> bool:
    """Tell whether a match is denied by a negation before, inside or just after it; its own does not count."""
    if match.holds_negation:
        return False
    if any(words[at].text in NEGATORS for at in range(match.start, match.end)):
        return True
    return _meets_negator(words, range(match.start - 1, match.start - 1 - BEFORE, -1), match.start) or _meets_negator(
        words, range(match.end, match.end + _AFTER), match.end - 1
    )


def _meets_negator(words: Sequence[Word], places: range, last: int) -> bool:
    """Walk away from a match until a negation, a word that opens another clause, or a comma."""
    for at in places:
        if not 0 <= at < len(words) or words[at].text in _STOPS or _apart(words[at], words[last]):
            return False
        last = at
        if words[at].text in NEGATORS:
            return True
    return False


def _apart(one: Word, other: Word) -> bool:
    """Tell whether more than one blank stands between two words: a comma, a dash, a bracket."""
    return max(one.start, other.start) - min(one.end, other.end) > 1
