"""What a benchmark tells: a table and notes for people, one JSON object for programs."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Report:
    """A benchmark's name, its runs (one row each, same columns), its figures and what must be known to read them."""

    name: str
    rows: list[dict[str, object]]
    figures: dict[str, object]
    notes: list[str]

    def show(self) -> None:
        """Print the table, the figures and the notes, then everything as one line of JSON."""
        console = Console(width=120, highlight=False)
        table = Table(*self.rows[0], title=self.name, title_justify="left")
        for row in self.rows:
            table.add_row(*(f"{value:,}" if isinstance(value, int | float) else str(value) for value in row.values()))
        console.print(table)
        for name, value in self.figures.items():
            console.print(f"{name}: {value}")
        for note in self.notes:
            console.print(f"· {note}")
        print(json.dumps(self.as_dict(), ensure_ascii=False))

    def as_dict(self) -> dict[str, object]:
        machine = {"python": platform.python_version(), "cores": os.cpu_count(), "machine": platform.machine()}
        return {"benchmark": self.name, "runs": self.rows, "figures": self.figures, "notes": self.notes, "on": machine}
