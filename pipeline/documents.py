"""What the index keeps of posts, made from the database: the same whether it is told of a change or built anew."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from store.index import Document
from store.tables import AssessmentRow, Decision, Post

_OF_POST = (
    *(Post.id, Post.revision, Post.seq, Post.source_id, Post.kind, Post.city, Post.region, Post.author),
    *(Post.posted_at, Post.ingested_at, Post.title, Post.text),
)
_OF_ASSESSMENT = (
    *(AssessmentRow.lang, AssessmentRow.urgency, AssessmentRow.flagged, AssessmentRow.criteria),
    AssessmentRow.body["entities"].label("entities"),
)


_ENTITIES = ("phones", "emails", "handles", "cities")


def documents(session: Session, ids: Collection[str]) -> list[Document]:
    """Return the documents of those posts that searches may find: live and read by the reader."""
    query = (
        select(*_OF_POST, *_OF_ASSESSMENT)  # columns, not objects: this is most of what indexing asks of the database
        .join(AssessmentRow, AssessmentRow.post_id == Post.id)
        .where(Post.id.in_(ids), Post.status == "live")
        .order_by(Post.seq, AssessmentRow.version, AssessmentRow.id)
    )
    newest = {row.id: row for row in session.execute(query)}
    verdicts = _verdicts(session, list(newest))
    return [_document(row, verdicts.get(identity, "")) for identity, row in newest.items()]


def revisions(session: Session, ids: Collection[str]) -> dict[str, int]:
    """Return how often each post changed, erased ones too; it is the version of their documents."""
    return dict(session.execute(select(Post.id, Post.revision).where(Post.id.in_(ids))).all())


def _verdicts(session: Session, ids: Collection[str]) -> dict[str, str]:
    decided = select(Decision.post_id, Decision.verdict).where(Decision.post_id.in_(ids)).order_by(Decision.id)
    return {str(post): verdict for post, verdict in session.execute(decided)}


def _document(row: Row[*tuple[object, ...]], verdict: str) -> Document:
    found = {kind: [str(entity["value"]) for entity in row.entities[kind]] for kind in _ENTITIES}
    return Document(
        id=row.id,
        version=row.revision,
        seq=row.seq,
        source=row.source_id,
        kind=row.kind,
        lang=row.lang,
        city=row.city,
        region=row.region,
        author=row.author,
        posted_at=row.posted_at,
        ingested_at=row.ingested_at,
        urgency=row.urgency,
        signals=row.flagged,
        criteria=row.criteria,
        verdict=verdict,
        **found,
        title=row.title,
        text=row.text,
    )
