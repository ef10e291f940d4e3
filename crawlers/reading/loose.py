"""Plain data of any shape, as JSON and feeds bring it, read without ever raising."""

from __future__ import annotations

import json
from typing import Any


def read_json(body: bytes) -> object:
    """Return what a body says in JSON, or None: not JSON, nested too deep, a number too long."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def value_at(holder: object, *names: str) -> Any:
    """Return the value under the names, one inside the other, or None."""
    for name in names:
        # Not the holder's own `get`: feedparser answers some missing names with others, and warns.
        holder = dict.get(holder, name) if isinstance(holder, dict) else None
    return holder


def string_at(holder: object, *names: str) -> str:
    """Return the text or whole number under the names as text; empty for anything else."""
    value = value_at(holder, *names)
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()  # JSON may halve characters
    return str(value) if type(value) is int and abs(value) < 10**30 else ""


def list_at(holder: object, *names: str) -> list[Any]:
    """Return the list under the names; empty for anything else."""
    value = value_at(holder, *names)
    return value if isinstance(value, list) else []


def dicts_at(holder: object, *names: str) -> list[dict[str, Any]]:
    """Return the mappings in the list under the names, and leave out what is none."""
    return [one for one in list_at(holder, *names) if isinstance(one, dict)]


def whole_at(holder: object, *names: str) -> int:
    """Return the whole number under the names; 0 for anything else, below 0, or past a million million."""
    text = string_at(holder, *names)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else 0


def web_address(text: str) -> str:
    """Return the text if it looks like a web address; else an empty string."""
    return text if text.startswith(("http://", "https://")) else ""


def as_piece(kept: dict[str, Any]) -> bytes:
    """Return what is kept of one item, as JSON in UTF-8."""
    return json.dumps(kept, ensure_ascii=False, default=str).encode("utf-8", "replace")
