"""What waits: for workers, and for people at the queue; what they decided."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base


class Work(Base):
    """One thing that a worker must do; taken by a lease, which returns if it is not renewed."""

    __tablename__ = "work"
    __table_args__ = (UniqueConstraint("kind", "key"), Index("ix_work_due", "kind", "due_at", "id"))
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    key: Mapped[str]
    due_at: Mapped[datetime | None]
    """When it may be taken (again); none for a dead letter, which waits until somebody asks for it anew."""
    asked_at: Mapped[datetime | None]
    """Since when it has been wanted, whatever became of it since."""
    owner: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(default="")


Lane = Literal["immediate", "at_risk", "requests", "recruitment", "ads", "sample"]
"""The lanes of the queue. `sample`: drawn at random from posts in which nothing was seen, to find what is missed."""


_CLAIMED = text("claimed_until IS NOT NULL")
"""Few items are claimed at once: their index holds no others."""


def _hour_of_coming(context: DefaultExecutionContext) -> int:
    came: datetime = context.get_current_parameters()["created_at"]  # type: ignore[no-untyped-call] # SQLAlchemy's
    return int(came.timestamp()) // 3600


class QueueItem(Base):
    """Something for an analyst to read and decide: a post, or a partner's request."""

    __tablename__ = "queue_items"
    __table_args__ = (
        Index("ix_queue_order", "status", "rank", "hour"),
        Index("ix_queue_lane", "status", "lane", "rank", "hour"),
        Index("ix_queue_desk", "status", "desk", "rank", "hour"),
        Index("ix_queue_taken", "taken_at"),
        Index("ix_queue_claimed", "claimed_by", "claimed_until", sqlite_where=_CLAIMED, postgresql_where=_CLAIMED),
    )
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
    hour: Mapped[int] = mapped_column(default=_hour_of_coming, server_default="0")
    """Hours from 1970 to `created_at`: of the items of one hour and one urgency, the likeliest stands first."""
    claimed_by: Mapped[str | None]
    claimed_until: Mapped[datetime | None]
    desk: Mapped[str] = mapped_column(default="")
    """Region whose desk reads it: its own, unless it was transferred; "" if none is known."""
    taken_at: Mapped[datetime | None]
    """When somebody first claimed it."""
    handed_to: Mapped[str | None] = mapped_column(index=True)
    """Whom a colleague handed it over to: offered to that person first; None: to anybody."""
    double: Mapped[bool] = mapped_column(default=False)
    """Drawn to be judged by two people, neither of whom sees scores or the other's judgement before."""


class Skip(Base):
    """An item that a person passed over without a reason; it is not offered to that person again."""

    __tablename__ = "skips"
    item_id: Mapped[str] = mapped_column(ForeignKey("queue_items.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    at: Mapped[datetime]


class Decision(Base):
    """What a person decided on a queue item, and why."""

    __tablename__ = "decisions"
    __table_args__ = (Index("ix_decisions_user", "user_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[str] = mapped_column(ForeignKey("queue_items.id"), index=True)
    post_id: Mapped[str | None] = mapped_column(index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    verdict: Mapped[str]
    criteria: Mapped[list[str]]
    sealed: Mapped[bytes]
    """Why, in the person's own words, sealed under the item's data key; empty once erased."""
    grid: Mapped[str]
    created_at: Mapped[datetime]
    act: Mapped[str] = mapped_column(default="", index=True)
    """What decisions that were made together share: one for all posts of a campaign; empty: made alone."""
    ended_before: Mapped[datetime | None]
    """When the post's text was to go before the decision, to undo it."""
    undone_at: Mapped[datetime | None]


class Quarantined(Base):
    """A post's text, sealed and apart, for the quarantine officer only."""

    __tablename__ = "quarantine"
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"), primary_key=True)
    sealed: Mapped[bytes]
    by: Mapped[str]
    """Pseudonym of whoever pressed the button, or ``lexicon``."""
    created_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(default="")
    """What the officer decided: ``destroyed``, ``handed_over``, ``released``; empty while it waits."""
    outcome_by: Mapped[str] = mapped_column(default="")
    outcome_at: Mapped[datetime | None]
    note: Mapped[bytes | None]
    """The officer's reason, sealed."""
