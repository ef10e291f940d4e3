"""The terms of a source: where their words change, nothing is collected until people have approved anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from crawler_helpers import leave
from hostile_server import HostileServer, Wire, a_post, answer, declared, hang, redirect, rules
from scrapy.http import HtmlResponse, TextResponse

from crawlers.policy.remembered import PassingMarks
from crawlers.policy.terms import accepted, words_digest
from crawlers.run import RunReport, collect
from store.alerts import AlertKind, open_alerts
from store.store import Store

TERMS = "<title>Conditions</title><body><p>La lecture est permise à tous.</p>"
SAME = "<body class=neuf><script>x=1</script><div>La  lecture</div> EST permise <b>à tous.</b>"
CHANGED = "<body><p>La lecture automatique est interdite.</p>"
T0 = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


class Shown:
    """A page that shows what it is set to."""

    def __init__(self, body: str) -> None:
        self.reply = answer(body.encode())

    def __call__(self, wire: Wire) -> None:
        self.reply(wire)

    def show(self, body: str) -> None:
        self.reply = answer(body.encode())


def test_changed_terms_stop_a_source_until_it_is_approved_anew(hostile: HostileServer, live_store: Store):
    terms = Shown(TERMS)
    base = hostile.site("terms", {"/conditions": terms, "*": a_post("a")})
    declaration = declared("terms", [f"{base}/un"], terms_urls=[f"{base}/conditions"], max_pages=1)
    source = leave(live_store, declaration)
    assert collect(live_store, source).status == "done"
    assert hostile.paths("terms") == ["/robots.txt", "/conditions", "/un"]
    terms.show(CHANGED)
    for _ in range(2):
        report = collect(live_store, source)
        assert (report.status, report.pages) == ("stopped", 0)
        assert f"{base}/conditions changed" in report.message
    with live_store.database.reading() as session:
        (alert,) = open_alerts(session, source)
    assert alert.kind == AlertKind.TERMS
    leave(live_store, declaration)
    assert collect(live_store, source).status == "done"
    assert hostile.paths("terms").count("/un") == 2


@pytest.mark.parametrize(
    ("replies", "said", "told"),
    [
        ({"/robots.txt": rules("Disallow: /conditions")}, "robots.txt forbids", True),
        ({"/conditions": answer(b"", status=404)}, "answered 404", True),
        pytest.param(
            {"/conditions": redirect("http://autre.example/conditions")},
            "is on no allowed host",
            True,
            marks=pytest.mark.slow,
        ),
        pytest.param({"/conditions": answer(b"%PDF-1.7", "text/html")}, "show no words", True, marks=pytest.mark.slow),
        ({"/conditions": hang}, "could not be fetched (timeout)", False),
    ],
    ids=["forbidden", "gone", "elsewhere", "no text", "hangs"],
)
def test_terms_that_cannot_be_read_stop_the_collection(replies, said, told, hostile: HostileServer, live_store: Store):
    base = hostile.site("unread", {"/conditions": answer(TERMS.encode()), "*": a_post("a"), **replies})
    declaration = declared("unread", [f"{base}/un"], terms_urls=[f"{base}/conditions"], timeout=2.0)
    report: RunReport = collect(live_store, leave(live_store, declaration))
    assert (report.status, report.pages) == ("stopped", 0)
    assert said in report.message
    assert "/un" not in hostile.paths("unread")
    with live_store.database.reading() as session:
        assert bool(open_alerts(session)) is told


@pytest.mark.parametrize(
    ("body", "same"),
    [(SAME, True), (CHANGED, False), (TERMS.replace("permise", "permise, sauf la nuit,"), False)],
)
def test_only_words_count(body, same):
    first, second = (HtmlResponse("https://a.example/", body=text.encode()) for text in (TERMS, body))
    assert (words_digest(first) == words_digest(second)) is same


@pytest.mark.parametrize("response", [
    HtmlResponse("https://a.example/", body=b"<script>x</script>"),
    TextResponse("https://a.example/", body=b"%PDF-1.7 conditions"),
    TextResponse("https://a.example/", body=b"  \n"),
])  # fmt: skip
def test_a_page_without_words_has_no_digest(response):
    assert words_digest(response) == ""


Step = tuple[str, float | None, bool]


@pytest.mark.parametrize(
    "steps",
    [
        [("a", 0, True), ("a", 0, True)],
        [("a", 0, True), ("b", 0, False), ("b", 0, False), ("b", 2.5, True), ("b", 2.5, True)],
        [("a", 0, True), ("b", 0, False), ("a", 0, True), ("b", 0, False)],  # taken back, then made again
        [("a", 0, True), ("b", 0, False), ("c", 1.5, False), ("c", 1.5, False), ("c", 9, True)],  # approved before c
        [("a", 0, True), ("b", 0, False), ("b", None, False)],
        [("a", 0, True), ("b", 1, False)],  # approved at the very moment at which the change was seen
    ],
)
def test_what_an_approval_takes_back(steps: list[Step]):
    now = [T0]
    marks = PassingMarks(lambda: now[0])
    for digest, approved, answered in steps:
        at = None if approved is None else T0 + timedelta(hours=approved)
        assert accepted(marks, "https://a.example/", digest, at) is answered
        now[0] += timedelta(hours=1)


@pytest.mark.parametrize("charset", ["base64", "idna", "undefined", "punycode", "rot13", "x-none"])
@pytest.mark.parametrize("place", ["header", "page"])
def test_terms_in_an_encoding_that_no_page_can_have_are_read(charset, place):
    told = f"text/html; charset={charset}" if place == "header" else "text/html"
    meta = f"<meta charset='{charset}'>" if place == "page" else ""
    body = f"<html><head>{meta}</head><body><p>Collecte permise.</p></body></html>".encode()
    response = HtmlResponse("https://bourg.example/regles", headers={"Content-Type": told}, body=body)
    plain = HtmlResponse("https://bourg.example/regles", body=b"<p>Collecte permise.</p>", encoding="utf-8")
    assert words_digest(response) == words_digest(plain)
