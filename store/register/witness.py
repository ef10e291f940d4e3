"""The witness: on another machine, with nothing of the house but a token, it sees that the register only grows.

It keeps the hash of every entry, so that it can say which one is not what it was; and it cosigns each checkpoint that
it found to be the old register and more, so that a house cannot show one history here and another there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from store.clock import Clock
from store.errors import BadInput, VigieError
from store.register.differing import compare
from store.register.findings import Finding, Findings, Kind
from store.register.notes import Head, Verifier, read_note, read_verifier
from store.register.sequencing import write_whole
from store.register.tree import EMPTY, Range, verify_consistency
from store.register.verifying import SLACK
from store.register.witness_state import Seen, WitnessState, packed

SWEEP_EVERY = timedelta(hours=1)
"""How often every leaf is read again: an entry can be changed without a new checkpoint."""

Told = Callable[[str], None]


class Register(Protocol):
    """What a witness asks of a register, over HTTP or in a test's process."""

    def checkpoint(self) -> tuple[str, str] | None:
        """Return the newest note and the verifier key it is offered with; None while the register is empty."""

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Return the proof that the tree of `new` leaves begins with that of `old`."""

    def leaves(self, after: int, upto: int) -> Iterator[tuple[int, Seen]]:
        """Yield positions and leaves after a position, before another."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look came to: the head that was accepted (None: the register is empty) or what is wrong."""

    head: Head | None
    findings: list[Finding]
    evidence: str = ""


class Witness:
    """Looks at a register as often as it is told to; stops believing it at the first thing that is wrong."""

    def __init__(self, state: WitnessState, register: Register, clock: Clock, expected: Verifier | None = None) -> None:
        self._state, self._register, self._clock = state, register, clock
        self._key = self._agreed_key(expected)
        self._tree = state.tree()
        self._swept: datetime | None = None

    def look(self, *, sweep: bool = False, told: Told = lambda _: None) -> Look:
        """Ask for the newest checkpoint, check it against all that was seen, cosign it.

        Every leaf is read again at the first look, when `sweep` says so, and each hour.
        """
        offered = self._register.checkpoint()
        now = self._clock()
        if offered is None:
            gone = self._state.last is not None
            empty, nothing = Head("", 0, EMPTY), [Finding(Kind.TRUNCATED, "the register is empty")]
            return self._wrong("", empty, nothing, now) if gone else Look(None, [])
        text, key = offered
        self._pin(key, told)
        found = Findings()
        head = self._checked_head(text, found)
        grown = self._tree if found else self._check(head, sweep or self._is_due(now), found)
        if found:
            return self._wrong(text, head, list(found), now)
        if self._state.last is None or head.size > self._state.last.head.size:
            self._state.accept(text, head, now)
            self._tree = grown  # not before: a look that is cut off leaves nothing to go on from
        return Look(head, [])

    def _agreed_key(self, expected: Verifier | None) -> Verifier | None:
        pinned = self._state.pinned()
        if pinned and expected and pinned != expected:
            raise BadInput("--verifier-key is not the key that was pinned when the register was first seen.")
        return pinned or expected

    def _pin(self, offered: str, told: Told) -> None:
        if self._key is None:
            self._key = read_verifier(offered)
            told(f"pinned at first use: {self._key}")
        if self._state.pinned() is None:
            self._state.pin(self._key)

    def _checked_head(self, text: str, found: Findings) -> Head:
        try:
            note = read_note(text)
        except BadInput as error:
            found.add(Kind.FORKED, error.message)
            return Head("", 0, EMPTY)
        assert self._key is not None, "pinned before"  # noqa: S101 - for mypy
        if note.head.origin != self._key.name or not note.is_signed_by(self._key):
            found.add(Kind.FORKED, "the checkpoint is not signed by the pinned key")
        return note.head

    def _check(self, head: Head, sweep: bool, found: Findings) -> Range:
        """Hold a head against all that was seen; return the tree that accepting it would make."""
        grown = self._tree
        last = self._state.last.head if self._state.last else Head(head.origin, 0, EMPTY)
        if head.size < last.size:
            words = f"{last.size} entries were signed, and now {head.size}"
            found.add(Kind.TRUNCATED, words)
        elif head.size == last.size and head.root != last.root:
            found.add(Kind.FORKED, f"two checkpoints of {head.size} entries say different things")
        elif head.size > last.size:
            grown = self._check_growth(last, head, found)
        if found or (sweep and not self._all_same()):
            self._name_differences(head, found)
        elif sweep:
            self._swept = self._clock()
        return grown

    def _check_growth(self, last: Head, head: Head, found: Findings) -> Range:
        """Hold a larger tree against its proof and against its new leaves, which are kept; return it."""
        tree = Range(self._tree.size, self._tree.peaks)
        path = self._register.consistency(last.size, head.size)
        if not verify_consistency(last.size, last.root, head.size, head.root, path):
            found.add(Kind.FORKED, f"the register of {head.size} entries does not begin with that of {last.size}")
            return tree
        self._state.drop_unaccepted()
        self._state.add(self._grown(tree, last, head, found))
        if (tree.size, tree.root()) != (head.size, head.root):
            found.add(Kind.FORKED, f"the leaves are not those that the checkpoint of {head.size} signs")
        if found:
            self._state.drop_unaccepted()
        return tree

    def _grown(self, tree: Range, last: Head, head: Head, found: Findings) -> Iterator[Seen]:
        seen_at = self._state.last.at if self._state.last else None
        for position, leaf in self._register.leaves(last.size - 1, head.size):
            if position != tree.size:
                return
            tree.append(leaf.hash)
            if seen_at is not None and leaf.at < seen_at - SLACK:
                found.add(Kind.BACK_DATED, "it is new, and its moment is before what was seen already", leaf.n)
            yield leaf

    def _all_same(self) -> bool:
        """Read every leaf again and hold it against the one that was kept."""
        theirs = self._register.leaves(-1, self._tree.size)
        return all(next(theirs, None) == (place, kept) for place, kept in enumerate(self._state.leaves()))

    def _name_differences(self, head: Head, found: Findings) -> None:
        """Say which entries differ; that something is wrong is known already, if the register answers no more."""
        try:
            compare(list(self._state.leaves()), [leaf for _, leaf in self._all_leaves(head)], found)
        except VigieError as error:
            found.add(Kind.FORKED, f"the register does not show its leaves: {error.message}")
        if not found:
            found.add(Kind.FORKED, "the register answers now one thing and now another")

    def _all_leaves(self, head: Head) -> Iterator[tuple[int, Seen]]:
        return self._register.leaves(-1, max(head.size, self._tree.size) + 1)

    def _is_due(self, now: datetime) -> bool:
        return self._swept is None or now - self._swept >= SWEEP_EVERY

    def _wrong(self, text: str, head: Head, findings: list[Finding], now: datetime) -> Look:
        """Keep what was shown: the note, the leaves, and what is wrong with them."""
        folder = self._state.evidence(now)
        write_whole(folder / "checkpoint", text.encode())
        said = [finding.as_dict() for finding in findings]
        write_whole(folder / "findings.json", json.dumps(said, ensure_ascii=False, indent=1).encode())
        with (folder / "leaves").open("wb") as file, suppress(VigieError):
            for _, leaf in self._all_leaves(head):
                file.write(packed(leaf))
        return Look(None, findings, str(folder))
