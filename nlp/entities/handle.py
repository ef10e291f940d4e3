"""Account names: "@lea.b", "insta: lea_b", "snap lea.b", "lea point b sur insta", "t.me/lea_b"; with their platform."""

from __future__ import annotations

import re

from nlp.entities.found import Found, Reading
from nlp.frequencies import frequencies, small_words
from nlp.language import is_common_word
from nlp.lexicon import alternatives, word_lists
from nlp.tokens import stem

_LISTS = word_lists("handles")
PLATFORM_NAMES = {
    name: platform
    for platform, names in _LISTS.items()
    if platform not in {"linkers", "labels", "nobody", "pages"}
    for name in names
}
"""What platforms are called, folded ("ig", "insta"), and the platform that each name stands for."""


def _shortest(words: list[str]) -> tuple[str, ...]:
    """Leave out the words that hold another one."""
    return tuple(word for word in words if not any(other in word for other in words if other != word))


_SHORT = {"sc": "snapchat", "tt": "tiktok", "👻": "snapchat", "📸": "instagram"}
"""What stands for a platform only right before an account."""
_NOBODY = frozenset(_LISTS["nobody"])
_PAGES = frozenset(_LISTS["pages"])
_PLATFORM = alternatives(PLATFORM_NAMES)
_SIGN = (
    r"(?: (?:point|dot|underscore|under score|tiret (?:du |d'en |en )?bas|sous[ -]?tiret|trait bas|"
    r"barre (?:du |d'en |en )?bas|souligne|tiret|trait d'union) )"
)
_PLAIN = r"[a-z0-9_](?:[a-z0-9._-]{0,28}[a-z0-9_])?"
_NAME = rf"{_PLAIN}(?:{_SIGN}{_PLAIN}){{0,3}}(?:#[0-9]{{4}})?"
_AT = re.compile(rf"(?:(?<![a-z0-9._@/])@(?P<space> ?)|(?<![a-z0-9])arobas[ec]?(?P<word> ))(?P<name>{_NAME})")
_MARK = r"(?: ?(?:[:=>»(]|-+>|→|➡|👉|👻|📸|[^\w\s,.;!?'\"/&+)-])){1,4}"
_LINKER = rf"(?:{alternatives(_LISTS['linkers'])})(?![a-z0-9_.'-])"
_NAMED = re.compile(
    rf"(?<![a-z0-9@.-])(?P<platform>{_PLATFORM})(?![a-z0-9.]|-[a-z0-9])(?P<mark>{_MARK})?"
    rf"(?P<link>(?:,? {{0,2}}(?<![a-z]){_LINKER} ?[:=]?){{0,3}})(?: ?-(?= ))? {{0,2}}"
    rf"(?<![a-z0-9'])(?P<name>{_NAME})(?![a-z0-9@'])"
)
_LABELLED = re.compile(
    rf"(?<![a-z0-9@.-])(?:(?P<short>{alternatives(_SHORT)}) ?[:=]|"
    rf"(?:mon|my) (?P<mine>{alternatives(_SHORT)}) (?:is|est|c'est)|{alternatives(_LISTS['labels'])}"
    rf"(?: {{0,2}}{_LINKER}){{0,2}} ?[:=]?|(?P<emoji>[👻📸])) {{0,2}}(?<![a-z0-9])(?P<name>{_NAME})(?![a-z0-9@'])"
)
_ADDRESS = re.compile(
    r"\b(?P<host>instagram\.com/|snapchat\.com/add/|tiktok\.com/@|facebook\.com/(?:profile\.php\?id=)?|fb\.com/|m\.me/|"
    rf"t\.me/|twitter\.com/|x\.com/|twitch\.tv/|kik\.me/|threads\.net/@|youtube\.com/@)(?P<name>{_PLAIN})"
)
_NAMES = [*PLATFORM_NAMES, *_SHORT, *_LISTS["labels"]]
_HINTS = _shortest(["@", "arobas", ".com/", ".me/", ".tv/", ".net/", *(name for name in _NAMES if len(name) != 2)])
_SHORT_HINT = re.compile(rf"(?<![a-z])(?:{alternatives(name for name in _NAMES if len(name) == 2)})(?![a-z])")
"""One of these is in every text that names an account; looking for them is fast."""
_HOSTS = {"fb": "facebook", "m": "facebook", "t": "telegram", "x": "twitter"}
_ANY_PLATFORM = re.compile(rf"\b(?P<platform>{_PLATFORM})\b")
_NAME_BEFORE = re.compile(
    rf"(?<![a-z0-9@._/-])(?P<name>{_NAME}) {{1,2}}(?:(?:sur|on|su|via|est|is|c'est) )?(?:(?:mon|my|le) )?\(?\Z"
)
_AFTER_COLON = re.compile(r"[:=] {0,2}(?P<name>(?=[a-z0-9.]*_)[a-z0-9_](?:[a-z0-9._]{0,28}[a-z0-9_]))(?![a-z0-9@])")
_POSSESSED = re.compile(r"\b(?:mon|my|notre|our|nouveau|nouvel|new) \Z")
_ACCOUNT_NOUN = re.compile(r"\b(?:name|nom|user|username|pseudo|id|handle|add|arobase|under)\b")
_BEFORE = re.compile(rf"\b(?P<platform>{_PLATFORM})\b[^a-z0-9\n]{{0,4}}(?:[a-z']{{1,8}} ){{0,2}}[^a-z0-9\n]{{0,3}}\Z")
_AFTER = re.compile(rf" ?(?P<said>\(|(?:sur|on|su|via) (?:mon |my )?)?(?P<platform>{_PLATFORM})\b")
_ENDS = re.compile(r"\s*(?:$|[\n,.;!?)|/&+]|[^\w\s'\"(:-])")
_FOLLOWERS = (
    "pour|for|stp|svp|plz|pls|please|et|and|pis|ou|or|si|if|dm|mp|ajoute|add|ecris|ecrivez|text|texte|xx?o?|lol|merci"
)
_GOES_ON = re.compile(rf"{_ENDS.pattern}| (?:{_FOLLOWERS}|{_PLATFORM})\b")
_OFTEN = 1 / 275
"""Share of posts in which a word stands that is hardly an account, whatever stands before it."""
_SPELLED = (
    (re.compile(r" (?:point|dot) "), "."),
    (re.compile(r" (?:tiret(?! (?:du |d'en |en )?bas )|trait d'union) "), "-"),
    (re.compile(_SIGN), "_"),
)
_SIGNS_OUT = re.compile(_SIGN)
_HOUR = re.compile(r"[0-9]+ ?(?:h[0-9]*|am|pm|ans|k)?")
_SITE = re.compile(r"www\.|(?:t|m|wa|kik)\.me\Z|.*\.(?:com|ca|net|org|example|test)\Z")
_REACH = 40


