"""What this house is to its identity provider, from the settings, and which addresses it will ask."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from store.errors import NotSetUp, VigieError
from store.settings import Settings, read_secret

BACK = "/oidc/back"
"""Where the provider sends the browser back to."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class ProviderAway(VigieError):
    """The identity provider does not answer, or not as one does."""

    status, code = 503, "oidc_away"


@dataclass(frozen=True, slots=True)
class Client:
    """The settings of OpenID Connect in force."""

    issuer: str
    identity: str
    secret: str | None
    back: str
    """Our own address that the provider sends the browser back to."""
    hosts: frozenset[str]
    """Hosts that the provider's document may name besides the issuer's."""
    ca_file: Path | None

    @property
    def discovery(self) -> str:
        """Return the address of the provider's own document."""
        return self.issuer.rstrip("/") + "/.well-known/openid-configuration"

    def asked(self, url: str) -> str:
        """Return an address that may be asked: the issuer's host or a declared one; `ProviderAway` for another."""
        host = _safe_host(url)
        if host is None or host not in self.hosts | {_safe_host(self.issuer)}:
            raise ProviderAway("The identity provider's document names an address that is not its own.")
        return url

    def shown(self, url: str) -> str:
        """Return an address that a browser may be sent to; `ProviderAway` if it is not safe on the way."""
        if _safe_host(url) is None:
            raise ProviderAway("The identity provider's document names an address that is not safe.")
        return url


def client_of(settings: Settings) -> Client | None:
    """Return the settings of OpenID Connect; None where it is not set up, `NotSetUp` where it is by half."""
    if not settings.oidc_issuer:
        return None
    for name in ("oidc_client_id", "public_url"):
        if not getattr(settings, name):
            raise NotSetUp(f"VIGIE_OIDC_ISSUER needs VIGIE_{name.upper()} too.")
    for name in ("oidc_issuer", "public_url"):
        if _safe_host(getattr(settings, name)) is None:
            raise NotSetUp(f"VIGIE_{name.upper()} is an https address (http on loopback only).")
    return Client(
        issuer=settings.oidc_issuer,
        identity=settings.oidc_client_id,
        secret=read_secret(settings.oidc_client_secret_file, "VIGIE_OIDC_CLIENT_SECRET_FILE"),
        back=settings.public_url.rstrip("/") + BACK,
        hosts=frozenset(host.strip().lower() for host in settings.oidc_hosts.split(",") if host.strip()),
        ca_file=settings.oidc_ca_file,
    )


def _safe_host(url: str) -> str | None:
    """Return host (and port) of an https address, or of an http one on loopback; None for any other."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    safe = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    if not safe or not host or parts.username or not url.isprintable():
        return None
    return host if port is None else f"{host}:{port}"
