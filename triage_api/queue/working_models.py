"""Shapes of how the queue is worked: hand-overs, transfers, what is undone, and what is done to a campaign at once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from nlp.types import Signal, Urgency
from triage_api.queue.models import DecisionIn, ItemOut, Verdict
from triage_api.shell.fields import ItemId, Line, Needed

Left = Literal["claimed", "decided"]
"""Why an item was left out: another person holds it, or it is no longer in the queue."""


class HandIn(BaseModel):
    """To whom an item is handed over, by pseudonym."""

    to: Needed


class TransferIn(BaseModel):
    """The region whose desk is to read an item; empty: that of no territory."""

    desk: Line = ""


class OthersOut(BaseModel):
    """To whom and where an item may go: colleagues by pseudonym, desks by region."""

    colleagues: list[str]
    desks: list[str]


class UndoOut(BaseModel):
    """What can be taken back still: the last decision of whoever asks."""

    item: str
    verdict: Verdict
    items: int
    """How many items were decided with it."""
    seconds: int
    """How long that can be done still."""


class UndoneOut(BaseModel):
    """What was taken back; the items wait again, claimed by whoever took it back."""

    items: list[str]
    left: list[str]
    """Items of the same act that could not be: their post was edited or erased meanwhile."""
    item: ItemOut


class MemberOut(BaseModel):
    """A post of a campaign by its label; no text of it."""

    post: str
    item: ItemOut | None
    """None: it waits with another copy of its text, or it was read and is no sign any more."""
    urgency: Urgency
    signals: list[Signal]
    region: str
    source: str
    at: datetime
    """When it was published; where that is not known, taken in."""
    because: list[str]
    """What ties it to the campaign: ``phone``, ``email``, ``handle``, ``text``."""
    same_text: bool
    """It says the same as the item's own post."""
    own: bool
    """It is the item's own post."""


class CampaignPage(BaseModel):
    """The campaign of an item's post, as labels, newest first."""

    item: str
    post: str | None
    campaign: str | None
    """None: the post is linked to no other."""
    posts: int
    open: int
    """How many of them wait in the queue."""
    parted: bool
    """A person took the item's own post out of its campaign."""
    items: list[MemberOut]
    next: str | None


class LeftOut(BaseModel):
    """An item that was left out of what was done to a campaign, and why."""

    item: str
    why: Left


class TakenOut(BaseModel):
    """The items of a campaign that one holds now, those that were left out, and how many more there are."""

    campaign: str
    items: list[str]
    left_out: list[LeftOut]
    more: int


class TogetherIn(DecisionIn):
    """One decision for all open items of a campaign, or for those that are named."""

    items: Annotated[list[ItemId], Field(max_length=200)] | None = None


class TogetherOut(BaseModel):
    """What was decided at once, what was left out, and how many more open items the campaign has."""

    act: str
    campaign: str
    verdict: Verdict
    items: list[str]
    left_out: list[LeftOut]
    more: int
    next: str | None


class PartIn(BaseModel):
    """Which post of the campaign is meant; none: the item's own."""

    post: ItemId | None = None


class PartedOut(BaseModel):
    """A post that was taken out of its campaign, or put back."""

    post: str
    parted: bool
