"""Posts asked for by themselves whose address leads elsewhere: another post's page is neither an edit nor the post."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from changing_site import Site, serving
from forked import collected
from sqlalchemy import select

from crawlers.sources.declaration import SourceDeclaration
from crawlers.sources.register import declare
from store.store import Store
from store.tables import Post

pytestmark = pytest.mark.thorough

MOVED = "/p/3?utm_source=liste"
"""The address of the post that the board lists no more."""
Again = Callable[[], SimpleNamespace]


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(Site({number: f"annonce {number}" for number in range(1, 5)})) as one:
        yield one


@pytest.fixture
def again(live_store: Store, site: Site) -> Again:
    """Return a function that collects the site; the board lists post 3 only the first time."""
    declaration = SourceDeclaration.model_validate(site.declaration())
    declare(live_store, declaration)
    collected(live_store.settings, declaration)
    site.texts.pop(3)
    site.forget()
    return lambda: collected(live_store.settings, declaration)


def gone(store: Store) -> list[str]:
    with store.database.reading() as session:
        return list(session.scalars(select(Post.external_id).where(Post.gone_at.is_not(None))))


def texts(store: Store) -> list[str]:
    with store.database.reading() as session:
        return sorted(session.scalars(select(Post.text)))


@pytest.mark.parametrize(
    ("status", "to", "marked"),
    [
        (301, "/p/4", ["3"]),  # WordPress guesses, for a deleted post, at one whose address begins alike
        (308, "/board", ["3"]),
        (302, "/p/4", []),  # so do maintenance and consent pages
        (301, "/p/3/?page=1", []),
    ],
)
def test_what_stands_elsewhere_is_another_page(status, to, marked, site: Site, live_store: Store, again: Again):
    site.redirects, site.redirect_status = {MOVED: to}, status
    if to.startswith("/p/3"):
        site.texts[3] = "annonce 3"
        site.answers["/board"] = 404
    again()
    assert gone(live_store) == []
    assert MOVED in site.paths
    again()
    assert gone(live_store) == marked
    assert texts(live_store) == [f"annonce {number}" for number in range(1, 5)]
