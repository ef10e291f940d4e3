"""What leaves the house about a youth: on which consent or ground, to whom, what became of it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base


class Consent(Base):
    """What a youth, or their parent or tutor, lets be told, of which fields, to whom, until when."""

    __tablename__ = "consents"
    id: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[str] = mapped_column(ForeignKey("subjects.id"), index=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("requests.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"))
    """Who may be told."""
    fields: Mapped[list[str]]
    given_by: Mapped[str]
    """``youth``, ``parent`` or ``tutor``; under 14, never the youth."""
    adult: Mapped[bool] = mapped_column(default=False)
    """Given by somebody who is 18, for the time after."""
    sealed: Mapped[bytes]
    """Who explained it, how, and in whose presence, sealed under the subject's key."""
    code_hash: Mapped[str] = mapped_column(unique=True)
    """Keyed hash of the code on the paper by which it is withdrawn without an account."""
    recorded_by: Mapped[str] = mapped_column(ForeignKey("users.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_via: Mapped[str] = mapped_column(default="")
    """``code``, ``partner`` or ``desk``."""


class Referral(Base):
    """What is told to one pivot so that they can act, and what became of it."""

    __tablename__ = "referrals"
    __table_args__ = (Index("ix_referrals_due", "state", "due_at"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    request_id: Mapped[str | None] = mapped_column(ForeignKey("requests.id"), index=True)
    post_id: Mapped[str | None] = mapped_column(ForeignKey("posts.id"), index=True)
    """The post that was decided to be referred, where no request stands behind it."""
    subject_id: Mapped[str | None] = mapped_column(ForeignKey("subjects.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)
    pivot_id: Mapped[str] = mapped_column(ForeignKey("pivots.id"), index=True)
    lead_id: Mapped[str | None] = mapped_column(ForeignKey("organisations.id"))
    """The organisation that leads, where several are told."""
    ground: Mapped[str]
    consent_id: Mapped[str | None] = mapped_column(ForeignKey("consents.id"))
    stage: Mapped[str]
    """``plain`` (nothing that identifies) or ``named``."""
    fields: Mapped[list[str]]
    """Which fields it tells."""
    posts: Mapped[list[str]]
    """Posts whose dated fact sheet goes with it."""
    sealed: Mapped[bytes]
    """What is told, and what the ground asked for, under the subject's key or, without one, the referral's own."""
    state: Mapped[str] = mapped_column(default="draft")
    """``draft``, ``approved``, ``sent``, ``acknowledged``, ``closed`` (has an outcome), ``withdrawn``, ``refused``."""
    created_by: Mapped[str] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    alone: Mapped[bool] = mapped_column(default=False)
    """Whether one person sent it alone: urgent, or on the small house's path; it is reviewed after."""
    review_due_at: Mapped[datetime | None]
    reviewed_by: Mapped[str | None]
    reviewed_at: Mapped[datetime | None]
    finding: Mapped[str] = mapped_column(default="")
    """``proper``, ``unclear`` or ``improper``; empty until reviewed."""
    sent_at: Mapped[datetime | None]
    """The moment at which the pivot could read it: sending is this change and nothing else."""
    due_at: Mapped[datetime | None]
    link_hash: Mapped[str | None] = mapped_column(unique=True)
    """Keyed hash of the single-use link that acknowledges it; None once used or replaced."""
    link_ends_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_via: Mapped[str] = mapped_column(default="")
    """``link``, ``portal`` or ``call`` (the desk was told so by telephone)."""
    outcome: Mapped[str] = mapped_column(default="")
    outcome_at: Mapped[datetime | None]
    outcome_sealed: Mapped[bytes | None]
    escalated_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    """When the pivot was reminded that its outcome is not told yet."""
    taken_back_at: Mapped[datetime | None]
    """When the desk took back what its pivot could read already."""


class Disclosure(Base):
    """One line of the ledger: who was told what about whom, when, on what ground. Never changed."""

    __tablename__ = "disclosures"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    """``referral``, ``answer``, ``meeting`` or ``call`` (told by telephone)."""
    about: Mapped[str] = mapped_column(index=True)
    """Id of the referral, request or meeting."""
    subject_id: Mapped[str | None] = mapped_column(ForeignKey("subjects.id"), index=True)
    organisation_id: Mapped[str | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    pivot_id: Mapped[str | None] = mapped_column(ForeignKey("pivots.id"))
    ground: Mapped[str]
    consent_id: Mapped[str | None] = mapped_column(ForeignKey("consents.id"))
    fields: Mapped[list[str]]
    by: Mapped[str]
    """Pseudonym."""
    at: Mapped[datetime]
    entry: Mapped[int] = mapped_column(BigInteger)
    """Number of the register's entry that says the same."""


class EntenteStep(Base):
    """A step of the Entente multisectorielle that was taken for a request."""

    __tablename__ = "entente_steps"
    __table_args__ = (UniqueConstraint("request_id", "step"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("requests.id"))
    step: Mapped[str]
    """``report``, ``planning``, ``inquiry``, ``decision`` or ``action``, in that order."""
    on: Mapped[date]
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    """Who wrote it down; whoever reports to the DPJ is a person outside the product."""
    at: Mapped[datetime]


class Closing(Base):
    """How a case was closed: with the day of its report to the DPJ, or with a reason that two people gave."""

    __tablename__ = "closings"
    request_id: Mapped[str] = mapped_column(ForeignKey("requests.id"), primary_key=True)
    reported_on: Mapped[date | None]
    sealed: Mapped[bytes | None]
    """Why there was no report, sealed under the subject's key."""
    asked_by: Mapped[str] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime]
    closed_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    closed_at: Mapped[datetime | None]
    alone: Mapped[bool] = mapped_column(default=False)


class Meeting(Base):
    """A meeting of pivots that an analyst proposed because cases meet: organisations only, no case, no name."""

    __tablename__ = "meetings"
    id: Mapped[str] = mapped_column(primary_key=True)
    requests: Mapped[list[str]]
    ground: Mapped[str]
    sealed: Mapped[bytes]
    """Why, for the desk; sealed under the meeting's own key."""
    proposed_by: Mapped[str] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    """After it, nobody outside the desk is shown it any more."""
    ended_at: Mapped[datetime | None]


class MeetingPart(Base):
    """One organisation's part in a meeting."""

    __tablename__ = "meeting_parts"
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meetings.id"), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    pivot_id: Mapped[str] = mapped_column(ForeignKey("pivots.id"))
    answer: Mapped[str] = mapped_column(default="")
    """``yes`` or ``no``; empty while it waits."""
    answered_at: Mapped[datetime | None]
