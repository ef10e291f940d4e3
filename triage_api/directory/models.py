"""Shapes of the directory: what is written of organisations, pivots and agreements, and what is told of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from triage_api.directory.kinds import REGIONS, Kind
from triage_api.shell.fields import Cleaned, Line, Needed
from triage_api.shell.times import as_last_moment, reachable


def _last_moment(value: object) -> object:
    """Take a day, as a file of YAML has it, for what a form sends."""
    return as_last_moment(value.isoformat() if type(value) is date else value)


Phone = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60), Cleaned]
Services = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000), Cleaned]
Age = Annotated[int, Field(ge=0, le=120)]
LastMoment = Annotated[AwareDatetime, BeforeValidator(_last_moment), AfterValidator(reachable)]
"""A moment; a bare day means all of it."""
Flag = Literal[
    "stale", "no_pivot", "pivot_stale", "pivot_ends", "pivot_over", "no_backup", "agreement_ends", "agreement_over"
]


def _listed(value: object) -> object:
    return [] if value is None else [value] if isinstance(value, str) else value


def _ordered(values: Iterable[str]) -> list[str]:
    return sorted(set(values))


Several = Annotated[list[Line], BeforeValidator(_listed), Field(max_length=40), AfterValidator(_ordered)]


class Told(BaseModel):
    """Something that a person writes into the directory."""

    model_config = ConfigDict(frozen=True)


class OrganisationIn(Told):
    """An organisation; what cannot be is told by `checking.check_organisation`, all at once."""

    name: Needed
    kind: Kind
    regions: Several = Field(default_factory=list)
    """Empty: all of Québec."""
    phone: Phone = ""
    hours: Line = ""
    ages_from: Age | None = None
    ages_to: Age | None = None
    services: Services = ""


class PivotFields(Told):
    """What is written of a pivot, but of which organisation, and who stands in."""

    name: Needed
    title: Line = ""
    email: Line = ""
    phone: Phone = ""
    account: Line = ""
    """Name of their account; empty: they have none, and acknowledge by a link."""
    valid_until: LastMoment


class PivotChange(PivotFields):
    """A pivot, written anew; `backup` is the id of a pivot of the same organisation."""

    backup: Line = ""


class PivotIn(PivotChange):
    """A new pivot of an organisation, by id."""

    organisation: Needed


class AgreementChange(Told):
    """What was agreed, written anew."""

    title: Needed
    signed_on: date
    ends_on: date
    fields: Annotated[Several, Field(min_length=1)]


class AgreementIn(AgreementChange):
    """A new agreement with an organisation, by id."""

    organisation: Needed


class Filters(BaseModel):
    """Which organisations are asked for."""

    region: Literal["", *REGIONS] = ""  # type: ignore[valid-type]
    kind: Kind | None = None
    age: Age | None = None
    """Those who help somebody of this age."""
    open: bool = False
    """Those that are not known to be closed now."""
    ended: bool = False
    """Also those that have ended."""


class PivotOut(BaseModel):
    """A pivot; told to the desk, and to each pivot of themselves."""

    id: str
    organisation: str
    name: str
    title: str
    email: str
    phone: str
    account: str
    """Name of their account; empty: none."""
    backup: str | None
    backup_name: str
    valid_until: datetime
    last_day: date
    """Last day on which they are valid, in Québec."""
    confirmed_at: datetime
    ended_at: datetime | None
    valid: bool
    flags: list[Flag]


class AgreementOut(BaseModel):
    """What was agreed with an organisation, and until when."""

    id: str
    organisation: str
    title: str
    signed_on: date
    ends_on: date
    fields: list[str]
    ended_at: datetime | None
    in_force: bool
    flags: list[Flag]


class OrganisationLine(BaseModel):
    """An organisation as everybody sees it; `flags` beyond `stale` are for the desk."""

    id: str
    name: str
    kind: Kind
    regions: list[str]
    phone: str
    hours: str
    ages_from: int | None
    ages_to: int | None
    services: str
    open_now: bool | None
    """None: its hours are not known."""
    changes_at: datetime | None
    """When it closes, or opens; None: not known, or never."""
    confirmed_at: datetime
    ended_at: datetime | None
    flags: list[Flag]


class OrganisationOut(OrganisationLine):
    """An organisation with its pivots and agreements: all for the desk; oneself alone, and none, for a partner."""

    pivots: list[PivotOut]
    agreements: list[AgreementOut] | None


class OrganisationPage(BaseModel):
    """Organisations by name."""

    items: list[OrganisationLine]
    next: str | None
