"""Whose names and working hours the reasons go by."""

from __future__ import annotations

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.errors import NotSetUp
from store.settings import Settings
from store.store import Store
from store.tables import User
from triage_api.access.shifts import Shift, hours_of, house_hours
from triage_api.oversight.looks import Account, House
from triage_api.oversight.names import Names, as_handles, read_known_name, read_name


def house_of(store: Store, session: Session) -> House:
    """Return whose names and hours the reasons go by; `NotSetUp` if the settings that say so cannot be read."""
    usual = house_hours(store.settings)
    accounts = {user.id: _account(user, usual) for user in session.scalars(select(User))}
    names = Names({one.id: one.name for one in accounts.values() if one.name})
    return House(accounts, names, _well_known(store.settings))


def _account(user: User, usual: Shift | None) -> Account:
    name = read_name(user.full_name or re.sub(r"[._-]+", " ", user.name.partition("@")[0]))
    handles = as_handles(user.name) - {"".join(name.given) if name else ""}
    return Account(user.id, user.pseudonym, name, handles, hours_of(user.shift, usual))


def _well_known(settings: Settings) -> Names[int] | None:
    if settings.well_known_names_file is None:
        return None
    try:
        lines = settings.well_known_names_file.read_text("utf-8").splitlines()
    except (OSError, UnicodeError):
        raise NotSetUp("VIGIE_WELL_KNOWN_NAMES_FILE cannot be read.") from None
    names = {number: read_known_name(line) for number, line in enumerate(lines)}
    return Names({number: name for number, name in names.items() if name})
