"""Rows of JSONL and CSV files."""

from __future__ import annotations

import csv
import json
from collections import deque
from collections.abc import Iterator, Sequence

from crawlers.imports.lines import Line
from crawlers.imports.rows import TEXT_NAMES, Reject, Row, Shape, read_row, reject
from nlp.types import Kind
from store.errors import BadInput

_DELIMITERS = ",;\t|"
_MAX_FIELD = 2_000_000
_MAX_LINES = 5_000
"""Lines that one quoted CSV field may span before its quote is taken for a stray one."""


def read_jsonl(lines: Iterator[Line], kind: Kind, shape: Shape = dict) -> Iterator[Row | Reject]:
    """Yield a post for each line that holds a JSON object with a text; empty lines are passed over."""
    for line in lines:
        if line.problem:
            yield reject(line.number, line.problem, line.text)
        elif line.text.strip():
            yield _json_row(line, kind, shape)


def _json_row(line: Line, kind: Kind, shape: Shape) -> Row | Reject:
    try:
        row = json.loads(line.text)
    except ValueError as error:
        return reject(line.number, f"not JSON: {error}", line.text)
    except RecursionError:
        return reject(line.number, "not JSON that can be read: nested too deep", line.text)
    if not isinstance(row, dict):
        return reject(line.number, "not a JSON object", line.text)
    return read_row(row, kind, line.number, line.text, shape)


def csv_delimiter(header: str) -> str:
    """Return the delimiter with which a header line names the text column in the most columns, or ``""``."""
    found = {one: csv_names(header, one) for one in _DELIMITERS}
    named = [one for one in _DELIMITERS if TEXT_NAMES & set(found[one])]
    return max(named, key=lambda one: len(found[one]), default="")


def csv_names(header: str, delimiter: str) -> list[str]:
    """Return the names of a header's columns, in lower case."""
    row = next(csv.reader([header], delimiter=delimiter), [])
    return [name.strip().lower() for name in row]


def read_csv(lines: Iterator[Line], kind: Kind, shape: Shape = dict) -> Iterator[Row | Reject]:
    """Yield a post for each record. A record that does not fit costs its first line only: reading goes on after it."""
    header = next((line for line in lines if line.text.strip()), None)
    delimiter = csv_delimiter(header.text) if header else ""
    if header is None or not delimiter:
        raise BadInput(f"No column of the CSV file is named {', '.join(sorted(TEXT_NAMES))}.", field="text")
    csv.field_size_limit(_MAX_FIELD)
    names = csv_names(header.text, delimiter)
    for record in _records(lines, delimiter, len(names)):
        if isinstance(record, Reject):
            yield record
        else:
            taken, values = record
            raw = "\n".join(line.text for line in taken)
            yield read_row(dict(zip(names, values, strict=True)), kind, taken[0].number, raw, shape)


def _records(lines: Iterator[Line], delimiter: str, width: int) -> Iterator[tuple[list[Line], Sequence[str]] | Reject]:
    again: deque[Line] = deque()
    while True:
        taken: list[Line] = []
        values, problem = _one_record(_feed(again, lines, taken), delimiter, width)
        if not taken:
            return
        if problem:
            again.extendleft(reversed(taken[1:]))
            yield reject(taken[0].number, problem, taken[0].text)
        elif values:
            yield taken, values


def _feed(again: deque[Line], lines: Iterator[Line], taken: list[Line]) -> Iterator[Line]:
    """Yield the lines that were given back, then the file's, noting in `taken` each that was handed out."""
    while again:
        taken.append(again.popleft())
        yield taken[-1]
    for line in lines:
        taken.append(line)
        yield line


def _one_record(feed: Iterator[Line], delimiter: str, width: int) -> tuple[Sequence[str], str]:
    """Read one record; return its values, or what is wrong with it. Empty lines are records without values."""
    problems: list[str] = []

    def texts() -> Iterator[str]:
        for count, line in enumerate(feed, start=1):
            if line.problem or count > _MAX_LINES:
                problems.append(line.problem if count == 1 else "a quote opens here and does not close")
                return
            yield line.text + "\n"

    try:
        values = next(csv.reader(texts(), delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        return [], problems[0] if problems else f"not CSV: {error}"
    if problems:
        return [], problems[0]
    if values and len(values) != width:
        return [], f"{len(values)} columns where the header names {width}"
    return values, ""
