"""Cells of CSV that no spreadsheet takes for a formula (OWASP, "CSV Injection"; CWE-1236)."""

from __future__ import annotations

import re

_FORMULA = re.compile(r"'*[\s\x00]*[=+\-@\t\r\n＝＋－＠]", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)


def safe_cell(cell: str) -> str:
    """Return a cell with an apostrophe before it if a spreadsheet might reckon it, numbers and others as they are.

    Full-width signs and leading blanks count, since some programs drop them; `plain_cell` undoes it exactly.
    """
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def plain_cell(cell: str) -> str:
    """Return the cell from which `safe_cell` made this one."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
