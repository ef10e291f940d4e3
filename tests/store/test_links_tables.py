"""The tables of links: made of a database that held read posts already, and keeping no samples of words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from alembic import command
from sqlalchemy import select, text

from store.database import alembic_config
from store.links import LINK
from store.store import Store
from store.tables import AssessmentRow, Post, QueueItem, Source
from store.work import count_work


def fill(store: Store) -> None:
    """Put in a flagged post, one that nothing was said of, and one that nobody has read."""
    now = store.clock()
    said = {"grid": "g", "model": "m", "lang": "fr", "urgency": "soon", "score": 1.0, "criteria": [], "body": {}}
    with store.database.writing() as session:
        session.add(Source(id="s", title="S", kind="import", declaration={}, digest="d", created_at=now))
        session.flush()
        for number in range(3):
            own = {"id": f"p{number}", "external_id": str(number), "digest": "", "same_text": ""}
            session.add(Post(source_id="s", origin="import", kind="post", text="t", ingested_at=now, **own))
        session.flush()
        for identity, flagged in (("p0", ["minor"]), ("p1", [])):
            session.add(AssessmentRow(post_id=identity, version=1, flagged=flagged, created_at=now, **said))


def test_posts_that_were_read_before_wait_to_be_linked_after_the_upgrade(store: Store) -> None:
    fill(store)
    with store.database.engine.execution_options(vigie_writes=True).begin() as connection:
        command.downgrade(alembic_config(connection), "0005")
    store.database.upgrade()
    store.database.require_current()
    with store.database.reading() as session:
        assert session.execute(text("SELECT key FROM work WHERE kind = 'link'")).scalars().all() == ["p0"]
        assert count_work(session, LINK) == 1


def test_items_that_waited_before_the_upgrade_keep_the_hour_in_which_they_came(store: Store) -> None:
    fill(store)
    came = {"p0": datetime(2026, 3, 1, 10, 59, 59, 999999, UTC), "p1": datetime(2026, 3, 1, 11, 0, 0, 0, UTC)}
    with store.database.writing() as session:
        for post, at in came.items():
            said = {"lane": "at_risk", "urgency": "soon", "rank": 2, "score": 1.0, "signals": [], "version": 1}
            session.add(QueueItem(id=f"q{post}", post_id=post, created_at=at, **said))
    with store.database.engine.execution_options(vigie_writes=True).begin() as connection:
        command.downgrade(alembic_config(connection), "0007")
    store.database.upgrade()
    with store.database.reading() as session:
        hours = dict(session.execute(select(QueueItem.post_id, QueueItem.hour)).all())
    assert hours == {post: int(at.timestamp()) // 3600 for post, at in came.items()}


@pytest.mark.parametrize("twin", ["team"], scope="session")  # SQLite keeps no samples of columns
def test_no_statistics_hold_words_or_contacts_of_links(store: Store) -> None:
    target = text(
        "SELECT count(*) FROM pg_attribute WHERE attstattarget = 0 AND (attrelid, attname) IN"
        " (('linked_posts'::regclass, 'stems'), ('link_contacts'::regclass, 'contact'))"
    )
    with store.database.reading() as session:
        assert session.execute(target).scalar() == 2
