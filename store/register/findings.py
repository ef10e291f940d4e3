"""What verifying and watching find: which kind of wrong, and which entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

MOST = 200
"""Findings of one kind that are kept: a register of which everything was changed need not be told line by line."""


class Kind(StrEnum):
    """What was done to a register."""

    CHANGED = "changed"
    DELETED = "deleted"
    INSERTED = "inserted"
    REORDERED = "reordered"
    BACK_DATED = "back-dated"
    TRUNCATED = "truncated"
    FORKED = "forked"
    SPOILT = "spoilt"
    """A stored node or checkpoint is not what the entries make it."""
    UNGUARDED = "unguarded"
    """A trigger that refuses change is not in place."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, from entry `first` to entry `last` (numbers; None where no entry is meant)."""

    kind: Kind
    words: str
    first: int | None = None
    last: int | None = None

    def __str__(self) -> str:
        """Return one line for people."""
        if self.first is None:
            return f"{self.kind}: {self.words}"
        where = f"entry {self.first}" if self.last in (None, self.first) else f"entries {self.first} to {self.last}"
        return f"{where}: {self.kind}: {self.words}"

    def as_dict(self) -> dict[str, object]:
        """Return the same for programs."""
        return {"kind": self.kind.value, "first": self.first, "last": self.last, "message": self.words}


class Findings:
    """Findings as they come, bounded, each once; neighbours of one kind become one."""

    def __init__(self) -> None:
        self._told: list[Finding] = []
        self._counts: dict[Kind, int] = {}

    def __iter__(self) -> Iterator[Finding]:
        yield from self._told
        for kind, count in self._counts.items():
            if count > MOST:
                yield Finding(kind, f"and {count - MOST} more places")

    def __bool__(self) -> bool:
        return bool(self._told)

    def add(self, kind: Kind, words: str, first: int | None = None, last: int | None = None) -> None:
        """Keep a finding, or make the one before it longer if it goes on where that ended."""
        last = first if last is None else last
        before = self._told[-1] if self._told else None
        if before and before.kind is kind and before.words == words and _follows(before, first):
            self._told[-1] = Finding(kind, words, before.first, max(last or 0, before.last or 0))
            return
        found, count = Finding(kind, words, first, last), self._counts.get(kind, 0)
        if count < MOST and found in self._told:
            return
        self._counts[kind] = count + 1
        if count < MOST:
            self._told.append(found)

    def touch(self, first: int, last: int) -> bool:
        """Tell whether something was found about an entry of this range."""
        return any(
            one.first is not None and one.first <= last and (one.last or one.first) >= first for one in self._told
        )


def _follows(before: Finding, first: int | None) -> bool:
    return first is not None and before.last is not None and before.last <= first <= before.last + 1


def kinds(findings: Iterable[Finding]) -> set[Kind]:
    """Return which kinds were found."""
    return {finding.kind for finding in findings}
