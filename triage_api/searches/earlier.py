"""What an earlier search brings back for a new one: its result, and what was ingested since."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import and_, exists, func, literal_column, or_, select, union_all
from sqlalchemy.orm import Session

from nlp.query import Field
from store.index import Hits, Index, IndexQuery
from store.outbox import AGAIN, INDEX
from store.posts import ASSESS
from store.tables import AssessmentRow, Decision, Post, Search, Work
from triage_api.desk import Desk
from triage_api.searches.asked import Asked
from triage_api.searches.comparing import Reusable
from triage_api.searches.narrow import matches

_CLOCKS_DIFFER = timedelta(minutes=10)
"""A change's moment lies before its commit, and is another machine's: so much earlier it counts as made since."""
_SEQ = Post.seq + 0
"""As a sum no index holds it: SQLite would else begin with all posts up to it, of which few have changed."""


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
    edited = AssessmentRow.version > literal_column("1")  # written out: the index is of these alone
    query = (
        select(AssessmentRow.post_id)
        .join(Post, Post.id == AssessmentRow.post_id)
        .where(AssessmentRow.created_at >= since, edited, search.watermark >= _SEQ)
    )
    return sorted(set(session.scalars(query)))  # put in order by SQLite, all assessments are gone through


def _decided_since(session: Session, search: Search) -> list[str]:
    since = search.opened_at - _CLOCKS_DIFFER
    query = (
        select(Decision.post_id)
        .join(Post, Post.id == Decision.post_id)
        .where(or_(Decision.created_at >= since, Decision.undone_at >= since), search.watermark >= _SEQ)
    )
    return sorted({post for post in session.scalars(query) if post})
