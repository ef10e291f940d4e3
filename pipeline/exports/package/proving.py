"""The proof of a corpus: everything is read back from its files, and nothing is believed that they say of themselves.

The bars are the tier's, not those that a file claims. What the proof cannot see on the files alone (whether a value was
taken out that should stand nowhere, whose row is whose) it says in `Report.left_out`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from pydantic import ValidationError

from disclosure.known import KnownValues
from disclosure.leaks import Admitted, scan_rows, scan_text
from disclosure.measuring import OPEN, TABULAR, Bar
from pipeline.exports.package.files import fault_in_files
from pipeline.exports.package.formats import read_table
from pipeline.exports.package.shapes import DICTIONARY, PROOF, Column, Dictionary, Fault, Report, TableShape
from pipeline.exports.package.small import small_figures
from pipeline.exports.package.standing import classes_at_fault, intruders, uneven_weights
from pipeline.exports.shapes import is_of_tier
from store.exports import Tier

BARS: Mapping[Tier, Bar] = {"open": OPEN, "tabular": TABULAR, "codes": TABULAR}
"""What the rows of a tier must reach whatever its files say."""
_MOST = 100
"""So many faults are told; the others are counted."""
_ALONE = "whether a value that was taken out still stands somewhere: its list is with whoever made the corpus"
_PERSONS = "whether each combination holds so many different persons: no file of the open tier tells whose a row is"
_PHRASES = "what paraphrases share with the texts they are of: the house has these, see what it measured"
Fits = Callable[[Tier, TableShape], bool]
"""Whether a tier may have such a table."""


def prove(folder: Path, *, known: KnownValues | None = None, fits: Fits = is_of_tier) -> Report:
    """Return what is wrong with the corpus in a folder, nothing if it may leave.

    `known` are values that must stand nowhere in it; whoever has nothing but the files does without. `fits` says which
    tables a tier may have: a dictionary that asks for less to be checked is a fault. Memory does not grow with rows.
    Never raises on what a file holds: a file that cannot be read is a fault.
    """
    figures: dict[str, float] = {}
    try:
        dictionary = Dictionary.model_validate_json((folder / DICTIONARY).read_bytes())
    except (OSError, ValidationError):
        return Report(tier="open", faults=[Fault(check="dictionary", file=DICTIONARY, why="it cannot be read")])
    tier = dictionary.about.tier
    found = [*_unfit(dictionary, fits)] or list(islice(fault_in_files(folder, dictionary), _MOST))
    if found:  # what cannot be read as the tier's tables is not measured
        return Report(tier=tier, faults=found, figures=figures)
    faults = _measured(folder, dictionary, known, figures)
    told = list(islice(faults, _MOST))
    beyond = {"open": [_PERSONS], "codes": [_PHRASES]}
    left_out = [*beyond.get(tier, []), *([_ALONE] if known is None else [])]
    made = Report(tier=tier, faults=told, more=sum(1 for _ in faults), figures=figures, left_out=left_out)
    return made.model_copy(update={"faults": [*told, *_other_proof(folder, made)]})


def _measured(
    folder: Path, dictionary: Dictionary, known: KnownValues | None, figures: dict[str, float]
) -> Iterator[Fault]:
    tier = dictionary.about.tier
    for shape in dictionary.tables:
        path = folder / f"{shape.name}.jsonl"
        yield from _leaks(path, shape, known)
        if shape.kind == "counts":
            yield from small_figures(path, shape)
        elif shape.kind == "rows":
            yield from classes_at_fault(path, shape, BARS[tier], figures)
            yield from uneven_weights(path, shape)
            yield from intruders(path, shape, dictionary.about.export, figures)
    yield from _leaks_of_words(dictionary, known)


def _unfit(dictionary: Dictionary, fits: Fits) -> Iterator[Fault]:
    """Yield the tables that the tier has not in this form: what a column is decides what is checked of it."""
    tier = dictionary.about.tier
    if not any(shape.kind == "rows" for shape in dictionary.tables):
        yield Fault(check="dictionary", file=DICTIONARY, why="it has no table of rows")
    for shape in dictionary.tables:
        if not fits(tier, shape):
            yield Fault(check="dictionary", file=DICTIONARY, why=f"a table is none of the tier {tier}")


def _other_proof(folder: Path, made: Report) -> Iterator[Fault]:
    """Yield a fault if a proof lies beside the files that says anything else than this one."""
    path = folder / PROOF
    if not path.exists():
        return
    try:
        other = Report.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        other = None
    if other is None or not _is_same(other, made):
        yield Fault(check="files", file=PROOF, why="it is not what the files give")


def _is_same(one: Report, other: Report) -> bool:
    """Tell whether two proofs say the same, but for the checks that one of them could not make."""
    beyond = {"left_out": one.left_out, "phrases": one.phrases}
    return set(one.left_out) <= {_PERSONS, _PHRASES, _ALONE} and one == other.model_copy(update=beyond)


def _leaks(path: Path, shape: TableShape, known: KnownValues | None) -> Iterator[Fault]:
    closed = {column.name: form for column in shape.columns if (form := admitted(column)) is not None}
    for leak in scan_rows(path.name, read_table(path, shape), closed, known):
        yield Fault(check="leaks", file=path.name, row=leak.row, why=f"{leak.column}: {leak.detector}, {leak.why}")


def _leaks_of_words(dictionary: Dictionary, known: KnownValues | None) -> Iterator[Fault]:
    """Yield contacts in what a person wrote of the corpus; names in it are for its approver to see."""
    scope = dictionary.about.scope
    words = [*dictionary.about.purpose.splitlines(), *scope.regions, *scope.languages, *scope.signals]
    for leak in scan_text(DICTIONARY, words, known):
        if leak.detector in ("contacts", "known") or leak.why in ("e-mail", "account"):
            yield Fault(check="leaks", file=DICTIONARY, why=f"what it says of itself: {leak.detector}, {leak.why}")


def admitted(column: Column) -> Admitted | None:
    """Return what a column may hold; None: any text."""
    if column.values is not None:
        return frozenset(column.values)
    return re.compile(column.form) if column.form else None
