"""The three formats of a table, written and read as streams: JSON lines, CSV that no spreadsheet reckons, Parquet."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from disclosure.formulas import plain_cell, safe_cell
from pipeline.exports.package.shapes import Column, ColumnType, TableShape

Row = Mapping[str, object]
_AT_ONCE = 50_000
"""Rows of a row group of Parquet: what is held in memory while one is written or read."""
_ARROW: Mapping[ColumnType, pa.DataType] = {"string": pa.string(), "integer": pa.int64(), "number": pa.float64()}
_READ: Mapping[ColumnType, Callable[[str], object]] = {"string": str, "integer": int, "number": float}


def write_table(folder: Path, shape: TableShape, rows: Iterable[Row]) -> int:
    """Write a table in all formats into a folder, in one pass; return how many rows it has.

    Raises `ValueError` for a row that lacks a column or holds one more.
    """
    names, count = [column.name for column in shape.columns], 0
    with _sinks(folder, shape) as sinks:
        for row in rows:
            if row.keys() != set(names):
                raise ValueError(f"A row of {shape.name} has not the columns of its shape.")
            count += 1
            for sink in sinks:
                sink([row[name] for name in names])
    return count


@contextmanager
def _sinks(folder: Path, shape: TableShape) -> Iterator[list[Callable[[Sequence[object]], None]]]:
    with ExitStack() as stack:
        plain = stack.enter_context((folder / f"{shape.name}.jsonl").open("w", encoding="utf-8", newline="\n"))
        sheet = stack.enter_context((folder / f"{shape.name}.csv").open("w", encoding="utf-8", newline=""))
        names = [column.name for column in shape.columns]
        writer = csv.writer(sheet)
        writer.writerow(names)
        groups = _Groups(folder / f"{shape.name}.parquet", shape.columns)
        stack.callback(groups.close)

        def as_line(cells: Sequence[object]) -> None:
            plain.write(json.dumps(dict(zip(names, cells, strict=True)), ensure_ascii=False) + "\n")

        def as_sheet(cells: Sequence[object]) -> None:
            writer.writerow([safe_cell(_told(cell)) for cell in cells])

        yield [as_line, as_sheet, groups.add]


class _Groups:
    """Collects rows and writes them to Parquet a group at a time."""

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        self._schema = pa.schema([pa.field(column.name, _ARROW[column.type]) for column in columns])
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._rows: list[Sequence[object]] = []

    def add(self, cells: Sequence[object]) -> None:
        self._rows.append(cells)
        if len(self._rows) == _AT_ONCE:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._rows:
            columns = [
                pa.array(cells, field.type)
                for cells, field in zip(zip(*self._rows, strict=True), self._schema, strict=True)
            ]
            self._writer.write_table(pa.table(columns, schema=self._schema))
            self._rows = []


def read_table(path: Path, shape: TableShape) -> Iterator[dict[str, object]]:
    """Yield the rows of a table from one of its files, by the file's extension.

    Raises `ValueError`, with the number of the row, for one that cannot be read or has not the table's columns.
    """
    rows = {".jsonl": _lines, ".csv": _sheet, ".parquet": _groups}[path.suffix](path, shape)
    names = [column.name for column in shape.columns]
    for number, row in enumerate(rows, 1):
        if list(row) != names:
            raise ValueError(f"Row {number} of {path.name} has not the columns of the dictionary.")
        yield row


def _lines(path: Path, _shape: TableShape) -> Iterator[dict[str, object]]:
    with path.open(encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, 1):
            try:
                row = json.loads(line)
            except ValueError:
                raise ValueError(f"Row {number} of {path.name} is no JSON.") from None
            if not isinstance(row, dict):
                raise ValueError(f"Row {number} of {path.name} is no row.")
            yield row


def _sheet(path: Path, shape: TableShape) -> Iterator[dict[str, object]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file, strict=True)
        heading = next(reader, [])
        types = {column.name: column.type for column in shape.columns}
        for number, cells in enumerate(reader, 1):
            if len(cells) != len(heading):
                raise ValueError(f"Row {number} of {path.name} has {len(cells)} cells, its heading {len(heading)}.")
            yield {name: _typed(cell, types.get(name, "string")) for name, cell in zip(heading, cells, strict=True)}


def _groups(path: Path, _shape: TableShape) -> Iterator[dict[str, Any]]:
    with pq.ParquetFile(path) as file:
        for group in file.iter_batches(batch_size=_AT_ONCE):
            yield from group.to_pylist()


def _told(cell: object) -> str:
    return "" if cell is None else str(cell)


def _typed(cell: str, type_: ColumnType) -> object:
    """Return a cell of CSV in its type; what cannot be read as that stays words, and is at fault."""
    plain = plain_cell(cell)
    if type_ == "string":
        return plain
    if plain == "":
        return None
    try:
        return _READ[type_](plain)
    except ValueError:
        return plain
