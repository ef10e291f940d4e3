"""What a word of a possible name is: a place, a plain word, the part after "O'" or "Ti-"."""

from __future__ import annotations

from nlp.redact.gazetteers import city_at, is_common, names, phrase_at, small_places
from nlp.redact.page import Page
from nlp.redact.person_context import KIN, TITLES


def is_place(page: Page, index: int) -> bool:
    """Tell whether a city or small place begins here that is no given name too, or has several words."""
    count = max(city_at(page, index), phrase_at(page, index, small_places()))
    if count == 1 and _is_first_of_two_families(page, index):
        return False
    return count > 1 or (count == 1 and page.words[index].text not in names().given)


def _is_first_of_two_families(page: Page, index: int) -> bool:
    """Tell "Wickham-Roy" from "Saint-Roch-Nord": a place joined to a family name."""
    after = page.word_at(index + 1)
    return after is not None and after.before == "-" and after.capital and names().is_family(after.text)


def is_plain(word: str) -> bool:
    """Tell whether a word is common and no name at all."""
    return not names().is_name(word) and (is_common(word) or word in TITLES or word in KIN)


def is_cut(page: Page, index: int) -> bool:
    """Tell whether what is joined before a word belongs to the name: "O'Brien", "N'Diaye", "Ti-Paul"."""
    before = page.word_at(index - 1)
    if before is None:
        return False
    return is_cut_capital(page, index) or (page.words[index].before == "-" and before.text == "ti")


def is_cut_capital(page: Page, index: int) -> bool:
    """Tell whether a capital and an apostrophe stand before a word."""
    before = page.word_at(index - 1)
    return before is not None and page.words[index].before == "'" and before.capital and len(before.text) == 1
