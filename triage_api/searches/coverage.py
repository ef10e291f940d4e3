"""What a search covers, and what it does not: said with every answer, so that "nothing found" never stands alone."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crawlers.sources import COLLECTED, require_approved
from store.errors import SourceNotApproved
from store.store import Store
from store.tables import Post, Run, Source
from triage_api.searches.models import Coverage, CoveredSource

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


def coverage(session: Session, store: Store, only: Collection[str] = ()) -> Coverage:
    """Return the sources that a search over `only` (empty: all) could find posts of, and the names of the rest."""
    approved = _approved(session, store)
    held = set(session.scalars(select(Post.source_id).where(Post.status == "live").distinct()))
    query = select(Run.source_id, func.max(Run.finished_at)).where(Run.status.in_(("done", "stopped")))
    last = dict(session.execute(query.group_by(Run.source_id)).all())
    rows = list(session.scalars(select(Source).order_by(Source.title)))
    readable = [row for row in rows if row.id in approved | held]
    covered = [row for row in readable if not only or row.id in only]
    left_out = [row.title for row in rows if row not in covered]
    return Coverage(
        sources=[CoveredSource(id=r.id, title=r.title, kind=r.kind, read_at=last.get(r.id)) for r in covered],
        not_covered=[*left_out, *WALLED],
    )


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
