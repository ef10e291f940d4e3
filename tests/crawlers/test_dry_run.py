"""The dry run: what it tells, and that nothing leaves the machine, by a real site's log and by every socket's call."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from crawler_helpers import leave

from crawlers.run import collect
from crawlers.sources.approvals import standing, suspend
from crawlers.sources.declaration import SourceDeclaration, load_source
from crawlers.sources.dry_run import DryRun, dry_run, private
from crawlers.sources.register import declare
from fixtures.town.server import Town
from store.settings import Settings
from store.store import Store

CONTACT = "https://robot.maison-fictive.ca/vigie"
_WATCHED: list[list[str]] = []
_OUTSIDE = ("socket.connect", "socket.getaddrinfo", "socket.gethostby", "socket.sendto", "subprocess.Popen")


def _hook(event: str, _: object) -> None:
    if _WATCHED and event.startswith(_OUTSIDE):
        _WATCHED[-1].append(event)


sys.addaudithook(_hook)


@contextmanager
def watched() -> Iterator[list[str]]:
    """Collect every connection, look-up and process that is begun meanwhile."""
    _WATCHED.append([])
    try:
        yield _WATCHED[-1]
    finally:
        _WATCHED.pop()


def told(store: Store, declaration: SourceDeclaration) -> DryRun:
    with store.database.reading() as session:
        settings = store.settings.model_copy(update={"contact_url": CONTACT})
        return dry_run(settings, declaration, standing(session, declaration.id, store.clock()))


def site(start: str, **more: object) -> SourceDeclaration:
    host = start.split("/")[2]
    given = {"id": "essai", "title": "Essai", "kind": "feed", "legal_note": "Fil public.", "start_urls": [start]}
    return SourceDeclaration.model_validate(given | {"allowed_hosts": [host]} | more)


@pytest.mark.parametrize("name", ["board", "timeline"])
def test_nothing_is_sent_whether_or_not_it_may_be_collected(name: str, town: Town, live_store: Store):
    declaration = load_source(town.declaration(name))
    declare(live_store, declaration)
    with watched() as begun:
        before = told(live_store, declaration)
        leave(live_store, declaration)
        after = told(live_store, declaration)
    assert begun == []
    assert town.hits == []
    assert before.stops
    assert after.stops == []
    with watched() as begun:  # the log and the watch do see what is sent
        collect(live_store, declaration.id)
    assert "subprocess.Popen" in begun
    asked = [f"{town.sites[name].base}{hit.path}" for hit in town.hits if hit.site == name]
    planned = [one.url for one in after.requests]
    assert asked[: len(planned)] == planned, "what was told is what is then asked first, in that order"


def test_robots_come_first_on_each_host_then_the_terms_then_the_start_pages(live_store: Store):
    declaration = site(
        "https://journal.example/feed",
        start_urls=["https://journal.example/feed", "https://autre.example/fil"],
        terms_urls=["https://journal.example/conditions"],
        allowed_hosts=["journal.example", "autre.example", "media.example"],
    )
    declare(live_store, declaration)
    requests = told(live_store, declaration).requests
    assert [one.url for one in requests] == [
        "https://journal.example/robots.txt",
        "https://journal.example/conditions",
        "https://journal.example/feed",
        "https://autre.example/robots.txt",
        "https://autre.example/fil",
    ]
    assert [one.why.split()[0].rstrip(":,") for one in requests] == ["rules", "terms", "start", "rules", "start"]
    assert {one.refused for one in requests} == {""}


def test_pace_budgets_and_who_we_say_we_are(tmp_path, live_store: Store):
    declaration = site("https://journal.example/feed", delay=1.0, max_pages=7, max_minutes=9, timeout=4.0)
    declare(live_store, declaration)
    settings = Settings(data_dir=tmp_path, request_delay=3.0, contact_url="https://robot.maison-fictive.ca/vigie")
    with live_store.database.reading() as session:
        run = dry_run(settings, declaration, standing(session, "essai", live_store.clock()))
    assert run.pace == {"declared": 1.0, "deployment": 3.0, "seconds": 3.0}
    assert (run.budgets["pages"], run.budgets["minutes"], run.budgets["answer_seconds"]) == (7, 9, 4.0)
    assert run.budgets["answer_bytes"] == settings.max_response_bytes
    assert run.user_agent == "Vigie/0.1.0 (+https://robot.maison-fictive.ca/vigie)"
    assert run.purpose_page == "https://robot.maison-fictive.ca/vigie"
    assert run.legal_note == "Fil public."


def test_what_stops_it_is_told(tmp_path, live_store: Store):
    declaration = site("https://journal.example/feed")
    declare(live_store, declaration)
    assert told(live_store, declaration).stops == ["it has no approval: see vigie sources approve"]
    leave(live_store, declaration)
    run = told(live_store, declaration)
    assert (run.approval["state"], run.approval["approvers"], run.stops) == ("approved", ["A. B.", "C. D."], [])
    with live_store.database.writing() as session:
        suspend(session, "essai", by="A. B.", why="plainte", now=live_store.clock())
    run = told(live_store, declaration)
    assert run.approval == {"state": "suspended"}
    assert "was suspended" in run.stops[0]
    for nobodys in ("nobody", "https://vigie.example/robot"):
        settings = live_store.settings.model_copy(update={"contact_url": nobodys})
        with live_store.database.reading() as session:
            stops = dry_run(settings, declaration, standing(session, "essai", live_store.clock())).stops
        assert any("VIGIE_CONTACT_URL" in reason for reason in stops)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "10.0.0.8", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "0.0.0.0", "::1", "::ffff:127.0.0.1", "fe80::1", "fd00::1", "64:ff9b::7f00:1", "localhost",
        "a.localhost", "imprimante.local", "metadata.google.internal", "nas.home.arpa",
    ],
)  # fmt: skip
def test_private_addresses_are_refused_as_far_as_the_name_tells(host: str, tmp_path):
    assert private(host, Settings(data_dir=tmp_path))


@pytest.mark.parametrize("host", ["journal.example", "8.8.8.8", "2606:4700::1111", "local.example", "7.example"])
def test_other_names_are_for_the_moment_of_connecting(host: str, tmp_path):
    assert private(host, Settings(data_dir=tmp_path)) == ""


def test_a_site_of_private_addresses_alone_is_stopped(tmp_path, live_store: Store):
    declaration = site("http://169.254.169.254/latest")
    leave(live_store, declaration)
    run = told(live_store, declaration)
    assert run.stops == ["none of its addresses may be asked"]
    assert all(one.refused == "169.254.169.254 is no public address" for one in run.requests)
    assert run.hosts == {"169.254.169.254": "169.254.169.254 is no public address"}


def test_loopback_is_open_where_the_deployment_says_so(tmp_path):
    for host in ("127.0.0.1", "localhost", "::1"):
        assert private(host, Settings(data_dir=tmp_path, allow_loopback=True)) == ""
        assert private(host, Settings(data_dir=tmp_path, allow_loopback=False))
