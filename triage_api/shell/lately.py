"""A figure that may be some seconds old: worked out once for all who ask meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Lately(Generic[Value]):
    """Holds the last value that was worked out; whoever asks while it is worked out waits for it."""

    def __init__(self) -> None:
        self._held: tuple[float, Value] | None = None
        self._lock = Lock()

    def get(self, seconds: float, work_out: Callable[[], Value]) -> Value:
        """Return a value at most so many seconds old; 0: worked out now."""
        with self._lock:
            if self._held is None or time.monotonic() - self._held[0] >= seconds:
                self._held = (time.monotonic(), work_out())
            return self._held[1]
