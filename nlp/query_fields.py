"""The fields of the query language: their names in French and English, and what may stand after the colon."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import get_args

from rapidfuzz.distance import OSA

from nlp.cities import canonical_city, gazetteer
from nlp.cities import key as name_words
from nlp.contacts import Contact, ContactKind, normal_contact, read_identifier
from nlp.fold import fold
from nlp.query_tree import BadQuery, Field, FieldName
from nlp.words import key

Target = FieldName | ContactKind
"""What a field's name stands for: a field of the index, or a kind of contact."""
CONTACT_KINDS: frozenset[str] = frozenset(get_args(ContactKind))

_NAMES: dict[Target, str] = {
    "places": "ville city",
    "lang": "langue lang language",
    "source": "source",
    "signals": "signal signaux",
    "criteria": "critère criterion criteria",
    "urgency": "urgence urgency",
    "region": "région region",
    "kind": "genre type kind",
    "verdict": "décision decision",
    "since": "après depuis after since",
    "until": "avant jusqu jusqua jusquau before until",
    "phone": "téléphone tel phone",
    "email": "courriel email mail",
    "handle": "pseudo handle",
}
_TARGETS: dict[str, Target] = {
    key(fold(name).text): target for target, names in _NAMES.items() for name in names.split()
}
_SPELLED = {key(fold(name).text): name for names in _NAMES.values() for name in names.split()}
_LEAST_LIKENESS = 4
"""Letters that a name needs before a slip in it is taken for one."""

_VALUES: dict[Target, dict[str, str]] = {
    "lang": {
        "fr": "fr fra fre français french",
        "en": "en eng anglais english",
        "mixed": "mixed mixte bilingue bilingual",
        "other": "other autre",
    },
    "signals": {
        "minor": "mineur minor minorité mineure",
        "recruitment": "recrutement recruitment",
        "distress": "détresse distress",
        "third_party": "tiers third_party",
    },
    "urgency": {
        "immediate": "immédiat immediate immédiate",
        "soon": "bientôt soon prioritaire",
        "routine": "routine courant courante",
        "none": "aucune none aucun",
    },
    "kind": {"ad": "annonce ad", "post": "message post publication"},
    "verdict": {  # the words of the pages first
        "dismiss": "écarter dismiss écarté écartée dismissed",
        "watch": "surveiller watch surveillé surveillée watched",
        "refer": "orienter orienté orientée référer refer référé référée referred",
        "escalate": "alerter escalate alerté alertée escalated",
        "": "aucune none aucun",
    },
}
_CODES: dict[Target, str] = {
    "signals": "value_signals",
    "urgency": "value_urgency",
    "kind": "value_kind",
    "verdict": "value_verdict",
}
FIELD_CODES = frozenset(_CODES.values())
"""Codes of `BadQuery` for a value that is not among those of its field."""
_LANGUAGES = {fold(name).text: code for code, names in _VALUES["lang"].items() for name in names.split()}
_LANGUAGE_REGION = re.compile(r"[-_].*")
_BETWEEN_WORDS = re.compile(r"[ -]")
_CRITERION = re.compile(r"[rmdcvx]\d\d")
_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_HANDLE = re.compile(r"[^\W_]|[\w.-]*[^\W_][\w.-]*")


def plain(value: str) -> str:
    """Return a name as it is compared: folded, with single spaces."""
    return " ".join(fold(value).text.split())


def values_of(target: Target) -> tuple[str, ...]:
    """Return what may stand after a field's colon, in words; nothing where anything may."""
    if target == "region":
        return tuple(sorted(set(_regions().values())))
    return tuple(name for names in _VALUES.get(target, {}).values() for name in names.split())


def place_key(city: str) -> str:
    """Return what a city is compared, indexed and searched by, whatever its spelling ("mtl", "St-Jérôme")."""
    return plain(plain(canonical_city(city) or city).replace("-", " "))


def language_code(name: str) -> str:
    """Return the code of a language given by code or name ("FR", "fr-CA", "anglais"), else the name, folded."""
    folded = plain(name)
    return _LANGUAGES.get(folded) or _LANGUAGES.get(_LANGUAGE_REGION.sub("", folded), folded)


def target_of(name: str) -> Target | None:
    """Return what the name before a colon stands for, accents, case and plural not counting; None if it is no field."""
    return _TARGETS.get(key(fold(name).text))


