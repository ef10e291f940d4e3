"""What the house owes: answers to people about themselves, and text that must not go yet."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base


class RightsCase(Base):
    """Somebody without an account who asks what is kept of them, has it put right, objects or complains."""

    __tablename__ = "rights_cases"
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    """``access``, ``rectification``, ``objection`` or ``complaint``."""
    sealed: Mapped[bytes]
    """What was written, and how to reach whoever wrote it, under the case's own key."""
    code_hash: Mapped[str] = mapped_column(unique=True)
    """Keyed hash of the code by which its writer reads the answer."""
    received_at: Mapped[datetime]
    due_at: Mapped[datetime]
    identity_at: Mapped[datetime | None]
    """When it was checked who asks."""
    identity_by: Mapped[str] = mapped_column(default="")
    identity_how: Mapped[str] = mapped_column(default="")
    """``document_seen``, ``call_back``, ``parent_or_tutor`` or ``not_needed`` (a complaint)."""
    looked_at: Mapped[datetime | None]
    """When the posts were last searched for what they gave as their own."""
    outcome: Mapped[str] = mapped_column(default="")
    """``granted``, ``partly``, ``refused``, ``nothing_kept``; empty while it waits."""
    answer_sealed: Mapped[bytes | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[datetime | None]
    """When what was written was erased."""


class LegalHold(Base):
    """Something that must not be erased while it is held: asked for by one person, granted by another."""

    __tablename__ = "legal_holds"
    __table_args__ = (Index("ix_legal_holds_about", "kind", "about"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    """``post`` or ``request``."""
    about: Mapped[str]
    sealed: Mapped[bytes]
    """Why, sealed under the hold's own key."""
    asked_by: Mapped[str]
    """Id of the account."""
    asked_at: Mapped[datetime]
    granted_by: Mapped[str | None]
    granted_at: Mapped[datetime | None]
    """None: it holds nothing yet."""
    alone: Mapped[bool] = mapped_column(default=False)
    ends_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    released_by: Mapped[str] = mapped_column(default="")
