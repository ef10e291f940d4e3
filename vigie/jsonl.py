"""JSON Lines in and out: every row gets its answer, whatever the row is."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader, FileIO
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from pydantic import BaseModel, ValidationError

from nlp.clean import clean
from store.errors import BadInput

Answer = dict[str, Any]
Model = TypeVar("Model", bound=BaseModel)

LONGEST_LINE = 16_000_000
"""Bytes; a text of the longest kind takes 12,000,000 when each character is escaped as two surrogates."""
_CHUNK = 1 << 20
_STANDARD_INPUT = 0
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Row:
    """One line that is not blank: the object it holds, or why it holds none."""

    line: int
    value: Answer
    error: str = ""

    def failed(self, why: str) -> Answer:
        """Return the answer to a row that cannot be used; the row's own id, if it has a plain one."""
        given = self.value.get("id")
        plain = isinstance(given, str | int) and not isinstance(given, bool)
        return {
            "id": clean(given) if isinstance(given, str) else given if plain else None,
            "line": self.line,
            "error": why,
        }


@contextmanager
def opened(file: Path | None) -> Iterator[BinaryIO]:
    """Open a file of rows, or standard input if none (or "-") is named; raises BadInput if it cannot be read.

    A thread may still wait for the next row of a slow stream when all ends. Only the descriptor is closed then, never
    the buffer above it: whoever closes a buffer waits for whoever reads, and Python aborts if it is `sys.stdin`'s.
    """
    given = None if file is None or str(file) == "-" else file
    try:
        raw = FileIO(_STANDARD_INPUT, closefd=False) if given is None else FileIO(given)
    except OSError as error:
        what = given or "Standard input"
        raise BadInput(f"{what} cannot be read: {error.strerror}. Give a JSONL file, or pipe the rows in.") from None
    with raw:
        yield BufferedReader(raw, _CHUNK)


def read_rows(stream: BinaryIO) -> Iterator[Row]:
    """Yield the rows of a stream in constant memory; lines count from 1, blank ones are no rows."""
    number = 0
    while raw := stream.readline(LONGEST_LINE + 1):
        number += 1
        if len(raw) > LONGEST_LINE and not raw.endswith(b"\n"):
            _skip_line(stream)
            yield Row(number, {}, f"the line is over {LONGEST_LINE:,} bytes")
        elif raw.strip():
            yield _parse(number, raw.removeprefix(_BOM) if number == 1 else raw)


def _skip_line(stream: BinaryIO) -> None:
    while (chunk := stream.readline(_CHUNK)) and not chunk.endswith(b"\n"):
        pass


def _parse(number: int, raw: bytes) -> Row:
    broken = ""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        broken, text = "the line is not UTF-8", raw.decode(errors="replace")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return Row(number, {}, broken or "the line is not JSON")
    if not isinstance(value, dict):
        return Row(number, {}, broken or "the line is not a JSON object")
    return Row(number, value, broken)


def validated(row: Row, model: type[Model]) -> Model | str:
    """Return a row as a model, or one line that says why it cannot be one; the row's own text is never repeated."""
    if row.error:
        return row.error
    try:
        return model.model_validate(row.value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where, what = ".".join(str(part) for part in first["loc"]), first["msg"].removeprefix("Value error, ")
        return f"{where}: {what}" if where else what


def answer_each(rows: Iterable[Row], model: type[Model], answer: Callable[[Model], Answer]) -> Iterator[Answer]:
    """Yield one answer a row, in order, each as soon as its row is read."""
    for row in rows:
        value = validated(row, model)
        yield row.failed(value) if isinstance(value, str) else guarded(row, answer, value)


def guarded(row: Row, answer: Callable[[Model], Answer], value: Model) -> Answer:
    """Answer one row; what goes wrong with it is its own answer, so that the other rows are answered too."""
    try:
        return answer(value)
    except ValueError as error:
        return row.failed(str(error).splitlines()[0] if str(error) else "the row cannot be used")
    except Exception as error:  # noqa: BLE001 whatever a hostile row provokes, the next rows must still be answered
        return row.failed(f"the row could not be processed ({type(error).__name__})")


def write(answers: Iterable[Answer]) -> int:
    """Write answers to standard output as UTF-8, each at once; return how many tell of an error."""
    failed = 0
    for answer in answers:
        failed += "error" in answer
        line = json.dumps(answer, ensure_ascii=False, separators=(", ", ": "))
        sys.stdout.buffer.write(line.encode("utf-8", "replace") + b"\n")
        sys.stdout.buffer.flush()
    return failed
