"""Opaque cursors: where a list was left, as text that means nothing to whoever holds it.

Where the place itself must not be read (a score, which whoever judges blind does not see), the cursor is sealed.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from nlp.clean import clean
from store.errors import BadInput, NotSetUp
from store.keyring import Keyring
from store.keys import seal, unseal

_MOST = 2**63
"""Databases hold no greater whole number."""


def wrap(*place: str | float | None) -> str:
    """Return the cursor of a place in a list."""
    return _as_text(json.dumps(place).encode())


def wrap_sealed(keys: Keyring, name: str, *place: str | float | None) -> str:
    """Return the cursor of a place in the list of a name, which nobody reads without the house's keys."""
    return _as_text(seal(_key(keys, name), json.dumps(place).encode(), name))


def unwrap(cursor: str, *kinds: type) -> tuple[Any, ...]:
    """Return the place that a cursor stands for; `BadInput` if it is not one of this list's."""
    return _read(_as_bytes(cursor), kinds)


def unwrap_sealed(keys: Keyring, name: str, cursor: str, *kinds: type) -> tuple[Any, ...]:
    """Return the place that a sealed cursor stands for; `BadInput` for any other, and once the key was changed."""
    try:
        place = unseal(_key(keys, name), _as_bytes(cursor), name)
    except NotSetUp:
        raise _refused() from None
    return _read(place, kinds)


def _key(keys: Keyring, name: str) -> bytes:
    return bytes.fromhex(keys.blind("cursor", name))


def _as_text(place: bytes) -> str:
    return base64.urlsafe_b64encode(place).decode().rstrip("=")


def _as_bytes(cursor: str) -> bytes:
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _refused() from None


def _refused() -> BadInput:
    return BadInput("This cursor is not one of this list's.", field="cursor")


def _read(held: bytes, kinds: Sequence[type]) -> tuple[Any, ...]:
    try:
        place = json.loads(held)
    except (ValueError, RecursionError):
        place = None
    fits = isinstance(place, list) and len(place) == len(kinds)
    if not fits or not all(type(value) is kind and _is_kept(value) for value, kind in zip(place, kinds, strict=True)):
        raise _refused()
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
    raise _refused()
