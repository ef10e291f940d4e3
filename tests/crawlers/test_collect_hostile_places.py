"""Places that must not be asked: other hosts and ports, private and metadata addresses, names that are rebound."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from crawler_helpers import leave
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hostile_server import HostileServer, a_post, declared, redirect
from scrapy.resolver import dnscache
from twisted.internet.address import IPv4Address, IPv6Address

from crawlers.policy.addresses import PublicResolver
from crawlers.run import collect
from store.errors import BadInput
from store.store import Store, open_store


def test_no_redirect_leads_off_the_declared_host(hostile: HostileServer, live_store: Store):
    decoy = hostile.site("decoy", {"*": a_post("leurre")})
    port = decoy.rpartition(":")[2]
    sixth = hostile.site("sixth", {"*": a_post("leurre")}, address="::1")
    places = [
        f"{decoy}/autre-port",
        f"http://localhost:{port}/nom",
        f"http://127.1:{port}/court",
        f"http://2130706433:{port}/entier",
        f"http://0.0.0.0:{port}/zero",
        f"http://[::ffff:127.0.0.1]:{port}/dans-six",
        f"{sixth}/six",
        f"//127.0.0.1:{port}/sans-schema",
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00:ec2::254]/latest/meta-data/",
        "http://metadata.google.internal/computeMetadata/v1/",
        "http://10.0.0.1/",
        "http://192.168.1.1/",
        "http://autre.example/",
        f"http://moi:secret@127.0.0.1:{port}/compte",
        "file:///etc/passwd",
        "gopher://127.0.0.1:70/x",
        "ftp://127.0.0.1/x",
        "data:text/html,<p>x",
        "javascript:alert(1)",
        "http://[broken/",
        "http://127.0.0.1:99999/",
        "",
    ]
    replies = {f"/{number}": redirect(place) for number, place in enumerate(places)}
    base = hostile.site("front", {**replies, "/bon": a_post("bon")})
    starts = [f"{base}{path}" for path in (*replies, "/bon")]
    report = collect(live_store, leave(live_store, declared("places", starts)))
    assert (report.status, report.new) == ("done", 1)
    asked = hostile.paths("front")
    assert sorted(set(asked)) == sorted(["/robots.txt", "/bon", *replies])
    assert len(asked) <= len(places) + 2 + 6  # an empty Location leads back to the page, at most five times
    assert hostile.paths("decoy") == hostile.paths("sixth") == []
    assert report.dropped["host not allowed"] >= 15


@pytest.mark.parametrize("loopback", [True, False])
def test_no_private_address_is_asked_even_when_it_is_declared(loopback, hostile: HostileServer, live_store: Store):
    settings = {"allow_loopback": loopback, "contact_url": "https://vigie.organisme.ca/robot"}
    store = open_store(live_store.settings.model_copy(update=settings))
    decoy = hostile.site("decoy", {"*": a_post("leurre")})
    port = decoy.rpartition(":")[2]
    names = ["127.1", "2130706433", "0x7f000001", "0.0.0.0", "[::]", "[::ffff:7f00:1]"]
    places = [f"http://{name}:{port}/" for name in names]
    places += ["http://169.254.169.254/latest/", "http://10.0.0.1/", "http://192.168.0.1/", "http://[fe80::1]/"]
    places += [] if loopback else [f"{decoy}/", f"http://localhost:{port}/"]
    report = collect(store, leave(store, declared("private", places, timeout=3.0)))
    store.close()
    assert hostile.log == []
    assert (report.status, report.pages, report.robots) == ("failed", 0, len(places))
    assert report.message.count("could not be fetched (no public address)") == len(places)


class _Rebound:
    """A reactor whose name server answers something else each time."""

    def __init__(self, *answers: list[str]) -> None:
        self.nameResolver = self
        self.answers = list(answers)

    def resolveHostName(self, receiver, host, port=0, types=None, semantics="TCP"):  # noqa: N802 - Twisted's
        receiver.resolutionBegan(None)
        for address in self.answers.pop(0):
            kind = IPv6Address if ":" in address else IPv4Address
            receiver.addressResolved(kind("TCP", address, port))
        receiver.resolutionComplete()
        return receiver


class _Found:
    def __init__(self) -> None:
        self.addresses: list[str] = []

    def resolutionBegan(self, resolution):  # noqa: N802 - Twisted's name
        pass

    def addressResolved(self, address):  # noqa: N802 - Twisted's name
        self.addresses.append(address.host)

    def resolutionComplete(self):  # noqa: N802 - Twisted's name
        pass


@pytest.mark.parametrize("cache", [0, 100])
def test_a_name_that_is_rebound_gains_nothing(cache):
    dnscache.clear()
    there = ["93.184.215.14", "2606:4700::1"]
    reactor = _Rebound(there, ["127.0.0.1", "10.0.0.1"], ["169.254.169.254", "93.184.215.14", "::1"])
    resolver = PublicResolver(reactor, cache, allow_loopback=True)
    heard = []
    for _ in range(3):
        found = _Found()
        resolver.resolveHostName(found, "journal.example", 80)
        heard.append(found.addresses)
    dnscache.clear()
    assert heard == ([there, there, there] if cache else [there, [], ["93.184.215.14"]])


def test_what_was_heard_of_a_loopback_name_opens_no_other(hostile: HostileServer):
    dnscache.clear()
    reactor = _Rebound(["127.0.0.1"], ["127.0.0.1"])
    open_here, closed = (PublicResolver(reactor, 100, allow_loopback=allowed) for allowed in (True, False))
    heard = []
    for resolver in (open_here, closed):
        found = _Found()
        resolver.resolveHostName(found, "localhost", 80)
        heard.append(found.addresses)
    dnscache.clear()
    assert heard == [["127.0.0.1"], []]


def test_a_certificate_that_nobody_vouches_for_is_refused(hostile: HostileServer, live_store: Store, tmp_path: Path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))

    def wrap(plain: socket.socket) -> socket.socket:
        return context.wrap_socket(plain, server_side=True)

    base = hostile.site("tls", {"*": a_post("a")}, wrap=wrap)
    report = collect(live_store, leave(live_store, declared("tls", [f"{base}/un"])))
    assert (report.status, report.new) == ("failed", 0)
    assert hostile.log == []


def self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file = folder / "server.pem"
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.mark.parametrize(
    ("contact", "said"),
    [
        ("https://vigie.example/robot", "placeholder"),
        ("https://example.org/robot", "placeholder"),
        ("http://localhost/robot", "placeholder"),
        ("courriel@organisme.ca", "must be a web page"),
        ("https://", "must be a web page"),
    ],
)
def test_nobody_is_asked_under_a_contact_page_that_is_nobodys(contact, said, live_store: Store):
    store = open_store(live_store.settings.model_copy(update={"contact_url": contact}))
    source = leave(store, declared("nobody", ["http://journal.organisme.ca/un"]))
    with pytest.raises(BadInput) as refused:
        collect(store, source)
    store.close()
    assert refused.value.field == "contact_url"
    assert said in refused.value.message
    assert "VIGIE_CONTACT_URL" in refused.value.message
    assert "\n" not in refused.value.message
