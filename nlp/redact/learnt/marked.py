"""Texts in which people marked what identifies somebody: ``{{TYPE|words}}`` around each identifier."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nlp.redact.spans import TYPES

_MARK = re.compile(r"\{\{([A-Z_]+)\|(.*?)\}\}", re.S)


@dataclass(frozen=True, slots=True)
class Marked:
    """A text without its marks, and the half-open spans that they named, with their types, in order."""

    text: str
    spans: tuple[tuple[int, int, str], ...]


def read_marks(marked: str) -> Marked:
    """Take the marks out of a text and keep what they said."""
    text, spans, last = "", [], 0
    for match in _MARK.finditer(marked):
        text += marked[last : match.start()]
        spans.append((len(text), len(text) + len(match[2]), match[1]))
        text, last = text + match[2], match.end()
    return Marked(text + marked[last:], tuple(spans))


def faults_of(case: Marked) -> Iterator[str]:
    """Say what is wrong with the marks of a text."""
    if "{{" in case.text or "}}" in case.text:
        yield "a mark is not closed"
    for start, end, type_ in case.spans:
        words = case.text[start:end]
        if type_ not in TYPES:
            yield f"unknown type {type_}"
        if not any(map(str.isalnum, words)) or words != words.strip():
            yield f"identifier is empty or has blanks at its ends: {words!r}"
