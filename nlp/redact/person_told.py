"""Who is spoken to, asked for or signs: what tells a name that is also a word, a city or a short form from those."""

from __future__ import annotations

import re

from nlp.redact.gazetteers import names
from nlp.redact.lists import any_of, words
from nlp.redact.page import Page, Word
from nlp.redact.person_context import KIN, acts, has_determiner, is_among_people, is_kin_of, is_told_to, previous
from nlp.redact.standins import STAND_IN

_SPOKEN_TO = re.compile(rf",? ?(?:{any_of('said_to_one')})\b")
_WHO = re.compile(r" (?:qui|who|that)\b")
_OF_FAMILY = words("before_family_names")
_INTERJECTIONS = words("before_those_spoken_to")
_ASKED_FOR = words("asked_for")
_SIGNS = re.compile(rf" ?[,:.–-]? ?[{STAND_IN['PHONE']}{STAND_IN['EMAIL']}{STAND_IN['HANDLE']}]")
_IS_HERE = re.compile(rf",? (?:{any_of('here')})\b")
_SELF_TOLD = frozenset({"its", "it's", "cest", "c", "s", "est", "is"})
_ENDS = re.compile(r" ?(?:[.,!\n)]|$| (?:i|je|j|on|jai|j'ai|from|de|du)\b)")
_DIMINUTIVES = words("diminutives")
_CALLED_UP = words("before_diminutives")
_POSSESSIVES = words("possessives")
_BELONGINGS = words("belongings")
_ENGLISH_WORDS = words("names_that_are_english_words")
_IDEAS = words("names_that_are_ideas")
_ABSTRACT, _ADJECTIVES, _MONTHS = words("abstract_names"), words("names_that_are_adjectives"), words("months")
_BESIDE_PEOPLE = words("beside_people")
_CONJUNCTIONS = words("conjunctions")
_AUXILIARIES = words("auxiliaries_of_people")
_GREETED, _GROUPS = words("greetings_of_one"), words("groups_greeted")


def is_spoken_to(page: Page, index: int) -> bool:
    """Tell "Prudence, si tu lis ça", "lol gab t'es niaiseux": a word that opens, before words for the one spoken to."""
    word, before = page.words[index], page.word_at(index - 1)
    cried = before is not None and (before.opens or index == 1) and before.text in _INTERJECTIONS
    opens = word.opens or (cried and not word.before.strip(" ,!"))
    return opens and bool(_SPOKEN_TO.match(page.text, word.end))


def is_called_out(page: Page, index: int) -> bool:
    """Tell "omg destinee ur mom": a cry, a word, and words for the one spoken to; "ok will you" is none."""
    before = page.word_at(index - 1)
    cried = before is not None and before.text in _INTERJECTIONS
    return cried and page.words[index].text not in _ENGLISH_WORDS and is_spoken_to(page, index)


def is_greeted(page: Page, index: int) -> bool:
    """Tell "Hey Mercy, ton lift": a greeting, one word with a capital, a comma; "Salut groupe!" is none."""
    before, word = previous(page, index), page.words[index]
    greeted = before is not None and before.text in _GREETED and word.before == " " and word.text not in _GROUPS
    return greeted and page.text[word.end : word.end + 1] in (",", "!")


def opens_and_does(page: Page, index: int) -> bool:
    """Tell "angel a dit", "grace is": a word in small letters that opens, and what only a subject has after it."""
    word, before, after = page.words[index], previous(page, index), page.word_at(index + 1)
    does = after is not None and after.before == " " and after.text in _AUXILIARIES
    named = word.text not in _IDEAS and page.as_typed(word.start, word.end).islower()
    joined = before is not None and before.text in _CONJUNCTIONS and is_short_form(word.text)
    return named and does and (word.opens or joined)


