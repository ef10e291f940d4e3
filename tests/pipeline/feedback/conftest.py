"""A house with people and decisions, and few rows of the corpora."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from feedback_house import DAYS, LURE, TIRES, made_candidate
from sqlalchemy import select

from nlp.grid import load_grid
from pipeline.feedback.decided import SETTLED_DAYS
from pipeline.train import corpora_folder
from store.tables import Decision, Post, QueueItem, User

_LEFT = 60


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """A folder with some rows of three writers, and of a validation writer."""
    folder = tmp_path_factory.mktemp("corpora")
    for name in ("w2_annonces", "w4_melange", "w5_temoins", "w22_validation"):
        lines = (corpora_folder() / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        (folder / f"{name}.jsonl").write_text("\n".join(lines[:: len(lines) // _LEFT]), encoding="utf-8")
    return folder


@pytest.fixture
def people(store):
    with store.database.writing() as session:
        for name, role in (("ana", "analyst"), ("bob", "analyst"), ("sup", "supervisor")):
            made = User(id=name, name=name, pseudonym=f"loutre-{name}", roles=[role], password="x")
            made.created_at = store.clock()
            session.add(made)


@pytest.fixture
def decide(store, people, take):
    """Take in a post that somebody decided on some days ago, and return its id."""

    def one(text, verdict, criteria=(), *, by="ana", days=SETTLED_DAYS, lane="at_risk", **more) -> str:
        identity = take(text, more.pop("key", text), **more)
        with store.database.writing() as session:
            post = session.scalars(select(Post).where(Post.id == identity)).one()
            item = session.scalar(select(QueueItem).where(QueueItem.post_id == identity))
            if item is None:
                item = QueueItem(id=f"q-{identity[2:]}", post_id=identity, lane=lane, urgency="none", rank=0)
                item.signals, item.same_text, item.status = [], post.same_text, "decided"
                item.created_at = store.clock()
                session.add(item)
                session.flush()
            made = Decision(item_id=item.id, post_id=identity, user_id=by, verdict=verdict, criteria=list(criteria))
            made.sealed, made.grid = b"", load_grid().version
            made.created_at = store.clock() - timedelta(days=days)
            session.add(made)
        return identity

    return one


@pytest.fixture
def filled(store, decide):
    """A store in which a way of luring was decided on that the corpora do not know, beside ordinary posts."""
    for n in range(40):
        lure = LURE.format(f"{DAYS[n % 10]} vers {n // 10 + 1}h")
        decide(lure, "watch", ["R01"], author=f"auteur{n}", days=90 - 2 * n / 2)
        decide(TIRES.format(f"{n + 3}"), "dismiss", author=f"vendeur{n}", days=90 - 2 * n / 2)
    return store


@pytest.fixture
def candidate(store, small):
    """A candidate in the store's folder, without learning: another fit, and a report that breaks nothing."""
    return made_candidate(store, small)
