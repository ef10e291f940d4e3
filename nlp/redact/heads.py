"""The words beside a find that say what it is and belong to it: "Coop de solidarité du [ORG_LOCAL]", "[PLACE] High".

Reads the stand-ins of earlier readings, as `beside` does. A detector that found half of a name left the other half,
and half a name often tells as much as the whole.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from nlp.redact.cued import cued
from nlp.redact.gazetteers import is_word
from nlp.redact.lists import any_of, words
from nlp.redact.page import Page, Word
from nlp.redact.spans import RedactionType, Span
from nlp.redact.standins import STAND_IN

_NAMES = "".join(STAND_IN[type_] for type_ in ("PERSON", "PLACE", "ORG_LOCAL", "SCHOOL"))
_PLACE, _ADDRESS = STAND_IN["PLACE"], STAND_IN["ADDRESS"]
_ANY_FIND = re.compile(f"[{_NAMES}{_ADDRESS}]")
_ORGANISATIONS = rf"(?P<public>{any_of('public_before')})|{any_of('shops_before', 'heads_of_organisations')}"
_HEAD = cued(
    rf"(?<![\w-])(?:(?P<school>{any_of('schools_before')})|(?:{_ORGANISATIONS}))(?![\w-])",
    "schools_before",
    "public_before",
    "shops_before",
    "heads_of_organisations",
)
_OF = r"(?:de la |de l'|de |du |des |d'|aux |au |a la |a l'|le |la |les |l')"
_KIND = (
    rf"(?:{any_of('organisation_kinds', 'school_kinds')}|[a-z]{{4,}}(?:ienne|ien|aise|ais|oise|ois|aine|ain|ique)s?)"
)
"""An adjective after the word for an organisation; those of nations by their endings."""
_FILLING = re.compile(
    rf"(?: {_KIND}\b\.?| {_OF}[\w'-]+(?: et (?:{_OF})?[\w'-]+)?| \d+ ans| et plus){{0,5}}"
    rf" (?P<of>{_OF})?(?P<find>[{_NAMES}])"
)
_CHAIN = cued(rf"(?<![\w-])(?:{any_of('chains')})(?:'s)?(?![\w-])", "chains")
_SHOP = cued(
    rf"(?<![\w-])(?:{any_of('shops_before')})(?= (?:de la |du |de |sur |sur la |coin |du coin )?{_ADDRESS})",
    "shops_before",
)
_WHERE = r"(?: (?:de|du|des|de la|de l'|in|on|at|a|au|sur|coin|by the|near)){0,5}(?: (?:la|le|the))? ?"
_PLACED = re.compile(rf"{_WHERE}(?:(?:(?<=coin )|(?<=on )|(?<=sur ))[{_NAMES}]|{_ADDRESS}|{_PLACE})")
_KIND_AFTER = r"(?: (?:women's|men's|youth|family|community|public|catholic))?"
_AFTER = re.compile(
    rf"(?<=[{_NAMES}{_ADDRESS}])(?:'s)?{_KIND_AFTER}"
    rf" (?:(?P<school>{any_of('schools_after')})|{any_of('shops_after', 'public_after')})(?![\w-])"
)
_PARTNERS = rf"(?:et|&|and) (?:{any_of('firm_partners')})|(?:{any_of('firm_kinds')})"
_POINTS = r"(?<=behind )|(?<=devant le )|(?<=[:,@(] )|^"
_ALONE = r"(?<![\w$.,/:-])(?!(?:19|20)\d\d )"
_NUMBERED = rf"(?:(?:(?<=\b(?:au|du|le|at) )|{_POINTS})\d{{2,5}}[a-d]?,? |{_ALONE}\d{{3,5}} ){_OF}?"
_NUMBERED_PERSON = rf"(?:(?:(?<=\b(?:au|at) )|{_POINTS})\d{{3,5}}[a-d]?,? |{_ALONE}\d{{4,5}} ){_OF}?"
"""Before what was taken for a person: days and amounts stand there too, "le 24 Mathieu", "300 Julie"."""
_PERSON, _NO_PERSONS = STAND_IN["PERSON"], _NAMES.replace(STAND_IN["PERSON"], "")
_PLAIN: tuple[tuple[re.Pattern[str], RedactionType, str], ...] = (
    (re.compile(rf"(?<=[{_NAMES}]),? (?:{_PARTNERS})\b\.?"), "ORG_LOCAL", "partners of a firm"),
    (
        re.compile(rf"(?<=[{_NAMES}])'s (?=[{_NO_PERSONS}])|(?<=[{_NO_PERSONS}])'s (?={_PERSON})"),
        "ORG_LOCAL",
        "between two parts of a name",
    ),
    (
        re.compile(rf"{_NUMBERED}(?=[{_NO_PERSONS}])|{_NUMBERED_PERSON}(?={_PERSON})", re.M),
        "ADDRESS",
        "number before a street's name",
    ),
)
"""What belongs to a find without more ado."""
_POINT = re.compile(rf"(?<=[{_NAMES}])[._]\w[\w.]*|(?<![\w.])\w[\w.]*[._](?=[{_NAMES}])")
_IN_SMALL_LETTERS = words("schools_told_in_small_letters")


def find_heads(page: Page) -> Iterator[Span]:
    """Yield the words before and after a find that belong to its name."""
    if not _ANY_FIND.search(page.text):
        return
    for match in _HEAD.finditer(page):
        yield from _headed(page, match)
    for match in (*_CHAIN.finditer(page), *_SHOP.finditer(page)):
        if placed := _PLACED.match(page.text, match.end()):
            yield page.part(match.start(), placed.end() - 1, "ORG_LOCAL", "branch told by where it is")
    yield from _named_after(page)
    for pattern, type_, why in _PLAIN:
        yield from (page.part(*match.span(), type_, why) for match in pattern.finditer(page.text))
    for match in _POINT.finditer(page.text):
        if _is_of_handle(page.as_typed(*match.span())):
            yield page.part(*match.span(), "HANDLE", "joined to a find by a point")


def _is_of_handle(typed: str) -> bool:
    """Tell ".fitness99" from ".Il est": a point without a space after a sentence or a title makes no account's name."""
    if "_" in typed or any(char.isdigit() for char in typed):
        return True
    return typed.islower() and not any(is_word(part) for part in typed.strip(".").split("."))


