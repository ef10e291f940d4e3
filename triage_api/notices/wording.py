"""What an e-mail says: the same words whatever it is about, in both languages, and where to log in.

Nothing of a case goes into it: no name, no number, no organisation, no word of what waits. The only thing that differs
between two e-mails is the single-use link that acknowledges a referral.
"""

from __future__ import annotations

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from store.store import Store
from triage_api.shell.languages import LANGS, Lang, say


def message_id(store: Store, notice: str, attempt: int) -> str:
    """Return the Message-ID of an attempt to send a notice: always the same, and nothing follows from it.

    With it the keeper of the mail server finds out whether one that nobody is sure of has left.
    """
    name = store.keys.blind("notice-message", f"{notice} {attempt}")[:32]
    return f"<{name}@{store.settings.smtp_from.rpartition('@')[2]}>"


def letter(*, sender: str, to: str, message_id: str, at: datetime, site: str, link: str | None) -> bytes:
    """Return an e-mail as it goes over the wire; addresses are checked before, and are all that differs in its head.

    `site` is where to log in, empty where the house has no address of its own.
    """
    message = EmailMessage(policy=SMTP.clone(max_line_length=998))
    message["From"] = Address("Vigie", addr_spec=sender)
    message["To"] = Address(addr_spec=to)
    message["Subject"] = " / ".join(say(lang, "notice_mail.subject") for lang in LANGS)
    message["Date"] = at
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content("\n\n---\n\n".join(_part(lang, site, link) for lang in LANGS) + "\n", cte="quoted-printable")
    message["Content-Language"] = ", ".join(LANGS)
    return message.as_bytes()


def _part(lang: Lang, site: str, link: str | None) -> str:
    lines = [say(lang, "notice_mail.waits")]
    lines.append(say(lang, "notice_mail.log_in", site=site) if site else say(lang, "notice_mail.log_in_as_usual"))
    if link is not None:
        lines.append(say(lang, "notice_mail.link", link=link))
    lines += [say(lang, f"notice_mail.{name}") for name in ("numbers", "no_answer")]
    return "\n\n".join(lines)