def is_one_of_people(page: Page, index: int) -> bool:
    """Tell "avec jade", "la mère de rose", "mon amie blanche", "will said": where only somebody can be meant."""
    word, before = page.words[index], previous(page, index)
    if word.text in _ADJECTIVES or not page.as_typed(word.start, word.end).isascii() or word.before[-1:] == "-":
        return False
    if acts(page, index) and not has_determiner(page, index):
        return word.text not in _MONTHS
    if is_kin_of(page, index) or is_somebodys_kin(page, index):
        return True
    beside = before is not None and word.before == " " and before.text in _BESIDE_PEOPLE
    return beside and word.text not in _ABSTRACT


def owns(page: Page, index: int) -> bool:
    """Tell "le tel à will": something that people own, and "à"."""
    to, thing = previous(page, index), page.word_at(index - 2)
    owned = to is not None and to.text == "a" and thing is not None and thing.text in _BELONGINGS
    return owned and page.words[index].before == " "


def is_the_one_who(page: Page, index: int) -> bool:
    """Tell "c'est sab qui a mon cell", "it's max who"."""
    before = previous(page, index)
    said = (
        before is not None
        and before.text in ("est", "etait", "is", "was", "s", "c")
        and page.words[index].before == " "
    )
    return said and bool(_WHO.match(page.text, page.words[index].end))


def signs(page: Page, index: int) -> bool:
    """Tell "Lise [PHONE]", "Al, [PHONE]": a word that opens, right before a way to reach somebody."""
    return page.words[index].opens and bool(_SIGNS.match(page.text, page.words[index].end))


def is_here(page: Page, index: int) -> bool:
    """Tell "Violet here", "Perle, en ville": who opens a post and says to be there."""
    return page.words[index].opens and bool(_IS_HERE.match(page.text, page.words[index].end))


def is_in_brackets(page: Page, index: int) -> bool:
    """Tell "(Dolorès)": a word alone between brackets."""
    word = page.words[index]
    return word.before.endswith("(") and page.text.startswith(")", word.end)


def is_self_told(page: Page, index: int) -> bool:
    """Tell "its jo i got on the laptop", "c'est gab": who says who writes."""
    before = previous(page, index)
    told = before is not None and before.text in _SELF_TOLD and page.words[index].before == " "
    return told and bool(_ENDS.match(page.text, page.words[index].end))


def is_of_family(page: Page, index: int) -> bool:
    """Tell "la famille Ottawa", "les Ottawa"."""
    before = previous(page, index)
    return before is not None and page.words[index].before == " " and before.text in _OF_FAMILY


def is_asked_for(page: Page, index: int) -> bool:
    """Tell "demander Clermont", "ask for Zé": after which only people come, whatever else bears their name."""
    before, verb = previous(page, index), page.word_at(index - 2)
    if before is None or page.words[index].before != " ":
        return False
    return before.text in _ASKED_FOR or (
        verb is not None
        and f"{verb.text} {before.text}"
        in ("ask for", "parlez a", "demander a", "demandez a", "parler a", "dire a", "dis a", "donne a")
    )


def is_somebodys_kin(page: Page, index: int) -> bool:
    """Tell "mon ex Tigre", "my cousin birdie": whose, kin, and a word."""
    kin, whose = previous(page, index), page.word_at(index - 2)
    return (
        kin is not None
        and kin.text in KIN
        and not kin.capital
        and page.words[index].before == " "
        and whose is not None
        and whose.text in _POSSESSIVES
    )


def is_short_form(word: str) -> bool:
    """Tell whether a folded word is a short form of names, as "gab" is."""
    return word in _DIMINUTIVES


def is_small_name(word: str) -> bool:
    """Tell whether a folded word may be a name in small letters; ideas, months and jewels are not."""
    return (names().is_given(word) or is_short_form(word)) and word not in _IDEAS


def is_diminutive(page: Page, index: int, word: Word) -> bool:
    """Tell "appelle clem", "avec gab": a short form in small letters where people are greeted, called or spoken of."""
    if word.text not in _DIMINUTIVES:
        return False
    before = previous(page, index)
    called = before is not None and page.words[index].before == " " and before.text in _CALLED_UP
    spoken = is_called_out(page, index) or is_the_one_who(page, index) or is_self_told(page, index)
    return called or spoken or is_among_people(page, index) or is_told_to(page, index)