def meant_by(name: str) -> str | None:
    """Return the field's name that a name is one slip away from, if it is long enough to tell."""
    typed = key(fold(name).text)
    if len(typed) < _LEAST_LIKENESS:
        return None
    close = (known for known in _TARGETS if len(known) >= _LEAST_LIKENESS and OSA.distance(typed, known) == 1)
    return next((_SPELLED[known] for known in close), None)


def field_atom(target: Target, value: str, column: int) -> Field | Contact:
    """Return what a field asks for; raises `BadQuery` at the value's column if it is none of what it may be."""
    if target in CONTACT_KINDS:
        return _CONTACTS[target](value, column)
    if target in ("since", "until"):
        return Field(target, _day(value, column, last=target == "until"))
    return Field(target, _KEYWORDS[target](value, column))  # type: ignore[arg-type]  # no contact any more


def _one_of(target: Target) -> Callable[[str, int], str]:
    known = {_value_key(name): stored for stored, names in _VALUES[target].items() for name in names.split()}

    def read(value: str, column: int) -> str:
        if (typed := _value_key(value)) not in known:
            allowed = ", ".join(" or ".join(dict.fromkeys(names.split()[:2])) for names in _VALUES[target].values())
            raise BadQuery(_CODES[target], f"This value is not known; write {allowed}", column)
        return known[typed]

    return read


def _value_key(value: str) -> str:
    return key(_BETWEEN_WORDS.sub("_", plain(value)))


def _language(value: str, column: int) -> str:
    code = language_code(value)
    if code not in _VALUES["lang"]:
        raise BadQuery("value_lang", "The languages are fr, en, mixed, other", column)
    return code


def _criterion(value: str, column: int) -> str:
    if not _CRITERION.fullmatch(plain(value)):
        raise BadQuery("value_criteria", "Write a criterion of the grid, such as M05", column)
    return plain(value).upper()


@cache
def _regions() -> dict[tuple[str, ...], str]:
    return {name_words(region): region for region in gazetteer().regions.values()}


def _region(value: str, column: int) -> str:
    """Read a region of Québec by its name or by the first words of it, if they are those of one region only."""
    words = name_words(value)
    found = [region for known, region in _regions().items() if words and known[: len(words)] == words]
    if len(found) != 1:
        allowed = ", ".join(sorted(_regions().values()))
        raise BadQuery("value_region", f"The regions are {allowed}", column)
    return found[0]


def _place(value: str, column: int) -> str:
    if not any(char.isalnum() for char in plain(value)):
        raise BadQuery("value_places", "Write the name of a city", column)
    return place_key(value)


def _source(value: str, column: int) -> str:
    if not plain(value):
        raise BadQuery("value_source", "Write the name of a source", column)
    return plain(value)


_KEYWORDS: dict[Target, Callable[[str, int], str]] = {
    **{target: _one_of(target) for target in _CODES},
    "lang": _language,
    "criteria": _criterion,
    "region": _region,
    "places": _place,
    "source": _source,
}


def _day(value: str, column: int, *, last: bool) -> str:
    """Read a day, or a month by its first or last day, as an ISO day."""
    match = _DAY.fullmatch(plain(value))
    try:
        year, month = int(match[1]), int(match[2])  # type: ignore[index]  # the next line's except tells
        day = int(match[3]) if match and match[3] else monthrange(year, month)[1] if last else 1
        return date(year, month, day).isoformat()
    except (TypeError, ValueError):
        raise BadQuery("value_date", "Write a day as 2026-03-01, or a month as 2026-03", column) from None


def _phone(value: str, column: int) -> Contact:
    for found in read_identifier(value):
        if found.kind == "phone":
            return found
    raise BadQuery("value_phone", "Write a whole phone number", column)


def _email(value: str, column: int) -> Contact:
    if not _EMAIL.fullmatch(found := normal_contact("email", value).value):
        raise BadQuery("value_email", "Write a whole e-mail address", column)
    return Contact("email", found)


def _handle(value: str, column: int) -> Contact:
    if len(value.split()) != 1 or not _HANDLE.fullmatch(found := normal_contact("handle", value).value):
        raise BadQuery("value_handle", "Write one handle, with or without @", column)
    return Contact("handle", found)


_CONTACTS: dict[Target, Callable[[str, int], Contact]] = {"phone": _phone, "email": _email, "handle": _handle}
