"""Mail servers on loopback: a real one, with or without TLS, and ones that stall, hang up or refuse in odd places."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Taken:
    """What a mail server was given, and what it answers instead of taking it."""

    port: int = 0
    messages: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    rcpt: str = ""
    data: str = ""

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        self.recipients.append(address)
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.data:
            return self.data
        self.encrypted.append(session.ssl is not None)
        self.messages.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content))
        return "250 OK"


@contextmanager
def mail_server(
    tls: ssl.SSLContext | None = None, *, implicit: bool = False, password: str | None = None
) -> Iterator[Taken]:
    """Serve until the end; `tls` offers STARTTLS, or is spoken from the start; `password` is what a log-in needs."""
    taken, loop, ready = Taken(), asyncio.new_event_loop(), threading.Event()

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        return AuthResult(success=given.password == (password or "").encode(), handled=False)

    def make() -> SMTP:
        more: dict[str, Any] = {"tls_context": None if implicit else tls, "loop": loop, "hostname": "mx.example"}
        if password is not None:
            more |= {"authenticator": check, "auth_require_tls": not implicit}
        return SMTP(taken, **more)

    def serve() -> None:
        asyncio.set_event_loop(loop)
        server = loop.run_until_complete(loop.create_server(make, "127.0.0.1", 0, ssl=tls if implicit else None))
        taken.port = server.sockets[0].getsockname()[1]
        ready.set()
        loop.run_forever()
        server.close()
        pending = asyncio.all_tasks(loop)
        for task in pending:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        loop.close()

    thread = threading.Thread(target=serve)
    thread.start()
    ready.wait(10)
    try:
        yield taken
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


GREETING = b"220 mx.example\r\n"
FAULTS = {
    "stalls before its greeting": [],
    "hangs up at once": ["close"],
    "greets with 421": [b"421 busy\r\n", "close"],
    "answers 451 to the recipient": [GREETING, b"250 mx\r\n", b"250 ok\r\n", b"451 later\r\n"],
    "answers 550 to the recipient": [GREETING, b"250 mx\r\n", b"250 ok\r\n", b"550 nobody\r\n"],
    "answers 553 to the sender": [GREETING, b"250 mx\r\n", b"553 not you\r\n"],
    "hangs up at DATA": [GREETING, b"250 mx\r\n", b"250 ok\r\n", b"250 ok\r\n", "close"],
    "drops in the middle of the text": [GREETING, b"250 mx\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", "some"],
    "drops after the text": [GREETING, b"250 mx\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", "whole"],
    "stalls after the text": [GREETING, b"250 mx\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", "wait"],
    "answers 452 to the text": [
        GREETING, b"250 mx\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", "whole", b"452 full\r\n"
    ],
    "answers 554 to the text": [
        GREETING, b"250 mx\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", "whole", b"554 no\r\n"
    ],
}  # fmt: skip
"""What a server says, line by line; a word is what it does instead."""


@contextmanager
def broken_server(steps: list[bytes | str]) -> Iterator[int]:
    """Answer each connection by the same steps, and yield the port."""
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                connection.settimeout(5)
                _play(connection, steps, over)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        over.set()
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(10)


def _play(connection: socket.socket, steps: list[bytes | str], over: threading.Event) -> None:
    for number, step in enumerate(steps):
        if isinstance(step, bytes):
            connection.sendall(step)
            if steps[number + 1 : number + 2] != ["close"] and not _is_text(steps[number + 1 : number + 2]):
                _line(connection)
        elif step == "some":
            connection.recv(40)
            return
        elif step == "close":
            return
        else:
            _text(connection)
            if step == "wait":
                over.wait(5)
    if not steps:
        over.wait(5)


def _is_text(steps: list[bytes | str]) -> bool:
    return bool(steps) and steps[0] in ("some", "whole", "wait")


def _line(connection: socket.socket) -> None:
    got = b""
    while not got.endswith(b"\r\n"):
        more = connection.recv(1)
        if not more:
            return
        got += more


def _text(connection: socket.socket) -> None:
    got = b""
    while not got.endswith(b"\r\n.\r\n"):
        more = connection.recv(4096)
        if not more:
            return
        got += more


def authority(folder: Path, host: str = "127.0.0.1") -> tuple[Path, ssl.SSLContext]:
    """Make an authority and a server's certificate; return the authority's file and the server's context."""
    own, server = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Autorité fictive")])
    made = _certificate(name, name, own.public_key(), own, x509.BasicConstraints(ca=True, path_length=None))
    there = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mx")])
    hers = _certificate(
        there, name, server.public_key(), own, x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))])
    )
    ca, pem = folder / "ca.pem", folder / "mx.pem"
    ca.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    private = server.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    pem.write_bytes(private + hers.public_bytes(serialization.Encoding.PEM))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    return ca, context


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: Any, signed_with: Any, extension: x509.ExtensionType
) -> x509.Certificate:
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    authority_of = x509.AuthorityKeyIdentifier.from_issuer_public_key(signed_with.public_key())
    made = made.add_extension(authority_of, critical=False).add_extension(extension, critical=True)
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    return made.sign(signed_with, hashes.SHA256())
