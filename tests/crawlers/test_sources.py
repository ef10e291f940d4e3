"""Declarations: what is refused, and how the refusal names it; approvals."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from crawler_helpers import town_declaration

from crawlers.sources.approvals import approve, require_approved
from crawlers.sources.declaration import host_allowed, load_source
from crawlers.sources.register import declare, upsert_source
from store.errors import BadInput, NotFound, SourceNotApproved
from store.store import Store
from store.tables import Source

GOOD = """id: journal
title: Journal
kind: feed
start_urls: ["https://journal.example/feed"]
allowed_hosts: [journal.example]
legal_note: public
"""
BOARD = GOOD.replace("kind: feed", "kind: board")


def test_the_examples_and_the_towns_sources_load():
    for path in (Path(__file__).parents[2] / "examples").glob("*.yaml"):
        assert load_source(path).legal_note
    assert {town_declaration(site).kind for site in ("board", "forum", "feed", "timeline")} == {
        "board", "forum", "feed", "mastodon"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("id: journal", "id: Journal!"), "id: "),
        (GOOD.replace("legal_note: public", "legal_note: ''"), "legal_note: "),
        (GOOD.replace("legal_note: public", ""), "legal_note: Field required"),
        (GOOD + "colour: red\n", "colour: Extra inputs are not permitted"),
        (GOOD + "delay: -1\n", "delay: "),
        (GOOD + "every_minutes: 1\n", "every_minutes: "),
        (GOOD + "timezone: Mars/Olympus\n", "timezone: 'Mars/Olympus' is no time zone"),
        (GOOD.replace("kind: feed", "kind: telegram"), "kind: "),
        (
            GOOD.replace("allowed_hosts: [journal.example]", "allowed_hosts: [autre.example]"),
            "is not among allowed_hosts",
        ),
        (GOOD.replace("[journal.example]", "['https://journal.example']"), "allowed_hosts.0: "),
        (
            GOOD.replace("https://journal", "https://me:secret@journal"),
            "start_urls.0: an address with a name or password",
        ),
        (GOOD.replace("https://journal.example/feed", "file:///etc/passwd"), "start_urls.0: "),
        (GOOD.replace("https://journal.example/feed", "http://[::1"), "start_urls.0: "),
        (BOARD, "selectors are needed for a board"),
        (GOOD + "selectors: {item: a, text: b}\n", "a feed takes no selectors"),
        (BOARD + "selectors: {item: 'a[', text: b}\n", "selectors.item: 'a[' is no CSS or XPath selector"),
        (BOARD + "selectors: {item: '//a[', text: b}\n", "selectors.item: '//a[' is no CSS or XPath selector"),
        (BOARD + "selectors: {item: '', text: b}\n", "selectors.item: "),
        (GOOD.replace("kind: feed", "kind: forum") + "selectors: {item: a, text: b}\n", "selectors.thread is needed"),
        ("- a\n- b\n", "a YAML mapping"),
        ("a: [\n", "not YAML"),
        ("a: &x 1\nb: *x\n", "YAML anchors"),
        ("a: !!python/object/apply:os.system [ls]\nb: 1\n", "not YAML"),
    ],
)
def test_a_bad_declaration_is_refused_in_one_line(text, said):
    with pytest.raises(BadInput) as caught:
        load_source(text)
    assert said in caught.value.message
    assert "\n" not in caught.value.message


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(BadInput, match="cannot be read: No such file"):
        load_source(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"id: \xe9\n")
    with pytest.raises(BadInput, match="it is not UTF-8"):
        load_source(str(tmp_path / "latin.yaml"))


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://a.example/x", True),
        ("http://A.example:80/", True),
        ("https://a.example:443/", True),
        ("https://a.example:8443/", False),
        ("https://b.example:8443/", True),
        ("https://b.example/", False),
        ("https://x.a.example/", False),
        ("https://a.example.evil.example/", False),
        ("https://evil.example/a.example", False),
        ("https://a.example@evil.example/", False),
        ("https://user@a.example/", False),
        ("ftp://a.example/", False),
        ("//a.example/", False),
        ("https://a.example:99999/", False),
        ("http://[2001:db8::1]/", True),
    ],
)
def test_hosts_are_allowed_exactly_as_written(url, allowed):
    assert host_allowed(url, ["a.example", "b.example:8443", "[2001:db8::1]"]) is allowed


def test_the_digest_follows_what_is_declared():
    one = load_source(GOOD)
    assert one.digest == load_source(GOOD + "delay: 2.0\n").digest  # the default, spelled out
    assert one.digest != load_source(GOOD + "delay: 3\n").digest


FACTS = {"assessment": "EFVP-1", "mandate": "M-1", "ground": "LPJ", "approvers": ["A. B."]}


class TestApproval:
    def test_holds_until_it_ends(self, store: Store, clock):
        declare(store, load_source(GOOD))
        with store.database.reading() as session, pytest.raises(SourceNotApproved, match="no approval"):
            require_approved(session, "journal", clock())
        approve(store, "journal", **FACTS, expires_at=clock() + timedelta(days=2))
        with store.database.reading() as session:
            assert require_approved(session, "journal", clock()).approvers == ["A. B."]
            assert require_approved(session, "journal", clock() + timedelta(days=1.99))
            with pytest.raises(SourceNotApproved, match="expired on 2026-03-04 09:30 UTC"):
                require_approved(session, "journal", clock() + timedelta(days=2))

    def test_declaring_the_same_again_keeps_it(self, store: Store, clock):
        for _ in range(2):
            declare(store, load_source(GOOD))
            approve(store, "journal", **FACTS, expires_at=clock() + timedelta(days=2))
        declare(store, load_source(GOOD))
        with store.database.reading() as session:
            assert require_approved(session, "journal", clock())
        declare(store, load_source(GOOD + "max_pages: 9\n"))
        with store.database.reading() as session, pytest.raises(SourceNotApproved, match="declared anew"):
            require_approved(session, "journal", clock())

    @pytest.mark.parametrize("missing", ["assessment", "mandate", "ground", "approvers"])
    def test_needs_every_fact(self, missing, store: Store, clock):
        declare(store, load_source(GOOD))
        facts = FACTS | {missing: [" "] if missing == "approvers" else " "}
        with pytest.raises(BadInput, match=missing):
            approve(store, "journal", **facts, expires_at=clock() + timedelta(days=1))

    def test_needs_an_end_to_come_and_a_source(self, store: Store, clock):
        declare(store, load_source(GOOD))
        with pytest.raises(BadInput, match="expired already"):
            approve(store, "journal", **FACTS, expires_at=clock())
        with pytest.raises(NotFound):
            approve(store, "autre", **FACTS, expires_at=clock() + timedelta(days=1))

    def test_an_import_and_a_collected_source_do_not_change_places(self, store: Store):
        upsert_source(store, "journal", "Journal", "import", {}, "d")
        with pytest.raises(BadInput, match="exists and is of kind import"):
            declare(store, load_source(GOOD))
        with store.database.reading() as session:
            assert session.get_one(Source, "journal").kind == "import"
