"""What researchers study: agreements, corpora and the copies that are out, the reading room, published figures."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base


class Study(Base):
    """What somebody studies, under which agreement and ethics approval, and who may read in its room."""

    __tablename__ = "studies"
    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    """Who leads it."""
    purpose: Mapped[str]
    agreement: Mapped[str] = mapped_column(default="")
    """Number of the data-use agreement; empty: none, and then nothing but the open tier."""
    ethics: Mapped[str] = mapped_column(default="")
    """Number of the ethics approval."""
    people: Mapped[list[str]]
    """Ids of the accounts that may read in its room, whoever leads it among them."""
    codebook: Mapped[dict[str, Any]]
    """The codes that its texts may be given, each with what it means."""
    created_at: Mapped[datetime]
    approved_at: Mapped[datetime | None]
    """When its first corpus was approved; None: nothing was."""
    ends_at: Mapped[datetime]
    """When its agreement ends: nothing is read or fetched after."""
    closed_at: Mapped[datetime | None]
    """When its key was destroyed: nobody can make or undo its tokens any more."""


class Export(Base):
    """A corpus that was asked for, how far it is, and what its proof says."""

    __tablename__ = "exports"
    id: Mapped[str] = mapped_column(primary_key=True)
    study_id: Mapped[str | None] = mapped_column(ForeignKey("studies.id"), index=True)
    """None: made before there were studies."""
    user_id: Mapped[str]
    tier: Mapped[str]
    purpose: Mapped[str]
    scope: Mapped[dict[str, Any]]
    """What it is about: see `store.exports.Scope`."""
    status: Mapped[str] = mapped_column(index=True)
    """One of `store.exports.STATUSES`."""
    progress: Mapped[dict[str, Any]]
    """Of the step under way: its name, how much of it is done, of how much."""
    preview: Mapped[dict[str, Any]]
    """Sizes and risks, without a row: what its approver sees."""
    counts: Mapped[dict[str, Any]]
    """What was written."""
    report: Mapped[dict[str, Any]]
    """What the proof found; rows at fault by file and number, never by value."""
    error: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    previewed_at: Mapped[datetime | None]
    approved_by: Mapped[str | None]
    """Id of the account that approved or denied it."""
    approved_at: Mapped[datetime | None]
    alone: Mapped[bool] = mapped_column(default=False)
    """Approved by who asked for it, on the small house's path."""
    reason: Mapped[str] = mapped_column(default="")
    """Why it was denied or recalled, or approved alone."""
    ready_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    """When its files are deleted here."""
    ended_at: Mapped[datetime | None]
    """When it expired, was denied, refused or recalled."""


class ExportCopy(Base):
    """A file of a corpus that somebody fetched: what a recall must ask back."""

    __tablename__ = "export_copies"
    id: Mapped[int] = mapped_column(primary_key=True)
    export_id: Mapped[str] = mapped_column(ForeignKey("exports.id"), index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    file: Mapped[str]
    at: Mapped[datetime]
    destroyed_at: Mapped[datetime | None]
    """When who fetched it said that it is destroyed."""


class RoomText(Base):
    """A text that a study may read in the room: which post, never what it says."""

    __tablename__ = "room_texts"
    token: Mapped[str] = mapped_column(primary_key=True)
    """Its name in the room, made with the study's key; in its order, which tells nothing of when it came."""
    study_id: Mapped[str] = mapped_column(ForeignKey("studies.id"), index=True)
    export_id: Mapped[str] = mapped_column(ForeignKey("exports.id"), index=True)
    post_id: Mapped[str] = mapped_column(ForeignKey("posts.id"))


class RoomCode(Base):
    """A code that somebody gave a text in the room."""

    __tablename__ = "room_codes"
    token: Mapped[str] = mapped_column(primary_key=True)
    """Of a `RoomText`, which may be gone before what was said of it."""
    study_id: Mapped[str] = mapped_column(ForeignKey("studies.id"), index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class Paraphrase(Base):
    """What somebody wrote in their own words of a text in the room; it leaves only once another has reviewed it."""

    __tablename__ = "paraphrases"
    id: Mapped[str] = mapped_column(primary_key=True)
    study_id: Mapped[str] = mapped_column(ForeignKey("studies.id"), index=True)
    token: Mapped[str]
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    sealed: Mapped[bytes]
    """The words, sealed under the study's key."""
    risk: Mapped[dict[str, Any]]
    """How near it is to texts of the room, in figures: without a word of either."""
    status: Mapped[str] = mapped_column(default="asked")
    """``asked``, ``released`` or ``refused``."""
    created_at: Mapped[datetime]
    reviewed_by: Mapped[str | None]
    reviewed_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")


class PublishedView(Base):
    """Figures of a month that is over, as they were published: made once, and what later views are checked against."""

    __tablename__ = "published_views"
    month: Mapped[str] = mapped_column(primary_key=True)
    """``2026-11``."""
    view: Mapped[str] = mapped_column(primary_key=True)
    """What it counts by."""
    body: Mapped[dict[str, Any]]
    made_at: Mapped[datetime]
