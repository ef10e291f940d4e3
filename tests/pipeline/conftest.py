from __future__ import annotations

from collections.abc import Callable

import pytest

from store.posts import take_in
from store.records import CaptureIn, PostIn
from store.store import Store
from store.tables import Source


@pytest.fixture
def take(store: Store) -> Callable[..., str]:
    """Take one post in and return its id."""
    with store.database.writing() as session:
        session.add(
            Source(id="forum", title="Forum", kind="forum", declaration={}, digest="d", created_at=store.clock())
        )

    def one(text: str, key: str = "1", **more: object) -> str:
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
