"""The policy's small decisions: rules of robots.txt, addresses, Retry-After, walls, and that nothing else is on."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from crawler_helpers import town_declaration
from scrapy.http import HtmlResponse
from scrapy.settings import Settings as ScrapySettings

from crawlers.policy.addresses import is_public, may_connect
from crawlers.policy.pace import retry_after
from crawlers.policy.robots import read_rules
from crawlers.policy.settings import scrapy_settings, user_agent
from crawlers.policy.visit import Tally
from crawlers.policy.walls import alert_of, looks_binary, wall_in
from store.alerts import AlertKind
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
        (200, b"%PDF-1.7", False),
        (200, b"User-agent: *\nDisallow: /annonces$", True),
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


@pytest.mark.parametrize(
    ("body", "delay"),
    [
        (b"User-agent: *\nCrawl-delay: 7", 7.0),
        (b"User-agent: *\nRequest-rate: 1/30s", 30.0),
        (b"User-agent: autre\nCrawl-delay: 7", 0.0),
        (b"User-agent: *\nCrawl-delay: soon", 0.0),
        (b"User-agent: *\nCrawl-delay: nan", 0.0),
        (b"User-agent: *\nCrawl-delay: 999999999", 86400.0),
        (b"User-agent: *\nCrawl-delay: 3\nRequest-rate: 1/30s", 30.0),
    ],
)
def test_the_delay_that_a_host_asks_for(body, delay):
    assert read_rules(200, body).delay == delay


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://a.example/prive", False),
        ("https://a.example/./prive", False),
        ("https://a.example//prive", False),
        ("https://a.example/b/../prive/x", False),
        ("https://a.example/b/%2e%2e/prive/x", False),
        ("https://a.example/%70rive", False),
        ("https://a.example/b%2f..%2fprive", False),
        ("https://a.example/b\\..\\prive", False),
        ("https://a.example/recherche?mot=a//prive", True),
        ("https://a.example/%C3%A9t%C3%A9/", False),
        ("https://a.example/fin/", True),
        ("https://a.example/", True),
        ("https://a.example/b/prive", True),
    ],
)
def test_a_path_is_forbidden_however_it_is_written(url, allowed):
    body = "User-agent: *\nDisallow: /prive\nDisallow: /été/\nDisallow: /fin$".encode()
    assert read_rules(200, body).allow(url) is allowed


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
        (b"Mon, 99999999999999999999 Mar 2026 09:31:00 GMT", None),
        (b"Mon, 02 Mar 99999 09:31:00 GMT", None),
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
        (402, b"", "a refusal (402)"),
        (451, b"", "a refusal (451)"),
        (403, b"<input type=password>", "a log-in wall"),
        (200, b"<div class='h-captcha'></div>", "a CAPTCHA"),
        (200, b"<title>Access Denied</title>", "a block page"),
        (200, "<h1 class='x'> Accès refusé</h1>".encode(), "a block page"),
        (200, b"<h2>Sorry, you have been blocked</h2>", "a block page"),
        (200, b"<p>access denied? on m'a dit access denied", ""),
        (200, b"<h1>Lost access to my account</h1>", ""),
    ],
)
def test_walls(status, body, wall):
    assert wall_in(HtmlResponse("https://a.example/", status=status, body=body)) == wall


@pytest.mark.unmeasured
@pytest.mark.parametrize("form", [b"<form post-password-form ", b"<form post-password-form>", b"<form class=a"])
def test_forms_that_do_not_end_take_no_time(form):
    start = time.perf_counter()
    assert wall_in(HtmlResponse("https://a.example/", body=form * 9000)) == ""
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    ("body", "binary"),
    [
        (b"GIF89a\0", True),
        (b"GIF89a sans rien d'autre", True),
        (b"\n\xff\xd8\xff\xe0", True),
        (b"RIFFxxxxWEBP", True),
        (b"%PDF-1.4 texte", True),
        (b"PK\x03\x04", True),
        (b"texte", False),
        (b"RIFF dit-elle", False),
        (b"PK, c'est bon", False),
        (b"\xff\xfea\0", False),
        (b"", False),
    ],
)
def test_binary(body, binary):
    assert looks_binary(body) is binary


def test_each_wall_is_told_as_what_it_is():
    told = {wall: alert_of(wall) for wall in ("a CAPTCHA", "a log-in wall", "a refusal (403)", "a block page")}
    assert list(told.values()) == [AlertKind.CAPTCHA, AlertKind.WALL, AlertKind.BLOCK, AlertKind.BLOCK]


def test_a_server_that_makes_up_kinds_fills_no_report():
    tally = Tally()
    for number in range(1000):
        tally.dropped[f"type x/{number}"] += 1
    assert len(tally.dropped) <= 51
    assert sum(tally.dropped.values()) == 1000


def test_a_declaration_may_lower_the_size_of_an_answer_and_not_raise_it():
    declaration = town_declaration("board")
    for declared, size in ((None, 2_000_000), (50_000, 50_000), (9_000_000, 2_000_000)):
        changed = declaration.model_copy(update={"max_bytes": declared})
        assert scrapy_settings(Settings(), changed)["DOWNLOAD_MAXSIZE"] == size


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
