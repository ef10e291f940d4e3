"""Whether e-mails can be sent at all, as the settings have it; what is missing is told to `doctor` and on the page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from store.errors import NotSetUp
from store.settings import Settings, read_secret
from store.store import Store
from store.tables import Notice
from triage_api.notices.post import ADDRESS, trusted

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_WAITED = timedelta(hours=1)

PROBLEMS = {
    "no_host": "VIGIE_SMTP_HOST is empty, so that no e-mail is sent: pivots are told by telephone.",
    "bad_sender": "VIGIE_SMTP_FROM is no address: nothing is sent.",
    "in_the_clear": "VIGIE_SMTP_SECURITY is none for a mail server that is not on loopback: nothing is sent.",
    "no_password": "VIGIE_SMTP_PASSWORD_FILE cannot be read: nothing is sent.",
    "no_ca": "VIGIE_SMTP_CA_FILE cannot be read: nothing is sent.",
}
"""What keeps every e-mail from being sent, by code; pages have words of their own for each."""


def mail_problem(settings: Settings) -> str:
    """Return the code of what keeps e-mails from being sent; empty if nothing in the settings does."""
    if not settings.smtp_host:
        return "no_host"
    if not ADDRESS.fullmatch(settings.smtp_from):
        return "bad_sender"
    if settings.smtp_security == "none" and settings.smtp_host not in _LOOPBACK:
        return "in_the_clear"
    return _unread_file(settings)


def _unread_file(settings: Settings) -> str:
    try:
        read_secret(settings.smtp_password_file, "VIGIE_SMTP_PASSWORD_FILE")
    except NotSetUp:
        return "no_password"
    try:
        trusted(settings)
    except OSError:  # that of the module ssl is one too
        return "no_ca"
    return ""


def warnings(store: Store, session: Session) -> Iterator[str]:
    """Yield a line for what keeps e-mails from being sent, and for those that nobody knows to have arrived."""
    problem = mail_problem(store.settings)
    if problem:
        yield f"e-mail: {PROBLEMS[problem]}"
    elif not store.settings.public_address:
        yield "e-mail: VIGIE_PUBLIC_ADDRESS is empty: notices say nothing of where to log in, and carry no link."
    late = (Notice.state == "queued") & (Notice.queued_at <= store.clock() - _WAITED)
    count = select(func.count()).select_from(Notice)
    waiting = session.scalar(count.where(late)) or 0
    doubtful = session.scalar(count.where(Notice.state.in_(("uncertain", "failed")))) or 0
    if waiting or doubtful:
        yield f"e-mail: {waiting} waiting for more than an hour, {doubtful} that may not have arrived (/notices)"
