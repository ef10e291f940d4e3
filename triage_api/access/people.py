"""From accounts to persons: what the desks know of whoever asks, at the moment of asking."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.clock import house_day, latest_day
from store.errors import NotAllowed, NotFound
from store.settings import Settings
from store.store import Store
from store.tables import User
from triage_api.access.actions import Action
from triage_api.access.glass.alerts import open_glass
from triage_api.access.house import refusal
from triage_api.access.models import Person, Role, Via


def person_of(
    store: Store,
    session: Session,
    user: User,
    *,
    csrf: str = "",
    via: Via = "web",
    pending: str = "",
    scopes: frozenset[Action] | None = None,
) -> Person:
    """Return who an account is to the desks now: its roles, what the house says of them, training and emergency.

    `pending` is what its session keeps; what the house asks for meanwhile is pending too, for a token as well.
    """
    if via != "command line" and user.oidc_subject is None:  # of one that is linked the provider may have asked
        pending = pending or owed(store, user)
    roles = frozenset(Role(role) for role in user.roles)
    return Person(
        user.id,
        user.name,
        user.pseudonym,
        user.organisation,
        roles,
        user.language,
        csrf,
        via,
        pending=pending,
        trained=is_trained(store, user.trained_on),
        refused=refusal(store.settings, roles, user.organisation),
        scopes=scopes,
        # an emergency is met by a person, never by a program
        glass=open_glass(session, user.id, store.clock()) if scopes is None else "",
    )


def owed(store: Store, user: User) -> str:
    """Return what a log-in with a password leaves pending: the house asks for a second factor, and there is none."""
    return "totp" if store.settings.require_totp and user.totp is None else ""


def person_named(store: Store, name: str) -> Person:
    """Return the person of an active account, for the command line; what they then do is checked like anywhere."""
    with store.database.reading() as session:
        user = session.scalar(select(User).where(User.name == name, User.active))
        if user is None:
            raise NotFound(f"There is no active account named {name}: see `vigie users list`.")
        person = person_of(store, session, user, via="command line")
    if person.refused:
        raise refused(person)
    return person


def refused(person: Person) -> NotAllowed:
    """Return the error of a person whose account the profile of the house does not take."""
    return NotAllowed("The profile of the house no longer takes this account.", code=person.refused)


def is_trained(store: Store, trained_on: date | None) -> bool:
    """Tell whether a training has taken place and is not older than the house lets it be."""
    return was_trained(store.settings, trained_on, store.clock())


def was_trained(settings: Settings, trained_on: date | None, moment: datetime) -> bool:
    """Tell the same of a moment."""
    if trained_on is None:
        return False
    return trained_on <= latest_day(moment) and house_day(moment) <= _months_later(trained_on, settings.training_months)


def _months_later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
