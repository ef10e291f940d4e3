"""What the dashboard has reckoned and need not reckon again until what it was made of changes; in memory alone."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import TypeVar, cast
from weakref import WeakKeyDictionary

from triage_api.desk import Desk

T = TypeVar("T")

_KEPT: WeakKeyDictionary[Desk, dict[str, tuple[Hashable, object]]] = WeakKeyDictionary()
_LOCK = Lock()


def kept(desk: Desk, name: str, mark: Hashable, make: Callable[[], T]) -> T:
    """Return what was made under a name if `mark` is still the same, else make it; `mark` changes whenever it would."""
    with _LOCK:
        found = _KEPT.get(desk, {}).get(name)
    if found is not None and found[0] == mark:
        return cast("T", found[1])
    made = make()
    with _LOCK:
        _KEPT.setdefault(desk, {})[name] = mark, made
    return made
