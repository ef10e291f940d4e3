"""E-mail addresses, also spelled out: "lea point b arobase courriel point example", "lea (at) courriel dot example"."""

from __future__ import annotations

import re
from bisect import bisect_left

from nlp.entities.found import Found, Reading
from nlp.lexicon import alternatives, word_lists

_LISTS = word_lists("emails")
_TOP_LEVELS = alternatives(_LISTS["top_levels"])
_SIGN = r" {0,2}@ {0,2}"
_SPELLED_AT = (
    r"[ _*.-]{0,3}[(\[{<|*/_~-]{1,2} {0,2}(?:at|arr?oba[scz]{1,2}e?s?|a commercial|chez|@|a) {0,2}"
    r"[)\]}>|*/_~-]{1,2}[ _*.-]{0,3}"
)
_WORD_AT = r" {1,2}(?:arr?oba[scz]{1,2}e?s?|a commercial|at sign) {1,2}"
_PREPOSITION = r" {1,2}(?:at|chez) {1,2}"
_SPOKEN_POINT = r" {0,2}[(\[{<*/~_-]? {0,2}(?<![a-z0-9])(?:dot|point|pt|punto)(?![a-z0-9]) {0,2}[)\]}>*/~_-]? {0,2}"
_POINT = rf"(?:{_SPOKEN_POINT}| \. |\.|[(\[{{]\.[)\]}}])"
_LOW_LINE = (
    r"(?:under ?score|tiret (?:du |d'en |en )?bas|sous[ -]?tiret|trait bas|barre (?:du |d'en |en )?bas|"
    r"barre de soulignement|soulign?e)"
)
_HYPHEN = r"(?:tiret|trait d'union|dash|hyphen|moins)"
_JOIN = rf"(?:{_POINT}| {{1,2}}(?:{_LOW_LINE}|{_HYPHEN}|plus) {{1,2}})"
_LABEL = r"[a-z0-9](?:[a-z0-9%+]|[_-](?!(?:dot|point)[_-])){0,40}+"
_AT = re.compile(rf"(?P<sign>{_SPELLED_AT}|{_SIGN}|{_WORD_AT})|(?P<preposition>{_PREPOSITION})")
_LOCAL = re.compile(rf"(?<![a-z0-9@._%+-]){_LABEL}(?:{_JOIN}{_LABEL}){{0,4}}\Z")
_LETTERS = re.compile(r"(?<![a-z0-9'])[a-z0-9](?: [a-z0-9]){2,30}\Z")
"""A name spelled letter by letter."""
_DOMAIN = re.compile(rf"{_LABEL}(?:{_POINT}{_LABEL}){{0,3}}{_POINT}(?:{_TOP_LEVELS})(?![a-z0-9])")
_REACH = 120
"""Characters before the at sign in which the local part is looked for."""
_PLAIN = re.compile(r"(?<![a-z0-9._%+-])[a-z0-9][a-z0-9._%+-]{0,63}@(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,12}(?![a-z0-9-])")
_SIGNS = ("@", "aroba", "arroba", "a commercial")
_POINT_WORDS = ("dot", "point", "pt", "punto")
_BRACKETED_AT = re.compile(r"[(\[{<|*/_~-] {0,2}(?:at|a|chez)\b")
_SAID_POINT = re.compile(r"\b(?:dot|point|pt|punto)\b")
_NO_NAMES = frozenset(_LISTS["no_names"])
_BEFORE_NOUNS = re.compile(r"\b(?:the|a|an|our|my|your|his|her|their|this|that|la|le|les) {0,2}\Z")
_NO_PLAIN_WORD = re.compile(rf"[._]|[0-9]|\b(?:dot|point|{_LOW_LINE}|{_HYPHEN})\b")
_CUE = re.compile(r"\b(?:courriel|e-?mail|mail|adresse|address)\b")
_JOINERS = (
    (re.compile(rf"{_SPOKEN_POINT}|[(\[{{]\.[)\]}}]| \. "), "."),
    (re.compile(rf" {{1,2}}{_LOW_LINE} {{1,2}}"), "_"),
    (re.compile(rf" {{1,2}}{_HYPHEN} {{1,2}}"), "-"),
    (re.compile(r" {1,2}plus {1,2}"), "+"),
)


def find_emails(reading: Reading) -> list[Found]:
    """Return the addresses with lower-case values; plain ones first, then spelled ones elsewhere in the text."""
    text = reading.text
    if not _may_hold_address(text):
        return []
    plain = [Found(match[0], match.start(), match.end()) for match in _PLAIN.finditer(text)]
    spelled = (_spelled(at, text) for at in _AT.finditer(text))
    return plain + [found for found in spelled if found is not None and not _covered(found, plain)]


def _may_hold_address(text: str) -> bool:
    """Look fast for what every address has: a sign, or a spoken point, or an "at" in brackets."""
    return any(part in text for part in (*_SIGNS, *_POINT_WORDS)) or _BRACKETED_AT.search(text) is not None


def _covered(found: Found, plain: list[Found]) -> bool:
    at = bisect_left(plain, found.start, key=lambda other: other.end)
    return at < len(plain) and plain[at].start < found.end


def _spelled(at: re.Match[str], text: str) -> Found | None:
    domain = _DOMAIN.match(text, at.end())
    if not domain:
        return None
    start = max(0, at.start() - _REACH)
    before = text[start : at.start()]
    local = _LETTERS.search(before) or _LOCAL.search(before)
    if not local:
        return None
    if at["preposition"] and not _means_an_address(at[0].strip(), local[0], domain[0], local.string[: local.start()]):
        return None
    return Found(f"{_join(local[0])}@{_join(domain[0])}", start + local.start(), domain.end())


def _means_an_address(preposition: str, local: str, domain: str, before: str) -> bool:
    """Tell "lea at courriel dot example" from "the shop at boutique.example"; a bare "at" or "chez" proves nothing."""
    if not _SAID_POINT.search(domain) or before.endswith("'"):  # "I'm at work dot com"
        return False
    if _NO_PLAIN_WORD.search(local):
        return True
    if preposition == "chez" and not _CUE.search(before):
        return False
    return local not in _NO_NAMES and not _BEFORE_NOUNS.search(before)


def _join(spelled: str) -> str:
    for pattern, sign in _JOINERS:
        spelled = pattern.sub(sign, spelled)
    return spelled.replace(" ", "")
