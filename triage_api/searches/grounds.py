"""Why searches are made: the purposes and grounds that the register tells, and which of them answer for which.

What else a person writes is sealed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from triage_api.searches.asked import same_words

PURPOSES = ("request", "watch", "runaway", "distress", "training", "rights")
"""Purposes that the page offers; programs may state others."""
GROUNDS = (
    "LPJ 38 d) 1°",
    "LPJ 38 d) 2°",
    "LPJ 39",
    "LPJ 72.8",
    "Loi sur l'accès 59.1",
    "Loi sur l'accès 65",
    "Loi sur l'accès 83",
)
"""Legal grounds that the page offers."""
OTHER = "other"
"""What is told of a purpose or ground in a person's own words, which may name somebody."""

_PROTECTING = frozenset({"request", "runaway", "distress"})
ANSWERED_FOR: Mapping[str, frozenset[str]] = dict.fromkeys(sorted(_PROTECTING), _PROTECTING)
"""For a purpose, those whose results may be used for it besides its own; whatever is not listed may not.

A request, a runaway and a distress are about the protection of the young person who is searched. A watch is about
nobody in particular: it must not learn who was searched, nor is its result kept for one person's file. Training is
for learning alone. What is looked up for somebody who asks about themselves (83) is for their answer alone.
"""
ALLOWED_BY: Mapping[str, frozenset[str]] = {"LPJ 38 d) 2°": frozenset({"LPJ 38 d) 1°"})}
"""For a ground, those that allow at least as much; whatever is not listed does not.

Abuse that was suffered (1°) allows all that a serious risk of it (2°) does. Reporting (39) and disclosing (72.8, 59.1)
have conditions and recipients of their own, and what a body may collect (65) says nothing of the others.
"""


def code_of(value: str, known: Collection[str]) -> str:
    """Return a purpose or ground if it is one of the known ones, else `OTHER`."""
    return value if value in known else OTHER


def answers_for(earlier: str, new: str, listed: Mapping[str, Collection[str]]) -> bool:
    """Tell whether what was found for one purpose, or on one ground, may be used for another: the same, or listed."""
    return same_words(earlier) == same_words(new) or earlier in listed.get(new, ())
