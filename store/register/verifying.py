"""Verifying: everything computed again from the entries, in one pass and flat memory, and what is wrong given its name.

Each leaf is held against its entry, each stored node and each signed head against the tree that the leaves make.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from store.errors import BadInput
from store.register.entries import entry_content, highest_given
from store.register.explaining import Window
from store.register.findings import Finding, Findings, Kind, kinds
from store.register.guards import missing_guards
from store.register.marks import Mark, all_marks, largest_signed
from store.register.nodes import NodeCheck
from store.register.notes import Note
from store.register.proofs import placed_entries
from store.register.sequencing import log_verifier, newest_checkpoint, read_copy
from store.register.tree import Range, leaf_hash
from store.tables import RegisterEntry, RegisterLeaf

if TYPE_CHECKING:
    from store.store import Store

SLACK = timedelta(minutes=10)
"""How much earlier than the last checkpoint an entry's moment may be: a slow transaction, clocks that differ."""
_LOST = bytes(32)
_AT_ONCE = 2000
_TELL_EVERY = 10_000

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Verified:
    """What verifying came to: how many entries stand in the tree, under which newest head, and all that is wrong."""

    entries: int
    unsigned: int
    newest: Mark | None
    findings: list[Finding]


class _Row(NamedTuple):
    """An entry as it is read, or (where `leaf` is None) the place of one that is gone."""

    position: int
    n: int
    at: datetime
    event: str
    actor: str
    public: str
    sealed: bytes | None
    leaf: bytes | None


def verify(store: Store, saved: Iterable[tuple[str, Note]] = (), progress: Progress = lambda _: None) -> Verified:
    """Verify the whole register, against saved checkpoints too: pairs of where each is from and the note."""
    with store.database.reading() as session:
        return _Pass(session, store, saved).run(progress)