def _headed(page: Page, match: re.Match[str]) -> Iterator[Span]:
    """Yield "Club de motoneige Les " before a find; "le garage de [PERSON]" is none."""
    filling = _FILLING.match(page.text, match.end())
    head = _word_at(page, match.start())
    if filling is None or head is None:
        return
    type_: RedactionType = "SCHOOL" if match["school"] else "ORG_LOCAL"
    if _belongs(filling, head, sure=bool(match["school"] or match["public"])):
        yield page.part(match.start(), filling.start("find"), type_, "word before a find for what it is")


def _belongs(filling: re.Match[str], head: Word, *, sure: bool) -> bool:
    """Tell whether a head belongs to the find after it: to a shop or school always, to others by its capital."""
    if sure or filling["find"] in (STAND_IN["ORG_LOCAL"], STAND_IN["SCHOOL"]):
        return True
    return not filling["of"] or (head.capital and not head.opens)


def _named_after(page: Page) -> Iterator[Span]:
    """Yield " Elementary", "'s Auto Body" after a find: with a capital, or what only schools are called."""
    for match in _AFTER.finditer(page.text):
        word = _word_at(page, match.end() - 1)
        if (word is not None and word.capital) or match["school"] in _IN_SMALL_LETTERS:
            type_: RedactionType = "SCHOOL" if match["school"] else "ORG_LOCAL"
            yield page.part(*match.span(), type_, "word after a find for what it is")


def _word_at(page: Page, offset: int) -> Word | None:
    """Return the word that holds an offset."""
    at = bisect_left(page.words, offset + 1, key=lambda word: word.end)
    return page.words[at] if at < len(page.words) and page.words[at].start <= offset else None
