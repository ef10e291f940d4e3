"""The register, its tree, its checkpoints, and its review."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base


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


class RegisterLeaf(Base):
    """The place of an entry in the tree, given once by the sequencer; never changed, never deleted."""

    __tablename__ = "register_leaves"
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """From 0, without gaps."""
    n: Mapped[int] = mapped_column(BigInteger, unique=True)


class RegisterNode(Base):
    """The hash of a whole subtree of 2**level leaves; never changed, never deleted."""

    __tablename__ = "register_nodes"
    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """From 1: the leaves' own hashes stand in the register."""
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class RegisterCheckpoint(Base):
    """A signed head of the tree, as C2SP tlog-checkpoint text; never changed, never deleted."""

    __tablename__ = "register_checkpoints"
    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    note: Mapped[str]


class Review(Base):
    """A search, or openings of one item, drawn to be looked at by somebody else, and what they found."""

    __tablename__ = "reviews"
    id: Mapped[str] = mapped_column(primary_key=True)
    search_id: Mapped[str | None] = mapped_column(index=True)
    """The search that was drawn; None for openings."""
    entry: Mapped[int | None] = mapped_column(BigInteger)
    """For openings of a post or request: the number of the newest one's entry in the register."""
    sample: Mapped[str]
    """``random`` or ``targeted``."""
    reasons: Mapped[list[str]]
    """Why it was drawn: see `triage_api.oversight`."""
    drawn_at: Mapped[datetime]
    drawn_by: Mapped[str]
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[str | None]
    finding: Mapped[str] = mapped_column(default="")
    """``proper``, ``unclear`` or ``improper``; empty while it waits."""
    note: Mapped[bytes | None]
    """The reviewer's words, sealed."""
