"""How the queue is worked: judgements, notes, watches, reading time, agreement, and what is counted each day."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base


class Judgement(Base):
    """What a person found in a double-coded item before the reader's scores or another's judgement were shown."""

    __tablename__ = "judgements"
    __table_args__ = (UniqueConstraint("item_id", "user_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[str] = mapped_column(ForeignKey("queue_items.id"))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    verdict: Mapped[str]
    criteria: Mapped[list[str]]
    grid: Mapped[str]
    at: Mapped[datetime]


class Note(Base):
    """What an analyst writes beside a post, for colleagues; goes with the post."""

    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"), index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    sealed: Mapped[bytes]
    """The words, sealed under the post's notes key; see `store.notes`."""
    created_at: Mapped[datetime]


class Tag(Base):
    """A short word that analysts find posts by; goes with the post."""

    __tablename__ = "tags"
    __table_args__ = (Index("ix_tags_tag", "tag", "post_id"),)
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"), primary_key=True)
    tag: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]


class Parted(Base):
    """A post that a person took out of a campaign: it is linked no more while it says what it said."""

    __tablename__ = "parted"
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"), primary_key=True)
    version: Mapped[int]
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]


class SavedView(Base):
    """Filters of the queue that a person keeps under a name."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("user_id", "name"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str]
    filters: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class Duty(Base):
    """A watch: from when to when a person reads what is immediate, and who stands in when they do not."""

    __tablename__ = "duties"
    __table_args__ = (Index("ix_duties_end", "ends_at"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    backup_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    """Moved forward when the watch is ended early."""


class DeskAlert(Base):
    """Something that a person at the desks must be told, without content."""

    __tablename__ = "desk_alerts"
    __table_args__ = (UniqueConstraint("user_id", "kind", "about"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str]
    """``unacknowledged`` (an immediate item that nobody took in time), ``handed`` (an item was handed over),
    ``going_on`` (the person reads on past the limit of the day; `about` is the day and the hour), or one of
    `triage_api.duty.alerts.PLACES`."""
    about: Mapped[str]
    """Id of the queue item, or of whatever else the kind is about."""
    at: Mapped[datetime]
    seen_at: Mapped[datetime | None]


class ReadingSpan(Base):
    """A stretch of time in which a person read posts without a break."""

    __tablename__ = "reading_spans"
    __table_args__ = (Index("ix_reading_spans_user", "user_id", "last_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    began_at: Mapped[datetime]
    last_at: Mapped[datetime]
    posts: Mapped[int] = mapped_column(default=0)


class CriterionState(Base):
    """Whether a criterion flags by itself, and how well two readers agree on it."""

    __tablename__ = "criterion_states"
    criterion: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    """``active`` or ``suspended``: what is suspended is shown to people and flags nothing."""
    alpha: Mapped[float | None]
    """Krippendorff's alpha when the state was last set."""
    posts: Mapped[int]
    """Double-coded posts that it was computed on."""
    by: Mapped[str]
    """Pseudonym, or ``agreement`` when the figure alone decided."""
    at: Mapped[datetime]


class DayCount(Base):
    """A figure of one day that outlives the posts behind it."""

    __tablename__ = "day_counts"
    day: Mapped[date] = mapped_column(primary_key=True)
    """In the time of Québec."""
    name: Mapped[str] = mapped_column(primary_key=True)
    """``seen``, ``flagged``, ``dropped``, ``score:minor:07:MODEL`` (scores from .35 to .40), …"""
    count: Mapped[int]


class Lesson(Base):
    """An answer that a person gave to a fictional case."""

    __tablename__ = "lessons"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    course: Mapped[str]
    """Which attempt it belongs to."""
    case: Mapped[str]
    verdict: Mapped[str]
    criteria: Mapped[list[str]]
    right: Mapped[bool]
    at: Mapped[datetime]
