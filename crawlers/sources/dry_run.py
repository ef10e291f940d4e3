"""What a collection would ask for and why, told without asking anything: not a page, not a name server."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from crawlers.kinds import COLLECTORS
from crawlers.policy.addresses import may_connect
from crawlers.policy.contact import require_contact
from crawlers.policy.robots import MAX_ROBOTS
from crawlers.policy.settings import MAX_REDIRECTS, POLICY_VERSION, scrapy_settings, user_agent
from crawlers.sources.approvals import Standing
from crawlers.sources.declaration import SourceDeclaration, host_allowed
from crawlers.unmet import budget
from store.errors import BadInput
from store.settings import Settings

_PRIVATE_NAMES = ("localhost", "local", "internal", "home.arpa")
"""Ends of names that lead to no public address: RFC 6761, 6762, 8375; ``internal`` is reserved by ICANN."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One request that a collection begins with; `refused` says why the policy would not send it, empty if it would."""

    url: str
    why: str
    refused: str = ""


@dataclass(frozen=True, slots=True)
class DryRun:
    """All that is known of a collection before its first request."""

    source: str
    title: str
    kind: str
    approval: dict[str, Any]
    """``state``, and of the leave in force ``until`` and ``approvers``; of one that waits ``asked_by``."""
    stops: list[str]
    """Why no request would be sent at all; empty: it may begin."""
    user_agent: str
    purpose_page: str
    legal_note: str
    hosts: dict[str, str]
    """The only hosts that may be asked, each with why it is refused all the same, or nothing."""
    requests: list[Planned]
    """What it begins with, in order; what comes after are links found there, held to the same hosts and budgets."""
    pace: dict[str, float]
    """Seconds between two requests to a host: the declaration's, the deployment's least, and what holds."""
    budgets: dict[str, float]
    every_minutes: int
    policy: str

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)


def dry_run(settings: Settings, declaration: SourceDeclaration, standing: Standing) -> DryRun:
    """Tell what a collection would request and why.

    Nothing is sent and no name is looked up: an address that a name hides is judged only when it is connected to.
    """
    planned = list(_planned(settings, declaration))
    return DryRun(
        source=declaration.id,
        title=declaration.title,
        kind=declaration.kind,
        approval=_approval(standing),
        stops=list(_stops(settings, declaration, standing, planned)),
        user_agent=user_agent(settings),
        purpose_page=settings.contact_url,
        legal_note=declaration.legal_note,
        hosts={host: private(_host(f"//{host}"), settings) for host in declaration.allowed_hosts},
        requests=planned,
        pace=_pace(settings, declaration),
        budgets=_budgets(settings, declaration),
        every_minutes=declaration.every_minutes,
        policy=POLICY_VERSION,
    )


def private(host: str, settings: Settings) -> str:
    """Return why a host would be refused, as far as its name alone tells; empty if that does not forbid it."""
    address = _written_out(host)
    if address:
        open_to_us = may_connect(host, address, allow_loopback=settings.allow_loopback)
        return "" if open_to_us else f"{host} is no public address"
    if host == "localhost" and settings.allow_loopback:
        return ""
    ends = any(host == name or host.endswith(f".{name}") for name in _PRIVATE_NAMES)
    return f"{host} is a name for private addresses" if ends else ""


def _written_out(host: str) -> str:
    """Return the IP address that a host is, however it is written (``127.1``, ``0x7f000001``); empty for a name."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host)) if host[:1].isdecimal() else ""
    except OSError:
        return ""


def _planned(settings: Settings, declaration: SourceDeclaration) -> Iterator[Planned]:
    asked: set[str] = set()
    terms = dict.fromkeys(declaration.terms_urls, "terms: if they changed, it stops and a supervisor is told")
    starts = dict.fromkeys(
        COLLECTORS[declaration.kind].first_requests(declaration), f"start page, read as {declaration.kind}"
    )
    for url, why in (terms | {url: why for url, why in starts.items() if url not in terms}).items():
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in asked:
            asked.add(origin)
            yield _judged(settings, declaration, f"{origin}/robots.txt", "rules of the host, before any of its pages")
        yield _judged(settings, declaration, url, f"{why}; only if robots.txt can be read and allows it")


def _judged(settings: Settings, declaration: SourceDeclaration, url: str, why: str) -> Planned:
    if not host_allowed(url, declaration.allowed_hosts):
        return Planned(url, why, "its host is not among allowed_hosts")
    return Planned(url, why, private(_host(url), settings))


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").rstrip(".")


def _approval(standing: Standing) -> dict[str, Any]:
    told: dict[str, Any] = {"state": standing.state}
    if standing.leave is not None and standing.state == "approved":
        leave = standing.leave
        told |= {"until": leave.expires_at.isoformat(), "approvers": leave.approvers, "region": leave.region}
        told |= {"assessment": leave.assessment, "mandate": leave.mandate, "ground": leave.ground}
        told |= {"retention_days": leave.retention_days}
    if standing.waiting is not None:
        told["asked_by"] = standing.waiting.approvers[0]
    return told


def _stops(
    settings: Settings, declaration: SourceDeclaration, standing: Standing, planned: list[Planned]
) -> Iterator[str]:
    if standing.problem:
        yield f"it {standing.problem}: see vigie sources approve"
    try:
        require_contact(settings, declaration)
    except BadInput as error:
        yield error.message
    if all(one.refused for one in planned):
        yield "none of its addresses may be asked"


def _pace(settings: Settings, declaration: SourceDeclaration) -> dict[str, float]:
    least = max(settings.request_delay, declaration.delay)
    return {"declared": declaration.delay, "deployment": settings.request_delay, "seconds": least}


def _budgets(settings: Settings, declaration: SourceDeclaration) -> dict[str, float]:
    told = scrapy_settings(settings, declaration)
    return {
        "pages": declaration.max_pages,
        "depth": declaration.max_depth,
        "minutes": declaration.max_minutes,
        "answer_seconds": declaration.timeout,
        "answer_bytes": told["DOWNLOAD_MAXSIZE"],
        "robots_bytes": MAX_ROBOTS,
        "redirects": MAX_REDIRECTS,
        "asked_again": budget(declaration.max_pages, 0),
    }
