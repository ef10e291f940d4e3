"""Whom the house works with: organisations, the pivots through whom all goes, and what was agreed with them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base


class Organisation(Base):
    """An organisation that helps youths, or answers for them."""

    __tablename__ = "organisations"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    """``police``, ``dpj``, ``school``, ``cisss``, ``cavac``, ``community`` or ``shelter``."""
    regions: Mapped[list[str]]
    """Regions that it serves; empty: all of Québec."""
    phone: Mapped[str] = mapped_column(default="")
    """What anybody may call."""
    hours: Mapped[str] = mapped_column(default="")
    """Opening hours, written as working hours are (``mon-fri 08:00-16:00``); empty: not known."""
    ages_from: Mapped[int | None]
    ages_to: Mapped[int | None]
    services: Mapped[str] = mapped_column(default="")
    """What it offers, in plain words."""
    confirmed_at: Mapped[datetime]
    """When somebody last asked whether all this is still so."""
    confirmed_by: Mapped[str]
    """Pseudonym."""
    ended_at: Mapped[datetime | None]


class Pivot(Base):
    """The person of an organisation whom referrals and questions go to; nothing is sent where there is none."""

    __tablename__ = "pivots"
    id: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)
    name: Mapped[str]
    title: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"), index=True)
    """Their account here; None: they have none, and acknowledge by a link."""
    backup_id: Mapped[str | None] = mapped_column(ForeignKey("pivots.id"))
    """Who stands in, of the same organisation."""
    valid_until: Mapped[datetime]
    confirmed_at: Mapped[datetime]
    confirmed_by: Mapped[str]
    ended_at: Mapped[datetime | None]


class Agreement(Base):
    """What was agreed with an organisation, and until when."""

    __tablename__ = "agreements"
    id: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)
    title: Mapped[str]
    signed_on: Mapped[date]
    ends_on: Mapped[date]
    fields: Mapped[list[str]]
    """Fields that the organisation may be told under it; what its kind may be told bounds them."""
    ended_at: Mapped[datetime | None]


class Notice(Base):
    """An e-mail without content: that something waits here, never what. Addresses are looked up when it is sent."""

    __tablename__ = "notices"
    __table_args__ = (Index("ix_notices_state", "state", "due_at"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    pivot_id: Mapped[str] = mapped_column(ForeignKey("pivots.id"))
    kind: Mapped[str]
    """One of `triage_api.notices.queueing.KINDS`."""
    about: Mapped[str]
    """Id of what it is about; it stands in no e-mail."""
    link: Mapped[bytes | None]
    """The single-use link that it carries, sealed; None once it was sent."""
    state: Mapped[str] = mapped_column(default="queued")
    """``queued``, ``sending`` (a mail server is being spoken to), ``sent``, ``uncertain`` (stopped while sending:
    nobody knows whether it left), ``failed`` (a server refused it), ``dropped`` (true no more, or nobody to tell)."""
    queued_at: Mapped[datetime]
    due_at: Mapped[datetime]
    sending_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(default="")
