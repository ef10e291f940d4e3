"""The database: what is the record. SQLite and PostgreSQL hold the same tables; see `migrations`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import JSON, DateTime, ForeignKey, Index, LargeBinary, Text, TypeDecorator, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite forgets time zones, so they are put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a moment without a zone; store it in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Return the moment in UTC, with its zone."""
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The root of all tables."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it as a class attribute
        datetime: UtcDateTime(),
        str: Text(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
        list[str]: JSON(),
        bytes: LargeBinary(),
    }


class Source(Base):
    """A declared source of public text; `declaration` is its YAML as data."""

    __tablename__ = "sources"
    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    kind: Mapped[str]
    declaration: Mapped[dict[str, Any]]
    digest: Mapped[str]
    created_at: Mapped[datetime]


class Approval(Base):
    """Leave to collect from one source as declared by `digest`; none, suspended or expired: no request is sent."""

    __tablename__ = "approvals"
    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("sources.id"), index=True)
    digest: Mapped[str]
    assessment: Mapped[str]
    """Number of the privacy assessment (EFVP)."""
    mandate: Mapped[str]
    ground: Mapped[str]
    approvers: Mapped[list[str]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    suspended_at: Mapped[datetime | None]


class Run(Base):
    """One collection of one source."""

    __tablename__ = "runs"
    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("sources.id"), index=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    status: Mapped[str]
    counts: Mapped[dict[str, Any]]
    message: Mapped[str] = mapped_column(default="")


class Post(Base):
    """A public post or ad, as last seen; `seq` is the order of ingestion, `version` counts edits."""

    __tablename__ = "posts"
    __table_args__ = (
        UniqueConstraint("source_id", "external_id"),
        Index("ix_posts_expiry", "expires_at"),
        {"sqlite_autoincrement": True},
    )
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(unique=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("sources.id"))
    external_id: Mapped[str]
    origin: Mapped[str]
    """``collect``, ``import`` or ``paste``."""
    kind: Mapped[str]
    url: Mapped[str] = mapped_column(default="")
    title: Mapped[str] = mapped_column(default="")
    text: Mapped[str]
    author: Mapped[str] = mapped_column(default="")
    city: Mapped[str] = mapped_column(default="")
    region: Mapped[str] = mapped_column(default="")
    posted_at: Mapped[datetime | None]
    ingested_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    digest: Mapped[str]
    """SHA-256 of title and text as given; a change of it is an edit."""
    same_text: Mapped[str] = mapped_column(index=True)
    """Digest of the folded words: copies of one text share it."""
    status: Mapped[str] = mapped_column(default="live")
    """``live``, ``erased`` (text gone) or ``quarantined`` (text sealed away)."""
    expires_at: Mapped[datetime | None]
    provenance: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """For a pasted post: platform, where, when and by whom it was seen."""


class Capture(Base):
    """Where the evidence of one version of one post is kept, and the digests that prove it."""

    __tablename__ = "captures"
    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"), index=True)
    version: Mapped[int]
    path: Mapped[str]
    sha256: Mapped[str]
    response_sha256: Mapped[str]
    url: Mapped[str]
    fetched_at: Mapped[datetime]
    collector: Mapped[str]


class AssessmentRow(Base):
    """What the reader said of one version of one post."""

    __tablename__ = "assessments"
    __table_args__ = (UniqueConstraint("post_id", "version", "grid", "model"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"), index=True)
    version: Mapped[int]
    grid: Mapped[str]
    model: Mapped[str]
    lang: Mapped[str]
    urgency: Mapped[str]
    score: Mapped[float]
    flagged: Mapped[list[str]]
    criteria: Mapped[list[str]]
    body: Mapped[dict[str, Any]]
    """The contract's answer of `assess`: signals with evidence, counter-indicators, entities."""
    created_at: Mapped[datetime]


class Work(Base):
    """One thing that a worker must do; taken by a lease, which returns if it is not renewed."""

    __tablename__ = "work"
    __table_args__ = (UniqueConstraint("kind", "key"), Index("ix_work_due", "kind", "due_at"))
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    key: Mapped[str]
    due_at: Mapped[datetime]
    """When it may be taken (again)."""
    owner: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(default="")


class Outbox(Base):
    """A change that the index must hear of; written in the transaction that made the change."""

    __tablename__ = "outbox"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - SQLAlchemy reads it as a class attribute
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    post_id: Mapped[str]
    created_at: Mapped[datetime]


Lane = Literal["immediate", "at_risk", "requests", "recruitment", "ads"]
"""The lanes of the queue."""


class QueueItem(Base):
    """Something for an analyst to read and decide: a post, or a partner's request."""

    __tablename__ = "queue_items"
    __table_args__ = (Index("ix_queue_order", "status", "rank", "created_at"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    post_id: Mapped[str | None] = mapped_column(ForeignKey("posts.id"), unique=True)
    request_id: Mapped[str | None] = mapped_column(ForeignKey("requests.id"), unique=True)
    lane: Mapped[str]
    urgency: Mapped[str]
    rank: Mapped[int]
    """The urgency as a number, 3 for immediate."""
    score: Mapped[float] = mapped_column(default=0.0)
    signals: Mapped[list[str]]
    region: Mapped[str] = mapped_column(default="")
    same_text: Mapped[str] = mapped_column(default="", index=True)
    version: Mapped[int] = mapped_column(default=1)
    """Version of the post that the item speaks of."""
    status: Mapped[str] = mapped_column(default="open")
    """``open``, ``decided``, ``withdrawn`` (an edit took the sign away), ``expired``; a claim is a lease beside it."""
    created_at: Mapped[datetime]
    claimed_by: Mapped[str | None]
    claimed_until: Mapped[datetime | None]


class Skip(Base):
    """An item that a person passed over without a reason; it is not offered to that person again."""

    __tablename__ = "skips"
    item_id: Mapped[str] = mapped_column(ForeignKey("queue_items.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    at: Mapped[datetime]


class Decision(Base):
    """What a person decided on a queue item, and why."""

    __tablename__ = "decisions"
    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[str] = mapped_column(ForeignKey("queue_items.id"), index=True)
    post_id: Mapped[str | None] = mapped_column(index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    verdict: Mapped[str]
    criteria: Mapped[list[str]]
    reason: Mapped[str]
    grid: Mapped[str]
    created_at: Mapped[datetime]


class Quarantined(Base):
    """A post's text, sealed and apart, for the quarantine officer only."""

    __tablename__ = "quarantine"
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"), primary_key=True)
    sealed: Mapped[bytes]
    by: Mapped[str]
    created_at: Mapped[datetime]


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
