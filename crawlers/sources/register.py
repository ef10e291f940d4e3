"""The register of sources: what is declared, one row a source."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from crawlers.sources.declaration import KINDS, SourceDeclaration
from store.errors import BadInput, NotFound
from store.locks import hold
from store.store import Store
from store.tables import Source

COLLECTED = KINDS
"""Kinds of source that are collected; sources of other kinds (``import``) only hold what people brought."""


def declare(store: Store, declaration: SourceDeclaration) -> None:
    """Enter a declaration in the database, or put it in the place of an earlier one of the same id."""
    data = declaration.model_dump(mode="json")
    upsert_source(store, declaration.id, declaration.title, declaration.kind, data, declaration.digest)


def source_name(identity: str) -> str:
    """Return the name that is held while a source is declared: it may not be there yet (see `store.locks`)."""
    return f"source:{identity}"


def upsert_source(store: Store, identity: str, title: str, kind: str, data: dict[str, Any], digest: str) -> None:
    """Write a source's row; a source that people import into and one that is collected never change places."""
    with store.database.writing() as session:
        hold(session, [source_name(identity)])
        row = session.get(Source, identity)
        if row is None:
            row = Source(id=identity, created_at=store.clock())
            session.add(row)
        elif (row.kind in COLLECTED) != (kind in COLLECTED):
            raise BadInput(f"The source {identity} exists and is of kind {row.kind}: take another name.")
        row.title, row.kind, row.declaration, row.digest = title, kind, data, digest


def declared_source(session: Session, source_id: str) -> Source:
    """Return a source's row; `NotFound` if nothing is declared under the name."""
    source = session.get(Source, source_id)
    if source is None:
        raise NotFound(f"No source is declared under the name {source_id}.")
    return source
