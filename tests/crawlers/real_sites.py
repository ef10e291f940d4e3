"""What the tests on real sites share: fictional posts, what a site shows in public, and what arrived of it."""

from __future__ import annotations

from collections.abc import Iterator

from crawler_helpers import leave
from sqlalchemy import delete, select

from crawlers.run import RunReport, collect
from crawlers.sources.declaration import SourceDeclaration
from fixtures.town.rows import load_rows
from store.store import Store
from store.tables import Post, SourceMark

SECRET = "phare bleu"
"""Words of every post that is not public."""


def fictional_texts() -> Iterator[str]:
    """Yield texts of the town, each another, without the markup that some carry."""
    rows = [row for row in load_rows() if not set("<>&\\@#") & set(row["text"])]
    yield from dict.fromkeys(" ".join(row["text"].split()) for row in rows)


def letters(text: str) -> str:
    """Return a text without what sites change in it: quotes, dashes, spaces."""
    return "".join(filter(str.isalnum, text))


class Collected:
    """One approved source of a real site, and the posts that arrived of it."""

    def __init__(self, store: Store, kind: str, host: str, **more: object) -> None:
        told = {"id": f"vrai-{kind}", "title": "Vrai site", "kind": kind, "legal_note": "Site d'essai."}
        told |= {"allowed_hosts": [host], "delay": 0, "max_pages": 300}
        self.store = store
        self.source = leave(store, SourceDeclaration.model_validate(told | more))

    def collect(self) -> RunReport:
        """Collect it now; it must come to its end."""
        report = collect(self.store, self.source)
        assert (report.status, report.errors) == ("done", {}), str(report)
        return report

    def posts(self) -> list[Post]:
        """Return what arrived and is not marked as gone."""
        with self.store.database.reading() as session:
            return list(session.scalars(select(Post).where(Post.source_id == self.source, Post.gone_at.is_(None))))

    def gone(self) -> set[str]:
        """Return the names of the posts that are marked as deleted at the source."""
        with self.store.database.reading() as session:
            rows = session.scalars(select(Post).where(Post.source_id == self.source, Post.gone_at.is_not(None)))
            return {post.external_id for post in rows}

    def collect_in_full(self) -> RunReport:
        """Collect it as once a day: everything that the source lists is asked for again."""
        with self.store.database.writing() as session:
            session.execute(delete(SourceMark).where(SourceMark.name == "walked-in-full"))
        return self.collect()

    def texts(self) -> dict[str, str]:
        """Return the letters of each post's text by its name."""
        return {post.external_id: letters(post.text) for post in self.posts()}
