"""Keys: one key-encryption key and one hashing key in files, and one data key per subject, wrapped.

Destroying a subject's wrapped key erases all that was sealed under it, wherever a copy of it stands.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from store.errors import NotSetUp

_NONCE = 12
_KEY = 32


def seal(key: bytes, plain: bytes, context: str) -> bytes:
    """Return nonce and AES-256-GCM ciphertext of `plain`, bound to `context`."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, context.encode())


def unseal(key: bytes, sealed: bytes, context: str) -> bytes:
    """Return what `seal` was given; `NotSetUp` if the key or the context is not the same."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], context.encode())
    except InvalidTag:
        raise NotSetUp("A sealed text does not open: the keys folder is not the one it was sealed with.") from None


@dataclass(frozen=True, slots=True)
class Keys:
    """The two keys that live outside the database."""

    wrapping: bytes
    hashing: bytes

    def new_subject_key(self, subject: str) -> bytes:
        """Return a fresh data key for a subject, wrapped for storing."""
        return seal(self.wrapping, secrets.token_bytes(_KEY), f"subject:{subject}")

    def subject_key(self, subject: str, wrapped: bytes) -> bytes:
        """Return the data key of a subject from its wrapped form."""
        return unseal(self.wrapping, wrapped, f"subject:{subject}")

    def sealed(self, plain: str, context: str) -> bytes:
        """Seal a text that belongs to no subject, such as a search's scope or a quarantined post."""
        return seal(self.derived(context.split(":", maxsplit=1)[0]), plain.encode(), context)

    def opened(self, sealed: bytes, context: str) -> str:
        """Open what `sealed` made."""
        return unseal(self.derived(context.split(":", maxsplit=1)[0]), sealed, context).decode()

    def derived(self, purpose: str) -> bytes:
        """Return a key for one purpose, derived from the wrapping key."""
        return hmac.digest(self.wrapping, f"vigie/{purpose}".encode(), "sha256")

    def blind(self, kind: str, value: str) -> str:
        """Return the keyed hash by which a value of a person is matched and never read."""
        return hmac.new(self.hashing, f"{kind}\0{value}".encode(), hashlib.sha256).hexdigest()


_FILES = ("wrapping.key", "hashing.key")


def missing_keys(folder: Path) -> list[Path]:
    """Return the key files that are not there."""
    return [folder / name for name in _FILES if not (folder / name).exists()]


def create_keys(folder: Path) -> None:
    """Make the key files that are missing, readable by their owner alone; existing ones stay."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in _FILES:
        try:
            handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(_KEY) + "\n")


def load_keys(folder: Path) -> Keys:
    """Read the key files; `NotSetUp` says which one is missing or spoilt."""
    return Keys(_read(folder / "wrapping.key"), _read(folder / "hashing.key"))


def _read(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text().strip())
    except FileNotFoundError:
        raise NotSetUp(f"No key at {path}: run `vigie setup-db` first.") from None
    except (OSError, ValueError) as error:
        raise NotSetUp(f"The key {path} cannot be read: {error}") from None
    if len(key) != _KEY:
        raise NotSetUp(f"The key {path} has {len(key)} bytes instead of {_KEY}.")
    return key
