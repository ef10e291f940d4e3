"""Shapes of a post as read, and of a text that a person pastes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, Field, StringConstraints

from nlp.clean import clean
from store.intake import Intake
from store.records import Body
from triage_api.posts.around_models import CampaignOut, HistoryOut, NoteOut, SimilarOut, SourceOut
from triage_api.shell.fields import Line, Needed
from triage_api.shell.times import as_moment, reachable
from triage_api.sources.coverage import WALLED

SeenAt = Annotated[AwareDatetime, BeforeValidator(as_moment), AfterValidator(reachable)]
Pasted = Annotated[Body, BeforeValidator(lambda value: clean(value) if isinstance(value, str) else value)]
"""A text as somebody's clipboard held it: half an emoji, which is no text, does not lose the rest."""
PLATFORMS = tuple(name for name in WALLED if " · " not in name)
"""Platforms that are offered by name when a text is pasted: what is walled and has one name in both languages."""
What = Literal["address", "author"]
"""What is masked of a post until it is revealed."""


class CaptureOut(BaseModel):
    """The evidence that is kept of a post, by its digests; the address is masked."""

    sha256: str
    response_sha256: str
    url: str
    fetched_at: datetime


class CriterionOut(BaseModel):
    """A criterion of the grid that a post meets, in both languages."""

    id: str
    family: str
    name_fr: str
    name_en: str
    def_fr: str
    def_en: str


class CounterOut(BaseModel):
    """Something in a post that speaks against its signals."""

    id: str
    fr: str
    en: str


class PostOut(BaseModel):
    """A post, read. `text` is what was assessed, title included: evidence counts its offsets from there.

    `url`, the capture's address, `author` and where a pasted text was seen are masked: see `revealable`. While `blind`,
    what the reader and colleagues say of it is empty: the person is to judge it first.
    """

    id: str
    kind: str
    title: str
    text: str
    author: str
    city: str
    region: str
    url: str
    source: SourceOut
    posted_at: datetime | None
    ingested_at: datetime
    age_s: int
    """Seconds since it was published, or taken in where that is not known."""
    version: int
    origin: str
    provenance: dict[str, str]
    assessment: dict[str, Any] | None
    """The contract's answer of `assess`; None while the post waits to be read, without signals while `blind`."""
    criteria: list[CriterionOut]
    counters: list[CounterOut]
    capture: CaptureOut | None
    campaign: CampaignOut | None
    """None: linked to no other, or not flagged as a sign of danger."""
    copies: int
    found: list[tuple[int, int]] = Field(default_factory=list)
    """Spans of `text`, half-open, that the search asked for from which the post was opened."""
    item: str | None
    """The queue item that waits for a decision on it, if there is one."""
    expires_at: datetime | None
    revealable: list[What]
    """What stands here masked and is told by `POST /api/posts/{id}/reveal`."""
    blind: bool = False
    """The item is judged by two people, and this person has not judged it yet."""
    double: bool = False
    """The item is judged by two people."""
    length: int
    lang: str | None
    similar: list[SimilarOut] = Field(default_factory=list)
    """At most twenty; none for a post that is not flagged as a sign of danger."""
    history: HistoryOut = Field(default_factory=HistoryOut)
    notes: list[NoteOut] = Field(default_factory=list)
    tags: list[str] = Field(default_factory=list)


class RevealIn(BaseModel):
    """What somebody must see of a post, and why."""

    what: What
    why: Needed


class RevealOut(BaseModel):
    """What was masked, defanged; several values stand on a line each."""

    post: str
    what: What
    value: str


class PasteIn(BaseModel):
    """A public text that a person saw where no collector may go, pasted or transcribed; never an image."""

    text: Pasted
    platform: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40, pattern=r"\w")]
    seen_at: SeenAt
    where: Needed
    """Public place where it stands: a profile's name, a group, an address."""
    seen_by: Line = ""
    """Who saw it; empty: the person who pastes."""
    request: Line | None = None
    """The request that it serves, one that the person may read."""
    kind: Literal["post", "ad"] = "post"


class PasteOut(BaseModel):
    """A pasted post: its id, and whether it was new, known already, or put in quarantine: then nobody else reads it."""

    id: str
    intake: Intake
    source: str
