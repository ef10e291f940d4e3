"""What a search covers, and what it does not: said with every answer, so that "nothing found" never stands alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crawlers.sources.approvals import require_approved
from crawlers.sources.register import COLLECTED
from nlp.query import BadQuery
from nlp.searches import SearchScope, normalise
from store.errors import SourceNotApproved
from store.store import Store
from store.tables import Post, Run, Search, Source
from triage_api.searches.models import Coverage, CoveredSource
from triage_api.searches.sealing import open_search

PASTED = "paste"
"""Kind of the sources that hold what people pasted."""

WALLED = (
    "Instagram",
    "Snapchat",
    "TikTok",
    "Facebook",
    "Messenger",
    "WhatsApp",
    "Discord",
    "Telegram",
    "X",
    "YouTube",
    "OnlyFans",
    "messages privés · private messages",
    "groupes fermés · closed groups",
    "images, audio, vidéo · images, audio, video",
)
"""What stands behind a log-in or is no text: nobody reads it here. A pasted text is one post, not the platform."""


def coverage(session: Session, scope: SearchScope) -> Coverage:
    """Return the sources that a search could find posts of, and the names of the rest."""
    # Leave to read a source is not reading it: only one that was visited, or whose posts are here, is covered.
    readable = set(_visits(session)) | set(_arrivals(session))
    return _told(session, _reached(scope, readable))


def coverage_of(session: Session, store: Store, searches: Iterable[Search]) -> Coverage:
    """Return what searches covered together when they were made."""
    covered: set[str] = set()
    for row in searches:
        told = open_search(store, session, row)
        if told is not None:
            covered |= _reached(told, row.sources)
    return _told(session, covered)


def _reached(scope: SearchScope, sources: Collection[str]) -> set[str]:
    """Return those of the sources that a search does not leave out, by its list or in its query ("-source:forum")."""
    try:
        normal = normalise(scope)
    except BadQuery:  # an older version of the query language could read it
        return set(sources).intersection(scope.sources or sources)
    return {source for source in sources if normal.reaches(source)}


def _told(session: Session, ids: Collection[str]) -> Coverage:
    """Tell sources as covered and the others as not; a pasted text is one post, its platform was not looked at."""
    last = _arrivals(session) | _visits(session)
    rows = list(session.scalars(select(Source).where(Source.kind != PASTED).order_by(Source.title)))
    covered = [row for row in rows if row.id in ids]
    left_out = [row.title for row in rows if row not in covered]
    return Coverage(
        sources=[CoveredSource(id=r.id, title=r.title, kind=r.kind, read_at=last.get(r.id)) for r in covered],
        not_covered=[*left_out, *WALLED],
    )


def _visits(session: Session) -> dict[str, datetime | None]:
    query = select(Run.source_id, func.max(Run.finished_at)).where(Run.status.in_(("done", "stopped")))
    return dict(session.execute(query.group_by(Run.source_id)).all())


def _arrivals(session: Session) -> dict[str, datetime | None]:
    query = select(Post.source_id, func.max(Post.ingested_at)).where(Post.status == "live")
    return dict(session.execute(query.group_by(Post.source_id)).all())


def reopening_sources(session: Session, store: Store) -> set[str]:
    """Return the sources whose arrival makes an earlier search incomplete: the collected and imported ones.

    A pasted text needs no new search: it was ingested later, and so is part of what is brought back as new.
    """
    held = select(Post.source_id).where(Post.origin != "paste").distinct()
    return _approved(session, store) | set(session.scalars(held))


def _approved(session: Session, store: Store) -> set[str]:
    rows = session.scalars(select(Source).where(Source.kind.in_(COLLECTED)))
    return {row.id for row in rows if _is_approved(session, store, row.id)}


def _is_approved(session: Session, store: Store, source: str) -> bool:
    try:
        require_approved(session, source, store.clock())
    except SourceNotApproved:
        return False
    return True