def find_handles(reading: Reading) -> list[Found]:
    """Return the account names as typed, without @, spelled signs as signs.

    The extra says the platform, "unknown" when the text names none. A name that "@" marks is always one; after a bare
    platform ("snap lea.b") it must look like an account name, not like the next word of the sentence.
    """
    text = reading.text
    if not any(hint in text for hint in _HINTS) and not _SHORT_HINT.search(text):
        return []
    addresses = (match for match in _ADDRESS.finditer(text) if match["name"] not in _PAGES)
    found = [_found(reading, match, _host(match["host"])) for match in addresses]
    found += [
        _found(reading, match, PLATFORM_NAMES[match["platform"]])
        for match in _NAMED.finditer(text)
        if _is_account(reading, match)
    ]
    found += [_found(reading, match, _platform_of(match)) for match in _LABELLED.finditer(text) if _is_labelled(match)]
    found += [*_before_platforms(reading), *_after_colons(reading)]
    return found + [
        _found(reading, match, _platform_near(match)) for match in _AT.finditer(text) if _is_mention(reading, match)
    ]


def _before_platforms(reading: Reading) -> list[Found]:
    """Return the accounts that stand before the name of their platform: "lea_b sur snap", "lea.b est mon insta"."""
    found = []
    for named in _ANY_PLATFORM.finditer(reading.text):
        match = _NAME_BEFORE.search(reading.text, max(0, named.start() - _REACH), named.start())
        if match and not {".", "_", " "}.isdisjoint(match["name"]) and _is_someone(match["name"]):
            found.append(_found(reading, match, PLATFORM_NAMES[named["platform"]]))
    return found


