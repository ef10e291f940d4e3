"""Whom partners asked about, and what they asked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base


class Subject(Base):
    """A person a partner asked about; the key whose destruction erases the rest is in the keyring."""

    __tablename__ = "subjects"
    id: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]


class KeyMark(Base):
    """By which mark the key in force is known that the keyed hashes of this database were made with."""

    __tablename__ = "key_marks"
    name: Mapped[str] = mapped_column(primary_key=True)
    mark: Mapped[str]
    """Empty until `vigie setup-db` has seen the key; see `store.keys.mark`."""


class SubjectHash(Base):
    """A keyed hash of one thing known of a subject; deleted with the subject."""

    __tablename__ = "subject_hashes"
    id: Mapped[int] = mapped_column(primary_key=True)
    subject_id: Mapped[str] = mapped_column(ForeignKey("subjects.id"), index=True)
    kind: Mapped[str]
    hash: Mapped[str] = mapped_column(index=True)


class Request(Base):
    """A partner's request for a check on a youth; `sealed` holds what was told, under the subject's key."""

    __tablename__ = "requests"
    id: Mapped[str] = mapped_column(primary_key=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    subject_id: Mapped[str] = mapped_column(ForeignKey("subjects.id"))
    sealed: Mapped[bytes]
    runaway: Mapped[bool] = mapped_column(default=False)
    status: Mapped[str] = mapped_column(default="received")
    """``received``, ``in_progress``, ``answered`` or ``closed``."""
    created_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answer_kind: Mapped[str | None]
    answer_sealed: Mapped[bytes | None]
    answered_by: Mapped[str | None]
    review_due_at: Mapped[datetime | None]
    """By when somebody else reviews what one person told in the answer, alone; None: it told nothing of the youth."""
    reviewed_by: Mapped[str | None]
    reviewed_at: Mapped[datetime | None]
    finding: Mapped[str] = mapped_column(default="", server_default="")
    """As of a referral."""
    channel: Mapped[str] = mapped_column(default="portal", server_default="portal")
    """``portal``, or ``call``: entered at the desk for somebody without an account, after calling them back."""
    organisation_id: Mapped[str | None]
    """The organisation that asks, where it stands in the directory."""
    region: Mapped[str] = mapped_column(default="", server_default="")
    """Where the youth lives or was last seen; decides whose numbers are shown."""
    runaway_until: Mapped[datetime | None]
    """Until when a runaway is looked for without being asked for again."""
    found_at: Mapped[datetime | None]
    """When the youth was said to be found: nothing is matched for the request after."""
    majority_told_at: Mapped[datetime | None]
    """When the pivot and the coordinator were reminded that the youth turns 18."""
    closed_at: Mapped[datetime | None]
    handed_at: Mapped[datetime | None]
    """When all that was kept for it was handed over; what is left goes then."""


class Message(Base):
    """A message on a request, between the partner who made it and the analysts."""

    __tablename__ = "messages"
    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("requests.id"), index=True)
    from_partner: Mapped[bool]
    sealed: Mapped[bytes]
    created_at: Mapped[datetime]
