"""Who works here, and how they come in."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base


class User(Base):
    """A person with an account; `pseudonym` is what the register and other desks see."""

    __tablename__ = "users"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    full_name: Mapped[str] = mapped_column(default="")
    """First and last name, by which a look-up of oneself or of one's family is found; seen at oversight only."""
    pseudonym: Mapped[str] = mapped_column(unique=True)
    organisation: Mapped[str] = mapped_column(default="")
    roles: Mapped[list[str]]
    password: Mapped[str]
    language: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)
    trained_on: Mapped[date | None]
    """Day of the last training; None: never."""
    shift: Mapped[str] = mapped_column(default="")
    """Working hours, as ``mon-fri 08:00-16:00``; empty: those of the house."""
    totp: Mapped[bytes | None]
    """Secret of the second factor, sealed; None: not enrolled."""
    totp_used: Mapped[int | None] = mapped_column(BigInteger)
    """Time step of the last code that was taken: none is taken twice."""
    recovery: Mapped[list[str]] = mapped_column(default=list)
    """Hashes of the recovery codes that are left."""
    oidc_subject: Mapped[str | None] = mapped_column(unique=True, index=True)
    """Who this is to the identity provider (issuer and subject); None: logs in here."""
    created_at: Mapped[datetime]


class SessionRow(Base):
    """A logged-in browser or program; only the hash of its token is kept."""

    __tablename__ = "sessions"
    token_sha256: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    csrf: Mapped[str]
    pending: Mapped[str] = mapped_column(default="")
    """What must be done before anything else (``totp``: enrol a second factor); empty: nothing."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class LoginFailure(Base):
    """A failed log-in, under a keyed hash of the name and of the address, for rate limiting."""

    __tablename__ = "login_failures"
    id: Mapped[int] = mapped_column(primary_key=True)
    who: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime]


class ApiToken(Base):
    """A program's token, for some of its owner's actions; only its hash is kept."""

    __tablename__ = "api_tokens"
    id: Mapped[str] = mapped_column(primary_key=True)
    token_sha256: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    label: Mapped[str]
    scopes: Mapped[list[str]]
    """Actions of the policy table that the token may be used for."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class OidcLogin(Base):
    """A log-in that was sent to the identity provider and has not come back; deleted when it does."""

    __tablename__ = "oidc_logins"
    state_sha256: Mapped[str] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]
    """Nonce, code verifier and the page to go to after, sealed."""
    created_at: Mapped[datetime]


class BrokenGlass(Base):
    """An access that somebody took in an emergency, beyond their role or training, and what the review found."""

    __tablename__ = "broken_glass"
    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    act: Mapped[str] = mapped_column(default="")
    """What went on without its second person; empty: an emergency access."""
    reason: Mapped[bytes]
    """Why, sealed."""
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    """When a supervisor or auditor saw the alert."""
    reviewed_by: Mapped[str | None]
    reviewed_at: Mapped[datetime | None]
    finding: Mapped[str] = mapped_column(default="")
    """``proper``, ``unclear`` or ``improper``; empty until it is reviewed."""
    note: Mapped[bytes | None]
