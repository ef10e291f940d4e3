"""The demo town collected for real: every post once, and the sites' own access log as the proof of manners."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from itertools import pairwise

import pytest
from crawler_helpers import leave
from sqlalchemy import delete, func, select

from crawlers.run import collect
from crawlers.sources.approvals import suspend
from crawlers.sources.declaration import SourceDeclaration, load_source
from crawlers.sources.register import declare
from fixtures.town.rows import load_rows, of_site
from fixtures.town.server import Hit, Town
from store.captures import read_record
from store.errors import NotFound, SourceNotApproved
from store.store import Store
from store.tables import Capture, Post, Run, SourceMark

Approve = Callable[..., str]
ROWS = load_rows()


def kept(store: Store, source_id: str) -> list[Post]:
    with store.database.reading() as session:
        return list(session.scalars(select(Post).where(Post.source_id == source_id)))


def newest_run(store: Store) -> Run:
    with store.database.reading() as session:
        return session.scalars(select(Run).order_by(Run.id.desc())).first()


def assert_manners(hits: list[Hit]) -> None:
    assert hits[0].path == "/robots.txt"
    assert sum(hit.path == "/robots.txt" for hit in hits) == 1
    assert not [hit.path for hit in hits if hit.path.startswith(("/photos", "/suivi", "/prive"))]
    assert {hit.method for hit in hits} == {"GET"}
    for hit in hits:
        assert "Cookie" not in hit.headers
        assert "Referer" not in hit.headers
        assert "Authorization" not in hit.headers
        assert hit.headers["User-Agent"] == "Vigie/0.1.0 (+https://vigie.example/robot)"
        assert "image" not in hit.headers["Accept"]
        assert "*/*" not in hit.headers["Accept"]


@pytest.mark.parametrize(("site", "forbidden"), [("board", 0), ("forum", 1), ("feed", 0), ("timeline", 0)])
def test_every_post_of_a_site_arrives_once(site, forbidden, town: Town, live_store: Store, approved: Approve):
    identity = approved(site)
    told: list[int] = []
    report = collect(live_store, identity, told.append)
    expected = of_site(ROWS, site)
    assert (report.status, report.new, report.robots) == ("done", len(expected), forbidden)
    posts = kept(live_store, identity)
    assert sorted(post.text for post in posts) == sorted(row["text"].strip() for row in expected)
    assert {post.origin for post in posts} == {"collect"}
    assert told[-1] == report.pages == len(told) - 1  # one line a page, and the last
    run = newest_run(live_store)
    assert (run.status, run.counts["new"]) == ("done", len(expected))
    assert run.finished_at is not None
    assert_manners([hit for hit in town.hits if hit.site == site])


def test_a_second_run_adds_nothing_and_an_edit_is_noticed(town: Town, live_store: Store, approved: Approve):
    identity = approved("board")
    first = collect(live_store, identity)
    files = sorted(live_store.settings.captures.rglob("*.warc.gz"))
    again = collect(live_store, identity)
    assert (again.new, again.edited) == (0, 0)
    assert sorted(live_store.settings.captures.rglob("*.warc.gz")) == files
    board = town.sites["board"]
    board.rows = [{**board.rows[0], "text": "Vendu, merci."}, *board.rows[1:]]
    with live_store.database.writing() as session:  # as a day later, when the whole board is walked
        session.execute(delete(SourceMark).where(SourceMark.name == "walked-in-full"))
    edited = collect(live_store, identity)
    assert (edited.new, edited.edited, edited.same) == (0, 1, first.new - 1)


def test_fields_and_captures(town: Town, live_store: Store, approved: Approve):
    identity = approved("forum")
    collect(live_store, identity)
    post = next(post for post in kept(live_store, identity) if post.external_id == "h-003")
    row = next(row for row in ROWS if row["id"] == "h-003")
    assert (post.title, post.author, post.city, post.region) == (
        row["title"], row["author"], row["city"], row["region"]
    )  # fmt: skip
    assert abs((town.sites["forum"].now - post.posted_at).total_seconds() / 3600 - row["hours_ago"]) < 0.02
    with live_store.database.reading() as session:
        capture = session.scalars(select(Capture).where(Capture.post_id == post.id)).one()
    content = read_record((live_store.settings.captures / capture.path).read_bytes()).content.decode()
    assert "&lt;style&gt;@import" in content
    assert "<img" not in content
    assert content.count('class="message"') == 1
    assert capture.collector.startswith("vigie/0.1.0 forum policy/")


def test_requests_are_paced(town: Town, live_store: Store, approved: Approve):
    collect(live_store, approved("board", delay=0.3, max_pages=3))
    times = [hit.at for hit in town.hits]
    assert len(times) == 4
    assert min(later - earlier for earlier, later in pairwise(times)) > 0.2  # the town notes a hit a little late


def test_the_sites_crawl_delay_holds(town: Town, live_store: Store, approved: Approve, monkeypatch):
    from fixtures.town import sites

    monkeypatch.setattr(sites, "ROBOTS", "User-agent: vigie\nCrawl-delay: 0.5\nDisallow: /prive/\n")
    collect(live_store, approved("board", max_pages=3))
    pages = [hit.at for hit in town.hits if hit.path != "/robots.txt"]
    assert min(later - earlier for earlier, later in pairwise(pages)) > 0.45


def test_max_pages_bounds_a_collection(town: Town, live_store: Store, approved: Approve):
    report = collect(live_store, approved("board", max_pages=2))
    assert (report.pages, report.new, report.dropped) == (2, 50, {"over max_pages": 1})
    assert report.message == "max_pages reached: 2"
    assert len(town.paths("board")) == 3


def test_max_depth_bounds_a_collection(live_store: Store, approved: Approve):
    assert collect(live_store, approved("board", max_depth=1)).pages == 2


class TestLeave:
    def test_none(self, town: Town, live_store: Store):
        declaration = load_source(town.declaration("board"))
        declare(live_store, declaration)
        with pytest.raises(SourceNotApproved, match="has no approval: no request was sent"):
            collect(live_store, declaration.id)
        assert town.hits == []

    def test_no_such_source(self, live_store: Store):
        with pytest.raises(NotFound):
            collect(live_store, "nulle-part")

    def test_changed_since(self, town: Town, live_store: Store, approved: Approve):
        identity = approved("board")
        data = load_source(town.declaration("board")).model_dump()
        declare(live_store, SourceDeclaration.model_validate({**data, "max_pages": 7}))
        with pytest.raises(SourceNotApproved, match="declared anew"):
            collect(live_store, identity)
        assert town.hits == []

    def test_suspended(self, town: Town, live_store: Store, approved: Approve):
        identity = approved("board")
        with live_store.database.writing() as session:
            suspend(session, identity, by="A. B.", why="plainte", now=live_store.clock())
        with pytest.raises(SourceNotApproved, match="was suspended"):
            collect(live_store, identity)
        assert town.hits == []


def test_a_killed_collection_is_taken_up_without_loss_or_double(town: Town, live_store: Store, approved: Approve):
    identity = approved("board", delay=0.15)
    script = (
        "import sys; from crawlers.run import collect; from store.settings import Settings;"
        "from store.store import open_store; collect(open_store(Settings()), sys.argv[1])"
    )
    settings = live_store.settings
    environment = {"VIGIE_DATA_DIR": str(settings.data_dir), "VIGIE_ALLOW_LOOPBACK": "1", "VIGIE_REQUEST_DELAY": "0"}
    parent = subprocess.Popen([sys.executable, "-c", script, identity], env=environment)
    deadline = time.monotonic() + 20
    while len(town.paths("board")) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    parent.kill()
    parent.wait()
    asked = len(town.paths("board"))
    assert asked >= 3
    time.sleep(1.0)
    assert len(town.paths("board")) <= asked + 1  # the orphan noticed and stopped
    partly = len(kept(live_store, identity))
    report = collect(live_store, identity)
    assert report.new == len(of_site(ROWS, "board")) - partly
    assert len(kept(live_store, identity)) == len(of_site(ROWS, "board"))
    with live_store.database.reading() as session:
        runs = list(session.scalars(select(Run).order_by(Run.id)))
        assert session.scalar(select(func.count()).select_from(Capture)) == len(of_site(ROWS, "board"))
    assert [run.status for run in runs] == ["failed", "done"]
    assert runs[0].message == "the collection was interrupted"


def test_secrets_of_the_environment_do_not_reach_the_child(monkeypatch, live_store: Store):
    from crawlers.run import _environment

    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example")
    given = _environment(live_store.settings)
    assert "AWS_SECRET_ACCESS_KEY" not in given
    assert "HTTP_PROXY" not in given
    assert given["VIGIE_ALLOW_LOOPBACK"] == "True"


def test_two_collections_at_once_keep_each_post_once(town: Town, live_store: Store, approved: Approve):
    identity = approved("timeline")
    threads = [threading.Thread(target=collect, args=(live_store, identity)) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(kept(live_store, identity)) == len(of_site(ROWS, "timeline"))


def test_another_sites_yaml(town: Town, live_store: Store):
    text = town.declaration("feed").replace("/rss.xml", "/atom.xml").replace("bourg-nouvelles", "autre")
    assert collect(live_store, leave(live_store, load_source(text))).new == len(of_site(ROWS, "feed")) // 2
