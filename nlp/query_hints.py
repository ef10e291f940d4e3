"""What a person may have meant who typed a query: hints, each with the query put right where that can be done.

A hint is a guess and changes nothing: a query with hints is still searched as it stands. No index is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from rapidfuzz.distance import OSA

from nlp.cities import canonical_city, gazetteer
from nlp.contacts import read_identifier
from nlp.emerging.terms import function_words
from nlp.entities.handle import PLATFORM_NAMES
from nlp.fold import fold
from nlp.frequencies import small_words
from nlp.query import parse
from nlp.query_fields import meant_by, place_key, plain, target_of, values_of
from nlp.query_lexer import Lexeme, lexemes
from nlp.query_scan import FoundField, Typed, fields_of
from nlp.query_tree import BadQuery, Field, Word

HintCode = Literal[
    "city_meant",
    "city_unknown",
    "contact_handle",
    "contact_phone",
    "phone_short",
    "field_meant",
    "field_words",
    "field_none",
    "value_meant",
    "quote_closed",
    "or_capitals",
    "and_capitals",
    "only_common",
]
HINT_CODES: tuple[HintCode, ...] = get_args(HintCode)

_LEAST_LETTERS = {1: 4, 2: 9}
"""Letters that a name needs before so many slips in it are taken for slips."""
_MOST = 3
"""Names that are offered for one that is not known."""
_DOTTED = re.compile(r"[^\W\d_]\w+(?:\.\w{2,})+")
_LEAST_HANDLE = 6
"""Letters of a handle with a dot; what is shorter is taken for an abbreviation ("sec.4")."""
_SITE = re.compile("ca|com|net|org|info|biz|io|me|gg|ly|app|link|xyz|site|online|club|tv|co|fr|uk|us|example|test")
_AROUND = ".,;:!?'"
_YEAR = re.compile(r"(?:19|20)\d\d")
_DATE = re.compile(r"(?:19|20)\d\d\D?[01]?\d\D?[0-3]?\d|[0-3]?\d\D[01]?\d\D(?:19|20)\d\d")
_SHORT_PHONE, _WHOLE_PHONE = 7, 10
_NAMED = re.compile(r"(?P<name>[^\W\d_][\w-]{1,28}):(?P<value>[^\W_].*)", re.DOTALL)
_CAPITALS: dict[str, HintCode] = {"ou": "or_capitals", "or": "or_capitals", "et": "and_capitals", "and": "and_capitals"}


@dataclass(frozen=True, slots=True)
class Hint:
    """A guess about text[start:end] of a query; `fixed` is the whole query put right, None where a person must."""

    code: HintCode
    start: int
    end: int
    text: str
    meant: str = ""
    fixed: str | None = None


def hints_of(text: str) -> list[Hint]:
    """Return what may have been meant otherwise, in the order of the query, also of one that cannot be read."""
    try:
        query = parse(text)
    except BadQuery as error:
        return [*_of_error(text, error)]
    typed = Typed(text)
    found = [*_of_fields(typed), *_of_words(typed, lexemes(text))]
    known = [atom for atom in query.atoms if not (isinstance(atom, Word) and atom.key in function_words())]
    if query.atoms and not known:
        found.append(Hint("only_common", 0, len(text), text.strip()))
    return sorted(found, key=lambda hint: hint.start)


def near_cities(name: str) -> list[str]:
    """Return up to three cities that a name nobody knows is a slip or two away from; none for one that is known."""
    if canonical_city(name) is not None:
        return []
    spelled = ((" ".join(words), one.city) for words, one in gazetteer().spellings.items())
    return _nearest(place_key(name), spelled)


def _nearest(typed: str, known: Iterable[tuple[str, str]]) -> list[str]:
    """Return what the spellings that are fewest slips away stand for."""
    most = max((slips for slips, letters in _LEAST_LETTERS.items() if len(typed) >= letters), default=0)
    found: dict[str, int] = {}
    for spelling, meant in known:
        if len(spelling) >= _LEAST_LETTERS[1] and (slips := OSA.distance(typed, spelling, score_cutoff=most)) <= most:
            found[meant] = min(slips, found.get(meant, slips))
    least = min(found.values(), default=0)
    return sorted(meant for meant, slips in found.items() if slips == least)[:_MOST]


def _of_fields(typed: Typed) -> Iterator[Hint]:
    for found in fields_of(typed):
        if isinstance(found.atom, Field) and found.atom.name == "places":
            yield from _of_city(typed, found)


def _of_city(typed: Typed, found: FoundField) -> Iterator[Hint]:
    start, end = found.value
    name = typed.text[start:end].strip('"«»“” ')
    if canonical_city(name) is not None:
        return
    near = near_cities(name)
    for city in near:
        yield _put_right("city_meant", typed.text, (start, end), f'"{city}"', name, city)
    if not near:
        yield Hint("city_unknown", start, end, name)


def _of_words(typed: Typed, found: list[Lexeme]) -> Iterator[Hint]:
    yield from _of_numbers(typed, found)
    for at, lexeme in enumerate(found):
        start = lexeme.column - 1
        if lexeme.kind != "word":
            continue
        chunk = typed.text[start : typed.word_end(start)].rstrip(_AROUND)
        if chunk in _CAPITALS and _stands_between(found, at):
            meant = chunk.upper()
            yield _put_right(_CAPITALS[chunk], typed.text, (start, start + len(chunk)), meant, chunk, meant)
        elif _looks_like_handle(chunk):
            yield _as_handle(typed.text, start, chunk, chunk)
        elif named := _NAMED.fullmatch(chunk):
            yield from _of_name(typed.text, start, chunk, named)


def _stands_between(found: list[Lexeme], at: int) -> bool:
    """Tell whether a word stands between two terms, as an operator would."""
    sides = [one.kind for one in (*found[max(at - 1, 0) : at], *found[at + 1 : at + 2])]
    return 0 < at < len(found) - 1 and sides[0] not in ("or", "minus", "open") and sides[1] not in ("or", "close")


def _looks_like_handle(chunk: str) -> bool:
    """Tell a handle with a dot from an abbreviation, a site's address and two sentences without a space."""
    if not _DOTTED.fullmatch(chunk) or sum(map(str.isalpha, chunk)) < _LEAST_HANDLE:
        return False
    parts = chunk.split(".")
    if _SITE.fullmatch(parts[-1].lower()) or (any(part[0].isupper() for part in parts[1:]) and not chunk[0].isupper()):
        return False
    return any(fold(part).text not in small_words() for part in parts)


