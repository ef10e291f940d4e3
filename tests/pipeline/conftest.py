from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from nlp.reader import Reader
from store.index import Index, open_index
from store.intake import take_in
from store.records import CaptureIn, PostIn
from store.store import Store
from store.tables import Source


@pytest.fixture(scope="session")
def reader() -> Reader:
    return Reader.load()


@pytest.fixture
def index(store: Store) -> Iterator[Index]:
    engine = open_index(store.settings)
    engine.set_up()
    yield engine
    engine.close()


@pytest.fixture
def take_into() -> Callable[..., str]:
    """Take one post into a store and return its id."""

    def one(store: Store, text: str, key: str = "1", **more: object) -> str:
        with store.database.writing() as session:
            if session.get(Source, "forum") is None:
                declared = Source(id="forum", title="Forum", kind="forum", declaration={}, digest="d")
                declared.created_at = store.clock()
                session.add(declared)
        capture = CaptureIn(
            url="https://forum.example/1",
            fetched_at=store.clock(),
            content=text.encode(),
            content_type="text/html",
            response_sha256="0" * 64,
            collector="test",
        )
        post = PostIn.model_validate({"text": text, "external_id": key, **more})
        return take_in(store, "forum", "collect", [(post, capture)])[0][0]

    return one


@pytest.fixture
def take(store: Store, take_into: Callable[..., str]) -> Callable[..., str]:
    """Take one post into the test's store and return its id."""
    return partial(take_into, store)
