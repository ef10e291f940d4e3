"""Declarations: what is refused, and how the refusal names it; approvals."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from crawler_helpers import town_declaration

from crawlers.sources.approvals import Leave, approve, ask, grant, require_approved, standing, suspend, waiting_leave
from crawlers.sources.declaration import SourceDeclaration, host_allowed, load_source
from crawlers.sources.overview import states_of
from crawlers.sources.register import declare, upsert_source
from store.errors import BadInput, Conflict, NotFound, SourceNotApproved
from store.register import entries
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
DAY = timedelta(days=1)


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
        (GOOD + "region: montreal\n", "region: 'montreal' is no administrative region; write Montréal."),
        (GOOD + "region: Outaouai\n", "region: 'Outaouai' is no administrative region; write Outaouais."),
        (GOOD + "region: Atlantide\n", "region: 'Atlantide' is no administrative region; one of Abitibi-T"),
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


def test_what_was_declared_before_regions_were_checked_is_still_collected():
    kept = load_source(GOOD).model_dump() | {"region": "Atlantide"}
    assert SourceDeclaration.model_validate(kept).region == "Atlantide"


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


FACTS = {"assessment": "EFVP-1", "mandate": "M-1", "ground": "LPJ", "approvers": ["A. B.", "C. D."]}


def leave_of(clock, **changes):
    return Leave(**({"assessment": "E", "mandate": "M", "ground": "G", "expires_at": clock() + DAY} | changes))


def refusal(store, clock):
    """Return why a source may not be collected now, or nothing; told of all sources at once it stands as alone."""
    with store.database.reading() as session:
        source = session.get_one(Source, "journal")
        assert states_of(session, [source], clock()) == {"journal": standing(session, "journal", clock()).state}
        try:
            require_approved(session, "journal", clock())
        except SourceNotApproved as error:
            return error.message
    return ""


def asked(store, clock, by="A. B.", **changes):
    with store.database.writing() as session:
        return ask(session, "journal", leave_of(clock, **changes), by=by, now=clock()).id


def granted(store, clock, by="C. D.", **more):
    with store.database.writing() as session:
        waiting = waiting_leave(session, session.get_one(Source, "journal"), clock())
        grant(waiting, by=by, now=clock(), **more)


def suspended(store, clock, why="plainte"):
    with store.database.writing() as session:
        return [row.id for row in suspend(session, "journal", by="A. B.", why=why, now=clock())]


class TestApproval:
    @pytest.fixture(autouse=True)
    def _declared(self, store: Store):
        declare(store, load_source(GOOD))

    def test_holds_until_it_ends(self, store: Store, clock):
        assert "has no approval: no request was sent" in refusal(store, clock)
        approve(store, "journal", **FACTS, expires_at=clock() + timedelta(days=2))
        with store.database.reading() as session:
            assert require_approved(session, "journal", clock()).approvers == ["A. B.", "C. D."]
            assert require_approved(session, "journal", clock() + timedelta(days=1.99))
            with pytest.raises(SourceNotApproved, match="expired on 2026-03-04 09:30 UTC"):
                require_approved(session, "journal", clock() + timedelta(days=2))

    def test_declaring_the_same_again_keeps_it(self, store: Store, clock):
        approve(store, "journal", **FACTS, expires_at=clock() + timedelta(days=2))
        declare(store, load_source(GOOD))
        assert refusal(store, clock) == ""
        declare(store, load_source(GOOD + "max_pages: 9\n"))
        assert "declared anew" in refusal(store, clock)

    def test_asked_for_is_not_yet_leave_and_a_second_one_waits_its_turn(self, store: Store, clock):
        asked(store, clock)
        assert "waits for its second approver" in refusal(store, clock)
        with pytest.raises(Conflict, match="waits already"):
            asked(store, clock, by="C. D.")
        granted(store, clock)
        assert refusal(store, clock) == ""

    def test_leave_in_force_goes_on_while_the_next_one_waits(self, store: Store, clock):
        approve(store, "journal", **FACTS, expires_at=clock() + DAY)
        asked(store, clock, expires_at=clock() + 3 * DAY)
        assert refusal(store, clock) == ""
        clock.forward(days=1)
        assert "expired on 2026-03-03 09:30 UTC, and a new approval waits" in refusal(store, clock)
        granted(store, clock)
        assert refusal(store, clock) == ""

    @pytest.mark.parametrize("second", ["A. B.", " a.  b. "])
    def test_one_person_is_not_two(self, second, store: Store, clock):
        asked(store, clock)
        with pytest.raises(BadInput, match="Two different people"):
            granted(store, clock, by=second)
        with pytest.raises(BadInput, match="Two different people"):
            granted(store, clock, by=second, alone_reason=" ")
        granted(store, clock, by=second, alone_reason="Seule cette semaine.")
        with store.database.reading() as session:
            row = require_approved(session, "journal", clock())
        assert (row.approvers, row.alone_reason) == (["A. B."], "Seule cette semaine.")

    def test_what_was_asked_for_another_declaration_or_too_late_does_not_wait(self, store: Store, clock):
        asked(store, clock)
        declare(store, load_source(GOOD + "max_pages: 9\n"))
        assert "has no approval" in refusal(store, clock)
        asked(store, clock)
        clock.forward(days=1)
        assert "has no approval" in refusal(store, clock)
        declare(store, load_source(GOOD))  # back to what the first one was asked for: a later one stands before it
        assert "has no approval" in refusal(store, clock)

    def test_suspension_ends_what_is_in_force_and_what_waits(self, store: Store, clock):
        approve(store, "journal", **FACTS, expires_at=clock() + DAY)
        first = asked(store, clock)
        assert suspended(store, clock) == [first - 1, first]
        assert "was suspended on 2026-03-02: no request" in refusal(store, clock)
        with pytest.raises(Conflict, match="no approval that could be suspended"):
            suspended(store, clock)
        approve(store, "journal", **FACTS, expires_at=clock() + DAY)
        assert refusal(store, clock) == ""

    def test_an_older_leave_never_comes_back(self, store: Store, clock):
        approve(store, "journal", **FACTS, expires_at=clock() + 9 * DAY)
        approve(store, "journal", **FACTS, expires_at=clock() + DAY)
        clock.forward(days=1)
        assert "expired" in refusal(store, clock)

    def test_a_suspended_one_stays_so_when_the_declaration_comes_back(self, store: Store, clock):
        approve(store, "journal", **FACTS, expires_at=clock() + DAY)
        declare(store, load_source(GOOD + "max_pages: 9\n"))
        suspended(store, clock)
        declare(store, load_source(GOOD))
        assert "was suspended" in refusal(store, clock)

    @pytest.mark.parametrize("missing", ["assessment", "mandate", "ground", "approvers"])
    def test_needs_every_fact(self, missing, store: Store, clock):
        facts = FACTS | {missing: [" "] if missing == "approvers" else " "}
        with pytest.raises(BadInput, match=missing):
            approve(store, "journal", **facts, expires_at=clock() + DAY)

    def test_two_people_or_one_with_a_reason(self, store: Store, clock):
        for names in (["A"], ["A", "a"], ["A", "B", "C"]):
            with pytest.raises(BadInput):
                approve(store, "journal", **FACTS | {"approvers": names}, expires_at=clock() + DAY)
        assert "has no approval" in refusal(store, clock)
        alone = FACTS | {"approvers": ["A"], "alone_reason": "Seule."}
        approve(store, "journal", **alone, expires_at=clock() + DAY)
        assert refusal(store, clock) == ""

    @pytest.mark.parametrize(
        ("field", "value"), [("region", "Ailleurs"), ("retention_days", -1), ("retention_days", 366)]
    )
    def test_facts_that_cannot_be(self, field, value, store: Store, clock):
        with pytest.raises(BadInput) as caught:
            asked(store, clock, **{field: value})
        assert caught.value.field == field

    def test_region_and_retention_are_recorded(self, store: Store, clock):
        asked(store, clock, region="Montréal", retention_days=3)
        granted(store, clock)
        with store.database.reading() as session:
            row = require_approved(session, "journal", clock())
        assert (row.region, row.retention_days) == ("Montréal", 3)

    def test_needs_an_end_to_come_and_a_source(self, store: Store, clock):
        with pytest.raises(BadInput, match="expired already"):
            approve(store, "journal", **FACTS, expires_at=clock())
        with pytest.raises(NotFound):
            approve(store, "autre", **FACTS, expires_at=clock() + DAY)

    def test_each_leave_is_an_entry_without_anybodys_words(self, store: Store, clock):
        approve(store, "journal", **FACTS, expires_at=clock() + DAY)
        with store.database.reading() as session:
            told = [(row.event, json.loads(row.public)) for row in entries(session)]
        said = {"source": "journal", "approval": 1, "until": "2026-03-03T09:30:00+00:00"}
        assert told == [("source.asked", said), ("source.granted", said)]


def test_an_import_and_a_collected_source_do_not_change_places(store: Store, clock):
    upsert_source(store, "journal", "Journal", "import", {}, "d")
    with pytest.raises(BadInput, match="exists and is of kind import"):
        declare(store, load_source(GOOD))
    with store.database.reading() as session:
        assert session.get_one(Source, "journal").kind == "import"
    with pytest.raises(Conflict, match="never collected"):
        asked(store, clock)
    assert "never collected" in refusal(store, clock)
