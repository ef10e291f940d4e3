"""What a detector answers with, and how several answers about the same words become one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

RedactionType = Literal[
    "EMAIL",
    "URL",
    "ID_NUMBER",
    "PHONE",
    "DATE_OF_BIRTH",
    "POSTAL_CODE",
    "ADDRESS",
    "SCHOOL",
    "ORG_LOCAL",
    "LICENCE_PLATE",
    "HANDLE",
    "PERSON",
    "PLACE",
]
_LINKS = " -'"
TYPES: tuple[RedactionType, ...] = get_args(RedactionType)
"""In order of precedence between finds of one length."""


@dataclass(frozen=True, slots=True)
class Span:
    """Words that identify someone: half-open offsets, what they are, their value in one normal form, and why.

    `joins` says that they are part of a find right beside them, and what the whole is.
    """

    start: int
    end: int
    type: RedactionType
    value: str
    why: str
    joins: bool = False


@dataclass(frozen=True, slots=True)
class Redaction:
    """One place of the input that was replaced; half-open offsets into the input."""

    start: int
    end: int
    type: RedactionType
    why: str

    def as_dict(self) -> dict[str, Any]:
        """Return the contract's shape."""
        return {"start": self.start, "end": self.end, "type": self.type, "why": self.why}


def settle(spans: Iterable[Span]) -> list[Span]:
    """Merge the spans that overlap, so that nothing any detector found is left; the longest says what they are."""
    settled: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start, -one.end, TYPES.index(one.type))):
        if settled and span.start < settled[-1].end:
            settled[-1] = _merged(settled[-1], span)
        else:
            settled.append(span)
    return settled


def _merged(one: Span, two: Span) -> Span:
    chief = max(one, two, key=lambda span: (span.end - span.start, -TYPES.index(span.type)))
    value = one.value if two.end <= one.end and chief is one else f"{one.value}+{two.value}"
    return Span(one.start, max(one.end, two.end), chief.type, value, chief.why, one.joins or two.joins)


def join(text: str, spans: Iterable[Span]) -> list[Span]:
    """Make one of each span that joins and those right beside it, in order; what joins says what the whole is."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda one: one.start):
        if joined and (span.joins or joined[-1].joins) and not text[joined[-1].end : span.start].strip(_LINKS):
            before = joined.pop()
            chief = span if span.joins and not before.joins else before
            value = f"{before.value} {span.value}"
            joined.append(Span(before.start, span.end, chief.type, value, chief.why, joins=True))
        else:
            joined.append(span)
    return [replace(span, joins=False) for span in joined]
