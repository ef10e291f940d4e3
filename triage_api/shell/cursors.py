"""Opaque cursors: where a list was left, as text that means nothing to whoever holds it."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any

from nlp.clean import clean
from store.errors import BadInput

_MOST = 2**63
"""Databases hold no greater whole number."""


def wrap(*place: str | float | None) -> str:
    """Return the cursor of a place in a list."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def unwrap(cursor: str, *kinds: type) -> tuple[Any, ...]:
    """Return the place that a cursor stands for; `BadInput` if it is not one of this list's."""
    try:
        place = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        place = None
    fits = isinstance(place, list) and len(place) == len(kinds)
    if not fits or not all(type(value) is kind and _is_kept(value) for value, kind in zip(place, kinds, strict=True)):
        raise BadInput("This cursor is not one of this list's.", field="cursor")
    return tuple(place)


def _is_kept(value: object) -> bool:
    """Tell whether a database can be asked for a value."""
    if isinstance(value, str):
        return clean(value) == value
    return not isinstance(value, int) or -_MOST <= value < _MOST


def moment_in(text: str) -> datetime:
    """Return a moment that stands in a cursor; `BadInput` if it is none."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise BadInput("This cursor is not one of this list's.", field="cursor")
