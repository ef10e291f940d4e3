"""Words of a post: where they stand, how they fold, and their stem.

The stem of a word depends on the word alone, never on the language of the post: half of what is read mixes French and
English, and a search must find a word whichever language its neighbours are in. So every word goes through the French
stemmer and what is left through the English one ("travailler" and "travaille", "working" and "worked" meet). The
plural -s is taken off first, because the stemmers see through it for some words only (foyer/foyers).
The price is that a few strangers share a stem ("les", "le"); an exact phrase can be asked for where that matters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import snowballstemmer

from nlp.fold import Folded, fold

_ELISIONS = frozenset(
    ("l", "d", "j", "m", "t", "s", "n", "c", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu", "presqu", "quelqu", "entr")
)
_TOKEN = re.compile(
    r"[^\W_]+(?:'(?=[^\W_])[^\W_]+)*"  # a word, with the apostrophes inside it
    r"|[\U0001F1E6-\U0001F1FF]{1,2}"  # a flag
    r"|[\u2300-\u23FF\u2600-\u27BF\u2B00-\u2BFF\U0001F000-\U0001FAFF]"  # an emoji
)
SENTENCE_ENDS = re.compile(r"[.!?…;](?=\s|$|[\"'»)\]])|[\n\r]|\.\.\.|[/|•·](?=\s)")
"""What may stand between two words of different sentences or lines."""
_LONGEST_STEMMED = 40
"""Longer runs of letters are no words; the stemmers would only lose time on them."""
_FRENCH = snowballstemmer.stemmer("french")
_ENGLISH = snowballstemmer.stemmer("english")


@dataclass(frozen=True, slots=True)
class Token:
    """One word or emoji; `start` and `end` are offsets into the original text, half-open."""

    start: int
    end: int
    folded: str
    stem: str


def tokens(text: str) -> list[Token]:
    """Split a text into words and emoji, in order; never raises, linear time.

    Elided articles and pronouns stand alone ("l'école": l, ecole); other apostrophes vanish, as they do in texting
    ("don't", "dont"; "aujourd'hui"). A hashtag in camel case gives its words ("#FilleEnFugue": fille, en, fugue).
    Emoji are tokens of their own. Numbers keep their digits.
    """
    folded = fold(text)
    found = []
    for start, end in word_spans(folded):
        word = folded.text[start:end].replace("'", "")
        found.append(Token(*folded.span(start, end), word, stem(word)))
    return found


def plain_words(text: str) -> list[str]:
    """Return the folded words and emoji of a text, as `tokens` has them, without where they stand."""
    folded = fold(text)
    if "'" not in folded.text and "#" not in folded.text:
        return _TOKEN.findall(folded.text)
    found = []
    for match in _TOKEN.finditer(folded.text):
        word, start = match[0], match.start()
        if "'" in word or folded.text[start - 1 : start] == "#":
            found += [folded.text[low:high].replace("'", "") for low, high in _words(folded, start, match.end())]
        else:
            found.append(word)
    return found


def word_spans(folded: Folded) -> Iterator[tuple[int, int]]:
    """Yield where the words and emoji of a folded text stand; its apostrophes are still in them."""
    for match in _TOKEN.finditer(folded.text):
        yield from _words(folded, match.start(), match.end())


def _words(folded: Folded, start: int, end: int) -> list[tuple[int, int]]:
    """Cut one run of letters at its elisions, or at its capitals if it is a hashtag."""
    if start and folded.text[start - 1] == "#":
        return _camel(folded, start, end)
    pieces = []
    while (cut := folded.text.find("'", start, end)) > 0 and folded.text[start:cut] in _ELISIONS:
        pieces.append((start, cut))
        start = cut + 1
    return [*pieces, (start, end)]


def _camel(folded: Folded, start: int, end: int) -> list[tuple[int, int]]:
    """Cut before a capital that follows a small letter or digit, and before the last of several capitals."""
    first, last = folded.span(start, end)
    if last - first != end - start:  # a letter that folds to two: leave the tag whole
        return [(start, end)]
    tag = folded.source[first:last]
    cuts = [at for at in range(1, len(tag)) if tag[at].isupper() and (not tag[at - 1].isupper() or _opens(tag, at))]
    bounds = [0, *cuts, len(tag)]
    return [(start + low, start + high) for low, high in pairwise(bounds)]


def _opens(tag: str, at: int) -> bool:
    return tag[at + 1 : at + 2].islower()


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return the stem of a folded word; words with digits, emoji and overlong runs are their own stem."""
    if not word.isalpha() or not word.isascii() or len(word) > _LONGEST_STEMMED:
        return word
    singular = word[:-1] if len(word) > 2 and word.endswith("s") and not word.endswith("ss") else word
    return str(_ENGLISH.stemWord(_FRENCH.stemWord(singular)))
