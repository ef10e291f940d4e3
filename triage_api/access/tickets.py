"""Sealed tickets: what a page carries from one step to the next, readable by this house only and for a while."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import TypeVar

from pydantic import BaseModel

from store.errors import VigieError
from store.store import Store


class Ticket(BaseModel):
    """What a ticket tells; `at` is when it was made."""

    at: datetime


T = TypeVar("T", bound=Ticket)


def sealed_ticket(store: Store, ticket: Ticket, purpose: str) -> str:
    """Return a ticket that a form can carry; it opens under the same purpose only."""
    return base64.urlsafe_b64encode(store.keys.sealed(ticket.model_dump_json(), f"ticket:{purpose}")).decode()


def opened_ticket(store: Store, given: str, shape: type[T], purpose: str, lasts: timedelta) -> T | None:
    """Return what a ticket tells; None if it is none of this house's, of another purpose, or too old."""
    try:
        told = store.keys.opened(base64.urlsafe_b64decode(given), f"ticket:{purpose}")
        ticket = shape.model_validate_json(told)
    except (ValueError, VigieError):
        return None
    return ticket if store.clock() - ticket.at <= lasts else None
