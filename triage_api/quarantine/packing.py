"""A sealed text as one encrypted file: what an officer carries to the police, never in clear.

It is a ZIP, encrypted as `openssl enc` does, so that whoever receives it needs no program of ours: see `command_for`.
"""

from __future__ import annotations

import io
import os
import secrets
import zipfile

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.padding import PKCS7

from store.quarantine import Held

ITERATIONS = 600_000
"""OWASP's least for PBKDF2-HMAC-SHA256 (2023)."""
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are mistaken for one another when they are read out."""


def new_passphrase() -> str:
    """Return a passphrase of about 118 bits that can be read out over a telephone."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(6))


def packed(held: Held, passphrase: str) -> bytes:
    """Return the package: the text, what is known of it, and the files of its captures."""
    return _encrypted(_zipped(held), passphrase.encode())


def command_for(name: str) -> str:
    """Return the command that opens a package of this name."""
    how = f"-aes-256-cbc -pbkdf2 -iter {ITERATIONS} -md sha256"
    return f"openssl enc -d {how} -in {name} -out {name.removesuffix('.enc')}"


def _zipped(held: Held) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("text.txt", f"{held.title}\n\n{held.text}\n")
        file.writestr("facts.json", held.model_dump_json(exclude={"text", "title", "captures"}, indent=1))
        for number, capture in enumerate(held.captures, start=1):
            file.writestr(f"capture-{number}.warc.gz", capture.warc)
    return buffer.getvalue()


def _encrypted(plain: bytes, passphrase: bytes) -> bytes:
    salt = os.urandom(8)
    made = PBKDF2HMAC(algorithm=SHA256(), length=48, salt=salt, iterations=ITERATIONS).derive(passphrase)
    cipher = Cipher(algorithms.AES(made[:32]), modes.CBC(made[32:])).encryptor()
    padder = PKCS7(128).padder()
    return b"Salted__" + salt + cipher.update(padder.update(plain) + padder.finalize()) + cipher.finalize()
