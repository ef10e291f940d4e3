"""What is right in an answer, and what is not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from triage_api.teaching.cases import Case


@dataclass(frozen=True, slots=True)
class Mark:
    """An answer held against the solution."""

    verdict: bool
    """One of the verdicts that may be."""
    missing: tuple[str, ...]
    """Criteria that had to be retained and were not."""
    beyond: tuple[str, ...]
    """Criteria that were retained and do not hold."""
    missed: bool
    """Something immediate was not escalated: whatever else is right, the attempt is not passed."""

    @property
    def right(self) -> bool:
        """Return whether all of it is right."""
        return self.verdict and not self.missing and not self.beyond


def mark(case: Case, verdict: str, criteria: Collection[str]) -> Mark:
    """Hold an answer against the solution of its case."""
    given = set(criteria)
    return Mark(
        verdict=verdict in case.verdicts,
        missing=tuple(one for one in case.expected if one not in given),
        beyond=tuple(sorted(given.difference(case.expected, case.also))),
        missed=case.urgency == "immediate" and verdict not in case.verdicts,
    )
