"""Earlier searches: which one may be brought back instead of running a new one, and what was ingested since."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlalchemy import and_, exists, func, select, union_all
from sqlalchemy.orm import Session

from nlp.query import BadQuery, Field
from nlp.searches import Relation, normalise, relation
from store.index import Hits, Index, IndexQuery
from store.outbox import AGAIN, INDEX
from store.posts import ASSESS
from store.tables import AssessmentRow, Decision, Post, Search, Work
from triage_api.desk import Desk
from triage_api.searches.asked import Asked, same_words
from triage_api.searches.coverage import reopening_sources
from triage_api.searches.narrow import matches
from triage_api.searches.sealing import Told, open_search

LAPSES = timedelta(days=183)
"""An earlier search older than this is not matched any more."""
_CLOCKS_DIFFER = timedelta(minutes=10)
"""A change's moment lies before its commit, and is another machine's: so much earlier it counts as made since."""
_COMPARED = 300
"""Earlier searches, newest first, that a new one is compared with; an equal one is found among all."""


@dataclass(frozen=True, slots=True)
class Reusable:
    """An earlier search whose result answers a new one."""

    search: Search
    relation: Literal["same", "covered"]


@dataclass(frozen=True, slots=True)
class Compared:
    """How a new search relates to the earlier ones."""

    reusable: Reusable | None
    relation: Relation
    overlaps: int


def compare_with_earlier(desk: Desk, session: Session, asked: Asked) -> Compared:
    """Compare a new search with those that ran and have not lapsed.

    One that is the same or wider is brought back only if it is complete for the new purpose; otherwise it is told as
    an overlap, like those that share a part.
    """
    sources = reopening_sources(session, desk.store)
    reusable, overlaps = None, 0
    for row, told, how in _related(desk, session, asked):
        if how in ("same", "covered") and _is_complete(desk, row, told, asked, sources):
            if how == "same":
                return Compared(Reusable(row, "same"), "same", overlaps)
            reusable = reusable or Reusable(row, "covered")
        overlaps += how != "different"
    return Compared(reusable, "covered" if reusable else "overlap" if overlaps else "different", overlaps)


def _related(desk: Desk, session: Session, asked: Asked) -> Iterator[tuple[Search, Told, Relation]]:
    since = desk.store.clock() - LAPSES
    ran = select(Search).where(
        Search.reused_from.is_(None), Search.closed_at.is_not(None), Search.error.is_(None), Search.opened_at > since
    )
    newest = ran.order_by(Search.opened_at.desc(), Search.id)
    equal = list(session.scalars(newest.where(Search.fingerprint == asked.fingerprint)))
    others = newest.where(Search.fingerprint != asked.fingerprint).limit(_COMPARED)
    for row in (*equal, *session.scalars(others)):
        told = open_search(desk.store, session, row)
        with suppress(BadQuery):  # an older version of the query language could read it: related to nothing
            if told:
                yield row, told, relation(normalise(told), asked.normal)


def _is_complete(desk: Desk, row: Search, told: Told, asked: Asked, sources: set[str]) -> bool:
    """Tell whether an earlier result, with what was ingested since, is the whole answer, and may be used for it."""
    given = asked.given
    wanted = sources.intersection(asked.scope.sources) if asked.scope.sources else sources
    return (
        same_words(told.purpose) == same_words(given.purpose)
        and same_words(told.ground) == same_words(given.ground)
        and row.grid == desk.grid.version
        and row.model == desk.reader.model_version
        and bool(row.request_id) == bool(given.request)
        and told.only_flagged == asked.only_flagged
        and wanted <= set(row.sources)
        and (row.fingerprint == asked.fingerprint or row.total <= len(row.results))
    )


def earlier_results(index: Index, found: Reusable, asked: IndexQuery) -> list[str]:
    """Return the ids of the earlier result that answer the new search, in their order, without searching."""
    if found.relation == "same":
        return list(found.search.results)
    documents = (index.get(identity) for identity in found.search.results)
    return [document.id for document in documents if document is not None and matches(document, asked)]


def results_since(desk: Desk, session: Session, found: Reusable, asked: Asked, limit: int) -> Hits:
    """Return what matches now and did not before: ingested after the watermark, or changed after the search.

    The index is asked for what is above the watermark only; edits, and decisions where the search asks for them, are
    held against the search one by one.
    """
    query = asked.index_query(limit, after_seq=found.search.watermark)
    known = set(found.search.results)
    since = desk.index.search(query)
    hits = [identity for identity in since.ids if identity not in known]
    left = since.total - len(since.ids)
    whole = asked.index_query(limit)
    changed = _edited_since(session, found.search)
    if any(isinstance(atom, Field) and atom.name == "verdict" for atom in asked.normal.atoms):
        changed += _decided_since(session, found.search)
    now = (desk.index.get(identity) for identity in dict.fromkeys(changed) if identity not in known)
    hits += [document.id for document in now if document is not None and matches(document, whole)]
    ids = list(dict.fromkeys(hits))
    return Hits(total=left + len(ids), ids=ids)


def watermark(session: Session) -> int:
    """Return the highest `seq` up to which the index has had every post.

    A post that waits to be assessed or indexed for the first time, a dead letter too, holds it back: it must be new
    to whoever repeats the search once it is there. One that waits because it changed was found before. It is one
    statement: between two, a post could come in.
    """
    read = exists().where(AssessmentRow.post_id == Post.id)
    unread = select(Post.seq).join(Work, and_(Work.kind == ASSESS, Work.key == Post.id)).where(~read)
    untold = Work.kind.in_((INDEX, AGAIN))  # the second: while an index is rebuilt, only the old one has heard of it
    unheard = select(Post.seq).join(Work, and_(untold, Work.key == Post.id)).where(Post.revision <= 1)
    waiting = union_all(unread, unheard).subquery()
    first = select(func.min(waiting.c.seq)).scalar_subquery()
    newest = select(func.max(Post.seq)).scalar_subquery()
    return session.scalar(select(func.coalesce(first - 1, newest, 0))) or 0


def _edited_since(session: Session, search: Search) -> list[str]:
    since = search.opened_at - _CLOCKS_DIFFER
    query = (
        select(AssessmentRow.post_id)
        .join(Post, Post.id == AssessmentRow.post_id)
        .where(AssessmentRow.created_at >= since, AssessmentRow.version > 1, Post.seq <= search.watermark)
    )
    return list(session.scalars(query.distinct().order_by(AssessmentRow.post_id)))


def _decided_since(session: Session, search: Search) -> list[str]:
    since = search.opened_at - _CLOCKS_DIFFER
    query = (
        select(Decision.post_id)
        .join(Post, Post.id == Decision.post_id)
        .where(Decision.created_at >= since, Post.seq <= search.watermark)
    )
    return [post for post in session.scalars(query.distinct().order_by(Decision.post_id)) if post]
