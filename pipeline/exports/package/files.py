"""Whether the files of a corpus are those that its list names, and whether the three formats hold the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from pyarrow.lib import ArrowException

from pipeline.exports.package.croissant import croissant
from pipeline.exports.package.datasheet import datasheet
from pipeline.exports.package.formats import read_table
from pipeline.exports.package.shapes import CROISSANT, DATASHEET, DICTIONARY, FORMATS, PROOF, SUMS, Dictionary, Fault
from pipeline.exports.package.writing import digest_of, listed


def fault_in_files(folder: Path, dictionary: Dictionary) -> Iterator[Fault]:
    """Yield what is missing or changed; only if nothing is, where formats differ; at last what is misdescribed."""
    for check in (_changed, _differing, _misdescribed):
        found = list(check(folder, dictionary))
        yield from found
        if found:
            return


def _changed(folder: Path, dictionary: Dictionary) -> Iterator[Fault]:
    try:
        sums = dict(listed(folder))
    except (OSError, ValueError):
        yield Fault(check="files", file=SUMS, why="it cannot be read")
        return
    tables = {f"{shape.name}.{form}" for shape in dictionary.tables for form in FORMATS}
    wanted = tables | {CROISSANT, DATASHEET, DICTIONARY}
    there = {path.name for path in folder.iterdir()}
    for name in sorted(wanted - sums.keys()):
        yield Fault(check="files", file=name, why=f"{SUMS} does not name it")
    for name in sorted((there | sums.keys()) - wanted - {SUMS, PROOF}):
        yield Fault(check="files", file=name, why="it belongs to no table of the dictionary")
    for name in sorted(wanted & sums.keys()):
        if name not in there:
            yield Fault(check="files", file=name, why="it is missing")
        elif digest_of(folder / name) != sums[name]:
            yield Fault(check="files", file=name, why="it is not as it was written: its checksum differs")


def _differing(folder: Path, dictionary: Dictionary) -> Iterator[Fault]:
    for shape in dictionary.tables:
        first, *others = (folder / f"{shape.name}.{form}" for form in FORMATS)
        for other in others:
            try:
                pairs = zip_longest(read_table(first, shape), read_table(other, shape))
                at = next((number for number, (one, two) in enumerate(pairs, 1) if _plain(one) != _plain(two)), None)
            except (ValueError, OSError, ArrowException) as error:
                yield Fault(check="formats", file=other.name, why=_why(error))
                break
            if at is not None:
                yield Fault(check="formats", file=other.name, row=at, why=f"it is not the row of {first.name}")


def _misdescribed(folder: Path, dictionary: Dictionary) -> Iterator[Fault]:
    """Yield the descriptions that say anything but what the dictionary gives: words could be hidden there."""
    shapes = dictionary.tables
    rows = {shape.name: sum(1 for _ in read_table(folder / f"{shape.name}.jsonl", shape)) for shape in shapes}
    names = [f"{shape.name}.{form}" for shape in shapes for form in FORMATS]
    digests = {name: digest_of(folder / name) for name in names}
    sizes = {name: (folder / name).stat().st_size for name in names}
    wanted = {DATASHEET: datasheet(dictionary, rows), CROISSANT: croissant(dictionary, digests, sizes)}
    for name, words in wanted.items():
        if (folder / name).read_bytes() != words.encode():
            yield Fault(check="files", file=name, why="it is not what the dictionary gives")


def _plain(row: dict[str, object] | None) -> dict[str, object] | None:
    """Return a row as all formats tell it: CSV knows no difference between nothing and no words."""
    return None if row is None else {name: None if cell == "" else cell for name, cell in row.items()}


def _why(error: Exception) -> str:
    return str(error) if type(error) is ValueError else "it cannot be read"
