"""PERSON, the last resort in small letters and in lines of capitals: words that no dictionary and no post has.

Measured on posts, one in a thousand characters is of such a word and no name: a slip of the keyboard. A text that has
many is in another language, or texted beyond the dictionaries, and is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp.redact.gazetteers import city_at, is_word, nobody
from nlp.redact.page import Page
from nlp.redact.spans import Span
from nlp.redact.vocabulary import may_be_word, shortened

_SHORTEST = 4
_MOST = 0.15
"""Share of unlisted words from which nothing is told by one more; two are always looked at."""
UNLISTED = "word that no list has"
"""Why such a word is taken out: slang that is new looks the same, and whoever looks for slang asks for this."""
_LAUGHTER = re.compile(r"(?:[aeoi]?(?:ha|he|hi|ah|lo|ja|mdr|ptdr|x))++[hldr]*$")


def find_unlisted(page: Page) -> Iterator[Span]:
    """Yield words in small letters that are in no list, where a text has few of them."""
    found = [index for index in range(len(page.words)) if _is_unlisted(page, index)]
    if len(found) > max(2, _MOST * len(page.words)):
        return
    for index in found:
        yield page.word_span(index, index, "PERSON", UNLISTED)


def _is_unlisted(page: Page, index: int) -> bool:
    word, after = page.words[index], page.word_at(index + 1)
    typed = page.as_typed(word.start, word.end)
    plain = typed.islower() or (typed.isupper() and not word.capital)
    if not plain or len(word.text) < _SHORTEST or not word.text.isascii():
        return False
    if is_word(word.text) or may_be_word(word.text) or word.text in nobody() or _LAUGHTER.match(word.text):
        return False
    cut = (
        (after is not None and after.before == "'")
        or page.text.endswith("p'", 0, word.start)
        or any(map(is_word, shortened(word.text)))
    )
    return not (cut or city_at(page, index))
