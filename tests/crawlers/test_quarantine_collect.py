"""With a lexicon at the door: what is caught is counted and told nowhere, and a bad one closes the door."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

import pytest
from sqlalchemy import select

from crawlers.imports import import_file
from crawlers.keeping import Page
from crawlers.run import collect
from fixtures.town.rows import load_rows, of_site
from fixtures.town.server import Town
from nlp.quarantine import read_lexicon
from store.errors import NotSetUp
from store.records import CaptureIn, PostIn
from store.store import Store, open_store
from store.tables import Post, Quarantined, RegisterEntry, Run, SourceAlert

Approve = Callable[..., str]
ROWS = of_site(load_rows(), "board")
TERM = "vaisselle"
"""A harmless word of the town's board stands for a term."""
CAUGHT = [row for row in ROWS if read_lexicon(TERM).hits(f"{row['title']}\n{row['text']}")]


@pytest.fixture
def guarded(live_store: Store, tmp_path):
    path = tmp_path / "lexicon.txt"
    path.write_text(f"{TERM}\nzzmarqueur-un\n", "utf-8")
    store = open_store(live_store.settings.model_copy(update={"quarantine_lexicon_file": path}))
    yield store
    store.close()


def everything(store: Store) -> str:
    """Return all that the register, the runs and the alerts tell."""
    with store.database.reading() as session:
        told = [row.public for row in session.scalars(select(RegisterEntry))]
        told += [f"{row.message} {row.counts}" for row in session.scalars(select(Run))]
        return "\n".join(told + [row.message for row in session.scalars(select(SourceAlert))])


def test_what_is_caught_in_a_collection_is_counted_and_told_nowhere(
    guarded: Store, approved: Approve, caplog: pytest.LogCaptureFixture
):
    assert CAUGHT
    caplog.set_level(logging.DEBUG)
    report = collect(guarded, approved("board"))
    assert (report.status, report.dropped) == ("done", {"quarantined": len(CAUGHT)})
    assert report.new == len(ROWS) - len(CAUGHT)
    assert f"{len(CAUGHT)} quarantined" in str(report)
    with guarded.database.reading() as session:
        sealed = list(session.scalars(select(Quarantined.post_id)))
        assert {row.text for row in session.scalars(select(Post).where(Post.id.in_(sealed)))} == {""}
    assert len(sealed) == len(CAUGHT)
    for text in (everything(guarded), caplog.text):
        assert TERM not in text
        assert not [row for row in CAUGHT if row["text"][:30] in text]
    held = b"".join(path.read_bytes() for path in guarded.settings.data_dir.rglob("*") if path.is_file())
    assert TERM.encode() not in held
    assert collect(guarded, report.source_id).dropped == {}, "what is sealed is not sealed again"


def test_a_lexicon_that_cannot_be_used_sends_no_request(guarded: Store, approved: Approve, town: Town, tmp_path):
    identity = approved("board")
    (tmp_path / "lexicon.txt").write_text("# rien\n")
    with pytest.raises(NotSetUp, match="holds no term"):
        collect(guarded, identity)
    assert town.hits == []
    path = tmp_path / "apporte.jsonl"
    path.write_text('{"text": "Bonjour."}\n')
    with pytest.raises(NotSetUp, match="holds no term"):
        import_file(guarded, path, "Apporté")


def test_a_page_that_is_not_kept_is_logged_without_its_posts():
    capture = CaptureIn(
        url="https://a.example/",
        fetched_at="2026-03-02T09:00:00Z",
        content=b"zzmarqueur-un",
        content_type="text/html",
        response_sha256="0" * 64,
        collector="test",
    )
    assert "zz" not in repr(Page([(PostIn(text="zzmarqueur-un"), capture)]))


def test_refused_lines_are_told_without_what_stood_there(guarded: Store, tmp_path):
    path = tmp_path / "apporte.jsonl"
    rows = [{"text": "zzmarqueur-un"}, {"posted_at": "zzmarqueur-un zzsecret"}, {"text": ""}]
    path.write_text("\n".join(map(json.dumps, rows)) + "\nzzmarqueur-un sans accolade\n", "utf-8")
    report = import_file(guarded, path, "Apporté")
    assert (report.new, report.quarantined, report.rejected) == (0, 1, 3)
    told = report.rejects_path.read_text("utf-8")
    assert "zz" not in told
    assert [json.loads(line)["line"] for line in told.splitlines()] == [2, 3, 4]
