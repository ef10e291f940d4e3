"""Which format a file is, by its content, and its posts one after the other."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

from crawlers.imports.lines import encoding_of, open_bytes, read_lines
from crawlers.imports.rows import Reject, Row
from crawlers.imports.tables import csv_delimiter, read_csv, read_jsonl
from crawlers.imports.warc import read_warc
from nlp.types import Kind
from store.errors import BadInput
from store.records import PostIn

_FOREIGN = {b"PK\x03\x04": "a zip, Excel or OpenDocument file", b"%PDF": "a PDF", b"PAR1": "a Parquet file"}
_START = 65_536


def read_posts(path: Path | str, kind: Kind = "post") -> Iterator[PostIn | Reject]:
    """Yield the posts of a JSONL, CSV or WARC file (gzip or not), and a `Reject` for each line that is none.

    `kind` is what a row is that names no kind. Memory is bounded whatever the file's size. `BadInput` says what is
    wrong with a file that is none of these.
    """
    rows = read_rows(Path(path), kind)
    return (row if isinstance(row, Reject) else row.post for row in rows)


def read_rows(file: Path, kind: Kind) -> Iterator[Row | Reject]:
    """Yield what `read_posts` yields, posts with the number and content of their line.

    What is wrong with the whole file is raised at once, not at the first row.
    """
    start = _start(file)
    if start.startswith(b"WARC/"):
        return read_warc(file, kind)
    for mark, name in _FOREIGN.items():
        if start.startswith(mark):
            raise BadInput(f"{file} is {name}: save it as CSV (UTF-8) or JSONL.")
    return _read_text(file, kind)


def _start(path: Path) -> bytes:
    try:
        with open_bytes(path) as file:
            start = file.read1(_START)
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    if not start.strip():
        raise BadInput(f"{path} is empty.")
    return start


def _read_text(path: Path, kind: Kind) -> Iterator[Row | Reject]:
    encoding = encoding_of(path)
    first = next((line.text.strip() for line in read_lines(path, encoding) if line.text.strip()), "")
    if first.startswith("{"):
        return read_jsonl(read_lines(path, encoding), kind)
    if first.startswith("["):
        raise BadInput(f"{path} is one JSON array: write one object a line (jq -c '.[]' FILE).")
    if csv_delimiter(first):
        return read_csv(read_lines(path, encoding), kind)
    raise BadInput(f"{path} is no JSONL, no WARC, and no CSV whose header names a column text, body, content or texte.")
