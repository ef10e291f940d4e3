"""Which format a file is, by its content, and its posts one after the other."""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Literal

from crawlers.imports import fourcat
from crawlers.imports.lines import Line, encoding_of, open_bytes, read_lines
from crawlers.imports.rows import Reject, Row, Shape
from crawlers.imports.tables import csv_delimiter, csv_names, read_csv, read_jsonl
from crawlers.imports.warc import read_warc
from nlp.types import Kind
from store.errors import BadInput
from store.records import PostIn

_FOREIGN = {b"PK\x03\x04": "a zip, Excel or OpenDocument file", b"%PDF": "a PDF", b"PAR1": "a Parquet file"}
_START = 65_536
_LOOK = 20
"""Lines among which the form of a JSONL file is looked for."""
Form = Literal["auto", "4cat"]
"""Whose names the rows have: found out from the first row, or 4CAT's."""


def read_posts(path: Path | str, kind: Kind = "post", form: Form = "auto") -> Iterator[PostIn | Reject]:
    """Yield the posts of a JSONL, CSV or WARC file (gzip or not), and a `Reject` for each line that is none.

    `kind` is what a row is that names no kind; `form` whose names the rows have, found out unless told. Memory is
    bounded whatever the file's size. `BadInput` says what is wrong with a file that is none of these.
    """
    rows = read_rows(Path(path), kind, form)
    return (row if isinstance(row, Reject) else row.post for row in rows)


def read_rows(file: Path, kind: Kind, form: Form = "auto") -> Iterator[Row | Reject]:
    """Yield what `read_posts` yields, posts with the number and content of their line.

    What is wrong with the whole file is raised at once, not at the first row.
    """
    start = _start(file)
    if start.startswith(b"WARC/"):
        if form == "4cat":
            raise BadInput(f"{file} is a WARC: 4CAT exports are CSV or NDJSON.")
        return read_warc(file, kind)
    for mark, name in _FOREIGN.items():
        if start.startswith(mark):
            raise BadInput(f"{file} is {name}: save it as CSV (UTF-8) or JSONL.")
    return _read_text(file, kind, form)


def _start(path: Path) -> bytes:
    try:
        with open_bytes(path) as file:
            start = file.read1(_START)
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    if not start.strip():
        raise BadInput(f"{path} is empty.")
    return start


def _read_text(path: Path, kind: Kind, form: Form) -> Iterator[Row | Reject]:
    encoding = encoding_of(path)
    first = next((line.text.strip() for line in read_lines(path, encoding) if line.text.strip()), "")
    if first.startswith("{"):
        return read_jsonl(read_lines(path, encoding), kind, _shape(form, _names_in(read_lines(path, encoding))))
    if first.startswith("["):
        raise BadInput(f"{path} is one JSON array: write one object a line (jq -c '.[]' FILE).")
    delimiter = csv_delimiter(first)
    if not delimiter:
        raise BadInput(
            f"{path} is no JSONL, no WARC, and no CSV whose header names a column text, body, content or texte."
        )
    names = csv_names(first, delimiter)
    if form == "4cat" and not set(names) >= fourcat.COLUMNS:
        missing = ", ".join(sorted(fourcat.COLUMNS - set(names)))
        raise BadInput(f"{path} is no 4CAT dataset of posts: its header does not name {missing}.")
    return read_csv(read_lines(path, encoding), kind, _shape(form, names))


def _shape(form: Form, names: Collection[str]) -> Shape:
    return fourcat.plain if form == "4cat" or fourcat.is_4cat(names) else dict


def _names_in(lines: Iterator[Line]) -> set[str]:
    """Return the names, in lower case, in the first of a JSONL file's first lines that can be read."""
    for line in islice(lines, _LOOK):
        with suppress(ValueError, RecursionError):
            row = json.loads(line.text)
            if isinstance(row, dict):
                return {name.strip().lower() for name in row}
    return set()
