"""The policy's small decisions: rules of robots.txt, addresses, Retry-After, walls, and that nothing else is on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from crawler_helpers import town_declaration
from scrapy.http import HtmlResponse
from scrapy.settings import Settings as ScrapySettings

from crawlers.policy.addresses import is_public, may_connect
from crawlers.policy.pace import retry_after
from crawlers.policy.robots import read_rules
from crawlers.policy.settings import scrapy_settings, user_agent
from crawlers.policy.walls import looks_binary, wall_in
from store.settings import Settings

PAGE = "https://a.example/annonces?page=2"


@pytest.mark.parametrize(
    ("status", "body", "allowed"),
    [
        (200, b"", True),
        (200, b"User-agent: *\nDisallow: /prive/", True),
        (200, b"User-agent: *\nDisallow: /", False),
        (200, b"User-agent: vigie\nDisallow: /\nUser-agent: *\nAllow: /", False),
        (200, b"User-agent: *\nDisallow: /\nUser-agent: Vigie\nAllow: /", True),
        (200, b"User-agent: autrerobot\nDisallow: /", True),
        (200, b"User-agent: *\nDisallow: /*?page=", False),
        (200, b"\xef\xbb\xbfUser-agent: *\nDisallow: /", False),
        (204, b"", True),
        (200, "User-agent: *\nDisallow: /privé".encode("latin-1"), False),
        (200, b"  <!doctype html><title>Bienvenue", False),
        (200, b"User-agent: *\0", False),
        (206, b"User-agent: *", False),
        (301, b"", False),
        (304, b"", False),
        (401, b"", True),
        (403, b"", True),
        (404, b"User-agent: *\nDisallow: /", True),
        (410, b"", True),
        (429, b"", False),
        (500, b"User-agent: *\nAllow: /", False),
        (503, b"", False),
        (599, b"", False),
    ],
)
def test_rules(status, body, allowed):
    assert read_rules(status, body).allow(PAGE) is allowed


def test_a_body_still_packed_is_not_read_as_rules():
    assert not read_rules(200, b"User-agent: *", encoded=True).allow(PAGE)


@pytest.mark.parametrize(
    ("body", "delay"),
    [
        (b"User-agent: *\nCrawl-delay: 7", 7.0),
        (b"User-agent: *\nRequest-rate: 1/30s", 30.0),
        (b"User-agent: autre\nCrawl-delay: 7", 0.0),
        (b"User-agent: *\nCrawl-delay: soon", 0.0),
    ],
)
def test_the_delay_that_a_host_asks_for(body, delay):
    assert read_rules(200, body).delay == delay


NOT_PUBLIC = """
127.0.0.1 127.8.9.1 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255
192.0.2.1 198.18.0.1 ::1 :: fe80::1 fe80::1%eth0 fc00::1 fd00:ec2::254 ff02::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1
::ffff:169.254.169.254 2002:7f00:1:: 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 2001:db8::1 localhost 2130706433 0x7f.1
240.0.0.1 not-an-address
"""


@pytest.mark.parametrize("address", NOT_PUBLIC.split())
def test_addresses_that_are_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::808:808"])
def test_public_addresses(address):
    assert is_public(address)


@pytest.mark.parametrize(
    ("host", "address", "allow", "answer"),
    [
        ("127.0.0.1", "127.0.0.1", True, True),
        ("localhost", "::1", True, True),
        ("[::1]", "::1", True, True),
        ("127.0.0.1", "127.0.0.1", False, False),
        ("journal.example", "127.0.0.1", True, False),  # a public name that was rebound to this machine
        ("journal.example", "10.0.0.1", True, False),
        ("10.0.0.1", "10.0.0.1", True, False),
        ("169.254.169.254", "169.254.169.254", True, False),
        ("journal.example", "8.8.8.8", False, True),
    ],
)
def test_loopback_only_under_a_loopback_name(host, address, allow, answer):
    assert may_connect(host, address, allow_loopback=allow) is answer


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"30", 30.0),
        (b" 0 ", 0.0),
        (b"Mon, 02 Mar 2026 09:31:00 GMT", 60.0),
        (b"Mon, 02 Mar 2026 09:00:00 GMT", 0.0),
        (b"-5", None),
        (b"soon", None),
        (b"", None),
        (None, None),
        (b"99999999999999", None),
        ("\u0664".encode(), None),
    ],
)
def test_retry_after(value, seconds):
    assert retry_after(value, datetime(2026, 3, 2, 9, 30, tzinfo=UTC)) == seconds


@pytest.mark.parametrize(
    ("status", "body", "wall"),
    [
        (200, b"<form><input name=u><INPUT name='p' type='password'></form>", "a log-in wall"),
        (200, b"<input type=password>", "a log-in wall"),
        (401, b"", "a log-in wall"),
        (403, b"", "a refusal (403)"),
        (403, b"<div class='g-recaptcha'>", "a CAPTCHA"),
        (200, b"<title>Just a moment...</title>", "a CAPTCHA"),
        (200, b"<div class='cf-turnstile'>", "a CAPTCHA"),
        (200, b"<p>quel est votre password?</p><input type=text>", ""),
        (200, b"<p>un captcha, c'est quoi?</p>", ""),
        (404, b"", ""),
    ],
)
def test_walls(status, body, wall):
    assert wall_in(HtmlResponse("https://a.example/", status=status, body=body)) == wall


@pytest.mark.parametrize(
    ("body", "binary"), [(b"GIF89a\0", True), (b"texte", False), (b"\xff\xfea\0", False), (b"", False)]
)
def test_binary(body, binary):
    assert looks_binary(body) is binary


def test_nothing_of_scrapys_defaults_runs_unnamed():
    told = scrapy_settings(Settings(), town_declaration("board"))
    settings = ScrapySettings(told)
    every = {
        name
        for group in ("DOWNLOADER_MIDDLEWARES", "SPIDER_MIDDLEWARES", "EXTENSIONS", "ITEM_PIPELINES")
        for name in settings.get_component_priority_dict_with_base(group)
    } | set(settings.getwithbase("DOWNLOAD_HANDLERS"))
    words = " ".join(map(str, every)).lower()
    for unwanted in (
        "cookie",
        "referer",
        "proxy",
        "httpauth",
        "telnet",
        "remote_control",
        "image",
        "media",
        "ftp",
        "s3",
    ):
        assert unwanted not in words
    assert settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES")
    assert not settings.getbool("COOKIES_ENABLED")
    assert not settings.getbool("REFERER_ENABLED")
    assert not settings.getbool("TELNETCONSOLE_ENABLED")
    assert settings.getint("CONCURRENT_REQUESTS") == 1


def test_the_slower_pace_holds():
    declaration = town_declaration("board")
    assert scrapy_settings(Settings(request_delay=9), declaration)["VIGIE_PACE"] == 9
    assert scrapy_settings(Settings(request_delay=0), declaration)["VIGIE_PACE"] == declaration.delay


def test_we_say_who_we_are():
    assert user_agent(Settings(contact_url="https://x.example/robot")) == "Vigie/0.1.0 (+https://x.example/robot)"
