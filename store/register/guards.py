"""Whether the triggers that refuse every change of the register are in place."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.orm import Session

TABLES = ("register", "register_leaves", "register_nodes", "register_checkpoints")
# By name each belongs to one table: of another table it guards nothing, nor does one that fires never.
_SQLITE = text(
    "SELECT lower(name), sql FROM sqlite_master WHERE type = 'trigger'"
    " AND substr(name, 1, length(tbl_name) + 4) = tbl_name || '_no_'"
    " AND (name LIKE '%\\_no\\_REPLACE' ESCAPE '\\' OR sql NOT LIKE '%WHEN%')"
)
_POSTGRESQL = text(
    "SELECT lower(t.tgname), p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
    " JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')"
    " AND t.tgqual IS NULL AND starts_with(t.tgname, c.relname || '_no_')"
)


def missing_guards(session: Session) -> list[str]:
    """Return the triggers that are not there, or refuse nothing, by name."""
    sqlite = session.get_bind().dialect.name == "sqlite"
    found = session.execute(_SQLITE if sqlite else _POSTGRESQL)
    there = {name for name, body in found if "append-only" in body and ("RAISE(ABORT" in body or "RAISE EXC" in body)}
    return [name for name in _expected("replace" if sqlite else "truncate") if name not in there]


def _expected(third: str) -> Iterable[str]:
    return (f"{table}_no_{verb}" for table in TABLES for verb in ("update", "delete", third))
