"""What was collected and under which leave: sources, approvals, runs, posts, captures, assessments, links."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base


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
    region: Mapped[str] = mapped_column(default="")
    """Region that the leave is for; empty: wherever the source's posts come from."""
    retention_days: Mapped[int | None]
    """Days until the text of an unflagged post of this source goes, where that is sooner than elsewhere."""
    approvers: Mapped[list[str]]
    """Names of those who approved; the first asked for it."""
    created_at: Mapped[datetime]
    """When it was asked for."""
    granted_at: Mapped[datetime | None]
    """When it came into force; None while it waits for a second approver."""
    alone_reason: Mapped[str] = mapped_column(default="")
    """Why one person approved alone, where the house's profile lets one."""
    expires_at: Mapped[datetime]
    suspended_at: Mapped[datetime | None]
    suspended_by: Mapped[str] = mapped_column(default="")
    suspended_why: Mapped[str] = mapped_column(default="")


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


class PageMark(Base):
    """What a page of a source last answered, so that it is asked for only if it changed."""

    __tablename__ = "page_marks"
    source_id: Mapped[str] = mapped_column(ForeignKey("sources.id"), primary_key=True)
    page: Mapped[str] = mapped_column(primary_key=True)
    """SHA-256 of the address."""
    etag: Mapped[str] = mapped_column(default="")
    last_modified: Mapped[str] = mapped_column(default="")
    body_sha256: Mapped[str] = mapped_column(default="")
    seen_at: Mapped[datetime]


class SourceMark(Base):
    """What is remembered of a source between collections: the newest id, the digest of its terms, its robots.txt."""

    __tablename__ = "source_marks"
    source_id: Mapped[str] = mapped_column(ForeignKey("sources.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
    seen_at: Mapped[datetime]


class SourceAlert(Base):
    """What a supervisor must be told of a source: a wall, changed terms, fields that no longer come."""

    __tablename__ = "source_alerts"
    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("sources.id"), index=True)
    kind: Mapped[str]
    message: Mapped[str]
    at: Mapped[datetime]
    last_at: Mapped[datetime]
    """When it was last met; one that is not yet seen is not told twice."""
    seen_at: Mapped[datetime | None]
    seen_by: Mapped[str] = mapped_column(default="")


class Post(Base):
    """A public post or ad, as last seen; `seq` is the order of ingestion, `version` counts edits."""

    __tablename__ = "posts"
    __table_args__ = (
        UniqueConstraint("source_id", "external_id"),
        Index("ix_posts_expiry", "expires_at"),
        Index("ix_posts_came", "source_id", "status", "ingested_at"),
        Index("ix_posts_published", "source_id", "status", "posted_at"),
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
    revision: Mapped[int] = mapped_column(default=0, server_default="0")
    """Grows with every change that the index must hear of; the index never goes back behind it."""
    digest: Mapped[str]
    """SHA-256 of title and text as given; a change of it is an edit."""
    same_text: Mapped[str] = mapped_column(index=True)
    """Digest of the folded words: copies of one text share it."""
    status: Mapped[str] = mapped_column(default="live")
    """``live``, ``erased`` (text gone) or ``quarantined`` (text sealed away)."""
    expires_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    """When the source last showed it."""
    gone_at: Mapped[datetime | None]
    """When it was found to be deleted at the source; its text goes early."""
    provenance: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """For a pasted post: platform, where, when and by whom it was seen."""


class Capture(Base):
    """Where the evidence of one version of one post is kept, and the digests that prove it."""

    __tablename__ = "captures"
    __table_args__ = (Index("ix_captures_waiting", "entry", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"), index=True)
    version: Mapped[int]
    path: Mapped[str]
    sha256: Mapped[str]
    response_sha256: Mapped[str]
    url: Mapped[str]
    fetched_at: Mapped[datetime]
    collector: Mapped[str]
    entry: Mapped[int | None] = mapped_column(BigInteger)
    """Number of the register's entry that names it; None while it waits for one, 0 if it is older than such entries."""


_EDITS = text("version > 1")
"""Few posts are edited: the index of their assessments holds no others."""


class AssessmentRow(Base):
    """What the reader said of one version of one post."""

    __tablename__ = "assessments"
    __table_args__ = (
        UniqueConstraint("post_id", "version", "grid", "model"),
        Index("ix_assessments_edits", "created_at", sqlite_where=_EDITS, postgresql_where=_EDITS),
    )
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


class LinkedPost(Base):
    """A post that may be linked to others, and where it stands among them: see `nlp.link`.

    A post that was erased or edited since keeps its row, emptied, until the linker has let it go.
    """

    __tablename__ = "linked_posts"
    __table_args__ = (
        Index("ix_linked_component", "component", "rank"),
        Index("ix_linked_group", "text_group", "rank"),
    )
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"), primary_key=True)
    version: Mapped[int]
    """Version of the post that was linked; 0: emptied."""
    rank: Mapped[int] = mapped_column(BigInteger)
    stems: Mapped[str]
    """The stems that it is compared by, separated by spaces."""
    component: Mapped[int] = mapped_column(BigInteger)
    text_group: Mapped[int] = mapped_column(BigInteger)
    campaign: Mapped[str | None] = mapped_column(index=True)
    because: Mapped[list[str]]
    """Which kinds of evidence tie it to its campaign."""
    city: Mapped[str] = mapped_column(default="")
    """Canonical name of the city it speaks for, "" if none is known."""
    at: Mapped[datetime]
    """When it was published; where that is not known, taken in."""


class LinkBand(Base):
    """A band key of a linked post: posts that may be near-duplicates share one."""

    __tablename__ = "link_bands"
    __table_args__ = (Index("ix_link_bands_post", "post_id"),)
    band: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    rank: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"), primary_key=True)


class LinkContact(Base):
    """A contact of a linked post that may tie it to others, as ``kind:value`` in its normal form."""

    __tablename__ = "link_contacts"
    __table_args__ = (Index("ix_link_contacts_post", "post_id"),)
    contact: Mapped[str] = mapped_column(primary_key=True)
    rank: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"), primary_key=True)
