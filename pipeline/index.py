"""Tell the index what changed: drain the outbox, in order, safely to be said again."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.index import Document, Index
from store.outbox import drained, pending
from store.posts import newest_assessment
from store.store import Store
from store.tables import AssessmentRow, Post

log = logging.getLogger(__name__)


def drain_batch(store: Store, index: Index, limit: int = 500) -> int:
    """Bring up to `limit` changes into the index; return how many, 0 when it is up to date.

    The outbox forgets a change only after the index has committed it: a crash between the two says it again,
    and saying it again changes nothing.
    """
    with store.database.reading() as session:
        changes = pending(session, limit)
        newest = {post_id: seq for seq, post_id in changes}
        documents = list(_documents(session, newest))
    if not changes:
        return 0
    for refusal in index.put(documents):
        log.error("the index will never take post %s: %s", refusal.id, refusal.reason)
    gone = sorted(set(newest) - {document.id for document in documents})
    index.remove(gone, version=max(newest.values(), default=0))
    index.commit()
    with store.database.writing() as session:
        drained(session, [seq for seq, _ in changes])
    return len(changes)


def _documents(session: Session, newest: dict[str, int]) -> Iterable[Document]:
    query = select(Post).where(Post.id.in_(newest), Post.status == "live").order_by(Post.seq)
    for post in session.scalars(query):
        assessment = newest_assessment(session, post.id)
        if assessment is not None:
            yield document(post, assessment, newest[post.id])


def document(post: Post, assessment: AssessmentRow, version: int) -> Document:
    """Return what the index keeps of a post; `version` grows with every change."""
    entities = assessment.body["entities"]
    values = {kind: [str(entity["value"]) for entity in entities[kind]] for kind in entities}
    return Document(
        id=post.id,
        version=version,
        seq=post.seq,
        source=post.source_id,
        kind=post.kind,
        lang=assessment.lang,
        city=post.city,
        region=post.region,
        author=post.author,
        posted_at=post.posted_at,
        ingested_at=post.ingested_at,
        urgency=assessment.urgency,
        signals=assessment.flagged,
        criteria=assessment.criteria,
        phones=values["phones"],
        emails=values["emails"],
        handles=values["handles"],
        cities=values["cities"],
        title=post.title,
        text=post.text,
    )
