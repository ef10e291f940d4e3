"""The quarantine lexicon: whether a text holds a term that must not be kept in clear.

None is shipped. One term a line, lines that begin with ``#`` are comments. The words of a line must all stand within
one sentence, in any order; quotes make a phrase; ``*`` at a word's end stands for any ending. Words fold as
`nlp.tokens` folds them: case, accents, look-alike letters and hidden marks make no difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from nlp.tokens import SENTENCE_ENDS, tokens

_QUOTES = str.maketrans("«»“”„‟＂", '"' * 7)
_PIECE = re.compile(r'"([^"]*)"|([^\s"]+)')

Places = Mapping[str, Sequence[int]]
"""Where each word of a sentence stands in it."""


@dataclass(frozen=True, slots=True)
class _Word:
    """A folded word; `begins`: any word that begins so."""

    text: str
    begins: bool = False

    def fits(self, word: str) -> bool:
        return word.startswith(self.text) if self.begins else word == self.text


_Phrase = tuple[_Word, ...]
_Term = tuple[_Phrase, ...]


class Lexicon:
    """The terms of a lexicon, found by the first word of each."""

    def __init__(self, terms: Iterable[_Term]) -> None:
        self._whole: dict[str, list[_Term]] = {}
        self._begun: dict[str, list[_Term]] = {}
        for term in terms:
            first = term[0][0]
            (self._begun if first.begins else self._whole).setdefault(first.text, []).append(term)
        self._lengths = sorted({len(text) for text in self._begun})

    def __len__(self) -> int:
        """Return how many terms there are."""
        return sum(len(found) for found in (*self._whole.values(), *self._begun.values()))

    def hits(self, text: str) -> bool:
        """Tell whether a term stands in a text; never which one, and never raises."""
        return any(self._hits(sentence) for sentence in _sentences(text))

    def _hits(self, sentence: Sequence[str]) -> bool:
        places: dict[str, list[int]] = {}
        for at, word in enumerate(sentence):
            places.setdefault(word, []).append(at)
        # Each term is looked for once, however many words it may begin with: whoever writes chooses their number.
        possible = {term for word in places for term in self._possible(word)}
        return any(all(_stands(phrase, sentence, places) for phrase in term) for term in possible)

    def _possible(self, word: str) -> Iterator[_Term]:
        yield from self._whole.get(word, ())
        for length in self._lengths:
            if length <= len(word):
                yield from self._begun.get(word[:length], ())


def read_lexicon(text: str) -> Lexicon:
    """Return the lexicon that a file's text holds.

    `ValueError` tells the number of a line that cannot be used, never the line, and that there is no term at all.
    """
    terms = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        plain = line.translate(_QUOTES).strip()
        if plain and not plain.startswith("#"):
            terms.append(_term(plain, number))
    if not terms:
        raise ValueError("it holds no term")
    return Lexicon(terms)


def _term(line: str, number: int) -> _Term:
    if line.count('"') % 2:
        raise ValueError(f"line {number} has a quote that is not closed")
    phrases = [_phrase(quoted or plain, number) for quoted, plain in _PIECE.findall(line)]
    if not phrases or not all(phrases):
        raise ValueError(f"line {number} has a part without a word")
    return tuple(phrases)


def _phrase(piece: str, number: int) -> _Phrase:
    found: list[_Word] = []
    for part in piece.split():
        begins = part.endswith("*")
        words = [token.folded for token in tokens(part.removesuffix("*"))]
        if "*" in part.removesuffix("*") or (begins and not words):
            raise ValueError(f"line {number} has a * that is not at the end of a word")
        found += [_Word(word, begins and at == len(words)) for at, word in enumerate(words, start=1)]
    return tuple(found)


def _sentences(text: str) -> Iterator[list[str]]:
    """Yield the folded words of each sentence; a line's end ends one too."""
    sentence: list[str] = []
    last = 0
    for token in tokens(text):
        if sentence and token.start > last and SENTENCE_ENDS.search(text, last, token.start):
            yield sentence
            sentence = []
        sentence.append(token.folded)
        last = token.end
    if sentence:
        yield sentence


def _stands(phrase: _Phrase, sentence: Sequence[str], places: Places) -> bool:
    first = phrase[0]
    words = [word for word in places if first.fits(word)] if first.begins else [first.text]
    starts = (at for word in words for at in places.get(word, ()))
    return any(_goes_on(phrase, sentence, at) for at in starts)


def _goes_on(phrase: _Phrase, sentence: Sequence[str], start: int) -> bool:
    end = start + len(phrase)
    return end <= len(sentence) and all(
        word.fits(found) for word, found in zip(phrase, sentence[start:end], strict=True)
    )
