"""Searches: what was asked, and what was told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary
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
    words: Mapped[int] = mapped_column(default=0)
    """How many distinct words a result may hold; 0 too if it is sought by a contact, see `SearchTerm`."""
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


class SearchTerm(Base):
    """A keyed hash of something that a search asks for: how earlier searches are found without reading any.

    Deleted when the search lapses, and with its subject.
    """

    __tablename__ = "search_terms"
    __table_args__ = (
        Index("ix_search_terms_key", "key", "id", "search_id"),  # the newest first, without reading the rows
        Index("ix_search_terms_search", "search_id", "role", "key"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    search_id: Mapped[str] = mapped_column(ForeignKey("searches.id"))
    role: Mapped[str]
    """What the hash stands for in comparing: see `triage_api.searches.blind`."""
    key: Mapped[bytes] = mapped_column(LargeBinary(16))


class StandingSearch(Base):
    """A search that is repeated by itself while the request that it serves is open, for 30 days at a time."""

    __tablename__ = "standing_searches"
    id: Mapped[str] = mapped_column(primary_key=True)
    search_id: Mapped[str] = mapped_column(ForeignKey("searches.id"))
    """The search that it repeats: its scope, purpose and ground."""
    request_id: Mapped[str] = mapped_column(ForeignKey("requests.id"), index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    renewals: Mapped[int] = mapped_column(default=0)
    ran_at: Mapped[datetime | None]
    last_id: Mapped[str | None]
    """The search that holds what its repetitions found, from whose watermark the next one goes on."""
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str] = mapped_column(default="")
    """``answered``, ``lapsed``, ``ended`` (by hand), ``erased``, ``owner`` (may search no more) or ``unreadable``."""


class StandingHit(Base):
    """A post that a repetition found new."""

    __tablename__ = "standing_hits"
    standing_id: Mapped[str] = mapped_column(ForeignKey("standing_searches.id"), primary_key=True)
    post_id: Mapped[str] = mapped_column(primary_key=True)
    found_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
