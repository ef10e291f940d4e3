"""The tables of sources: made of a database that held approvals, captures and posts, and given back to older code."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from sqlalchemy import inspect, select, text

from store.database import alembic_config
from store.store import Store
from store.tables import Approval, Capture, Post, Source

ASKED = datetime(2026, 3, 1, 10, tzinfo=UTC)


def fill(store: Store) -> None:
    """Put in a source with a leave in force and one that waits for its second person, a post and its capture."""
    leave = {"source_id": "s", "digest": "d", "assessment": "e", "mandate": "m", "ground": "g", "created_at": ASKED}
    leave["expires_at"] = ASKED + timedelta(days=90)
    told = {"path": "a/b", "sha256": "0", "response_sha256": "0", "url": "", "collector": "c", "fetched_at": ASKED}
    with store.database.writing() as session:
        session.add(Source(id="s", title="S", kind="feed", declaration={}, digest="d", created_at=ASKED))
        session.flush()
        session.add(Approval(**leave, approvers=["a", "b"], granted_at=ASKED + timedelta(hours=1), retention_days=3))
        session.flush()
        session.add(Approval(**leave, approvers=["a"]))
        own = {"origin": "collect", "kind": "post", "text": "t", "digest": "", "same_text": "", "seen_at": ASKED}
        session.add(Post(id="p", source_id="s", external_id="1", ingested_at=ASKED, **own))
        session.flush()
        session.add(Capture(post_id="p", version=1, entry=5, **told))


@pytest.fixture
def older(store: Store) -> Store:
    """A store whose database is as it was before these tables."""
    fill(store)
    with store.database.engine.execution_options(vigie_writes=True).begin() as connection:
        command.downgrade(alembic_config(connection), "0008")
    return store


def test_to_older_code_an_approval_that_waits_is_none(older: Store) -> None:
    """It takes the newest approval for one that two people granted."""
    with older.database.engine.connect() as connection:
        told = connection.execute(text("SELECT approvers, suspended_at FROM approvals")).all()
        tables, columns = inspect(connection).get_table_names(), inspect(connection).get_columns("approvals")
    assert [(len(names) if isinstance(names, list) else names.count('"') // 2, at) for names, at in told] == [(2, None)]
    assert not {"page_marks", "source_marks", "source_alerts"} & set(tables)
    assert "granted_at" not in {column["name"] for column in columns}


def test_an_older_approval_is_in_force_and_an_older_capture_waits_for_no_entry(older: Store) -> None:
    older.database.upgrade()
    older.database.require_current()
    with older.database.reading() as session:
        (leave,) = session.scalars(select(Approval))
        capture, post = session.scalars(select(Capture)).one(), session.scalars(select(Post)).one()
    assert (leave.granted_at, leave.region, leave.retention_days, leave.alone_reason) == (ASKED, "", None, "")
    assert (leave.suspended_by, leave.suspended_why) == ("", "")
    assert (capture.entry, post.seen_at, post.gone_at, post.text) == (0, None, None, "t")
