"""Public addresses only: what a name resolves to is checked at the moment of connecting, so rebinding gains nothing."""

from __future__ import annotations

import ipaddress
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.resolver import CachingHostnameResolver
from twisted.internet.base import ReactorBase
from twisted.internet.interfaces import IAddress, IHostResolution, IResolutionReceiver
from zope.interface import implementer

from crawlers.policy.settings import LOOPBACK

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Tell whether an IP address is a public one: not private, loopback, link-local, reserved or multicast.

    IPv4 addresses carried inside IPv6 (mapped, 6to4, Teredo, NAT64) are judged by what they carry.
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(map(_is_open, (found, *_carried(found))))


def _is_open(address: Address) -> bool:
    reserved = address.is_reserved and address not in _NAT64
    return address.is_global and not address.is_multicast and not reserved


def may_connect(host: str, address: str, *, allow_loopback: bool) -> bool:
    """Tell whether a request to `host` may go to `address`; loopback only for a loopback name, where allowed."""
    if is_public(address):
        return True
    return allow_loopback and _is_loopback(address) and is_loopback_name(host)


def is_loopback_name(host: str) -> bool:
    """Tell whether a host name is one by which a machine speaks of itself."""
    return host == "localhost" or _is_loopback(host)


def _carried(address: Address) -> list[ipaddress.IPv4Address]:
    if isinstance(address, ipaddress.IPv4Address):
        return []
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in inner if one is not None]


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False


@implementer(IResolutionReceiver)
class _OnlyPublic:
    """Hands on what was found for one name, without the addresses that may not be asked."""

    def __init__(self, receiver: Any, host: str, *, allow_loopback: bool) -> None:
        self._receiver = receiver
        self._host = host
        self._allow_loopback = allow_loopback

    def resolutionBegan(self, resolution: IHostResolution) -> None:  # noqa: N802 - Twisted's name
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: IAddress) -> None:  # noqa: N802 - Twisted's name
        if may_connect(self._host, getattr(address, "host", ""), allow_loopback=self._allow_loopback):
            self._receiver.addressResolved(address)

    def resolutionComplete(self) -> None:  # noqa: N802 - Twisted's name
        self._receiver.resolutionComplete()


class PublicResolver(CachingHostnameResolver):
    """Resolves names for Scrapy and hands on only addresses that may be connected to."""

    def __init__(self, reactor: ReactorBase, cache_size: int, *, allow_loopback: bool) -> None:
        super().__init__(reactor, cache_size)
        self._allow_loopback = allow_loopback

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: ReactorBase) -> Self:
        """Make the resolver that Scrapy installs on its reactor."""
        settings = crawler.settings
        return cls(reactor, settings.getint("DNSCACHE_SIZE"), allow_loopback=settings.getbool(LOOPBACK))

    def resolveHostName(  # noqa: N802 - Twisted's name
        self,
        resolutionReceiver: IResolutionReceiver,  # noqa: N803 - Twisted's name
        hostName: str,  # noqa: N803 - Twisted's name
        *args: Any,
        **kwargs: Any,
    ) -> IHostResolution:
        """Resolve a name, or an address written as one; addresses that may not be asked are left out."""
        # Any: zope's interfaces are no types that a class could be seen to fit.
        receiver: Any = _OnlyPublic(resolutionReceiver, hostName, allow_loopback=self._allow_loopback)
        return super().resolveHostName(receiver, hostName, *args, **kwargs)
