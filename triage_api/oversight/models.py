"""Shapes of the register, as those who check see it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, StringConstraints

from store.register import Event
from triage_api.shell.fields import Cleaned
from triage_api.shell.times import as_last_moment, as_moment, reachable

Moment = Annotated[AwareDatetime, BeforeValidator(as_moment), AfterValidator(reachable)]
"""A moment; without a zone it is in the time of Québec."""
LastMoment = Annotated[AwareDatetime, BeforeValidator(as_last_moment), AfterValidator(reachable)]
"""The same, where a bare day is all of that day."""
_Word = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[\w-]*$", max_length=80), Cleaned]


class EntryFilter(BaseModel):
    """Which entries of the register are wanted; what is empty restricts nothing."""

    event: Event | None = None
    actor: _Word = ""
    """A pseudonym."""
    since: Moment | None = None
    until: LastMoment | None = None
    """Outside."""
    search: _Word = ""
    """Id of a search that entries speak of."""


class EntryOut(BaseModel):
    """One entry of the register. `actor` is a pseudonym; `sealed_sha256` is the digest of what is sealed, if any."""

    n: int
    at: datetime
    event: str
    actor: str
    public: dict[str, Any]
    sealed_sha256: str | None
    leaf: str


class RegisterPage(BaseModel):
    """Entries by number; `next` is where the following ones begin."""

    items: list[EntryOut]
    next: str | None
