"""Tables of figures, told to a terminal in columns and to a page in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import StringIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as RichTable

_WIDE = 1000
"""Columns of the imagined terminal: no cell is ever folded."""


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table; cells are words or figures, shown by `str`."""

    title: str
    heads: tuple[str, ...]
    rows: list[tuple[object, ...]]
    note: str = ""


def as_columns(table: Table) -> Iterator[str]:
    """Yield the lines of a table in columns, a blank line before it; words on the left, figures on the right."""
    shown = RichTable(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for at, head in enumerate(table.heads):
        figures = any(isinstance(row[at], int | float) for row in table.rows)
        shown.add_column(head, justify="right" if figures else "left", no_wrap=True)
    for row in table.rows:
        shown.add_row(*map(_plain, row))
    drawn = StringIO()
    Console(file=drawn, width=_WIDE, markup=False, emoji=False, highlight=False, no_color=True).print(shown)
    yield ""
    yield table.title
    yield from (line.rstrip() for line in drawn.getvalue().splitlines() if line.strip())
    if table.note:
        yield table.note


def as_markdown(table: Table, level: int = 3) -> Iterator[str]:
    """Yield the lines of a table as Markdown under a heading."""
    yield f"{'#' * level} {table.title}\n"
    if table.note:
        yield f"{table.note}\n"
    yield "| " + " | ".join(table.heads) + " |"
    yield "|" + "---|" * len(table.heads)
    for row in table.rows:
        yield "| " + " | ".join(_escaped(cell) for cell in row) + " |"
    yield ""


def _plain(cell: object) -> str:
    return " ".join(str(cell).split())


def _escaped(cell: object) -> str:
    return _plain(cell).replace("|", "\\|")


def lines(tables: Iterable[Table]) -> Iterator[str]:
    """Yield the lines of those tables that hold something, in columns."""
    for table in tables:
        if table.rows:
            yield from as_columns(table)
