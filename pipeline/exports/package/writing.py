"""Writing a corpus into a folder: whole or not at all.

All is written into a folder beside it and put in place at the end, so that a writer who is killed leaves nothing that
looks like a corpus.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.exports.package.croissant import croissant
from pipeline.exports.package.datasheet import datasheet
from pipeline.exports.package.formats import write_table
from pipeline.exports.package.shapes import (
    CROISSANT,
    DATASHEET,
    DICTIONARY,
    FORMATS,
    SUMS,
    About,
    Dictionary,
    Manifest,
    Table,
)

_BLOCK = 1 << 20


def write_package(folder: Path, about: About, tables: Iterable[Table]) -> Manifest:
    """Write tables, what describes them and the list of checksums into a folder, which must not be there yet.

    Rows are read once, memory does not grow with them. Raises `FileExistsError` if the folder is there.
    """
    if folder.exists():
        raise FileExistsError(folder)
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True, mode=0o700)
    counted, shapes = {}, []
    for table in tables:
        counted[table.shape.name] = write_table(partial, table.shape, table.rows)
        shapes.append(table.shape)
    dictionary = Dictionary(about=about, tables=shapes)
    _write(partial / DICTIONARY, dictionary.model_dump_json(indent=2) + "\n")
    _write(partial / DATASHEET, datasheet(dictionary, counted))
    data = {f"{name}.{form}": digest_of(partial / f"{name}.{form}") for name in counted for form in FORMATS}
    sizes = {name: (partial / name).stat().st_size for name in data}
    _write(partial / CROISSANT, croissant(dictionary, data, sizes))
    files = data | {name: digest_of(partial / name) for name in (DICTIONARY, DATASHEET, CROISSANT)}
    _write(partial / SUMS, "".join(f"{digest}  {name}\n" for name, digest in sorted(files.items())))
    _settle(partial, folder)
    return Manifest(files | {SUMS: digest_of(folder / SUMS)}, counted)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def listed(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the names that a corpus's list of checksums has, with their checksums.

    Raises `ValueError` for a line that is none, or a name that leads out of the folder.
    """
    for number, line in enumerate((folder / SUMS).read_text(encoding="utf-8").splitlines(), 1):
        digest, _, name = line.partition("  ")
        if len(digest) != 64 or not name or Path(name).name != name:
            raise ValueError(f"Line {number} of {SUMS} cannot be read.")
        yield name, digest


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _settle(partial: Path, folder: Path) -> None:
    """Have all files on the disk, then give the folder its name."""
    for path in (*partial.iterdir(), partial):
        _synced(path)
    partial.rename(folder)
    _synced(folder.parent)


def _synced(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
