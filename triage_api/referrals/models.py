"""Shapes of a referral: as it is made, approved, sent, taken and reviewed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from triage_api.access.models import Finding
from triage_api.consents.models import TakenBack
from triage_api.evidence.models import Sheet
from triage_api.helplines.lines import Helplines
from triage_api.shell.fields import Cleaned, Line, Lines, Needed, Paragraph
from triage_api.sources.coverage import WALLED

Stage = Literal["plain", "named"]
STAGES: tuple[Stage, ...] = get_args(Stage)
State = Literal["draft", "approved", "sent", "acknowledged", "closed", "withdrawn", "refused"]
STATES: tuple[State, ...] = get_args(State)
Outcome = Literal["contacted", "in_followup", "reported_to_dpj", "safe", "not_found", "declined", "moved_on", "other"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
MOST_POSTS = 10

FieldName = Annotated[str, StringConstraints(max_length=40), Cleaned]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=3000), Cleaned]


def _said(texts: dict[str, str]) -> dict[str, str]:
    """Leave out what was left empty."""
    return {name: text for name, text in texts.items() if text}


Texts = Annotated[dict[FieldName, Words], Field(max_length=40), AfterValidator(_said)]


class ReferralIn(BaseModel):
    """A referral to make, for a request or for a post that was decided to be referred."""

    request: Line = ""
    post: Line = ""
    pivot: Needed
    """Id of the pivot; if they cannot be told anything now, who stands in is told."""
    ground: Needed
    facts: Texts = Field(default_factory=dict)
    """What the ground asks for, by name."""
    stage: Stage = "plain"
    told: Texts = Field(default_factory=dict)
    """What is told, by field."""
    posts: Annotated[Lines, Field(max_length=MOST_POSTS)] = Field(default_factory=list)
    """Posts whose dated fact sheets go with it."""
    lead: Line = ""
    """Id of the organisation that leads, where several are told."""
    send: bool = False
    """Approve it and send it at once, where the ground lets one person."""


class ApproveIn(BaseModel):
    """An approval; `reason` says why nobody else can, where one person goes on alone."""

    send: bool = False
    reason: Words = ""


class WhyIn(BaseModel):
    """Why a referral is refused or withdrawn; it stays sealed in the register."""

    reason: Paragraph


class OutcomeIn(BaseModel):
    """What became of a referral."""

    outcome: Outcome
    text: Words = ""


class ReviewIn(BaseModel):
    """What somebody else found of a disclosure that one person made alone."""

    finding: Finding
    note: Paragraph


class ReferralLine(BaseModel):
    """A referral in a list, nothing of what it tells; to the desk also what it is about and how it came about."""

    id: str
    state: State
    stage: Stage
    ground: str
    law: str
    urgent: bool
    organisation: str
    """Name of the organisation that is told."""
    lead: str
    sent_at: datetime | None
    due_at: datetime | None
    late: bool
    """Not acknowledged in time."""
    acknowledged_at: datetime | None
    outcome: Outcome | None
    outcome_at: datetime | None
    request: str | None = None
    post: str | None = None
    created_at: datetime | None = None


class DeskSide(BaseModel):
    """What of a referral only the desk sees."""

    pivot: str
    pivot_name: str
    pivot_phone: str
    has_account: bool
    """Without one the pivot acknowledges by a link, and is told by telephone."""
    people: int
    """How many people the ground asks for."""
    created_by: str
    """Pseudonym."""
    approved_by: str
    approved_at: datetime | None
    alone: bool
    review_due_at: datetime | None
    reviewed_at: datetime | None
    finding: Finding | None
    consent: str | None
    consent_holds: bool
    """Whether the consent that it rests on, if any, is in force: else its pivot reads nothing of it any more."""
    acknowledged_via: str
    escalated_at: datetime | None


class ReferralOut(ReferralLine):
    """A referral, read."""

    told: dict[str, str]
    posts: list[str]
    outcome_text: str = ""
    facts: dict[str, str] = Field(default_factory=dict)
    """What the ground asked for; for the desk."""
    desk: DeskSide | None = None
    sheets: list[Sheet] = Field(default_factory=list)
    """The fact sheets that go with it, verified for this answer; for the pivot."""
    gone: list[str] = Field(default_factory=list)
    """Posts whose text is kept no more: there is no sheet of them."""
    helplines: Helplines | None = None
    not_covered: list[str] = Field(default_factory=lambda: list(WALLED))
    """What nobody reads here: that a text does not tell of something never means that it is not there."""


class ReferralPage(BaseModel):
    """Referrals, newest first."""

    items: list[ReferralLine]
    next: str | None
    taken_back: list[TakenBack] = Field(default_factory=list)
    """What a pivot was told on a consent that was taken back since, on the first page of theirs."""


class ReviewLine(BaseModel):
    """A disclosure that one person made alone: nothing of what was told."""

    id: str
    ground: str
    law: str
    organisation: str
    fields: list[str]
    stage: Stage
    sent_at: datetime
    sent_by: str
    """Pseudonym of who approved it alone."""
    review_due_at: datetime | None
    late: bool
    mine: bool
    """One's own: somebody else reviews it."""
    reviewed_at: datetime | None
    reviewed_by: str
    finding: Finding | None


class ReviewOut(ReviewLine):
    """The same, opened: with what the ground asked for."""

    facts: dict[str, str]


class ReviewPage(BaseModel):
    """Disclosures made alone: first those that wait, by when they are due."""

    items: list[ReviewLine]
    next: None = None