class _Pass:
    """One reading of the register from its first entry to its last."""

    def __init__(self, session: Session, store: Store, saved: Iterable[tuple[str, Note]]) -> None:
        self.session = session
        self.found = Findings()
        self.gapless = store.database.is_sqlite  # a sequence of PostgreSQL leaves a gap where a transaction was undone
        notes = [*saved, *self._copy(store)]
        self.marks = all_marks(session, log_verifier(store), notes, self.found)
        self.mark = next(self.marks, None)
        self.signed = largest_signed(session, log_verifier(store), notes)
        self.placed = placed_entries(session)
        self.tree = Range()
        self.skipped = 0
        self.nodes = NodeCheck(session, self.found)
        self.window = Window(0, [], 0)
        self.rewritten = False
        self.last_n = 0
        self.newest: Mark | None = None
        self.floor: datetime | None = None

    def run(self, progress: Progress) -> Verified:
        for name in missing_guards(self.session):
            self.found.add(Kind.UNGUARDED, f"the trigger {name} is not in place")
        self._pass_marks()
        for row in self._placed():
            self._take(row)
            if self.tree.size % _TELL_EVERY == 0:
                progress(self.tree.size)
        self._end_window()
        self.nodes.tell()
        if (surplus := self.nodes.surplus(self.tree.size)) > 0 and not self.found:
            self.found.add(Kind.SPOILT, f"{surplus} nodes are stored that the tree does not have")
        deque(self.marks, maxlen=0)  # those beyond the end are looked at too
        self._beyond_the_signed()
        unsigned = self._unplaced()
        self._beyond_the_end()
        return Verified(self.tree.size, unsigned, self.newest, list(self.found))

    def _copy(self, store: Store) -> Iterator[tuple[str, Note]]:
        try:
            copy = read_copy(store)
        except BadInput as error:
            self.found.add(Kind.SPOILT, error.message)
            return
        if copy is not None:
            yield "the copy outside the database", copy

    def _placed(self) -> Iterator[_Row]:
        entry = RegisterEntry
        said = (entry.at, entry.event, entry.actor, entry.public, entry.sealed, entry.leaf)
        query = select(RegisterLeaf.position, RegisterLeaf.n, *said).outerjoin(entry, entry.n == RegisterLeaf.n)
        rows = self.session.execute(query.order_by(RegisterLeaf.position).execution_options(yield_per=_AT_ONCE))
        return (_Row(*row) for row in rows)

    def _take(self, row: _Row) -> None:
        self._fill_hole(row)
        self._check_order(row.n)
        if row.leaf is None:
            self.found.add(Kind.DELETED, "it has a place in the tree and is gone", row.n)
        else:
            self._check_entry(row)
        self._grow(row.n, row.leaf or _LOST)
        self.last_n = max(self.last_n, row.n)
        self._pass_marks()
        if self.window.is_full():
            self._end_window()

    def _grow(self, n: int, leaf: bytes) -> None:
        self.nodes.add(self.tree.append(leaf))
        self.window.add(n, leaf)

    def _fill_hole(self, row: _Row) -> None:
        """Go on at the right place where leaves are missing, so that what follows is held against its own nodes."""
        missing = row.position - self.skipped - self.tree.size
        if missing <= 0:
            return
        first = min(self.last_n + 1, row.n)
        self.found.add(Kind.DELETED, "places of the tree are missing", first, max(first, row.n - 1))
        filled = min(missing, _AT_ONCE)
        self.skipped += missing - filled
        for _ in range(filled):
            self._grow(row.n, _LOST)

    def _check_order(self, n: int) -> None:
        if n < self.last_n:
            self.found.add(Kind.REORDERED, "it stands in the tree after a later one", n)
        elif self.gapless and n > self.last_n + 1 and self._none_between(self.last_n, n):
            if self.found.touch(self.last_n + 1, n - 1):
                return
            self.found.add(Kind.DELETED, "the number was given and the entry is gone", self.last_n + 1, n - 1)

    def _check_entry(self, row: _Row) -> None:
        content = entry_content(row.at, row.event, row.actor, row.public, row.sealed)
        if row.leaf != leaf_hash(content):
            self.found.add(Kind.CHANGED, "it does not say what it said when it was written", row.n)
        if self.floor is not None and row.at < self.floor:
            self.found.add(Kind.BACK_DATED, "its moment is before that of what it came after", row.n)
        self._raise_floor(row.at)

    def _raise_floor(self, at: datetime) -> None:
        """Take an entry's moment as the earliest for what follows: checkpoints between may be gone.

        One that is later than the next checkpoint says is false itself, and counts as that one.
        """
        if self.mark is not None and self.mark.at is not None:
            earliest = min(at, self.mark.at) - SLACK
            self.floor = max(earliest, self.floor or earliest)

    def _none_between(self, first: int, last: int) -> bool:
        between = select(func.count()).where(RegisterEntry.n > first, RegisterEntry.n < last)
        return not self.session.scalar(between)

    def _pass_marks(self) -> None:
        """Hold the tree against every signed head of its size."""
        root = self.tree.root() if self.mark is not None and self.mark.size <= self.tree.size else b""
        while self.mark is not None and self.mark.size <= self.tree.size:
            self._pass(self.mark, root)
            self.mark = next(self.marks, None)

    def _pass(self, mark: Mark, root: bytes) -> None:
        if self.rewritten or mark.size < self.tree.size:
            return
        if mark.root == root:
            self._holds(mark)
        elif self.newest is not None and self.newest.size == mark.size:
            self._is_of_another_history(mark)
        else:
            self.window.marks.append(mark)

    def _holds(self, mark: Mark) -> None:
        """Go on from a head that holds: then all before it does, and what was signed otherwise is a fork."""
        for other in self.window.marks:
            self._is_of_another_history(other)
        self.newest = mark
        self.floor = mark.at - SLACK if mark.at else self.floor
        self.nodes.hold(mark.size)
        self.window = Window(self.tree.size, list(self.tree.peaks), self.last_n)

    def _is_of_another_history(self, mark: Mark) -> None:
        where = mark.source or "a stored checkpoint"
        self.found.add(Kind.FORKED, f"{where}: {mark.size} entries were signed that are not these")

    def _end_window(self) -> None:
        """Say what was done since the last head that held, if one did not."""
        if not self.window.marks or self.rewritten:
            return
        self.rewritten = True
        self._name_the_rewriting()
        if all(mark.source for mark in self.window.marks):
            for mark in self.window.marks:
                self._is_of_another_history(mark)

    def _name_the_rewriting(self) -> None:
        bad = self.window.first_bad
        numbers = [n for n, _ in self.window.leaves[:bad]]
        first, last = self.window.after + 1, numbers[-1] if len(numbers) == bad else self.last_n
        if not self.found.touch(first, last):
            kind, entries = self.window.explain() or (Kind.CHANGED, [])
            for n in entries:
                self.found.add(kind, "without this, the signed checkpoints come out right", n)
        self.nodes.tell()
        if not self.found.touch(first, last):
            size = self.window.marks[0].size
            words = f"these are not the entries that the checkpoint of {size} signed"
            self.found.add(self._kind_of_rewriting(), words, first, last)

    def _kind_of_rewriting(self) -> Kind:
        if self.placed == self.signed:
            return Kind.CHANGED
        return Kind.DELETED if self.placed < self.signed else Kind.INSERTED

    def _unplaced(self) -> int:
        """Look at entries without a place: those the sequencer passed by were put in afterwards."""
        entry, leaf = RegisterEntry, RegisterLeaf
        columns = (entry.n, entry.at, entry.event, entry.actor, entry.public, entry.sealed, entry.leaf)
        query = select(*columns).outerjoin(leaf, leaf.n == entry.n).where(leaf.n.is_(None)).order_by(entry.n)
        placed, count = self.last_n, 0
        for row in self.session.execute(query.execution_options(yield_per=_AT_ONCE)):
            if row[0] <= placed:
                self.found.add(Kind.INSERTED, "it was put in among entries that had their places", row[0])
                continue
            count += 1
            self._check_order(row[0])
            self._check_entry(_Row(self.tree.size, *row))
            self.last_n = row[0]
        return count

    def _beyond_the_signed(self) -> None:
        """Say what is missing after the last place, or stands there and was never signed."""
        told = self.rewritten and Kind.DELETED in kinds(self.found)
        if self.placed < self.signed and not told:
            self.found.add(Kind.TRUNCATED, f"{self.signed} entries were signed, and there are {self.placed}")
        elif self.placed > self.signed:
            from_here = select(RegisterLeaf.n).where(RegisterLeaf.position >= self.signed)
            first = self.session.scalar(from_here.order_by(RegisterLeaf.position).limit(1))
            self.found.add(Kind.INSERTED, "it has a place in the tree and was never signed", first, self.last_n)
        elif not kinds(self.found) - {Kind.UNGUARDED}:
            newest = newest_checkpoint(self.session)
            if (newest.size if newest else 0) < self.placed:
                self.found.add(Kind.SPOILT, f"the checkpoint of {self.placed} entries is stored no more")

    def _beyond_the_end(self) -> None:
        given = highest_given(self.session)
        if given < self.last_n:
            self.found.add(Kind.INSERTED, "the database never gave its number", given + 1, self.last_n)
        elif given > self.last_n and self.gapless:
            self.found.add(Kind.TRUNCATED, "the number was given and the entry is gone", self.last_n + 1, given)
