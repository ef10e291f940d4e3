"""Who a person is to the desks, and the shapes of log-in and accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from triage_api.access.actions import Action
from triage_api.access.shifts import read_shift
from triage_api.shell.fields import Line

MIN_PASSWORD = 12
MAX_PASSWORD = 1000

Name = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[\w.@-]{2,60}$")]
"""A log-in name: letters, digits, dot, at, hyphen, underscore."""

Via = Literal["web", "command line", "token"]
Finding = Literal["proper", "unclear", "improper"]
"""What a reviewer found of an act of somebody else."""
FINDINGS: tuple[Finding, ...] = get_args(Finding)


def _readable(text: str) -> str:
    read_shift(text)
    return text


Hours = Annotated[Line, AfterValidator(_readable)]
"""Working hours, as `shifts.read_shift` reads them; empty: those of the house."""


class Role(StrEnum):
    """The places of the house; a person may hold several, within `policy.APART`."""

    ANALYST = "analyst"
    SUPERVISOR = "supervisor"
    PARTNER = "partner"
    INVESTIGATOR = "investigator"
    RESEARCHER = "researcher"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    QUARANTINE_OFFICER = "quarantine_officer"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account; other desks and the register see only the pseudonym."""

    id: str
    name: str
    pseudonym: str
    organisation: str
    roles: frozenset[Role]
    language: str
    csrf: str = ""
    via: Via = "web"
    pending: str = ""
    """What must be done before anything else (``totp``); empty: nothing."""
    trained: bool = True
    """Whether the training that roles of `policy.TRAINED` need is fresh enough."""
    refused: str = ""
    """Why the house does not take this account, as `house.refusal` says; empty: it does."""
    scopes: frozenset[Action] | None = None
    """All that a program's token is for; None: not a token."""
    glass: str = ""
    """Id of the emergency access that is open; empty: none."""


class LoginIn(BaseModel):
    """A log-in; `bearer` asks for a token in the answer (for programs) instead of a cookie."""

    name: Line
    password: Annotated[str, StringConstraints(max_length=MAX_PASSWORD)]
    totp: Annotated[str, StringConstraints(max_length=100)] = ""
    """Code of the second factor, or a recovery code; empty: none was asked for yet."""
    bearer: bool = False


class UserOut(BaseModel):
    """The person who is logged in."""

    id: str
    name: str
    roles: list[Role]


class SessionOut(BaseModel):
    """An open session; `token` only for programs that asked for one."""

    user: UserOut
    csrf: str
    token: str | None = None
    pending: str = ""


class AccountIn(BaseModel):
    """A new account; its password is made by Vigie and shown once."""

    name: Name
    roles: Annotated[list[Role], Field(min_length=1)]
    organisation: Line = ""
    language: Literal["fr", "en", ""] = ""
    full_name: Line = ""
    trained_on: date | None = None
    shift: Hours = ""


class AccountChange(BaseModel):
    """What of an account is to be different; what is not given stays."""

    organisation: Line | None = None
    full_name: Line | None = None
    trained_on: date | None = None
    shift: Hours | None = None


class AccountOut(BaseModel):
    """An account as the administrator sees it; `password` only in the answer that made it."""

    id: str
    name: str
    pseudonym: str
    organisation: str
    roles: list[Role]
    active: bool
    full_name: str
    trained_on: date | None
    shift: str
    totp: bool
    """Whether a second factor is enrolled."""
    created_at: datetime
    password: str | None = None


class AccountPage(BaseModel):
    """All accounts, by name."""

    items: list[AccountOut]
    next: None = None
