"""Load the texts with planted identifiers, refusing what breaks their rules."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nlp.redact.spans import TYPES

FILES = (
    "proches",
    "textos",
    "lettres",
    "veille",
    "redoux",
    "chantier",
    "surnoms",
    "paroisse",
    "ruelle",
    "casiers",
    "cantons",
    "mots",
)
_HERE = Path(__file__).parent
_MARK = re.compile(r"\{\{([A-Z_]+)\|(.*?)\}\}")
_PARTS = ("seen", "unseen")


@dataclass(frozen=True, slots=True)
class Planted:
    """A text, and the half-open spans in it that identify someone, with their types."""

    id: str
    part: str
    text: str
    spans: tuple[tuple[int, int, str], ...]


def planted(files: Iterable[Path] | None = None) -> list[Planted]:
    """Return all texts in order; ValueError names every row that cannot be used."""
    cases: list[Planted] = []
    faults: list[str] = []
    for path in files or [_HERE / f"{name}.jsonl" for name in FILES]:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            row = json.loads(line)
            case = unmarked(row["marked"], row["id"], row["part"])
            faults += [f"{path.name}:{number}: {fault}" for fault in _faults(case)]
            cases.append(case)
    ids = [case.id for case in cases]
    faults += [f"id {one} is used twice" for one in sorted({one for one in ids if ids.count(one) > 1})]
    if faults:
        raise ValueError("; ".join(faults))
    return cases


def unmarked(marked: str, identity: str = "", part: str = "seen") -> Planted:
    """Return the text without its marks, and the spans that they named."""
    text, spans, last = "", [], 0
    for match in _MARK.finditer(marked):
        text += marked[last : match.start()]
        spans.append((len(text), len(text) + len(match[2]), match[1]))
        text, last = text + match[2], match.end()
    return Planted(identity, part, text + marked[last:], tuple(spans))


def _faults(case: Planted) -> Iterator[str]:
    if case.part not in _PARTS:
        yield f"part must be one of {_PARTS}"
    if "{{" in case.text or "}}" in case.text:
        yield "a mark is not closed"
    for start, end, type_ in case.spans:
        words = case.text[start:end]
        if type_ not in TYPES:
            yield f"unknown type {type_}"
        if not any(map(str.isalnum, words)) or words != words.strip():
            yield f"identifier is empty or has blanks at its ends: {words!r}"
