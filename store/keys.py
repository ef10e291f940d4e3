"""Keys that stand in files: one wraps the data keys of the keyring, one makes keyed hashes, one signs checkpoints.

While a key is being changed, the new one stands beside it as ``NAME.next``; the database that holds what was made with
it says by its mark which of the two is in force, so that a change that was cut short leaves nothing unreadable.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from store.errors import NotSetUp

Name = Literal["wrapping", "hashing", "signing"]
NAMES: tuple[Name, ...] = ("wrapping", "hashing", "signing")
KEY_BYTES = 32
_NONCE = 12


def seal(key: bytes, plain: bytes, context: str) -> bytes:
    """Return nonce and AES-256-GCM ciphertext of `plain`, bound to `context`."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, context.encode())


def unseal(key: bytes, sealed: bytes, context: str) -> bytes:
    """Return what `seal` was given; `NotSetUp` if the key or the context is not the same."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], context.encode())
    except (InvalidTag, ValueError):
        raise NotSetUp("A sealed text does not open: the keys folder is not the one it was sealed with.") from None


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of the files."""

    wrapping: bytes
    hashing: bytes
    signing: bytes
    """Seed of the Ed25519 key that signs the register's checkpoints."""

    def blind(self, kind: str, value: str) -> str:
        """Return the keyed hash by which a value of a person is matched and never read."""
        return hmac.new(self.hashing, f"{kind}\0{value}".encode(), hashlib.sha256).hexdigest()


def mark(key: bytes) -> str:
    """Return what a key is known by in a database: nothing about the key follows from it."""
    return hmac.digest(key, b"vigie/mark", "sha256").hex()[:32]


def missing_keys(folder: Path) -> list[Name]:
    """Return the keys whose files are not there."""
    return [name for name in NAMES if not _file(folder, name).exists()]


def create_keys(folder: Path) -> None:
    """Make the key files that are missing, readable by their owner alone; existing ones stay."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in NAMES:
        _create(_file(folder, name))


def load_keys(folder: Path, marks: Mapping[Name, str] | None = None) -> Keys:
    """Read the key files; `NotSetUp` says which one is missing, spoilt or not the one in force.

    `marks` says of some keys by which mark the one in force is known; the others are those of ``NAME.key``.
    """
    return Keys(*(load_key(folder, name, (marks or {}).get(name, "")) for name in NAMES))


def load_key(folder: Path, name: Name, marked: str = "") -> bytes:
    """Read one key: that of the mark, be it the new one of a change that was cut short."""
    file, following = _file(folder, name), _next(folder, name)
    for path in (file, following, file):  # the second may take the place of the first while we read
        key = _read(path) if path == file else _read_if_there(following)
        if key is not None and (not marked or mark(key) == marked):
            return key
    raise NotSetUp(f"The key {_file(folder, name)} is not the one that the data was sealed or hashed with.")


def prepare_next(folder: Path, name: Name) -> bytes:
    """Return the key that follows, written beside the one in force; one that a crash left there is taken."""
    _create(_next(folder, name))
    return _read(_next(folder, name))


def settle_next(folder: Path, name: Name, marked: str) -> None:
    """Put the key that follows in the place of the old one, which is overwritten, if it is the one in force."""
    following, target = _next(folder, name), _file(folder, name)
    if not following.exists() or mark(_read(following)) != marked:
        return
    with target.open("r+b") as old:
        following.replace(target)
        _sync_folder(folder)
        old.write(secrets.token_bytes(os.fstat(old.fileno()).st_size))  # the old file, which has no name any more
        old.flush()
        os.fsync(old.fileno())


def _file(folder: Path, name: Name) -> Path:
    return folder / f"{name}.key"


def _next(folder: Path, name: Name) -> Path:
    return folder / f"{name}.next"


def _create(path: Path) -> None:
    """Write a fresh key, whole or not at all; a file that is there stays."""
    if path.exists():
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(partial, path)  # fails where another process was first
    except FileExistsError:
        pass
    finally:
        partial.unlink()
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read_if_there(path: Path) -> bytes | None:
    """Return a key, None if its file is not there, or went while we looked."""
    try:
        return _read(path)
    except NotSetUp:
        if path.exists():
            raise
        return None


def _read(path: Path) -> bytes:
    try:
        key = bytes.fromhex(_said(path))
    except FileNotFoundError:
        raise NotSetUp(f"No key at {path}: run `vigie setup-db` first.") from None
    except (OSError, ValueError) as error:
        raise NotSetUp(f"The key {path} cannot be read: {error}") from None
    if len(key) != KEY_BYTES:
        raise NotSetUp(f"The key {path} has {len(key)} bytes instead of {KEY_BYTES}.")
    return key


def _said(path: Path) -> str:
    """Return what a file says; one that lost its name while we read is being overwritten, and another has its place."""
    while True:
        with path.open("rb") as file:
            said = file.read()
            if os.fstat(file.fileno()).st_nlink:
                return said.decode("ascii").strip()
