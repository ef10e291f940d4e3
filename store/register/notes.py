"""Checkpoints as signed notes: the texts of C2SP signed-note, tlog-checkpoint and tlog-cosignature, with Ed25519.

    vigie.example/register
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — vigie.example/register Az3grlgtzPICa5OS8npVmf1Myq/…
    — vigie.example/register jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9…

The first signature is the log's. The second, a cosignature under the same name and key, signs the moment as well.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from store.errors import BadInput

SIGNATURE, COSIGNATURE = 0x01, 0x04
"""Algorithm bytes: a plain Ed25519 signature of a note, and one that says the moment too."""
MAX_NOTE = 16_384
"""Bytes; a note has some lines only."""
_NAME = re.compile(r"[^\s+]{1,200}")
_ROOT = 32
_SIZE_DIGITS = 19
_STAMP = 8


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a tree, as a checkpoint tells it."""

    origin: str
    size: int
    root: bytes

    def body(self) -> str:
        """Return the text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class Verifier:
    """A name, an algorithm and a public key, by which signatures are known and checked."""

    name: str
    algorithm: int
    key: bytes

    @property
    def id(self) -> bytes:
        """Return the four bytes that a signature begins with."""
        return hashlib.sha256(f"{self.name}\n".encode() + bytes([self.algorithm]) + self.key).digest()[:4]

    def __str__(self) -> str:
        """Return the one line by which the key is handed on: a C2SP verifier key."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.algorithm]) + self.key).decode()}"

    def timed(self) -> Verifier:
        """Return the same name and key as they stand on cosignatures."""
        return Verifier(self.name, COSIGNATURE, self.key)


@dataclass(frozen=True, slots=True)
class Note:
    """A checkpoint with its signatures, none of them checked: pairs of a name and the bytes after it."""

    head: Head
    body: str
    signatures: tuple[tuple[str, bytes], ...]

    def is_signed_by(self, verifier: Verifier) -> bool:
        """Tell whether it bears this key's plain signature."""
        return any(_is_signature(verifier, said[4:], self.body.encode()) for said in self._of(verifier))

    def cosigned_at(self, verifier: Verifier) -> datetime | None:
        """Return the newest moment that a key's cosignature says; None if there is none that is true."""
        moments = [_moment(verifier, said[4:], self.body) for said in self._of(verifier)]
        return max((moment for moment in moments if moment), default=None)

    def _of(self, verifier: Verifier) -> list[bytes]:
        return [said for name, said in self.signatures if name == verifier.name and said[:4] == verifier.id]


def verifier_of(name: str, seed: bytes, algorithm: int = SIGNATURE) -> Verifier:
    """Return what a signing key's signatures are checked with."""
    return Verifier(name, algorithm, Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw())


def read_verifier(text: str) -> Verifier:
    """Read a verifier key; `BadInput` if it is none."""
    name, _, rest = text.strip().partition("+")
    said, _, key = rest.partition("+")
    material = _decoded(key)
    if not _NAME.fullmatch(name) or len(material) != 1 + _ROOT or material[0] not in (SIGNATURE, COSIGNATURE):
        raise BadInput("This is no verifier key: it looks like NAME+12345678+BASE64.")
    verifier = Verifier(name, material[0], material[1:])
    if verifier.id.hex() != said:
        raise BadInput("The verifier key is spoilt: its name, its number and its key do not belong together.")
    return verifier


def signed(head: Head, seed: bytes, at: datetime) -> str:
    """Return the note of a head, signed, and cosigned with the moment in whole seconds."""
    return cosigned(
        _with(head.body() + "\n", head.origin, seed, SIGNATURE, head.body().encode()), head.origin, seed, at
    )


def cosigned(text: str, name: str, seed: bytes, at: datetime) -> str:
    """Return a note with one more signature: that `name` saw it at this moment and nothing against it."""
    stamp = int(at.timestamp())
    body = read_note(text).body
    return _with(text, name, seed, COSIGNATURE, _timed(stamp, body), stamp.to_bytes(_STAMP))


def read_note(text: str) -> Note:
    """Read a checkpoint's text; `BadInput` if it is none. No signature is checked."""
    body, gap, rest = text.partition("\n\n")
    lines = body.split("\n")
    if not gap or len(text.encode()) > MAX_NOTE or len(lines) < 3 or not all(lines):
        raise BadInput("This is no checkpoint: three lines, an empty one, and signatures.")
    origin, size, root = lines[0], lines[1], _decoded(lines[2])
    if not re.fullmatch(rf"0|[1-9][0-9]{{0,{_SIZE_DIGITS - 1}}}", size) or len(root) != _ROOT:
        raise BadInput("This is no checkpoint: its second line is a size, its third a hash in base64.")
    return Note(Head(origin, int(size), root), body + "\n", tuple(_signatures(rest.splitlines())))


def _with(text: str, name: str, seed: bytes, algorithm: int, message: bytes, before: bytes = b"") -> str:
    said = verifier_of(name, seed, algorithm).id + before + Ed25519PrivateKey.from_private_bytes(seed).sign(message)
    return f"{text}— {name} {base64.b64encode(said).decode()}\n"


def _signatures(lines: list[str]) -> Iterable[tuple[str, bytes]]:
    for line in lines:
        dash, _, rest = line.partition(" ")
        name, _, said = rest.partition(" ")
        if dash != "—" or not _NAME.fullmatch(name) or len(_decoded(said)) < 5:
            raise BadInput("This is no checkpoint: a signature's line is a dash, a name and base64.")
        yield name, _decoded(said)


def _is_signature(verifier: Verifier, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(verifier.key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _moment(verifier: Verifier, said: bytes, body: str) -> datetime | None:
    stamp = int.from_bytes(said[:_STAMP])
    if stamp > 253_402_300_799 or not _is_signature(verifier, said[_STAMP:], _timed(stamp, body)):  # the year 9999
        return None
    return datetime.fromtimestamp(stamp, UTC)


def _timed(stamp: int, body: str) -> bytes:
    return f"cosignature/v1\ntime {stamp}\n{body}".encode()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
