"""Which captures the register's entries cover, found in one pass over them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.evidence.anchors import entries_of_captures, first_entered, named_in
from store.evidence.checking import Fault
from store.store import Store
from store.tables import Capture, Post, Quarantined, RegisterEntry


def released(session: Session, ids: Collection[str]) -> set[str]:
    """Return which posts the quarantine officer gave back: their captures went when they were sealed away."""
    query = select(Quarantined.post_id).where(Quarantined.post_id.in_(ids), Quarantined.outcome == "released")
    return set(session.scalars(query))


class Cover:
    """The captures that entries name: a bit for each, so that a million take 125 kB."""

    def __init__(self, store: Store, fault: Callable[[str], None]) -> None:
        self._store = store
        self._fault = fault
        self._bits = bytearray()
        self._after = 0
        with store.database.reading() as session:
            self.since = first_entered(session)

    def __contains__(self, number: int) -> bool:
        """Tell whether an entry names the capture of this number, with its digest."""
        return number >> 3 < len(self._bits) and bool(self._bits[number >> 3] >> (number & 7) & 1)

    def need(self, numbers: Iterable[int]) -> None:
        """Read on in the register if one of these was not named yet: it may have been kept a moment ago."""
        if any(number not in self for number in numbers):
            self.catch_up()

    def catch_up(self) -> None:
        """Read the entries that were written since, and hold what they name against what is kept."""
        while True:
            with self._store.database.reading() as session:
                entries = entries_of_captures(session, self._after)
                for entry in entries:
                    self._take(session, entry)
            if not entries:
                return
            self._after = entries[-1].n

    def _take(self, session: Session, entry: RegisterEntry) -> None:
        named = named_in(entry)
        posts = sorted({post for post, _ in named})
        rows = self._rows(session, posts)
        live = set(session.scalars(select(Post.id).where(Post.id.in_(posts), Post.status == "live")))
        live -= released(session, live)
        for (post, version), digest in named.items():
            row = rows.get((post, version))
            if row is None and post in live:
                self._fault(f"{post}: version {version}: its capture is gone, entry {entry.n} of the register names it")
            elif row is not None and row.sha256 != digest:
                self._fault(f"{post}: version {version}: {Fault('other_digest', str(entry.n))}")
            elif row is not None:
                self._mark(row.id)

    @staticmethod
    def _rows(session: Session, posts: Sequence[str]) -> dict[tuple[str, int], Capture]:
        found = session.scalars(select(Capture).where(Capture.post_id.in_(posts)).order_by(Capture.id))
        return {(row.post_id, row.version): row for row in found}

    def _mark(self, number: int) -> None:
        missing = (number >> 3) + 1 - len(self._bits)
        if missing > 0:
            self._bits.extend(bytes(missing + len(self._bits) // 8))
        self._bits[number >> 3] |= 1 << (number & 7)
