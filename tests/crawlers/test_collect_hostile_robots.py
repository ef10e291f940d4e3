"""robots.txt of every bad kind: whatever cannot be read as rules forbids everything, and the server's log shows it."""

from __future__ import annotations

import gzip
import json
from itertools import pairwise

from crawler_helpers import leave
from hostile_server import (
    HostileServer,
    Reply,
    a_post,
    answer,
    declared,
    drip,
    endless,
    endless_headers,
    hang,
    in_turn,
    next_link,
    packed,
    posts,
    redirect,
    reset,
    rules,
)
from sqlalchemy import select

from crawlers.policy.remembered import MARK
from crawlers.run import collect
from crawlers.sources.declaration import SourceDeclaration
from store.alerts import AlertKind, open_alerts
from store.store import Store
from store.tables import SourceMark

OPEN = b"User-agent: *\nAllow: /\n"

UNREADABLE: dict[str, tuple[Reply, int, str]] = {
    "503": (answer(OPEN, "text/plain", 503), 1, "answered 503"),
    "500": (answer(OPEN, "text/plain", 500), 1, "answered 500"),
    "429": (answer(b"", "text/plain", 429, ["Retry-After: 1"]), 1, "answered 429"),
    "429 as a problem": (answer(b"{}", "application/problem+json", 429), 1, "answered 429"),
    "206": (answer(OPEN, "text/plain", 206), 1, "answered 206"),
    "reset": (reset, 1, "could not be fetched (connection lost)"),
    "cut short": (answer(OPEN, "text/plain", length=500), 1, "could not be fetched (connection lost)"),
    "hangs": (hang, 1, "could not be fetched (timeout)"),
    "drips": (drip, 1, "could not be fetched (timeout)"),
    "1 MB": (answer(OPEN + b"# " + b"x" * 1_000_000, "text/plain"), 1, "could not be fetched (too large)"),
    "endless": (endless, 1, "could not be fetched (too large)"),
    "endless headers": (endless_headers, 1, "could not be fetched (too large)"),
    "bomb": (packed(OPEN + b"#" * 50_000_000, "gzip", kind="text/plain"), 1, "could not be fetched (too large)"),
    "broken gzip": (answer(b"\x1f\x8b\x08nonsense", "text/plain", headers=["Content-Encoding: gzip"]), 1, "unpacked"),
    "unknown packing": (answer(gzip.compress(OPEN), "text/plain", headers=["Content-Encoding: lzma"]), 1, "not known"),
    "loop": (redirect("/robots.txt"), 6, "max redirections reached"),
    "elsewhere": (redirect("http://autre.example/robots.txt"), 1, "is on no allowed host"),
    "Latin-1": (answer("User-agent: *\nDisallow: /privé\n".encode("latin-1"), "text/plain"), 1, "is not UTF-8 text"),
    "UTF-16": (answer("User-agent: *\nDisallow: /\n".encode("utf-16"), "text/plain"), 1, "is not UTF-8 text"),
    "a PDF": (answer(b"%PDF-1.7 User-agent: *", "text/plain"), 1, "is not UTF-8 text"),
    "a page": (answer(b"<!doctype html><title>Accueil</title>"), 1, "is a web page"),
}  # fmt: skip


def test_no_page_is_asked_for_where_robots_cannot_be_read(hostile: HostileServer, live_store: Store):
    for half in (list(UNREADABLE)[:11], list(UNREADABLE)[11:]):
        starts = [hostile.site(name, {"/robots.txt": UNREADABLE[name][0], "*": a_post("a")}) + "/1" for name in half]
        report = collect(live_store, leave(live_store, declared("robots", starts, timeout=2.0)))
        assert (report.status, report.pages, report.new, report.robots) == ("failed", 0, 0, len(half))
        assert report.errors == {}
        for name in half:
            _, asked, said = UNREADABLE[name]
            assert hostile.paths(name) == ["/robots.txt"] * asked, name
            problems = [note for note in report.message.split("; ") if note.startswith(f"{hostile.base(name)}/")]
            assert [said in note for note in problems] == [True], (name, report.message)
            assert state(live_store, hostile.base(name))["state"] == "unreadable"
    with live_store.database.reading() as session:
        assert [(one.source_id, one.kind) for one in open_alerts(session)] == [("robots", AlertKind.ROBOTS)]


