"""What cannot stand in the directory: each mistake at its field, all of them at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.clock import house_day
from store.store import Store
from store.tables import Organisation, Pivot, User
from triage_api.access.models import Role
from triage_api.access.shifts import read_shift
from triage_api.directory.kinds import REGIONS
from triage_api.directory.models import AgreementChange, OrganisationIn, PivotChange, PivotFields
from triage_api.grounds.catalogue import fields_for
from triage_api.shell.forms import BadForm

LONGEST = timedelta(days=3 * 366)
"""So long at most a pivot is valid before somebody looks again."""
_PHONE = re.compile(r"[+*#(]?[\d*#][\d *#().·-]{1,25}(?: ?(?:poste|ext\.?|x) ?\d{1,6})?", re.IGNORECASE)
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")

Problems = Mapping[str, str]


def refuse(problems: Problems) -> None:
    """Raise `BadForm` if there is any problem; it names each field and what is wrong with it."""
    if problems:
        told = "; ".join(f"{field}: {MISTAKES.get(code, code)}" for field, code in problems.items())
        raise BadForm(f"{told}.", dict(problems))


def check_organisation(session: Session, given: OrganisationIn, same: str = "") -> None:
    """Raise `BadForm` for an organisation that cannot be; `same` is the id of the one that is changed."""
    problems = {
        "name": _name_problem(session, given.name, same),
        "regions": "region_unknown" if set(given.regions) - set(REGIONS) else "",
        "phone": phone_problem(given.phone),
        "hours": _hours_problem(given.hours),
        "ages_to": _ages_problem(given.ages_from, given.ages_to),
    }
    refuse({field: code for field, code in problems.items() if code})


def check_pivot(store: Store, session: Session, organisation: str, given: PivotChange, same: str = "") -> None:
    """Raise `BadForm` for a pivot that cannot be; `same` is the id of the one that is changed."""
    problems = pivot_problems(store, session, organisation, given)
    problems |= {"backup": _backup_problem(session, organisation, given.backup, same)}
    refuse({field: code for field, code in problems.items() if code})


def pivot_problems(store: Store, session: Session, organisation: str, given: PivotFields) -> dict[str, str]:
    """Return what is wrong with a pivot, by field, empty for what is right; who stands in is left out."""
    return {
        "email": _email_problem(given.email, given.account),
        "phone": phone_problem(given.phone),
        "account": _account_problem(session, organisation, given.account),
        "valid_until": _until_problem(given.valid_until, store.clock()),
    }


def check_agreement(store: Store, organisation: Organisation, given: AgreementChange) -> None:
    """Raise `BadForm` for an agreement that cannot be: its kind of organisation bounds what it may be told."""
    today = house_day(store.clock())
    problems = {
        "signed_on": "in_future" if given.signed_on > today else "",
        "ends_on": "past" if given.ends_on < today else "dates_reversed" if given.ends_on < given.signed_on else "",
        "fields": "field_not_theirs" if set(given.fields) - fields_for(organisation.kind) else "",
    }
    refuse({field: code for field, code in problems.items() if code})


def account_of(session: Session, name: str) -> User | None:
    """Return the active account of a partner."""
    user = session.scalar(select(User).where(User.name == name, User.active)) if name else None
    return user if user and Role.PARTNER in user.roles else None


def phone_problem(phone: str) -> str:
    """Return what is wrong with a number; empty: nothing, or there is none."""
    return "phone_unread" if phone and not _PHONE.fullmatch(phone) else ""


def _name_problem(session: Session, name: str, same: str) -> str:
    known = session.execute(select(Organisation.id, Organisation.name)).all()
    taken = {other.casefold() for identity, other in known if identity != same}
    return "organisation_known" if name.casefold() in taken else ""


def _hours_problem(hours: str) -> str:
    try:
        read_shift(hours)
    except ValueError:
        return "hours_unread"
    return ""


def _ages_problem(first: int | None, last: int | None) -> str:
    return "ages_reversed" if first is not None and last is not None and last < first else ""


def _email_problem(email: str, account: str) -> str:
    if not email:
        return "" if account else "way_needed"
    return "" if _EMAIL.fullmatch(email) else "email_unread"


def _account_problem(session: Session, organisation: str, name: str) -> str:
    """Return what is wrong with an account: it is a partner's, and no other organisation's pivot."""
    if not name:
        return ""
    user = account_of(session, name)
    if user is None:
        return "account_not_partner"
    elsewhere = Pivot.user_id == user.id, Pivot.ended_at.is_(None), Pivot.organisation_id != organisation
    return "account_elsewhere" if session.scalar(select(Pivot.id).where(*elsewhere).limit(1)) else ""


def _until_problem(until: datetime, now: datetime) -> str:
    return "past" if until <= now else "valid_too_long" if until > now + LONGEST else ""


def _backup_problem(session: Session, organisation: str, backup: str, same: str) -> str:
    if not backup:
        return ""
    if backup == same:
        return "own_backup"
    row = session.get(Pivot, backup)
    fits = row is not None and row.organisation_id == organisation and row.ended_at is None
    return "" if fits else "backup_elsewhere"


MISTAKES = {
    "organisation_known": "an organisation of this name is there already",
    "region_unknown": "no administrative region of Québec",
    "phone_unread": "a number looks like this: 514 555-0123 poste 12",
    "hours_unread": "hours look like this: mon-fri 08:00-16:00; sat 09:00-12:00, or 24/7",
    "ages_reversed": "the last age is below the first",
    "way_needed": "a pivot has an account or an e-mail address, else nothing can reach them",
    "email_unread": "an address looks like this: nom@ecole.example",
    "account_not_partner": "no active account of a partner has this name",
    "account_elsewhere": "this account is the pivot of another organisation",
    "past": "this day is past",
    "in_future": "this day is to come",
    "valid_too_long": "at most three years ahead",
    "own_backup": "nobody stands in for themselves",
    "backup_elsewhere": "who stands in is a current pivot of the same organisation",
    "dates_reversed": "the last day is before the first",
    "field_not_theirs": "a field that this kind of organisation is never told",
}
"""What a program and a file are told, by code; pages have words of their own for each."""
