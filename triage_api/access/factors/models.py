"""The shapes of the second factor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, StringConstraints

from triage_api.access.models import MAX_PASSWORD

Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
"""A code of the authenticator, or a recovery code."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A secret that is shown to be enrolled; `ticket` brings it back, sealed, with its first code."""

    secret: str
    uri: str
    """For authenticators (``otpauth://…``)."""
    ticket: str


class ConfirmIn(BaseModel):
    """The first code of a secret that was offered."""

    ticket: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    code: Code


class RemoveIn(BaseModel):
    """What it takes to give up the second factor."""

    password: Annotated[str, StringConstraints(min_length=1, max_length=MAX_PASSWORD)]
    code: Code
