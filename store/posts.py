"""Posts as they are kept: finding one, what is read of it, what was last said of it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from sqlalchemy import Text, and_, cast, select
from sqlalchemy.orm import Session, defer

from nlp.tokens import tokens
from store.errors import NotFound
from store.tables import AssessmentRow, Post, Source

ASSESS = "assess"
"""The kind of work that a post waits for after it came in or was edited."""


def post_id(source_id: str, key: str) -> str:
    """Return the id of a post: the same for the same post of the same source, whenever it is met."""
    return "p-" + hashlib.sha256(f"{source_id}\0{key}".encode()).hexdigest()[:24]


def same_text(text: str) -> str:
    """Return a digest that copies of one text share, whatever their case, accents and punctuation."""
    return hashlib.sha256(" ".join(token.folded for token in tokens(text)).encode()).hexdigest()[:32]


def get_post(session: Session, identity: str) -> Post:
    """Return a post, or raise `NotFound`."""
    row = session.scalar(select(Post).where(Post.id == identity))
    if row is None:
        raise NotFound("No such post.")
    return row


def reading_text(post: Post) -> str:
    """Return what is read of a post: its title and its text; evidence counts its offsets from here."""
    return f"{post.title}\n{post.text}" if post.title else post.text


def current_assessments(session: Session, ids: Collection[str], *, bodies: bool = True) -> dict[str, AssessmentRow]:
    """Return what the reader last said of posts as they are now, by post; one not read since its edit is left out.

    Without bodies, evidence and entities are not fetched: of many posts they weigh more than all labels.
    """
    of_now = and_(Post.id == AssessmentRow.post_id, Post.version == AssessmentRow.version)
    query = select(AssessmentRow).join(Post, of_now).where(AssessmentRow.post_id.in_(ids))
    wanted = query if bodies else query.options(defer(AssessmentRow.body, raiseload=True))
    return {row.post_id: row for row in session.scalars(wanted.order_by(AssessmentRow.id))}


def source_kinds(session: Session, sources: Collection[str]) -> dict[str, str]:
    """Return the kinds of some sources, by id."""
    return dict(session.execute(select(Source.id, Source.kind).where(Source.id.in_(sources))).all())


def pasted_for(session: Session, request: str) -> list[str]:
    """Return the pasted posts of which a sighting names a request, by id."""
    may = select(Post).where(Post.origin == "paste", cast(Post.provenance, Text).contains(request, autoescape=True))
    return sorted(post.id for post in session.scalars(may) if request in requests_of(post.provenance))


def requests_of(provenance: dict[str, str]) -> set[str]:
    """Return the requests that the sightings of a pasted post name."""
    return {value for name, value in provenance.items() if name.partition(" ")[0] == "request"}
