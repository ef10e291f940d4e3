"""Where a person's name begins, and why: one small rule a reason, tried in order."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from nlp.redact.gazetteers import city_at, is_common, is_word, names, nobody
from nlp.redact.lists import words
from nlp.redact.page import Page, Word
from nlp.redact.person_context import (
    ADVERBS,
    KIN,
    TITLES,
    acts,
    has_age_after,
    has_determiner,
    is_a_title_before,
    is_addressed,
    is_among_people,
    is_at_home,
    is_formally_titled,
    is_kin_of,
    is_named,
    is_nicknamed,
    is_or_has,
    is_titled,
    is_told,
    is_told_to,
    previous,
)
from nlp.redact.person_told import (
    is_asked_for,
    is_called_out,
    is_diminutive,
    is_greeted,
    is_here,
    is_in_brackets,
    is_of_family,
    is_one_of_people,
    is_short_form,
    is_small_name,
    is_somebodys_kin,
    is_spoken_to,
    opens_and_does,
    owns,
    signs,
)
from nlp.redact.person_words import is_cut_capital, is_place, is_plain
from nlp.redact.vocabulary import may_be_word

Rule = Callable[[Page, int, Word], bool]

_FRENCH_PRONOUNS = words("pronouns_before_verbs")
_ENGLISH_WORDS = words("names_that_are_english_words")
_FRENCH_POSSESSIVES = words("french_possessives")
_POSSESSIVES = words("possessives")
_VERBS_TOO = words("names_that_are_verbs")
_NICKNAMED = "ti"
_SHORTEST_UNKNOWN = 4
_ENDINGS = ("ait", "aient", "ez")
"""How verbs end in French, those too that are borrowed: "ma mère checkait"."""
_TELLING = (signs, is_here, is_in_brackets, has_age_after, acts, is_told, is_spoken_to)
"""What makes a name of any word that can be one, a brand's or a month's too."""
_TELLING_SMALL = (is_told_to, is_called_out, owns, opens_and_does, is_one_of_people)
"""What makes a name of one in small letters."""


def why_begins(page: Page, index: int) -> str:
    """Return why a person's name begins at a word, "" if none does."""
    word = page.words[index]
    if not word.capital and _is_only_word(word.text):
        return ""
    for why, rule in _CAPITAL if word.capital else _SMALL:
        if rule(page, index, word):
            return why
    return ""


@lru_cache(maxsize=1 << 14)
def _is_only_word(word: str) -> bool:
    """Tell whether a folded word in small letters is nothing but a word, so that no rule need be asked."""
    if not is_common(word) or names().is_name(word) or names().is_sure_given(word):
        return False
    return not (word in _ENGLISH_WORDS or is_short_form(word) or word == _NICKNAMED)


def may_be_listed(page: Page, index: int) -> bool:
    """Tell whether a word beside a person in a list may be another's name: unknown with a capital, or a name."""
    word = page.words[index]
    if word.capital:
        return not (word.text in nobody() or is_plain(word.text) or is_place(page, index))
    return is_small_name(word.text) or names().is_given(word.text)


def _is_given(page: Page, index: int, word: Word) -> bool:
    return names().is_sure_given(word.text) and not _is_verb(page, index, word) and not is_place(page, index)


def _is_verb(page: Page, index: int, word: Word) -> bool:
    """Tell "il se marie", "marié", "il la serge" from names in small letters."""
    if word.capital or word.text not in _VERBS_TOO:
        return False
    before = previous(page, index)
    return page.as_typed(word.start, word.end).endswith("é") or (before is not None and before.text in _FRENCH_PRONOUNS)


def _is_announced(page: Page, index: int, word: Word) -> bool:
    fits = word.capital or word.text in names().given_unsure or not is_common(word.text)
    return fits and word.text not in ADVERBS and is_named(page, index)


def _has_family_after(page: Page, index: int, word: Word) -> bool:
    """Tell whether a family name with a capital follows a given name, or a word that could be one."""
    after = page.word_at(index + 1)
    if after is None or after.before not in (" ", "-") or not after.capital:
        return False
    if after.text in names().given and names().is_given(word.text):
        return not is_place(page, index)
    if after.text not in names().family:
        return False
    known, title = names().is_given(word.text), word.text in TITLES or word.text in KIN
    chance = title or (word.opens and is_common(word.text)) or is_place(page, index)
    return known or not (chance or city_at(page, index + 1))


def _is_titled_name(page: Page, index: int, word: Word) -> bool:
    """Tell "Mme Tremblay", "mon chum Kevens"; after "Mme" and "M." a word of the language is a name too."""
    if len(word.text) == 1:
        return is_a_title_before(page, index)
    if word.upper or is_place(page, index) or word.text in TITLES or word.text in KIN:
        return False
    if is_formally_titled(page, index):
        return True
    ruled_out = is_plain(word.text) or (word.text in nobody() and not names().is_given(word.text))
    return not ruled_out and (is_titled(page, index) or is_kin_of(page, index))


def _is_family(page: Page, index: int, word: Word) -> bool:
    cut = is_cut_capital(page, index) and (not is_common(word.text) or is_titled(page, index - 1))
    fits = word.text in names().family or cut
    return fits and not is_place(page, index)


def _is_word_meant_as_name(page: Page, index: int, word: Word) -> bool:
    """Tell "Rose est partie", "salut Rose" from "la rose" and "Roses à vendre"; months need an age or a verb."""
    if not (word.text in names().given_unsure or is_short_form(word.text)) or has_determiner(page, index):
        return False
    if is_place(page, index):
        return names().is_given(word.text) and has_age_after(page, index)
    if any(tells(page, index) for tells in _TELLING):
        return True
    if word.text in nobody():
        return False
    inside = not (word.opens or word.upper)
    return inside or is_or_has(page, index) or is_addressed(page, index) or _stands_alone(page, index)


