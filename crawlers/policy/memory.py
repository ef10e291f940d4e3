"""The bound on a collector's memory, by what it holds now."""

from __future__ import annotations

import resource
from pathlib import Path

from scrapy.extensions.memusage import MemoryUsage

_STATM = Path("/proc/self/statm")
_STATUS = Path("/proc/self/status")


class Memory(MemoryUsage):
    """Scrapy's bound, measured by the resident memory that was taken since the collection began.

    Scrapy asks for the greatest there ever was, which a child process inherits from the one that started it: under a
    worker that once held more than the bound, every collection would end before its first page.
    """

    _before: int = 0
    """Bytes that the process held before: a forked one holds, on paper, all that its starter does."""

    def get_virtual_size(self) -> int:
        """Return the resident bytes since the first call; the greatest ever where the system does not say."""
        try:
            held = int(_STATM.read_text("ascii").split()[1]) * resource.getpagesize()
            self._before = self._before or held
            return held - self._before
        except (OSError, ValueError, IndexError):
            return int(super().get_virtual_size())


def peak_bytes() -> int:
    """Return the most memory that this process itself has held, in bytes; 0 where the system does not say."""
    try:
        told = _STATUS.read_text("ascii", "replace").partition("VmHWM:")[2].split()
        return int(told[0]) * 1024
    except (OSError, ValueError, IndexError):
        return 0
