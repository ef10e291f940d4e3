"""The days that a source's leave lets an unflagged text stay hold where they are fewer than the house's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from crawlers.sources.approvals import Leave, ask, grant, suspend
from crawlers.sources.declaration import load_source
from crawlers.sources.register import declare
from pipeline.assess import assess_batch
from store.intake import take_in
from store.records import PostIn
from store.retention import retention_of, unflagged_days
from store.tables import Post

YAML = """id: journal
title: Journal
kind: feed
start_urls: ["https://journal.example/feed"]
allowed_hosts: [journal.example]
legal_note: public
"""


@pytest.fixture
def leave(store, clock):
    """Return a function that asks for leave and, unless it is to wait, grants it."""
    declare(store, load_source(YAML))

    def give(days: int | None, *, waits: bool = False) -> None:
        facts = Leave(assessment="E", mandate="M", ground="G", expires_at=clock() + timedelta(9), retention_days=days)
        with store.database.writing() as session:
            row = ask(session, "journal", facts, by="A", now=clock())
            if not waits:
                grant(row, by="B", now=clock())

    return give


def told(store):
    with store.database.reading() as session:
        return retention_of(session, "journal"), unflagged_days(session, store.settings, "journal")


@pytest.mark.parametrize(("days", "holds"), [(None, 7), (0, 0), (3, 3), (7, 7), (30, 7)])
def test_the_fewer_days_hold(days, holds, store, leave):
    leave(days)
    assert told(store) == (days, holds)


def test_only_what_was_granted_counts_and_the_newest_of_that(store, leave, clock):
    assert told(store) == (None, 7)
    leave(5)
    leave(2, waits=True)
    assert told(store) == (5, 5)
    with store.database.writing() as session:
        suspend(session, "journal", by="A", why="plainte", now=clock())
    assert told(store) == (5, 5), "what was collected under it still goes by then"
    leave(4)
    assert told(store) == (4, 4)


def test_a_post_that_matches_nothing_goes_as_its_sources_leave_says(store, leave, reader, clock):
    leave(3)
    take_in(store, "journal", "collect", [(PostIn(text="La bibliothèque ouvre à dix heures.", external_id="1"), None)])
    assert end_of_the_post(store) == clock() + timedelta(days=3), "when it comes in"
    assert assess_batch(store, reader, "test") == 1
    assert end_of_the_post(store) == clock() + timedelta(days=3), "when it was read"


def test_a_flagged_post_stays_as_long_as_the_house_says(store, leave, reader, clock):
    leave(3)
    take_in(store, "journal", "collect", [(PostIn(text="chu en fugue, jai 15 ans", external_id="1"), None)])
    assert assess_batch(store, reader, "test") == 1
    assert end_of_the_post(store) == clock() + timedelta(days=store.settings.retain_watched_days)


def end_of_the_post(store):
    with store.database.reading() as session:
        return session.scalars(select(Post.expires_at)).one()
