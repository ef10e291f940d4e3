"""What is told of searches and exports, and the register."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base


class Search(Base):
    """A search that was made: its scope, sealed, and what came back."""

    __tablename__ = "searches"
    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(index=True)
    request_id: Mapped[str | None]
    scope: Mapped[bytes]
    """The search as asked, sealed (JSON of the contract's fields)."""
    fingerprint: Mapped[str] = mapped_column(index=True)
    """Keyed hash of the normalised scope: equal for `same` searches."""
    purpose: Mapped[str]
    ground: Mapped[str]
    grid: Mapped[str]
    model: Mapped[str]
    sources: Mapped[list[str]]
    """Sources that the index held when it ran: a new one reopens the search."""
    relation: Mapped[str]
    reused_from: Mapped[str | None]
    again_reason: Mapped[str | None]
    watermark: Mapped[int]
    """Highest `seq` in the database when it ran; the delta is what came after."""
    results: Mapped[list[str]]
    total: Mapped[int]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    error: Mapped[str | None]


class RegisterEntry(Base):
    """One line of the register: never changed, never deleted (triggers refuse it)."""

    __tablename__ = "register"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - SQLAlchemy reads it as a class attribute
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    event: Mapped[str]
    actor: Mapped[str]
    public: Mapped[str]
    """Canonical JSON without personal data: purpose, ground, versions, counts, digests."""
    sealed: Mapped[bytes | None]
    """What is personal, sealed; its digest, not itself, goes into the leaf."""
    leaf: Mapped[bytes]
    """RFC 6962 leaf hash of the entry."""


class Export(Base):
    """A corpus that left, and under which entry of the register."""

    __tablename__ = "exports"
    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str]
    tier: Mapped[str]
    purpose: Mapped[str]
    counts: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
