"""Cutting a typed query into words, phrases, contacts and operators; `nlp.query` makes the tree of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nlp.contacts import Contact, FoundContact, find_contacts
from nlp.fold import fold
from nlp.tokens import tokens
from nlp.words import opens_elision

OR_WORDS = frozenset({"OR", "OU", "|", "||"})
AND_WORDS = frozenset({"AND", "ET", "&", "&&", "+"})
NOT_WORDS = frozenset({"NOT"})

_BEFORE_CONTACT = frozenset("/@:=")
_AFTER_CONTACT = frozenset("/?#")
"""What follows a contact without a space, as in a link, belongs to it."""

LexemeKind = Literal["word", "phrase", "contact", "or", "minus", "open", "close"]


class BadQuery(ValueError):
    """A query that cannot be read; `column` counts characters from 1, `code` is stable for translations."""

    def __init__(self, code: str, message: str, column: int) -> None:
        super().__init__(f"{message} (column {column})")
        self.code = code
        self.message = message
        self.column = column


@dataclass(frozen=True, slots=True)
class Lexeme:
    """One piece of a query; `words` are folded, several where one typed word is several ("sous-sol")."""

    kind: LexemeKind
    column: int
    words: tuple[str, ...] = ()
    contact: Contact | None = None


def lexemes(text: str) -> list[Lexeme]:
    """Cut a query; raises `BadQuery` for a quotation mark that is never closed. Other punctuation says nothing."""
    return _with_elisions_joined(_Lexer(text).run())


class _Lexer:
    """Walks over the original text, so that columns are those the person sees."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.plain = [fold(char).text for char in text]
        self.contacts = {found.start: found for found in find_contacts(text)}
        self.found: list[Lexeme] = []
        self.at = 0

    def run(self) -> list[Lexeme]:
        while self.at < len(self.text):
            self._step()
        return self.found

    def _step(self) -> None:
        plain = self.plain[self.at]
        if contact := self.contacts.get(self.at):
            self._contact(contact)
        elif plain == '"':
            self._phrase()
        elif plain in ("(", ")"):
            self._sign("open" if plain == "(" else "close")
        elif plain == "-" and self._opens_a_term():
            self._sign("minus")
        elif plain.isspace():
            self.at += 1
        else:
            self._word()

    def _sign(self, kind: LexemeKind) -> None:
        self.found.append(Lexeme(kind, self.at + 1))
        self.at += 1

    def _contact(self, found: FoundContact) -> None:
        self.found.append(Lexeme("contact", self.at + 1, contact=found.contact))
        self.at = max(found.end, self.at + 1)
        if self.text[self.at : self.at + 1] in _AFTER_CONTACT:
            while self.at < len(self.text) and not self._ends_a_word(self.at):
                self.at += 1

    def _opens_a_term(self) -> bool:
        """Tell a minus from a hyphen and from a dash that stands alone."""
        before = self.at == 0 or self._ends_a_word(self.at - 1)
        following = self.plain[self.at + 1 : self.at + 2]
        return before and bool(following) and not following[0].isspace() and following[0] not in ("-", ")")

    def _ends_a_word(self, at: int) -> bool:
        return self.plain[at].isspace() or self.plain[at] in ('"', "(", ")")

    def _word(self) -> None:
        start = self.at
        self.at += 1
        while self.at < len(self.text) and not self._ends_a_word(self.at) and self.at not in self.contacts:
            self.at += 1
        chunk = self.text[start : self.at]
        if self.at in self.contacts and chunk[-1] in _BEFORE_CONTACT:
            return  # the wrapping of a contact: "https://…/", "tel:", "@"
        if chunk in OR_WORDS:
            self.found.append(Lexeme("or", start + 1))
        elif chunk in NOT_WORDS:
            self.found.append(Lexeme("minus", start + 1))
        elif chunk not in AND_WORDS and (words := _folded_words(chunk)):
            self.found.append(Lexeme("word", start + 1, words))

    def _phrase(self) -> None:
        """Take a quotation; contacts inside it stand for themselves, beside the phrase that is left."""
        start = self.at
        end = next((at for at in range(start + 1, len(self.text)) if self.plain[at] == '"'), None)
        if end is None:
            raise BadQuery("open_quote", "This quotation mark is never closed", start + 1)
        inside = [found for at, found in self.contacts.items() if start < at and found.end <= end]
        words = self._words_around(start + 1, end, inside)
        if words:
            self.found.append(Lexeme("phrase", start + 1, words))
        self.found += [Lexeme("contact", found.start + 1, contact=found.contact) for found in inside]
        self.at = end + 1

    def _words_around(self, start: int, end: int, contacts: list[FoundContact]) -> tuple[str, ...]:
        rest = list(self.text[start:end])
        for found in contacts:
            rest[found.start - start : found.end - start] = " " * (found.end - found.start)
        return _folded_words("".join(rest))


def _folded_words(chunk: str) -> tuple[str, ...]:
    return tuple(token.folded for token in tokens(chunk))


def _with_elisions_joined(cut: list[Lexeme]) -> list[Lexeme]:
    """Make one word of an article or pronoun and the word it leans on, typed apart ("l école")."""
    joined: list[Lexeme] = []
    for lexeme in cut:
        last = joined[-1] if joined else None
        if last and last.kind == lexeme.kind == "word" and opens_elision(last.words[-1], lexeme.words[0]):
            joined[-1] = Lexeme("word", last.column, last.words + lexeme.words)
        else:
            joined.append(lexeme)
    return joined