def _after_colons(reading: Reading) -> list[Found]:
    """Return the names with a low line after a colon near a platform: "new insta, old one gone: lea_b"."""
    found = []
    for match in _AFTER_COLON.finditer(reading.text) if "_" in reading.text else ():
        near = _ANY_PLATFORM.search(reading.text, max(0, match.start() - 60), match.end() + _REACH)
        if near and _is_someone(match["name"]):
            found.append(_found(reading, match, PLATFORM_NAMES[near["platform"]]))
    return found


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
    after = _AFTER.match(match.string, match.end())
    named = after if after and after["said"] else before or after
    return PLATFORM_NAMES[named["platform"]] if named else "unknown"


def _platform_of(match: re.Match[str]) -> str:
    """Return the platform that a short label stands for, or the last one named before "mon user"."""
    if short := match["short"] or match["emoji"]:
        return _SHORT[short]
    named = _ANY_PLATFORM.findall(match.string, max(0, match.start() - _REACH), match.start())
    return PLATFORM_NAMES[named[-1]] if named else "unknown"


def _is_someone(name: str) -> bool:
    return (
        name not in _NOBODY
        and len(name) > 1
        and not is_common_word(name)
        and any(map(str.isalpha, name))
        and not _HOUR.fullmatch(name)
        and not _SITE.match(name)
        and not (" " in name and is_common_word(_SIGNS_OUT.split(name)[0]))
    )


def _has_sign(name: str) -> bool:
    """Tell whether a name is spelled as no word is: with a digit, a dot or a low line, or with the word for one."""
    return any(char.isdigit() or char in "._" for char in name) or " " in name


def _is_account(reading: Reading, match: re.Match[str]) -> bool:
    """Tell "snap lea.b" and "insta : leab" from "snap moi" and "discord c'est un virus"."""
    name = match["name"]
    if not _is_someone(name) or len(name) < 3:
        return False
    if _has_sign(name):
        return True
    if match["mark"]:
        return bool(_GOES_ON.match(match.string, match.end())) and not (
            _is_full_name(reading, match) or _is_usual(name)
        )
    owned = _ACCOUNT_NOUN.search(match["link"]) or (
        match["link"] and _POSSESSED.search(match.string, max(0, match.start() - _REACH), match.start())
    )
    return bool(owned) and name not in small_words() and bool(_ENDS.match(match.string, match.end()))


def _is_usual(name: str) -> bool:
    counted = frequencies()
    return counted.stems.get(stem(name), 0) >= _OFTEN * counted.posts


def _is_full_name(reading: Reading, match: re.Match[str]) -> bool:
    """Tell "fb: Léa Roy", the name of a person, from "insta: Lea"."""
    typed = reading.as_typed(match.start("name"), min(match.end("name") + 2, len(match.string)))
    return typed[:1].isupper() and typed[-2:-1] == " " and typed[-1:].isupper()


def _is_labelled(match: re.Match[str]) -> bool:
    name = match["name"]
    return (
        _is_someone(name)
        and len(name) > 2
        and (not {".", "_", " "}.isdisjoint(name) if match["emoji"] else _has_sign(name))
    )


def _is_mention(reading: Reading, match: re.Match[str]) -> bool:
    """Tell "@lea" and "insta @ lea" from "@ bientôt", "arobase est un mot" and "@école": no account has an accent."""
    name = match["name"]
    if not _is_someone(name) or (not _has_sign(name) and not reading.as_typed(*match.span("name")).isascii()):
        return False
    if not (match["space"] or match["word"]) or _has_sign(name):
        return True
    return name not in small_words() and _platform_near(match) != "unknown"
