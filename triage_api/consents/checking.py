"""What no consent can be: each mistake at its field, all of them at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from store.clock import house_day
from store.store import Store
from store.tables import Organisation
from triage_api.consents.ages import ADULT, LAST, OWN_YES, Known
from triage_api.consents.models import ConsentIn, GivenBy
from triage_api.duty.hours import at
from triage_api.grounds.catalogue import FIELDS, fields_for
from triage_api.shell.forms import BadForm

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Checked:
    """A consent that can be: to whom, which fields in their order, and when it ends."""

    organisation: Organisation
    fields: list[str]
    ends_at: datetime


def checked(session: Session, store: Store, given: ConsentIn, known: Known | None) -> Checked:
    """Return a consent that can be; `BadForm` names every field that cannot.

    `known` is what is known of the age: from the form, else from the request; None: nothing.
    """
    today = house_day(store.clock())
    organisation = session.get(Organisation, given.organisation)
    problems = {
        "organisation": "" if organisation and organisation.ended_at is None else "unknown_organisation",
        "fields": _fields_problem(given.fields, organisation),
        "understood": "" if given.understood else "needed",
    }
    last = last_day(store, known, today) if known else today
    problems |= {"age": "age_needed"} if known is None else _age_problems(given, known, today)
    problems |= {
        "born": _born_problem(given.born, known, today, last),
        "ends_on": _end_problem(given.ends_on, today, last),
    }
    refuse(problems)
    told = [name for name in FIELDS if name in given.fields]
    ends_at = at((given.ends_on or last) + _DAY, time.min)
    return Checked(session.get_one(Organisation, given.organisation), told, ends_at)


def last_day(store: Store, known: Known, today: date) -> date:
    """Return the last day that a consent given today may have.

    So many days as the house lets it, and before the birthday that ends it: the 18th, or the 25th of an adult.
    """
    birthday = known.turns(LAST + 1 if known.at(today) >= ADULT else ADULT)
    return min(today + timedelta(days=store.settings.consent_days - 1), birthday - _DAY)


def refuse(problems: dict[str, str]) -> None:
    """Raise `BadForm` if there is any problem; it names each field and what is wrong with it."""
    if wrong := {field: code for field, code in problems.items() if code}:
        told = "; ".join(f"{field}: {_SAID.get(code, code)}" for field, code in wrong.items())
        raise BadForm(f"{told}.", wrong)


def _fields_problem(fields: list[str], organisation: Organisation | None) -> str:
    if set(fields).difference(FIELDS):
        return "unknown_field"
    theirs = fields_for(organisation.kind) if organisation else frozenset(FIELDS)
    return "field_not_theirs" if set(fields).difference(theirs) else ""


def _age_problems(given: ConsentIn, known: Known, today: date) -> dict[str, str]:
    age = known.at(today)
    return {"given_by": _giver_problem(given.given_by, age), "adult": _adult_problem(given.adult, age)}


def _giver_problem(given_by: GivenBy, age: int) -> str:
    """Say who may say yes; at 14 and over the youth alone, so that nobody says it over their head."""
    if age < OWN_YES:
        return "under_14" if given_by == "youth" else ""
    return "" if given_by == "youth" else "over_14"


def _adult_problem(adult: bool, age: int) -> str:
    if age > LAST:
        return "over_24"
    if age >= ADULT:
        return "" if adult else "adult_needed"
    return "not_18" if adult else ""


def _born_problem(born: date | None, known: Known | None, today: date, last: date) -> str:
    """Say when the birth date is needed: by an age that was told some time ago, the birthday may be over."""
    if born and born > today:
        return "in_future"
    over = known is not None and known.born is None and known.at(today) <= LAST and last < today
    return "born_needed" if over else ""


def _end_problem(ends_on: date | None, today: date, last: date) -> str:
    if ends_on is None or last < today:
        return ""
    return "past" if ends_on < today else "consent_too_long" if ends_on > last else ""


_SAID = {
    "unknown_organisation": "no current organisation of the directory has this id",
    "unknown_field": "no such field: see /api/grounds",
    "field_not_theirs": "a field that this kind of organisation is never told",
    "needed": "it is all read out before a yes",
    "in_future": "this day is to come",
    "age_needed": "the age, or the birth date, decides who may say yes and until when",
    "under_14": "under 14, a parent or tutor says yes",
    "over_14": "at 14 and over, the youth says yes",
    "over_24": "nobody is followed after 24",
    "adult_needed": "somebody who is 18 says yes as an adult",
    "not_18": "only somebody who is 18 says yes as an adult",
    "born_needed": "by the age alone it may be over already: give the birth date",
    "past": "this day is past",
    "consent_too_long": "longer than the house, or a birthday, lets it be",
}
