"""Why searches are made: the purposes and grounds that the register tells; what else a person writes is sealed."""

from __future__ import annotations

from collections.abc import Collection

PURPOSES = ("request", "watch", "runaway", "distress", "training")
"""Purposes that the page offers; programs may state others."""
GROUNDS = (
    "LPJ 38 d) 1°",
    "LPJ 38 d) 2°",
    "LPJ 39",
    "LPJ 72.8",
    "Loi sur l'accès 59.1",
    "Loi sur l'accès 65",
)
"""Legal grounds that the page offers."""
OTHER = "other"
"""What is told of a purpose or ground in a person's own words, which may name somebody."""


def code_of(value: str, known: Collection[str]) -> str:
    """Return a purpose or ground if it is one of the known ones, else `OTHER`."""
    return value if value in known else OTHER
