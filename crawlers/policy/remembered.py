"""What the policy remembers of a source from one collection to the next: its terms, its robots.txt."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from store.clock import Clock, system_clock
from store.store import Store
from store.tables import SourceMark

MARK = "robots:"
"""How the names begin under which the state of a host's robots.txt is remembered; see `robots.Rules.as_mark`."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that is remembered, and when it was last seen to be so."""

    value: str
    seen_at: datetime


class Marks(Protocol):
    """What is remembered of one source, by name."""

    def read(self, name: str) -> Mark | None:
        """Return what is remembered under a name."""

    def write(self, name: str, value: str) -> None:
        """Remember something as seen now."""

    def drop(self, name: str) -> None:
        """Forget a name."""


@dataclass
class PassingMarks:
    """Marks that end with the collection."""

    clock: Clock = system_clock
    kept: dict[str, Mark] = field(default_factory=dict)

    def read(self, name: str) -> Mark | None:
        """Return what is remembered under a name."""
        return self.kept.get(name)

    def write(self, name: str, value: str) -> None:
        """Remember something as seen now."""
        self.kept[name] = Mark(value, self.clock())

    def drop(self, name: str) -> None:
        """Forget a name."""
        self.kept.pop(name, None)


@dataclass(frozen=True, slots=True)
class KeptMarks:
    """Marks in the database."""

    store: Store
    source_id: str

    def read(self, name: str) -> Mark | None:
        """Return what is remembered under a name."""
        with self.store.database.reading() as session:
            row = session.get(SourceMark, (self.source_id, name))
            return Mark(row.value, row.seen_at) if row else None

    def write(self, name: str, value: str) -> None:
        """Remember something as seen now."""
        now = self.store.clock()
        with self.store.database.writing() as session:
            session.merge(SourceMark(source_id=self.source_id, name=name, value=value, seen_at=now))

    def drop(self, name: str) -> None:
        """Forget a name."""
        with self.store.database.writing() as session:
            row = session.get(SourceMark, (self.source_id, name))
            if row is not None:
                session.delete(row)
