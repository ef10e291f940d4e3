"""Whoever is asked must be able to ask back: no collecting under a contact page that is nobody's."""

from __future__ import annotations

from urllib.parse import urlsplit

from crawlers.policy.addresses import is_loopback_name
from crawlers.sources.declaration import SourceDeclaration
from store.errors import BadInput
from store.settings import Settings

_NOBODYS = (".example", ".test", ".invalid", ".localhost", ".local", "example.com", "example.org", "example.net")
"""Names that are kept for examples (RFC 2606, RFC 6761)."""


def require_contact(settings: Settings, declaration: SourceDeclaration) -> None:
    """Raise `BadInput` unless `VIGIE_CONTACT_URL` is a web page that a site's keeper can open.

    The placeholder will do only where nobody but this machine is asked: for the demo and for tests.
    """
    parts = urlsplit(settings.contact_url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host:
        raise BadInput("VIGIE_CONTACT_URL must be a web page: a collector says who it is.", field="contact_url")
    nobodys = host.endswith(_NOBODYS) or is_loopback_name(host)
    if nobodys and not all(map(_is_here, declaration.allowed_hosts)):
        raise BadInput(
            f"VIGIE_CONTACT_URL is still a placeholder ({host}): set it to your public page that says what is"
            " collected, why, and where to complain. No request was sent.",
            field="contact_url",
        )


def _is_here(allowed: str) -> bool:
    return is_loopback_name(urlsplit(f"//{allowed}").hostname or "")
