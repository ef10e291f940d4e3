"""Who works here, who asked, and whom they asked about."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base


class User(Base):
    """A person with an account; `pseudonym` is what the register and other desks see."""

    __tablename__ = "users"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    pseudonym: Mapped[str] = mapped_column(unique=True)
    organisation: Mapped[str] = mapped_column(default="")
    roles: Mapped[list[str]]
    password: Mapped[str]
    language: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class SessionRow(Base):
    """A logged-in browser or program; only the hash of its token is kept."""

    __tablename__ = "sessions"
    token_sha256: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    csrf: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class LoginFailure(Base):
    """A failed log-in, under a keyed hash of the name and of the address, for rate limiting."""

    __tablename__ = "login_failures"
    id: Mapped[int] = mapped_column(primary_key=True)
    who: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime]


class Subject(Base):
    """A person a partner asked about: only a wrapped key, whose destruction erases the rest."""

    __tablename__ = "subjects"
    id: Mapped[str] = mapped_column(primary_key=True)
    wrapped_key: Mapped[bytes | None]
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]


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
    """``received``, ``in_progress`` or ``answered``."""
    created_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answer_kind: Mapped[str | None]
    answer_sealed: Mapped[bytes | None]
    answered_by: Mapped[str | None]


class Message(Base):
    """A message on a request, between the partner who made it and the analysts."""

    __tablename__ = "messages"
    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("requests.id"), index=True)
    from_partner: Mapped[bool]
    sealed: Mapped[bytes]
    created_at: Mapped[datetime]
