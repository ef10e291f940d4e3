"""Cities by their canonical French name, in the spellings people use; no neighbourhood, region, street or person."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from nlp.cities import Gazetteer, Spelling, gazetteer, spell_out
from nlp.entities.found import Found, Reading
from nlp.frequencies import small_words
from nlp.lexicon import alternatives, word_lists

_LISTS = word_lists("places")
_WORD = re.compile(r"[a-z0-9]+")
_JOINT = re.compile(r"[ '.-]{1,3}")
_STREET_BEFORE = re.compile(
    rf"\b(?:{alternatives(_LISTS['streets'])})\.?[ -](?:(?:de|du|des|of|la|le) |d'|de la |de l')?\Z"
)
_STREET_AFTER = re.compile(rf"(?: |-)(?:{alternatives(_LISTS['streets_after'])})\b(?!')")
_LITTLE = "de|du|des|d|a|au|en|et|qui|sur|vers|in|of|from|at|to|and|near"
_TITLE_BEFORE = re.compile(
    rf"(?<![a-z'])(?:{alternatives(_LISTS['titles'])})\.? (?:(?!(?:{_LITTLE})\b)[a-z]+ )?\Z"
    rf"|\b(?:{alternatives(_LISTS['named'])}) \Z"
)
_TOWARDS = re.compile(rf"(?:\b(?:{alternatives(_LISTS['towards'])})|📍|->|→|➡|@) ?\Z")
_PROVINCE_AFTER = re.compile(rf",? ?\(?(?:{alternatives(_LISTS['provinces'])})(?![a-z0-9])")
_PROVINCE_BEFORE = re.compile(rf"(?:\b(?:{alternatives(_LISTS['province_before'])}) |[a-z], ?\(?|[a-z] \()\Z")
_LIST_GAP = re.compile(r" ?(?:[,/&+|·•→>~–-]|->|a|et|and|ou|or|pis|puis|to|then)? ?(?:a|de|in)? ?")
_OF = re.compile(r"\b(?:de|d') ?\Z")
_SEGMENT_START = re.compile(r"(?:^|[\n/|•·✦★⭐(~–-] ?|[.!:] |[0-9](?: ?ans| ?yo)?, )\Z")
_SEGMENT_END = re.compile(
    r"\s*(?:$|[\n/|•·✦★⭐)~&+,.!–-]|(?:only|seulement|area|region|incall|outcall|now|this week|cette semaine|"
    r"lun|mar|mer|jeu|ven|sam|dim|mon|tue|wed|thu|fri|sat|sun)[a-z]*\b)"
)
_SCHEDULE_AFTER = re.compile(
    r" (?:lun|mar|mer|jeu|ven|sam|dim|mon|tue|wed|thu|fri|sat|sun)(?:[a-z]*day|di)?\b| (?:le )?[0-9]"
)
_BEFORE, _AFTER = 24, 14
QUEBEC = "Québec"
"""Both a city and the province around it."""


@dataclass(frozen=True, slots=True)
class _Mention:
    """A spelling of a city met in the text; `sure` when nothing more needs to speak for it."""

    start: int
    end: int
    city: str
    sure: bool


def find_cities(reading: Reading) -> list[Found]:
    """Return the cities in reading order.

    A spelling that could be something else counts only where the sentence points to a place, or in a list beside a
    city that is sure ("Alma, Roberval").
    """
    mentions = list(_mentions(reading, gazetteer()))
    kept = [mention.sure for mention in mentions]
    for order in (range(1, len(mentions)), range(len(mentions) - 2, -1, -1)):
        step = -1 if order.step == 1 else 1
        for at in order:
            kept[at] = kept[at] or (kept[at + step] and _listed(reading, mentions[at], mentions[at + step]))
    return [Found(m.city, m.start, m.end) for m, keep in zip(mentions, kept, strict=True) if keep]


def _mentions(reading: Reading, known: Gazetteer) -> Iterator[_Mention]:
    words = list(_WORD.finditer(reading.text))
    at = 0
    while at < len(words):
        taken = 1
        for length in known.lengths.get(spell_out(words[at][0]), ()):
            run = words[at : at + length]
            spelling = known.spellings.get(tuple(spell_out(word[0]) for word in run))
            if spelling and _holds_together(reading.text, run) and not _is_street(reading.text, run):
                taken = length
                yield _Mention(run[0].start(), run[-1].end(), spelling.city, _is_sure(reading, spelling, run))
                break
        at += taken


def _holds_together(text: str, run: list[re.Match[str]]) -> bool:
    return all(_JOINT.fullmatch(text, left.end(), right.start()) for left, right in pairwise(run))


def _is_street(text: str, run: list[re.Match[str]]) -> bool:
    start, end = run[0].start(), run[-1].end()
    before = text[max(0, start - _BEFORE) : start]
    return bool(_STREET_BEFORE.search(before) or _TITLE_BEFORE.search(before) or _STREET_AFTER.match(text, end))


def _is_sure(reading: Reading, spelling: Spelling, run: list[re.Match[str]]) -> bool:
    if not spelling.need:
        return True
    capital = reading.as_typed(run[-1].start(), run[-1].start() + 1).isupper()
    if spelling.need == "capital":
        return capital
    text, start, end = reading.text, run[0].start(), run[-1].end()
    before, after = text[max(0, start - _BEFORE) : start], text[end : end + _AFTER]
    if spelling.city == QUEBEC:
        return _is_quebec_city(before, after)
    return bool(_TOWARDS.search(before)) or (capital and _stands_as_place(before, after, len(run[0][0]) < 4))


def _stands_as_place(before: str, after: str, is_short: bool) -> bool:
    """Tell whether a province follows, or a capitalised name stands alone on its line or between marks."""
    if _PROVINCE_AFTER.match(after):
        return True
    if is_short:  # an abbreviation: "de TR"
        return bool(_OF.search(before))
    return bool(_SEGMENT_START.search(before) and _SEGMENT_END.match(after))


def _is_quebec_city(before: str, after: str) -> bool:
    """Tell the city ("à Québec", "de Québec", "Lévis / Québec") from the province ("au Québec", "Laval, Québec")."""
    if _SCHEDULE_AFTER.match(after):
        return True
    if _PROVINCE_BEFORE.search(before):
        return False
    return bool(
        _TOWARDS.search(before) or _OF.search(before) or (_SEGMENT_START.search(before) and _SEGMENT_END.match(after))
    )


def _listed(reading: Reading, mention: _Mention, neighbour: _Mention) -> bool:
    """Tell whether a name stands in one list with its neighbour; "Laval, Québec" is no such list.

    It is typed like its neighbour, and is no common word where both are in small letters.
    """
    first, second = sorted((mention, neighbour), key=lambda one: one.start)
    if not reading.as_typed(mention.start, mention.start + 1).isupper():
        beside = reading.as_typed(neighbour.start, neighbour.start + 1)
        if beside.isupper() or reading.text[mention.start : mention.end] in small_words():
            return False
    gap = reading.text[first.end : second.start]
    if mention.city == QUEBEC and gap.strip() in {"", ",", "("} and mention is second:
        return False
    return bool(_LIST_GAP.fullmatch(gap))
