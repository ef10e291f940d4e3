"""What the index keeps of posts, made from the database: the same whether it is told of a change or built anew."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Row, and_, select
from sqlalchemy.orm import Session

from store.decisions import STANDING
from store.index import Document, Refusal
from store.tables import AssessmentRow, Decision, Post

_OF_POST = (
    *(Post.id, Post.revision, Post.seq, Post.source_id, Post.kind, Post.city, Post.region, Post.author),
    *(Post.posted_at, Post.ingested_at, Post.title, Post.text),
)
_OF_ASSESSMENT = (
    *(AssessmentRow.lang, AssessmentRow.urgency, AssessmentRow.flagged, AssessmentRow.criteria),
    AssessmentRow.body["entities"].label("entities"),
)


_CONTACTS = ("phones", "emails", "handles")
_ENTITIES = (*_CONTACTS, "cities")


def documents(session: Session, ids: Collection[str]) -> tuple[list[Document], list[Refusal]]:
    """Return the documents of those posts that searches may find: live, and read by the reader as they are now.

    A post that no document can be made of is told as refused.
    """
    query = (
        select(*_OF_POST, *_OF_ASSESSMENT)  # columns, not objects: this is most of what indexing asks of the database
        .join(AssessmentRow, and_(AssessmentRow.post_id == Post.id, AssessmentRow.version == Post.version))
        .where(Post.id.in_(ids), Post.status == "live")
        .order_by(Post.seq, AssessmentRow.id)
    )
    newest = {row.id: row for row in session.execute(query)}
    verdicts = _verdicts(session, list(newest))
    found: list[Document] = []
    refused: list[Refusal] = []
    for identity, row in newest.items():
        try:
            found.append(_document(row, verdicts.get(identity, "")))
        except (ValueError, TypeError, KeyError, ArithmeticError) as error:
            refused.append(Refusal(identity, type(error).__name__))
    return found, refused


def revisions(session: Session, ids: Collection[str]) -> dict[str, int]:
    """Return how often each post changed, erased ones too; it is the version of their documents."""
    return dict(session.execute(select(Post.id, Post.revision).where(Post.id.in_(ids))).all())


def _verdicts(session: Session, ids: Collection[str]) -> dict[str, str]:
    decided = select(Decision.post_id, Decision.verdict).where(Decision.post_id.in_(ids), STANDING)
    return {str(post): verdict for post, verdict in session.execute(decided.order_by(Decision.id))}


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
        contact_spans=[(one["start"], one["end"]) for kind in _CONTACTS for one in row.entities[kind]],
        title=row.title,
        text=row.text,
    )
