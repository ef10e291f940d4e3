"""E-mail addresses, also spelled out: "lea point b arobase courriel point example", "lea (at) courriel dot example"."""

from __future__ import annotations

import re
from bisect import bisect_left

from nlp.entities.found import Found, Reading
from nlp.lexicon import alternatives, word_lists

_LISTS = word_lists("emails")
_TOP_LEVELS = alternatives(_LISTS["top_levels"])
_SIGN = r" {0,2}@ {0,2}"
_SPELLED_AT = r"[ _*.-]{0,3}[(\[{<|*_~-]{1,2} {0,2}(?:at|arobase?|a commercial|@|a) {0,2}[)\]}>|*_~-]{1,2}[ _*.-]{0,3}"
_WORD_AT = r" {1,2}(?:arr?obas[ecz]?e?s?|a commercial|at sign) {1,2}"
_ENGLISH_AT = r" {1,2}at {1,2}"
_POINT = r"(?: {0,2}[(\[{<]? {0,2}\b(?:dot|point|pt|punto)\b {0,2}[)\]}>]? {0,2}| \. |\.|[(\[{]\.[)\]}])"
_JOIN = rf"(?:{_POINT}| {{1,2}}(?:underscore|tiret bas|barre en bas|soulign?e|tiret|dash|hyphen|moins|plus) {{1,2}})"
_LABEL = r"[a-z0-9][a-z0-9_%+-]{0,40}+"
_AT = re.compile(rf"(?P<sign>{_SPELLED_AT}|{_SIGN}|{_WORD_AT})|(?P<english>{_ENGLISH_AT})")
_LOCAL = re.compile(rf"(?<![a-z0-9@._%+-]){_LABEL}(?:{_JOIN}{_LABEL}){{0,4}}\Z")
_DOMAIN = re.compile(rf"{_LABEL}(?:{_POINT}{_LABEL}){{0,3}}{_POINT}(?:{_TOP_LEVELS})(?![a-z0-9])")
_REACH = 120
"""Characters before the at sign in which the local part is looked for."""
_PLAIN = re.compile(r"(?<![a-z0-9._%+-])[a-z0-9][a-z0-9._%+-]{0,63}@(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,12}(?![a-z0-9-])")
_ANY_AT = re.compile(r"@|\bat\b|\barr?oba|\ba commercial\b|[(\[{]a[)\]}]")
_SPOKEN_POINT = re.compile(r"\b(?:dot|point|pt|punto)\b")
_NO_NAMES = frozenset(_LISTS["no_names"])
_BEFORE_NOUNS = re.compile(r"\b(?:the|a|an|our|my|your|his|her|their|this|that|la|le|les) {0,2}\Z")
_NO_PLAIN_WORD = re.compile(r"[._]|[0-9]|\bdot\b|\bpoint\b")
_JOINERS = (
    (re.compile(r" {0,2}[(\[{<]? {0,2}\b(?:dot|point|pt|punto)\b {0,2}[)\]}>]? {0,2}|[(\[{]\.[)\]}]| \. "), "."),
    (re.compile(r" {1,2}(?:underscore|tiret bas|barre en bas|soulign?e) {1,2}"), "_"),
    (re.compile(r" {1,2}(?:tiret|dash|hyphen|moins) {1,2}"), "-"),
    (re.compile(r" {1,2}plus {1,2}"), "+"),
)


def find_emails(reading: Reading) -> list[Found]:
    """Return the addresses with lower-case values; plain ones first, then spelled ones elsewhere in the text."""
    text = reading.text
    if not _ANY_AT.search(text):
        return []
    plain = [Found(match[0], match.start(), match.end()) for match in _PLAIN.finditer(text)]
    spelled = (_spelled(at, text) for at in _AT.finditer(text))
    return plain + [found for found in spelled if found is not None and not _covered(found, plain)]


def _covered(found: Found, plain: list[Found]) -> bool:
    at = bisect_left(plain, found.start, key=lambda other: other.end)
    return at < len(plain) and plain[at].start < found.end


def _spelled(at: re.Match[str], text: str) -> Found | None:
    domain = _DOMAIN.match(text, at.end())
    if not domain:
        return None
    start = max(0, at.start() - _REACH)
    local = _LOCAL.search(text[start : at.start()])
    if not local or (at["english"] and not _means_an_address(local[0], domain[0], local.string[: local.start()])):
        return None
    return Found(f"{_join(local[0])}@{_join(domain[0])}", start + local.start(), domain.end())


def _means_an_address(local: str, domain: str, before: str) -> bool:
    """Tell "lea at courriel dot example" from "the shop at boutique.example"; a bare "at" proves nothing."""
    if not _SPOKEN_POINT.search(domain):
        return False
    if _NO_PLAIN_WORD.search(local):
        return True
    return local not in _NO_NAMES and not _BEFORE_NOUNS.search(before)


def _join(spelled: str) -> str:
    for pattern, sign in _JOINERS:
        spelled = pattern.sub(sign, spelled)
    return spelled.replace(" ", "")
