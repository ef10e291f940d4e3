"""Withholding small figures, and the figures from which they could be worked out."""

from __future__ import annotations

from collections.abc import Mapping

LEAST = 10
"""The smallest figure that is told."""


def suppressed(counts: Mapping[str, int], least: int = LEAST) -> tuple[dict[str, int | None], int | None]:
    """Return the parts and their total with None for what is withheld.

    A part under `least` is withheld. If any is, what is withheld together must be two parts at least and sum to
    `least` at least, or the total would give it away: the next smallest parts go too, and if none is left, the total.
    """
    total = sum(counts.values())
    if total < least:
        return dict.fromkeys(counts, None), None
    smallest_first = sorted(counts, key=lambda part: (counts[part], part))
    hidden = [part for part in smallest_first if counts[part] < least]
    rest = smallest_first[len(hidden) :]
    while hidden and rest and not _is_safe(hidden, counts, least):
        hidden.append(rest.pop(0))
    told = {part: None if part in hidden else count for part, count in counts.items()}
    return told, total if not hidden or _is_safe(hidden, counts, least) else None


def _is_safe(hidden: list[str], counts: Mapping[str, int], least: int) -> bool:
    return len(hidden) >= 2 and sum(counts[part] for part in hidden) >= least