def _as_handle(text: str, start: int, chunk: str, handle: str) -> Hint:
    field = f"pseudo:{handle}"
    return _put_right("contact_handle", text, (start, start + len(chunk)), field, handle, field)


def _of_name(text: str, start: int, chunk: str, named: re.Match[str]) -> Iterator[Hint]:
    """Tell what becomes of a name before a colon that is no field's: it is a word, or a platform."""
    name, value = named["name"], named["value"]
    if fold(name).text in PLATFORM_NAMES:
        if re.fullmatch(r"[\w.-]{2,30}", value):
            yield _as_handle(text, start, chunk, value)
    elif target_of(name) is None:
        yield Hint("field_none", start, start + len(chunk), f"{name}:")


def _of_numbers(typed: Typed, found: list[Lexeme]) -> Iterator[Hint]:
    """Yield what looks like a phone number and was not read as one: it would be searched as words."""
    run: list[Lexeme] = []
    for lexeme in (*found, None):
        if lexeme and lexeme.kind == "word" and all(map(str.isdigit, lexeme.words)):
            run.append(lexeme)
            continue
        yield from _of_number(typed, run)
        run = []


def _of_number(typed: Typed, run: list[Lexeme]) -> Iterator[Hint]:
    words = [word for lexeme in run for word in lexeme.words]
    digits = "".join(words)
    if len(digits) < _SHORT_PHONE or all(map(_YEAR.fullmatch, words)):
        return
    start, end = run[0].column - 1, typed.word_end(run[-1].column - 1)
    text = typed.text[start:end].rstrip(_AROUND)
    if _DATE.fullmatch(text):
        return
    whole = len(digits) >= _WHOLE_PHONE and any(one.kind == "phone" for one in read_identifier(text))
    if whole and '"' not in text:
        yield _put_right("contact_phone", typed.text, (start, start + len(text)), f'tel:"{text}"', text, f"tel:{text}")
    else:
        yield Hint("phone_short", start, start + len(text), text)


# --- queries that cannot be read -----------------------------------------------------------------------------------


def _of_error(text: str, error: BadQuery) -> Iterator[Hint]:
    at = error.column - 1
    made = _ERRORS.get(error.code, _of_value if error.code.startswith("value_") else None)
    if made is not None and 0 <= at < len(text):
        yield from (hint for hint in made(text, at) if hint.fixed != text)


def _of_open_quote(text: str, at: int) -> Iterator[Hint]:
    yield Hint("quote_closed", at, len(text), text[at : at + 1], fixed=f'{text.rstrip()}"')


def _of_slip(text: str, at: int) -> Iterator[Hint]:
    """Yield the field that was meant, and the words as words."""
    end = Typed(text).word_end(at)
    chunk = text[at:end]
    name, _, value = chunk.partition(":")
    if meant := meant_by(name):
        yield _put_right("field_meant", text, (at, at + len(name)), meant, f"{name}:", f"{meant}:")
    if value:
        yield _put_right("field_words", text, (at, end), f'"{name}: {value}"', chunk, f'"{name}: {value}"')


def _of_value(text: str, at: int) -> Iterator[Hint]:
    """Yield the values of the field that the one that is none of them is a slip or two away from."""
    typed = Typed(text)
    quoted = typed.plain[at] == '"'
    end = (typed.closing(at) or len(text)) + 1 if quoted else typed.word_end(at)
    name = re.search(r"([^\s\"():]+)\s?:\s*\Z", text[:at])
    target = target_of(name[1].lstrip("-")) if name else None
    if target is None:
        return
    value = text[at:end].strip('"«»“” ').rstrip(_AROUND)
    for meant in _nearest(plain(value), ((plain(one), one) for one in values_of(target))):
        told = f'"{meant}"' if " " in meant else meant
        yield _put_right("value_meant", text, (at, end), told, value, meant)


_ERRORS: dict[str, Callable[[str, int], Iterator[Hint]]] = {"open_quote": _of_open_quote, "field_unknown": _of_slip}


def _put_right(code: HintCode, text: str, span: tuple[int, int], instead: str, shown: str, meant: str) -> Hint:
    """Return a hint whose fix puts something else in the place of a span and keeps the rest."""
    start, end = span
    return Hint(code, start, end, shown, meant, f"{text[:start]}{instead}{text[end:]}")
