"""How long it takes until what a person decided is found by searches, while the worker goes its rounds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from random import Random
from threading import Event, Thread
from typing import Any

from sqlalchemy import select

from benchmarks.search.places import Place
from benchmarks.search.timing import spread
from nlp.query import parse
from pipeline.index import drain_batch
from pipeline.loop import run_forever
from store.errors import Conflict
from store.index import Index, IndexQuery
from store.store import Store
from store.tables import Post, QueueItem
from triage_api.access.accounts import create_user
from triage_api.access.models import AccountIn, Person, Role
from triage_api.access.people import person_named
from triage_api.desk import Desk
from triage_api.queue.deciding import decide
from triage_api.queue.models import DecisionIn

Json = dict[str, Any]

TIMES = 30
_PATIENCE = 60.0
"""Seconds after which a decision counts as lost."""
_LOOK_EVERY = 0.02
_ANALYST = "analyste-du-banc"


def visible(place: Place) -> Json:
    """Decide on posts at any moment of the worker's rounds; return the milliseconds until a search finds each."""
    with place.opened() as store, place.index(writer=False) as index, _indexing(place, store):
        desk, person = Desk(store, index), _analyst(store)
        dice, taken, saved = Random(), [], []
        for item, post in _items(store, dice):
            time.sleep(dice.random())
            started = time.perf_counter()
            decide(desk, person, item, DecisionIn(verdict="watch", criteria=[], reason="Vu au banc d'essai."))
            saved.append((time.perf_counter() - started) * 1000)
            _wait_for(index, post, started)
            taken.append((time.perf_counter() - started) * 1000)
    return {"visible": spread(taken), "decide": spread(saved)}


@contextmanager
def _indexing(place: Place, store: Store) -> Iterator[None]:
    """Run the worker's own loop, with its index step alone, beside the desk; it has an index of its own."""
    stop = Event()
    with place.index(writer=True) as index:
        worker = Thread(target=run_forever, args=({"index": lambda: drain_batch(store, index, "bench")}, stop))
        worker.start()
        try:
            yield
        finally:
            stop.set()
            worker.join()


def _analyst(store: Store) -> Person:
    with suppress(Conflict):  # from an earlier run
        create_user(store, AccountIn(name=_ANALYST, roles=[Role.ANALYST], trained_on=store.clock().date()))
    return person_named(store, _ANALYST)


def _items(store: Store, dice: Random) -> list[tuple[str, str]]:
    """Put some posts in the queue that nobody has decided on; return items and posts."""
    with store.database.writing() as session:
        last = session.scalar(select(Post.seq).order_by(Post.seq.desc()).limit(1)) or 0
        some = dice.sample(range(1, last + 1), min(last, 10 * TIMES))
        free = select(Post).where(Post.seq.in_(some), Post.id.not_in(select(QueueItem.post_id)))
        found = session.scalars(free.limit(TIMES)).all()
        session.add_all(map(_item, found))
        return [(_item(post).id, post.id) for post in found]


def _item(post: Post) -> QueueItem:
    return QueueItem(
        id=f"q-{post.id[2:]}",
        post_id=post.id,
        lane="at_risk",
        urgency="soon",
        rank=2,
        signals=["distress"],
        region=post.region,
        same_text=post.same_text,
        created_at=datetime.now(UTC),
    )


def _wait_for(index: Index, post: str, started: float) -> None:
    """Ask for posts of this verdict until this one is among them."""
    query = IndexQuery(query=parse("décision:surveiller"), limit=1000)
    while post not in index.search(query).ids:
        if time.perf_counter() - started > _PATIENCE:
            raise SystemExit("A decision was not found in the index after a minute.")
        time.sleep(_LOOK_EVERY)