def _stands_alone(page: Page, index: int) -> bool:
    """Tell whether a word is a line of its own, as in a signature, or begins a list of names."""
    word, after = page.words[index], page.word_at(index + 1)
    if index and "\n" not in word.before:
        return False
    return after is None or "\n" in after.before or (after.before.strip() in (",", "-", "&", "|") and after.capital)


def _acts_unknown(page: Page, index: int, word: Word) -> bool:
    fits = not (word.text in nobody() or is_plain(word.text) or is_place(page, index))
    return fits and acts(page, index)


def _is_told_of(page: Page, index: int, word: Word) -> bool:
    """Tell "demander Clermont", "la famille Ottawa", "mon ex Tigre": only people bear a capital there."""
    if word.upper or word.opens or len(word.text) < 2 or word.text in TITLES or word.text in KIN:
        return False
    if is_of_family(page, index):
        return word.text not in nobody() or bool(city_at(page, index))
    if is_somebodys_kin(page, index):
        return not (word.text in nobody() and not names().is_given(word.text))
    if is_greeted(page, index):
        return word.text not in nobody()
    ruled_out = word.text in nobody() or is_plain(word.text) or city_at(page, index) > 1
    return is_asked_for(page, index) and not ruled_out and "," not in word.before


def _is_small_after_title(page: Page, index: int, word: Word) -> bool:
    """Tell "ma soeur rose", "madame tremblay", "my cousin gurnoor".

    An English word may be meant in a French sentence ("mon chum will"); an unknown word only after "mon", "my".
    """
    kin = page.word_at(index - 2)
    foreign = word.text in _ENGLISH_WORDS and kin is not None and kin.text in _FRENCH_POSSESSIVES
    new = len(word.text) > 2 and not (is_word(word.text) or may_be_word(word.text) or word.text.endswith(_ENDINGS))
    unknown = kin is not None and kin.text in _POSSESSIVES and new
    family = word.text in names().family or (names().is_family(word.text) and not is_word(word.text))
    return (word.text in names().given_soft or family or foreign or unknown) and is_titled(page, index)


def _is_small_before_given(page: Page, index: int, word: Word) -> bool:
    """Tell whether a given name stands within two words, as where the family name comes first: "nguyen van thanh"."""
    if word.text not in names().family:
        return False
    one, two = page.word_at(index + 1), page.word_at(index + 2)
    if one is None or one.before not in (" ", "-"):
        return False
    given = names().given
    return one.text in given or (
        len(one.text) < 4 and two is not None and two.before in (" ", "-") and two.text in given
    )


def _is_nickname(page: Page, index: int, word: Word) -> bool:
    """Tell "ti-guy", "Ti-Loup"."""
    after = page.word_at(index + 1)
    if word.text != _NICKNAMED or after is None or after.before != "-":
        return False
    return after.capital or names().is_given(after.text)


def _is_unknown_told(page: Page, index: int, word: Word) -> bool:
    """Tell "chez wideline", "avec kevens", "dis à ben": words in small letters where people are spoken of."""
    if names().is_given(word.text) and any(tells(page, index) for tells in _TELLING_SMALL):
        return True
    if is_told_to(page, index) or is_at_home(page, index):
        return len(word.text) > 2 and not (is_word(word.text) or word.text in nobody() or is_place(page, index))
    unknown = len(word.text) >= _SHORTEST_UNKNOWN and not (is_word(word.text) or may_be_word(word.text))
    told = is_among_people(page, index) or acts(page, index)
    return unknown and told and word.text not in nobody() and not is_place(page, index)


def _is_nicknamed(page: Page, index: int, word: Word) -> bool:
    """Tell "Mo" in "Big Mo"; brands and common words after a small "petit" are none."""
    return is_nicknamed(page, index) and not (word.text in nobody() or is_place(page, index))


def _is_initial(page: Page, index: int, word: Word) -> bool:
    """Tell "R. Delacourt" from "vitamine C. Elle": what follows the initial is a name or no word at all."""
    after = page.word_at(index + 1)
    if len(word.text) > 1 or word.text == "m" or after is None or after.before not in (". ", "."):
        return False
    fits = names().is_name(after.text) or not is_word(after.text)
    return fits and after.capital and not after.upper and len(after.text) > 2


def _is_found_elsewhere(page: Page, index: int, word: Word) -> bool:  # noqa: ARG001 all rules are asked alike
    """Tell whether the text has named someone so at another place."""
    return word.text in page.known_names and (word.capital or not is_word(word.text))


_ANY_CASE: tuple[tuple[str, Rule], ...] = (
    ("given name", _is_given),
    ("announced as a name", _is_announced),
    ("name found elsewhere in the text", _is_found_elsewhere),
)
_CAPITAL: tuple[tuple[str, Rule], ...] = (
    *_ANY_CASE,
    ("name before a family name", _has_family_after),
    ("name after a title or kin word", _is_titled_name),
    ("family name", _is_family),
    ("name that is also a word, meant as a name", _is_word_meant_as_name),
    ("unknown name that speaks or acts", _acts_unknown),
    ("name after a nickname's first word", _is_nicknamed),
    ("name after an initial", _is_initial),
    ("nickname", _is_nickname),
    ("name where only people are told of", _is_told_of),
)
_SMALL: tuple[tuple[str, Rule], ...] = (
    *_ANY_CASE,
    ("name after a title or kin word", _is_small_after_title),
    ("short form of a name where people are called", is_diminutive),
    ("family name before a given name", _is_small_before_given),
    ("unknown word where people are spoken of", _is_unknown_told),
    ("nickname", _is_nickname),
)
