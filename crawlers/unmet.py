"""Posts that a walk did not meet are asked for by themselves, a few in each collection, to see what became of them.

Only addresses that the source itself gave, through the same policy as any page. What is asked for depends on nothing
that a person decided, searched or asked: see `Unmet.recent`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from crawlers.marks import REVISIT
from crawlers.sources.approvals import under_this_declaration_since
from store.gone import found_gone
from store.locks import INTAKE, hold, hold_posts
from store.retention import least_unflagged_days
from store.store import Store
from store.tables import Post, SourceMark

MOST = 20
"""Most addresses of one collection."""
_MISSING, _ASKED = "missing", "asked"


def budget(max_pages: int, requested: int) -> int:
    """Return how many addresses may be asked for after a walk: a tenth of the page budget, if as much is left of it."""
    return max(0, min(MOST, max(1, max_pages // 10), max_pages - requested))


@dataclass(frozen=True, slots=True)
class Address:
    """An address at which posts are asked for again, and their ids by the source's own names for them."""

    url: str
    posts: dict[str, str]


class Unmet:
    """What is asked for again of one source in one collection, and what came of it."""

    def __init__(self, store: Store, source_id: str) -> None:
        self._store, self._source = store, source_id
        self._began = store.clock()

    def addresses(self, address_of: Callable[[str, str], str], most: int) -> list[Address]:
        """Return up to `most` addresses of posts that this collection did not meet: missed once, then longest unseen.

        `address_of` is given a post's own name and its address, and returns where it is asked for ("": nowhere).
        """
        mark = and_(SourceMark.source_id == self._source, SourceMark.name == REVISIT + Post.id)
        last = func.coalesce(SourceMark.seen_at, Post.seen_at, Post.ingested_at)
        missed = func.coalesce(SourceMark.value, "") == _MISSING
        with self._store.database.reading() as session:
            query = select(Post.id, Post.external_id, Post.url).outerjoin(SourceMark, mark)
            unmet = or_(Post.seen_at.is_(None), Post.seen_at < self._began)
            query = query.where(*self.recent(session), unmet, Post.gone_at.is_(None))
            rows = session.execute(query.order_by(missed.desc(), last, Post.seq)).all() if most else []
        found: dict[str, dict[str, str]] = {}
        for identity, name, url in rows:
            address = address_of(name, url).partition("#")[0]
            if address and (address in found or len(found) < most):
                found.setdefault(address, {})[name] = identity
        return [Address(url, posts) for url, posts in found.items()]

    def unseen(self, ids: Collection[str]) -> None:
        """Note that posts were asked for, and that the answer tells nothing of them."""
        with self._store.database.writing() as session:
            hold(session, [INTAKE])
            self._note(session, ids, _ASKED)

    def missing(self, ids: Collection[str]) -> int:
        """Note that a source says that posts are not there; return how many are now taken as deleted.

        A post is when its source said so in an earlier collection too, and did not show it in between.
        """
        with self._store.database.writing() as session:
            hold(session, [INTAKE])
            twice = self._missed_before(session, ids)
            gone = found_gone(session, self._store.settings, twice, self._store.clock())
            self._note(session, ids, _MISSING)
        return gone

    def shown(self, ids: Collection[str]) -> None:
        """Note that the address of posts still answers."""
        with self._store.database.writing() as session:
            self._see(session, ids)

    def shown_at(self, session: Session, url: str) -> None:
        """Note, in the caller's transaction, that the posts whose own address a page is are still shown."""
        own = or_(Post.url == url, Post.url.startswith(f"{url}#", autoescape=True))
        self._see(session, session.scalars(select(Post.id).where(*self.recent(session), own)).all())

    def recent(self, session: Session) -> list[ColumnElement[bool]]:
        """Return the conditions on which a post is asked for by itself.

        Only posts that came in so lately that they are kept whether or not anybody flagged them, decided on them or
        asked for them. Of what came in before, only that is still kept which people were interested in, and a source
        would read in its log which posts those are. Nor what was last shown under an earlier declaration: who approved
        this one may have left it out.
        """
        settings = self._store.settings
        days = min(
            settings.revisit_days,
            least_unflagged_days(session, settings, self._source),
            settings.retain_dismissed_days,
            settings.retain_watched_days,
        )
        ours = (Post.source_id == self._source, Post.origin == "collect", Post.status == "live")
        # By the clock of now: in a collection of an hour others come to their end.
        conditions = [*ours, Post.ingested_at > self._store.clock() - timedelta(days=days)]
        since = under_this_declaration_since(session, self._source)
        return conditions if since is None else [*conditions, func.coalesce(Post.seen_at, Post.ingested_at) >= since]

    def _missed_before(self, session: Session, ids: Collection[str]) -> list[str]:
        earlier = and_(SourceMark.value == _MISSING, SourceMark.seen_at < self._began)
        not_since = or_(Post.seen_at.is_(None), Post.seen_at <= SourceMark.seen_at)
        query = select(Post.id).join(SourceMark, SourceMark.name == REVISIT + Post.id)
        query = query.where(Post.id.in_(ids), SourceMark.source_id == self._source, earlier, not_since)
        return list(session.scalars(query))

    def _see(self, session: Session, ids: Collection[str]) -> None:
        if ids:
            hold_posts(session, ids)
            session.execute(update(Post).where(Post.id.in_(ids)).values(seen_at=self._store.clock()))

    def _note(self, session: Session, ids: Collection[str], value: str) -> None:
        now = self._store.clock()
        for identity in sorted(ids):
            session.merge(SourceMark(source_id=self._source, name=REVISIT + identity, value=value, seen_at=now))
