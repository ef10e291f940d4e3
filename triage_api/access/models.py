"""Who a person is to the desks, and the shapes of log-in and accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from triage_api.shell.fields import Line

MIN_PASSWORD = 12
MAX_PASSWORD = 1000

Name = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[\w.@-]{2,60}$")]
"""A log-in name: letters, digits, dot, at, hyphen, underscore."""
Password = Annotated[str, StringConstraints(min_length=MIN_PASSWORD, max_length=MAX_PASSWORD)]


class Role(StrEnum):
    """The places of the house; a person may hold several, within `policy.APART`."""

    ANALYST = "analyst"
    SUPERVISOR = "supervisor"
    PARTNER = "partner"
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
    via: Literal["web", "command line"] = "web"


class LoginIn(BaseModel):
    """A log-in; `bearer` asks for a token in the answer (for programs) instead of a cookie."""

    name: Line
    password: Annotated[str, StringConstraints(max_length=MAX_PASSWORD)]
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


class AccountIn(BaseModel):
    """A new account; its password is made by Vigie and shown once."""

    name: Name
    roles: Annotated[list[Role], Field(min_length=1)]
    organisation: Line = ""
    language: Literal["fr", "en", ""] = ""


class AccountOut(BaseModel):
    """An account as the administrator sees it; `password` only in the answer that made it."""

    id: str
    name: str
    pseudonym: str
    organisation: str
    roles: list[Role]
    active: bool
    created_at: datetime
    password: str | None = None


class AccountPage(BaseModel):
    """All accounts, by name."""

    items: list[AccountOut]
    next: None = None
