"""Whether the triggers that refuse every change of the register are in place."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.orm import Session

TABLES = ("register", "register_leaves", "register_nodes", "register_checkpoints")
_SQLITE = text("SELECT lower(name), sql FROM sqlite_master WHERE type = 'trigger'")
_POSTGRESQL = text(
    "SELECT lower(t.tgname), p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
    " WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')"
)


def missing_guards(session: Session) -> list[str]:
    """Return the triggers that are not there, or refuse nothing, by name."""
    sqlite = session.get_bind().dialect.name == "sqlite"
    found = session.execute(_SQLITE if sqlite else _POSTGRESQL)
    there = {name for name, body in found if "append-only" in body and ("RAISE(ABORT" in body or "RAISE EXC" in body)}
    return [name for name in _expected("replace" if sqlite else "truncate") if name not in there]


def _expected(third: str) -> Iterable[str]:
    return (f"{table}_no_{verb}" for table in TABLES for verb in ("update", "delete", third))