def state(store: Store, base: str) -> dict[str, object]:
    host = base.removeprefix("http://")
    with store.database.reading() as session:
        mark = session.scalars(select(SourceMark).where(SourceMark.name == f"{MARK}{host}")).one()
    told: dict[str, object] = json.loads(mark.value)
    return told


READABLE: dict[str, tuple[Reply, str]] = {
    "404": (answer(b"<p>non</p>", status=404), "none"),
    "403 of a strange type": (answer(b"\x89PNG", "image/png", status=403), "none"),
    "identity": (answer(OPEN, "text/plain", headers=["Content-Encoding: identity"]), "rules"),
    "gzip": (packed(OPEN, "gzip", kind="text/plain"), "rules"),
    "redirected": (in_turn(redirect("/vraies-regles"), answer(OPEN, "text/plain")), "rules"),
}


def test_rules_that_are_not_there_or_come_in_another_way_allow(hostile: HostileServer, live_store: Store):
    starts = []
    for name, (robots, _) in READABLE.items():
        replies = {"/robots.txt": robots, "/vraies-regles": answer(OPEN, "text/plain"), "/1": a_post(name)}
        starts.append(hostile.site(name, replies) + "/1")
    report = collect(live_store, leave(live_store, declared("readable", starts)))
    assert (report.status, report.new, report.message) == ("done", len(READABLE), "")
    for name, (_, known) in READABLE.items():
        assert hostile.paths(name)[-1] == "/1", name
        assert state(live_store, hostile.base(name))["state"] == known, name


def test_what_the_rules_say_is_kept_to_also_after_redirects_and_links(hostile: HostileServer, live_store: Store):
    base = hostile.site(
        "rules",
        {
            "/robots.txt": rules("Disallow: /prive", "Crawl-delay: 1"),
            "/un": answer(posts("un", more=next_link("/prive/lien"))),
            "/deux": redirect("/prive/ailleurs"),
            "/trois": a_post("trois"),
            "*": a_post("prive"),
        },
    )
    forbidden = ("prive/debut", "%70rive/code", "./prive/point", "un/../prive/a", "un/%2e%2e/prive/b", "/prive/double")
    starts = [f"{base}/{path}" for path in (*forbidden, "un", "deux", "trois")]
    report = collect(live_store, leave(live_store, declared("rules", starts)))
    assert sorted(hostile.paths("rules")) == ["/deux", "/robots.txt", "/trois", "/un"]
    assert (report.robots, report.new) == (len(forbidden) + 2, 2)
    asked = hostile.times("rules")[1:]
    assert all(later - sooner > 0.95 for sooner, later in pairwise(asked))
    assert state(live_store, base) == {"state": "rules", "problem": "", "delay": 1.0}


def test_rules_are_read_anew_by_each_collection_and_none_lasts_a_day(hostile: HostileServer, live_store: Store):
    robots = in_turn(rules("Allow: /"), rules("Disallow: /"))
    base = hostile.site("changing", {"/robots.txt": robots, "*": a_post("a")})
    source = leave(live_store, declared("changing", [f"{base}/1"]))
    assert collect(live_store, source).status == "done"
    again = collect(live_store, source)
    assert (again.status, again.robots) == ("failed", 1)
    assert hostile.paths("changing") == ["/robots.txt", "/1", "/robots.txt"]
    with live_store.database.reading() as session:
        (alert,) = open_alerts(session, source)
    assert (alert.kind, alert.message.partition(":")[0]) == (
        AlertKind.ROBOTS,
        "robots.txt forbids every page that was to be read",
    )
    longest = next(one.le for one in SourceDeclaration.model_fields["max_minutes"].metadata if hasattr(one, "le"))
    assert longest < 24 * 60
