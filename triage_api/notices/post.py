"""Speaking to the mail server: one message to one address, and what is known of it afterwards.

What matters is to know whether a message may have left. Until its text was sent whole it has not; once it was, only the
server's answer says so, and without one nobody knows (RFC 5321, 4.2.5 and 4.5.3.2.6).
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal

from store.settings import Settings, read_secret

ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
"""What is given to a mail server as an address: one, in ASCII, without a name, a space or a line's end."""
SECONDS = 20.0
"""How long each answer of the server is waited for."""

_OK, _FORWARDED, _GO_ON, _FOR_GOOD = 250, 251, 354, 500
_FAULTS = {
    smtplib.SMTPAuthenticationError: "log_in",
    smtplib.SMTPNotSupportedError: "not_offered",
    ssl.SSLError: "tls",
}
_DOT = re.compile(rb"^\.", re.MULTILINE)

Fate = Literal["sent", "later", "refused", "unsure"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message: ``sent``; ``later`` and ``refused`` have not left; ``unsure`` may have."""

    fate: Fate
    error: str = ""
    """A code of ours, or the server's number: never its words, which repeat addresses."""


def deliver(settings: Settings, recipient: str, message: bytes, *, seconds: float = SECONDS) -> Outcome:
    """Give a message to the mail server, once; `NotSetUp` if the password's file cannot be read."""
    if not ADDRESS.fullmatch(recipient):
        return Outcome("refused", "bad_address")
    password = read_secret(settings.smtp_password_file, "VIGIE_SMTP_PASSWORD_FILE")
    try:
        with _connected(settings, password, seconds) as server:
            return _hand_over(server, settings.smtp_from, recipient, message)
    except (OSError, smtplib.SMTPException) as error:
        return Outcome("later", _why(error))
    except UnicodeError:  # a name or password that smtplib cannot say in ASCII
        return Outcome("later", "log_in")


def _why(error: Exception) -> str:
    """Return the code of what went wrong before the text was sent: it says nothing of this address."""
    for kind, code in _FAULTS.items():
        if isinstance(error, kind):
            return code
    return str(error.smtp_code) if isinstance(error, smtplib.SMTPResponseException) else "away"


@contextmanager
def _connected(settings: Settings, password: str | None, seconds: float) -> Iterator[smtplib.SMTP]:
    """Open a connection on which messages may be sent: encrypted and verified unless the settings say otherwise.

    Its end is told by closing it: what a server says to that changes nothing.
    """
    server = _opened(settings, seconds)
    try:
        if settings.smtp_security == "starttls":
            server.starttls(context=trusted(settings))
        server.ehlo_or_helo_if_needed()
        if settings.smtp_user:
            server.login(settings.smtp_user, password or "")
        yield server
    finally:
        server.close()


def _opened(settings: Settings, seconds: float) -> smtplib.SMTP:
    host, port, name = settings.smtp_host, settings.smtp_port, settings.smtp_from.rpartition("@")[2]
    if settings.smtp_security == "tls":
        return smtplib.SMTP_SSL(host, port, name, timeout=seconds, context=trusted(settings))
    return smtplib.SMTP(host, port, name, timeout=seconds)


def trusted(settings: Settings) -> ssl.SSLContext:
    """Return what the server's certificate is checked against: the system's authorities, or the house's own."""
    context = ssl.create_default_context(cafile=str(settings.smtp_ca_file) if settings.smtp_ca_file else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _hand_over(server: smtplib.SMTP, sender: str, recipient: str, message: bytes) -> Outcome:
    code, _ = server.mail(sender)
    if code != _OK:
        return Outcome("later", str(code))  # it is the house's own address that is refused
    code, _ = server.rcpt(recipient)
    if code not in (_OK, _FORWARDED):
        return _not_taken(code)
    code, _ = server.docmd("DATA")
    if code != _GO_ON:
        return _not_taken(code)
    return _sent_whole(server, message)


def _sent_whole(server: smtplib.SMTP, message: bytes) -> Outcome:
    """Send the text and its end; from here on only the server's answer says whether it left."""
    try:
        server.send(_DOT.sub(b"..", message) + b".\r\n")
        code, _ = server.getreply()
    except (OSError, smtplib.SMTPException):
        return Outcome("unsure", "no_answer")
    with suppress(OSError, smtplib.SMTPException):
        server.putcmd("quit")  # its answer is not waited for: what matters is known
    return Outcome("sent") if code == _OK else _not_taken(code)


def _not_taken(code: int) -> Outcome:
    return Outcome("refused" if code >= _FOR_GOOD else "later", str(code))
