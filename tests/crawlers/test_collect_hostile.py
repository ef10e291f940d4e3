"""A town that misbehaves: for each way, what is asserted and what its own access log shows."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from crawler_helpers import leave

from crawlers.run import RunReport, collect
from crawlers.sources.declaration import SourceDeclaration, load_source
from fixtures.town.server import Town
from store.settings import Settings
from store.store import Store, open_store

Approve = Callable[..., str]


def all_sites(town: Town, paths: dict[str, str], **changes: object) -> SourceDeclaration:
    """Declare one board whose start pages stand on several sites of the town, so that one collection meets them all."""
    told = load_source(town.declaration("board")).model_dump()
    told["start_urls"] = [town.sites[site].base + path for site, path in paths.items()]
    told["allowed_hosts"] = [town.sites[site].base.removeprefix("http://") for site in paths]
    return SourceDeclaration.model_validate(told | changes)


@pytest.mark.parametrize(
    "modes",
    [
        {
            "board": ("503", 1, "answered 503"),
            "forum": ("reset", 1, "could not be fetched (connection lost)"),
            "feed": ("timeout", 1, "could not be fetched (timeout)"),
            "timeline": ("redirect /robots.txt", 6, "max redirections reached"),
        },
        {
            "board": ("large-robots", 1, "could not be fetched (too large)"),
            "forum": ("latin", 1, "is not UTF-8 text"),
            "feed": ("html", 1, "is a web page"),
            "timeline": ("429 1", 1, "answered 429"),
        },
        {
            "board": ("redirect http://autre.example/robots.txt", 1, "is on no allowed host"),
            "forum": ("endless", 1, "could not be fetched (too large)"),
        },
    ],
)
def test_no_page_is_fetched_when_robots_cannot_be_read(modes, town: Town, live_store: Store):
    for site, (mode, _, _) in modes.items():
        town.broken[site, "/robots.txt"] = mode
    declaration = all_sites(town, dict.fromkeys(modes, "/"), timeout=1.5)
    report = collect(live_store, leave(live_store, declaration))
    for site, (_, asked, said) in modes.items():
        assert town.paths(site) == ["/robots.txt"] * asked
        assert any(f"{town.sites[site].base}/" in note and said in note for note in report.message.split("; "))
    assert (report.status, report.pages, report.robots) == ("failed", 0, len(modes))


def test_robots_that_are_not_there_allow(town: Town, live_store: Store, approved: Approve):
    town.broken["timeline", "/robots.txt"] = "404"
    assert collect(live_store, approved("timeline")).status == "done"
    assert town.paths("timeline")[0] == "/robots.txt"


class TestRedirects:
    def collect(self, to: str, town: Town, store: Store, approved: Approve) -> RunReport:
        town.broken["board", "/annonces"] = f"redirect {to}"
        report = collect(store, approved("board"))
        assert report.dropped == {"host not allowed": 1}
        assert report.pages == 1
        return report

    def test_to_another_port_of_loopback(self, town: Town, live_store: Store, approved: Approve):
        self.collect(f"{town.sites['feed'].base}/rss.xml", town, live_store, approved)
        assert town.paths("feed") == []

    def test_to_the_metadata_address(self, town: Town, live_store: Store, approved: Approve):
        self.collect("http://169.254.169.254/latest/meta-data/", town, live_store, approved)

    def test_within_the_site_asks_the_rules_again(self, town: Town, live_store: Store, approved: Approve):
        town.broken["board", "/annonces"] = "redirect /prive/stats"
        report = collect(live_store, approved("board"))
        assert (report.robots, report.pages) == (1, 1)
        assert "/prive/stats" not in town.paths("board")


def test_loopback_is_refused_unless_the_deployment_allows_it(town: Town, live_store: Store):
    store = open_store(live_store.settings.model_copy(update={"allow_loopback": False}))
    report = collect(store, leave(store, load_source(town.declaration("board"))))
    store.database.close()
    assert town.hits == []
    assert report.status == "failed"
    assert "no public address" in report.message


def test_what_is_no_text_or_too_much_is_dropped(town: Town, live_store: Store):
    modes = {"board": "image", "forum": "disguised", "feed": "huge", "timeline": "endless"}
    town.broken |= {(site, "/x.html"): mode for site, mode in modes.items()}
    started = time.monotonic()
    report = collect(live_store, leave(live_store, all_sites(town, dict.fromkeys(modes, "/x.html"))))
    assert report.dropped == {"type image/png": 1, "not text": 1}
    assert report.errors == {"too large": 2}
    assert time.monotonic() - started < 60


@pytest.mark.parametrize(("mode", "said"), [("login", "a log-in wall"), ("403", "a refusal")])
def test_a_wall_ends_the_collection(mode, said, town: Town, live_store: Store, approved: Approve):
    town.broken["board", "/annonces"] = mode
    report = collect(live_store, approved("board"))
    assert report.status == "stopped"
    assert report.new == 25
    assert said in report.message
    assert town.paths("board") == ["/robots.txt", "/", "/annonces?page=2"]


def test_a_host_under_load_is_asked_again_when_it_says(town: Town, live_store: Store, approved: Approve):
    town.broken["timeline", "/api/v1/timelines/public"] = ["429 1"]
    report = collect(live_store, approved("timeline"))
    assert (report.status, report.pages) == ("done", 4)
    times = [hit.at for hit in town.hits]
    assert times[2] - times[1] > 0.95


def test_a_host_that_asks_for_long_is_left_alone(town: Town, live_store: Store, approved: Approve):
    town.broken["timeline", "/api/v1/timelines/public"] = "503 3600"
    report = collect(live_store, approved("timeline"))
    assert report.status == "stopped"
    assert "asks to be left alone" in report.message
    assert len(town.paths("timeline")) == 2


def test_errors_are_told_by_kind_and_do_not_end_the_rest(town: Town, live_store: Store, approved: Approve):
    slugs = ["affichage-brise", "cafe-tricot-novembre", "carte-18-bar"]
    town.broken |= {("forum", f"/fil/{slugs[0]}"): "500", ("forum", f"/fil/{slugs[1]}"): "404"}
    town.broken["forum", f"/fil/{slugs[2]}"] = "reset"
    report = collect(live_store, approved("forum"))
    assert report.status == "done"
    assert report.errors == {"http 500": 1, "http 404": 1, "connection lost": 1}
    assert report.new > 90
    assert str(report).startswith("bourg-forum: done: ")


def test_a_child_that_cannot_start_is_told(town: Town, live_store: Store, approved: Approve, monkeypatch):
    monkeypatch.setattr(Settings, "model_dump", lambda *_, **__: {"data_dir": "/nowhere"})
    report = collect(live_store, approved("board"))
    assert report.status == "failed"
    assert report.message
    assert town.hits == []
