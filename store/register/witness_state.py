"""What a witness keeps in a folder of its own, far from the house it watches.

    log.vkey       the house's verifier key, pinned when it was first seen
    witness.key    the seed of the witness's own key, with which it cosigns
    checkpoint     the newest checkpoint it accepted, cosigned
    leaves         of every entry up to there 48 bytes: hash, number, moment in microseconds
    seen.jsonl     each checkpoint it accepted, and when
    evidence/      what it kept when something was wrong

A file is put in place at once. Leaves are added before the checkpoint that covers them; what a crash left over is cut.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, NamedTuple

from store.errors import BadInput, Conflict
from store.register.notes import COSIGNATURE, Head, Note, Verifier, cosigned, read_note, read_verifier, verifier_of
from store.register.sequencing import write_whole
from store.register.tree import EMPTY, Range

_RECORD = struct.Struct(">32sqq")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AT_ONCE = 4096


class Seen(NamedTuple):
    """A leaf as a witness keeps it: its entry's hash, number and moment."""

    hash: bytes
    n: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Accepted:
    """The newest checkpoint that was accepted, and when the witness saw it."""

    head: Head
    at: datetime


class WitnessState:
    """The folder, opened and held: `Conflict` if another witness holds it."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = folder
        self.name = name
        self._lock = (folder / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise Conflict(f"Another witness keeps its state in {folder}.") from None
        try:
            self._seed = self._own_seed()
            self.last = self._last()
        except BaseException:
            self._lock.close()
            raise
        self._cut()

    def close(self) -> None:
        """Let others have the folder."""
        self._lock.close()

    @property
    def verifier(self) -> Verifier:
        """Return what this witness's cosignatures are checked with."""
        return verifier_of(self.name, self._seed, COSIGNATURE)

    def pinned(self) -> Verifier | None:
        """Return the house's key as it was pinned; None before that."""
        path = self.folder / "log.vkey"
        return read_verifier(path.read_text("utf-8")) if path.exists() else None

    def pin(self, verifier: Verifier) -> None:
        """Keep the house's key for ever."""
        write_whole(self.folder / "log.vkey", f"{verifier}\n".encode())

    def leaves(self) -> Iterator[Seen]:
        """Yield every leaf up to the accepted checkpoint, in order."""
        left = self.last.head.size if self.last else 0
        with self._leaves_file("rb") as file:
            while block := file.read(_RECORD.size * max(0, min(_AT_ONCE, left))):
                left -= _AT_ONCE
                for hash_, n, micros in _RECORD.iter_unpack(block):
                    yield Seen(hash_, n, _EPOCH + timedelta(microseconds=micros))

    def tree(self) -> Range:
        """Return the tree of all leaves; `BadInput` if the folder itself was tampered with."""
        tree = Range()
        for leaf in self.leaves():
            tree.append(leaf.hash)
        if self.last is not None and (tree.size, tree.root()) != (self.last.head.size, self.last.head.root):
            raise BadInput(
                f"The witness's own leaves in {self.folder} are not those of its checkpoint: they were changed."
            )
        if self.last is None and tree.root() != EMPTY:
            raise BadInput(f"The witness's folder {self.folder} has leaves and no checkpoint: it was changed.")
        return tree

    def add(self, leaves: Iterable[Seen]) -> None:
        """Append leaves; they count once `accept` says so."""
        with self._leaves_file("ab") as file:
            for leaf in leaves:
                file.write(packed(leaf))
            file.flush()
            os.fsync(file.fileno())

    def accept(self, text: str, head: Head, at: datetime) -> str:
        """Cosign a checkpoint and keep it as the newest; return the cosigned note."""
        note = cosigned(text, self.name, self._seed, at)
        with (self.folder / "seen.jsonl").open("a", encoding="utf-8") as file:
            file.write(
                json.dumps({"seen_at": at.isoformat(), "size": head.size, "note": note}, ensure_ascii=False) + "\n"
            )
            file.flush()
            os.fsync(file.fileno())
        write_whole(self.folder / "checkpoint", note.encode())
        self.last = Accepted(head, at)
        return note

    def drop_unaccepted(self) -> None:
        """Cut leaves that no accepted checkpoint covers."""
        self._cut()

    def evidence(self, at: datetime) -> Path:
        """Make a folder for what is wrong at a moment."""
        folder = self.folder / "evidence" / f"{at:%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
        folder.mkdir(parents=True, mode=0o700)
        return folder

    def _leaves_file(self, mode: str) -> IO[bytes]:
        path = self.folder / "leaves"
        if mode == "rb" and not path.exists():
            path.touch(mode=0o600)
        return path.open(mode)

    def _cut(self) -> None:
        path, size = self.folder / "leaves", self.last.head.size if self.last else 0
        if path.exists() and path.stat().st_size > size * _RECORD.size:
            os.truncate(path, size * _RECORD.size)

    def _last(self) -> Accepted | None:
        path = self.folder / "checkpoint"
        if not path.exists():
            return None
        note: Note = read_note(path.read_text("utf-8"))
        at = note.cosigned_at(self.verifier)
        if at is None:
            raise BadInput(f"{path} does not bear this witness's cosignature: it was changed, or --name is another.")
        return Accepted(note.head, at)

    def _own_seed(self) -> bytes:
        path = self.folder / "witness.key"
        if not path.exists():
            write_whole(path, f"{secrets.token_hex(32)}\n".encode())  # a temporary file is its owner's alone
        try:
            return bytes.fromhex(path.read_text("utf-8"))
        except ValueError:
            raise BadInput(f"The witness's key {path} is spoilt.") from None


def packed(leaf: Seen) -> bytes:
    """Return the 48 bytes by which a leaf is kept."""
    return _RECORD.pack(leaf.hash, leaf.n, (leaf.at - _EPOCH) // timedelta(microseconds=1))
