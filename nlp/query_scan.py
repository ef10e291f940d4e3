"""Walking over a typed query, and finding its fields (`ville:Laval`, `après:2026-03`) before anything else is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nlp.contacts import Contact, FoundContact, find_contacts
from nlp.entities.handle import PLATFORM_NAMES
from nlp.fold import fold
from nlp.query_fields import CONTACT_KINDS, Target, field_atom, meant_by, target_of
from nlp.query_tree import MAX_TERMS, BadQuery, Field

OR_WORDS = frozenset({"OR", "OU", "|", "||"})
AND_WORDS = frozenset({"AND", "ET", "&", "&&", "+"})
NOT_WORDS = frozenset({"NOT"})
AFTER_CONTACT = frozenset("/?#")
"""What follows a contact without a space, as in a link, belongs to it."""

_BEFORE_CONTACT = frozenset(" \n(+@")
_OPERATORS = OR_WORDS | AND_WORDS | NOT_WORDS
_LONGEST_NAME = 30
_CONTACT_WINDOW = 120
"""Characters within which a contact, disguised or not, is read after its field's colon."""
_AROUND_VALUE = frozenset(",.;:!?")


class Typed:
    """A query as it was typed; `plain` is what each of its characters folds to, so that columns stay true."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.plain = [fold(char).text for char in text]

    def __len__(self) -> int:
        return len(self.text)

    def ends_a_word(self, at: int) -> bool:
        """Tell whether no word goes on here: at a space, a quotation mark, a parenthesis or the end."""
        return at >= len(self.text) or self.plain[at].isspace() or self.plain[at] in ('"', "(", ")")

    def word_end(self, at: int) -> int:
        """Return where the word ends that stands here."""
        while not self.ends_a_word(at):
            at += 1
        return at

    def closing(self, at: int) -> int | None:
        """Return where the quotation ends that begins here; None if it is never closed."""
        return next((after for after in range(at + 1, len(self.text)) if self.plain[after] == '"'), None)

    def is_minus(self, at: int) -> bool:
        """Tell a minus from a hyphen and from a dash that stands alone."""
        if self.plain[at] != "-" or (at and not self.ends_a_word(at - 1)):
            return False
        following = "".join(self.plain[at + 1 : at + 2])
        return bool(following) and not following[0].isspace() and following[0] not in ("-", ")")

    def opens_a_term(self, at: int) -> bool:
        """Tell whether a term may begin here."""
        return at == 0 or self.ends_a_word(at - 1) or self.is_minus(at - 1)

    def folded(self, start: int, end: int) -> str:
        """Return a piece of it, folded."""
        return "".join(self.plain[start:end])


@dataclass(frozen=True, slots=True)
class FoundField:
    """A field, and where it and its value (with its quotation marks) stand, half-open."""

    atom: Field | Contact
    start: int
    end: int
    value: tuple[int, int]


def fields_of(typed: Typed) -> Iterator[FoundField]:
    """Yield the fields, in order; raises `BadQuery` for a value that cannot be used and a name that is all but one."""
    at = count = 0
    while at < len(typed):
        if typed.plain[at] == '"':
            at = (typed.closing(at) or len(typed)) + 1
        elif typed.opens_a_term(at) and (found := _field(typed, at)):
            count += 1
            if count > MAX_TERMS:
                raise BadQuery("too_many", f"The query has more than {MAX_TERMS} words", at + 1)
            yield found
            at = found.end
        else:
            at += 1


def _field(typed: Typed, start: int) -> FoundField | None:
    colon, apart = _colon(typed, start)
    if colon is None:
        return None
    name = typed.text[start : colon - apart]
    target = target_of(name)
    if target is None:
        if not apart:
            _refuse_a_slip(typed, name, start, colon)
        return None
    at = colon + 1
    while at < len(typed) and typed.plain[at].isspace() and typed.plain[at] != "\n":
        at += 1
    if target in CONTACT_KINDS and (found := _contact(typed, target, start, at)):
        return found
    if fold(name).text in PLATFORM_NAMES and _is_account(typed, at):
        return None  # the app Signal before an account, not the field
    if _is_missing(typed, at, at > colon + 1):
        if apart:
            return None
        message = "Write what is wanted after the colon, in quotation marks if it is several words"
        raise BadQuery("value_missing", message, colon + 1)
    return _valued(typed, target, start, at)


def _colon(typed: Typed, start: int) -> tuple[int | None, int]:
    """Return where the colon after a name stands, and how many spaces before it: French puts one there."""
    at = start if typed.plain[start].isalpha() else len(typed)
    while not typed.ends_a_word(at) and typed.plain[at] != ":" and at - start < _LONGEST_NAME:
        at += 1
    apart = int(at > start and at + 1 < len(typed) and typed.plain[at] == " ")
    stands = at + apart < len(typed) and at > start and typed.plain[at + apart] == ":"
    return (at + apart if stands else None), apart


def _refuse_a_slip(typed: Typed, name: str, start: int, colon: int) -> None:
    following = typed.folded(colon + 1, colon + 2)
    if (following[:1].isalnum() or following == '"') and (meant := meant_by(name)):
        raise BadQuery("field_unknown", f"Did you mean {meant}:? If not, put it in quotation marks", start + 1)


def _is_missing(typed: Typed, at: int, apart: bool) -> bool:
    if typed.ends_a_word(at):
        return typed.folded(at, at + 1) != '"'
    return apart and (typed.is_minus(at) or typed.text[at : typed.word_end(at)] in _OPERATORS)


def _valued(typed: Typed, target: Target, start: int, at: int) -> FoundField:
    if typed.plain[at] == '"':
        return _quoted(typed, target, start, at)
    end = typed.word_end(at)
    last = end
    while last > at and typed.plain[last - 1] in _AROUND_VALUE:
        last -= 1
    value = typed.folded(at, last)
    if "*" in value or value.endswith("~"):
        raise BadQuery("value_whole", "A field's value is written whole: take the star or the tilde away", at + 1)
    if "," in value:
        raise BadQuery("value_list", "Write one value after the colon, and join several fields by OR", at + 1)
    return FoundField(field_atom(target, typed.text[at:last], at + 1), start, end, (at, last))


def _quoted(typed: Typed, target: Target, start: int, at: int) -> FoundField:
    end = typed.closing(at)
    if end is None:
        raise BadQuery("open_quote", "This quotation mark is never closed", at + 1)
    return FoundField(field_atom(target, typed.text[at + 1 : end], at + 1), start, end + 1, (at, end + 1))


def _contact(typed: Typed, target: Target, start: int, at: int) -> FoundField | None:
    """Read a contact that the detectors know, spaces and disguise included, right after the colon."""
    found = _contact_at(typed, at)
    if found is None or found.contact.kind != target:
        return None
    end = at + found.end
    after = typed.word_end(end) if typed.text[end : end + 1] in AFTER_CONTACT else end
    return FoundField(found.contact, start, after, (at, end))


def _is_account(typed: Typed, at: int) -> bool:
    """Tell an account, number or address from a value of a field ("third_party" is written like an account)."""
    found = _contact_at(typed, at)
    return found is not None and (found.contact.kind != "handle" or "@" in typed.plain[at : at + found.start])


def _contact_at(typed: Typed, at: int) -> FoundContact | None:
    """Return the contact that stands right here, its offsets counted from here."""
    window = typed.text[at : at + _CONTACT_WINDOW]
    return next((one for one in find_contacts(window)[:1] if _BEFORE_CONTACT.issuperset(window[: one.start])), None)
