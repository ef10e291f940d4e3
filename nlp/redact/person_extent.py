"""How far a person's name goes on: compound given names, family names, particles, initials."""

from __future__ import annotations

from nlp.redact.gazetteers import city_at, is_common, names, nobody
from nlp.redact.lists import words
from nlp.redact.page import Page, Word
from nlp.redact.person_words import is_place
from nlp.redact.vocabulary import in_dictionary

_PARTICLES = words("particles")
_COMPOUND = words("first_of_compound_names")
_NO_INITIALS = frozenset("ay")
"""Single letters that are words."""


def last_of_name(page: Page, index: int) -> int:
    """Return the last word of the name that begins at a word."""
    last = index
    while (step := _next_part(page, last)) is not None:
        last = step
    return last


def _next_part(page: Page, last: int) -> int | None:
    """Return the word that goes on with a name, past a particle if there is one; None at its end."""
    word = page.word_at(last + 1)
    if word is None:
        return None
    before = page.words[last]
    if word.before in (". ", "."):
        initial = before.capital and len(before.text) == 1
        fits = names().is_name(word.text) or not is_common(word.text)
        return last + 1 if initial and word.capital and fits else None
    if word.before in ("-", "'", "-'"):
        return last + 1 if _is_joined(before, word) else None
    if word.before != " ":
        return None
    goes_on = _goes_on(page, last, word) if word.capital else not before.capital and _goes_on_small(page, before, word)
    return last + 1 if goes_on else _past_particle(page, last, word)


def _is_joined(before: Word, word: Word) -> bool:
    """Tell whether a hyphen or apostrophe joins two parts of a name; the English possessive is none."""
    if word.before == "'":
        return len(before.text) == 1 or before.text in ("mc", "n")
    return word.capital or not before.capital or names().is_name(word.text)


def _goes_on(page: Page, last: int, word: Word) -> bool:
    """Tell whether a word with a capital goes on with a name: a family name, an initial, or nothing that is known."""
    known = names()
    if word.text in known.family or (word.text in known.given and not city_at(page, last + 1)):
        return True
    if city_at(page, last + 1):
        return False
    if word.text in known.family_unsure or len(word.text) == 1:
        return True
    double = word.text in known.given_unsure and page.words[last].text in _COMPOUND
    return double or not (is_common(word.text) or word.text in nobody())


def _goes_on_small(page: Page, before: Word, word: Word) -> bool:
    """Tell whether a name in small letters goes on: "vicky b.", "marie eve", "karine tremblay"."""
    known = names()
    if len(word.text) == 1:
        return page.text[word.end : word.end + 1] == "." and word.text not in _NO_INITIALS
    if before.text in _COMPOUND and (word.text in known.given or word.text in known.given_soft):
        return True
    if before.text in known.given and word.text in known.given_unsure and not in_dictionary(word.text):
        return True
    return known.is_family(word.text) and not is_common(word.text)


def _past_particle(page: Page, last: int, word: Word) -> int | None:
    """Return the family name after "de", "Ben", "van der": it has a capital and is no place."""
    index = last + 1
    while word.text in _PARTICLES and index - last <= 2:
        index += 1
        after = page.word_at(index)
        if after is None or after.before not in (" ", "-", "'"):
            return None
        word = after
    if index == last + 1:
        return None
    if not word.capital:
        return index if not page.words[last].capital and word.text in names().given else None
    fits = names().is_name(word.text) or not (is_common(word.text) or word.text in nobody())
    return index if fits and not is_place(page, index) else None
