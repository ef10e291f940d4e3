"""Cutting a typed query into words, phrases, patterns, contacts, fields and operators; `nlp.query` makes the tree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from nlp.contacts import Contact, FoundContact, find_contacts
from nlp.entities.handle import PLATFORM_NAMES
from nlp.fold import fold
from nlp.query_scan import AFTER_CONTACT, AND_WORDS, NOT_WORDS, OR_WORDS, FoundField, Typed, fields_of
from nlp.query_tree import BadQuery, Field
from nlp.tokens import tokens
from nlp.words import opens_elision

_BEFORE_CONTACT = frozenset("/@:=")
_BETWEEN_LABEL = " \u00a0\u202f:@"
_LABEL_GAP = 5
"""Characters that may stand between a platform and its account."""

LexemeKind = Literal["word", "phrase", "pattern", "contact", "field", "or", "minus", "open", "close"]


@dataclass(frozen=True, slots=True)
class Lexeme:
    """One piece of a query; `words` are folded, several where one typed word is several ("sous-sol").

    `sign` of a pattern: "*", "~" or "~" and a number of slips.
    """

    kind: LexemeKind
    column: int
    words: tuple[str, ...] = ()
    atom: Contact | Field | None = None
    sign: str = ""


def lexemes(text: str) -> list[Lexeme]:
    """Cut a query; raises `BadQuery`, for a quotation mark that is never closed, a star inside a word and the like.

    Other punctuation says nothing.
    """
    return _with_elisions_joined(_Lexer(text).run())


class _Lexer:
    """Walks over the original text, so that columns are those the person sees."""

    def __init__(self, text: str) -> None:
        self.typed = Typed(text)
        self.text, self.plain = text, self.typed.plain
        self.fields = {found.start: found for found in fields_of(self.typed)}
        self.contacts = {found.start: found for found in find_contacts(_without(text, self.fields.values()))}
        self.found: list[Lexeme] = []
        self.at = 0
        self.whole_until = -1
        """Where the last phrase, contact or field ended: no star or tilde may follow without a space."""

    def run(self) -> list[Lexeme]:
        while self.at < len(self.text):
            self._step()
        return self.found

    def _step(self) -> None:
        plain = self.plain[self.at]
        if field := self.fields.get(self.at):
            self.found.append(Lexeme("field", self.at + 1, atom=field.atom))
            self.at = self.whole_until = field.end
        elif contact := self.contacts.get(self.at):
            self._contact(contact)
        elif plain == '"':
            self._phrase()
        elif plain in ("(", ")"):
            self._sign("open" if plain == "(" else "close")
        elif plain == "-" and self.typed.is_minus(self.at):
            self._sign("minus")
        elif plain.isspace():
            self.at += 1
        else:
            self._word()

    def _sign(self, kind: LexemeKind) -> None:
        self.found.append(Lexeme(kind, self.at + 1))
        self.at += 1

    def _contact(self, found: FoundContact) -> None:
        self.found.append(Lexeme("contact", self.at + 1, atom=found.contact))
        self.at = max(found.end, self.at + 1)
        if self.text[self.at : self.at + 1] in AFTER_CONTACT:
            self.at = self.typed.word_end(self.at)
        self.whole_until = self.at

    def _word(self) -> None:
        start = self.at
        self.at += 1
        while not self.typed.ends_a_word(self.at) and self.at not in self.contacts:
            self.at += 1
        chunk = self.text[start : self.at]
        if self.at in self.contacts and chunk[-1] in _BEFORE_CONTACT:
            return  # the wrapping of a contact: "https://…/", "tel:", "@"
        if self._is_label(chunk):
            return
        if chunk in OR_WORDS:
            self.found.append(Lexeme("or", start + 1))
        elif chunk in NOT_WORDS:
            self.found.append(Lexeme("minus", start + 1))
        elif chunk not in AND_WORDS and (made := self._word_or_pattern(start, chunk)):
            self.found.append(made)

    def _is_label(self, chunk: str) -> bool:
        """Tell whether a platform and its colon lead to the contact that follows ("insta : @lea")."""
        ahead = self.text[self.at : self.at + _LABEL_GAP]
        between = ahead[: len(ahead) - len(ahead.lstrip(_BETWEEN_LABEL))]
        name, colon, _ = f"{fold(chunk).text}{between}".partition(":")
        return bool(colon) and name.strip() in PLATFORM_NAMES and self.at + len(between) in self.contacts

    def _word_or_pattern(self, start: int, chunk: str) -> Lexeme | None:
        plain = self.plain[start : self.at]
        if start == self.whole_until and plain[0] in ("*", "~"):
            message = "Phrases, contacts and fields are searched whole: take the star or the tilde away"
            raise BadQuery("pattern_whole", message, start + 1)
        if "*" in plain:
            return self._prefix(start, chunk, plain.index("*"))
        if "~" in plain[1:] and plain[0] != "~":
            return self._fuzzy(start, chunk, len(plain) - 1 - plain[::-1].index("~"))
        words = _folded_words(chunk)
        return Lexeme("word", start + 1, words) if words else None

    def _prefix(self, start: int, chunk: str, star: int) -> Lexeme | None:
        words = _folded_words(chunk[:star])
        if _folded_words(chunk[star:]):
            raise BadQuery("star_place", "The star stands at the end of a word", start + star + 1)
        return Lexeme("pattern", start + 1, words, sign="*") if words else None

    def _fuzzy(self, start: int, chunk: str, tilde: int) -> Lexeme | None:
        """Read "fuge~" and "fuge~2"; a tilde between words or numbers ("15~17 ans") is punctuation."""
        words, after = _folded_words(chunk[:tilde]), _folded_words(chunk[tilde:])
        slips = "".join(after)
        counted = slips.isdigit() and len(slips) == 1 and not all(map(str.isdigit, words))
        if not words or (after and not counted):
            words = _folded_words(chunk)
            return Lexeme("word", start + 1, words) if words else None
        if slips not in ("", "1", "2"):
            raise BadQuery("fuzzy_slips", "After the tilde stands 1, 2 or nothing", start + tilde + 1)
        return Lexeme("pattern", start + 1, words, sign=f"~{slips}")

    def _phrase(self) -> None:
        """Take a quotation; contacts inside it stand for themselves, beside the phrase that is left."""
        start, end = self.at, self.typed.closing(self.at)
        if end is None:
            raise BadQuery("open_quote", "This quotation mark is never closed", start + 1)
        inside = [found for at, found in self.contacts.items() if start < at and found.end <= end]
        words = self._words_around(start + 1, end, inside)
        if words:
            self.found.append(Lexeme("phrase", start + 1, words))
        self.found += [Lexeme("contact", found.start + 1, atom=found.contact) for found in inside]
        self.at = self.whole_until = end + 1

    def _words_around(self, start: int, end: int, contacts: list[FoundContact]) -> tuple[str, ...]:
        spans = [(found.start - start, found.end - start) for found in contacts]
        return _folded_words(_blanked(self.text[start:end], spans))


def _folded_words(chunk: str) -> tuple[str, ...]:
    return tuple(token.folded for token in tokens(chunk))


def _without(text: str, fields: Iterable[FoundField]) -> str:
    return _blanked(text, [(field.start, field.end) for field in fields])


def _blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    left = list(text)
    for start, end in spans:
        left[start:end] = " " * (end - start)
    return "".join(left)


def _with_elisions_joined(cut: list[Lexeme]) -> list[Lexeme]:
    """Make one word of an article or pronoun and the word it leans on, typed apart ("l école")."""
    joined: list[Lexeme] = []
    for lexeme in cut:
        last = joined[-1] if joined else None
        leans = last and last.kind == "word" and lexeme.kind in ("word", "pattern")
        if last and leans and opens_elision(last.words[-1], lexeme.words[0]):
            joined[-1] = replace(lexeme, column=last.column, words=last.words + lexeme.words)
        else:
            joined.append(lexeme)
    return joined
