"""Account names: "@lea.b", "insta: lea_b", "snap lea.b", "lea point b sur insta", "t.me/lea_b"; with their platform."""

from __future__ import annotations

import re

from nlp.entities.found import Found, Reading
from nlp.language import is_common_word
from nlp.lexicon import alternatives, word_lists

_LISTS = word_lists("handles")
PLATFORM_NAMES = {
    name: platform
    for platform, names in _LISTS.items()
    if platform not in {"linkers", "nobody", "pages"}
    for name in names
}
"""What platforms are called, folded ("ig", "insta"), and the platform that each name stands for."""
_NOBODY = frozenset(_LISTS["nobody"])
_PAGES = frozenset(_LISTS["pages"])
_PLATFORM = alternatives(PLATFORM_NAMES)
_POINT = r"(?: (?:point|dot|underscore|under score|tiret bas|barre en bas|souligne|tiret) )"
_PLAIN = r"[a-z0-9_](?:[a-z0-9._-]{0,28}[a-z0-9_])?"
_NAME = rf"{_PLAIN}(?:{_POINT}{_PLAIN}){{0,3}}(?:#[0-9]{{4}})?"
_AT = re.compile(rf"(?:(?<![a-z0-9._@/])@ ?|(?<![a-z0-9])arobas[ec]? )(?P<name>{_NAME})")
_NAMED = re.compile(
    rf"(?<![a-z0-9@.-])(?P<platform>{_PLATFORM})(?![a-z0-9.-])"
    rf"(?P<mark> ?(?:[:=>»(]|-+>|→|➡|👉|👻|📸|[^\w\s,.;!?'\"/&+)-]){{1,3}} ?)?"
    rf"(?P<link> {{0,2}}(?:(?:{alternatives(_LISTS['linkers'])}) ?[:=]? ?)| {{1,2}}|(?<=[^a-z]))"
    rf"(?P<name>{_NAME})(?![a-z0-9@'])"
)
_ADDRESS = re.compile(
    r"\b(?P<host>instagram\.com/|snapchat\.com/add/|tiktok\.com/@|facebook\.com/(?:profile\.php\?id=)?|fb\.com/|m\.me/|"
    rf"t\.me/|twitter\.com/|x\.com/|twitch\.tv/)(?P<name>{_PLAIN})"
)
_HOSTS = {"fb": "facebook", "m": "facebook", "t": "telegram", "x": "twitter"}
_BEFORE = re.compile(rf"\b(?P<platform>{_PLATFORM})\b[^a-z0-9\n]{{0,4}}(?:[a-z']{{1,8}} ){{0,2}}[^a-z0-9\n]{{0,3}}\Z")
_AFTER = re.compile(rf" ?\(?(?:(?:sur|on|su|via) (?:mon |my )?)?(?P<platform>{_PLATFORM})\b")
_ENDS = re.compile(r"\s*(?:$|[\n,.;!?)|/&+]|[^\w\s'\"(:-])")
_SPELLED = ((re.compile(r" (?:point|dot) "), "."), (re.compile(r" tiret (?!bas )"), "-"), (re.compile(_POINT), "_"))
_HOUR = re.compile(r"[0-9]+ ?(?:h[0-9]*|am|pm|ans|k)?")
_REACH = 40


def find_handles(reading: Reading) -> list[Found]:
    """Return the account names as typed, without @, spelled signs as signs.

    The extra says the platform, "unknown" when the text names none. A name that "@" marks is always one; after a bare
    platform ("snap lea.b") it must look like an account name, not like the next word of the sentence.
    """
    text = reading.text
    addresses = (match for match in _ADDRESS.finditer(text) if match["name"] not in _PAGES)
    found = [_found(reading, match, _host(match["host"])) for match in addresses]
    found += [
        _found(reading, match, PLATFORM_NAMES[match["platform"]])
        for match in _NAMED.finditer(text)
        if _is_account(match)
    ]
    return found + [
        _found(reading, match, _platform_near(match)) for match in _AT.finditer(text) if _is_someone(match["name"])
    ]


def _found(reading: Reading, match: re.Match[str], platform: str) -> Found:
    start, end = match.span("name")
    value = reading.as_typed(start, end)
    if " " in value:
        value = _signs(match["name"])
    return Found(value, start, end, (("platform", platform),))


def _signs(name: str) -> str:
    for pattern, sign in _SPELLED:
        name = pattern.sub(sign, name)
    return name


def _host(address: str) -> str:
    name = address.partition(".")[0]
    return _HOSTS.get(name, name)


def _platform_near(match: re.Match[str]) -> str:
    """Return the platform named just before or after the account, or "unknown"."""
    before = _BEFORE.search(match.string, max(0, match.start() - _REACH), match.start())
    named = before or _AFTER.match(match.string, match.end())
    return PLATFORM_NAMES[named["platform"]] if named else "unknown"


def _is_someone(name: str) -> bool:
    return name not in _NOBODY and len(name) > 1 and not _HOUR.fullmatch(name)


def _is_account(match: re.Match[str]) -> bool:
    """Tell "snap lea.b" and "insta : leab" from "snap moi" and "discord c'est un virus"."""
    name = match["name"]
    if not _is_someone(name) or is_common_word(name) or len(name) < 3:
        return False
    if any(char.isdigit() or char in "._" for char in name) or " " in name:
        return True
    if match["mark"]:
        return True
    return bool(match["link"].strip()) and bool(_ENDS.match(match.string, match.end()))
