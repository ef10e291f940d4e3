"""Load the texts with planted identifiers, refusing what breaks their rules."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nlp.redact.learnt.marked import Marked, faults_of, read_marks

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
)
_HERE = Path(__file__).parent
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
    case = read_marks(marked)
    return Planted(identity, part, case.text, case.spans)


def _faults(case: Planted) -> Iterator[str]:
    if case.part not in _PARTS:
        yield f"part must be one of {_PARTS}"
    yield from faults_of(Marked(case.text, case.spans))
