"""What may be told to whoever asked, by one person alone, and on which grounds.

What needs two people is not told by an answer: a referral to the pivot of whoever asked is approved by a second one.
Whoever stands in no directory is told the least that community organisations are, and of that nothing that identifies:
they know whom they asked about.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from store.errors import Conflict
from store.store import Store
from store.tables import Organisation, Request
from triage_api.directory.finding import pivots_of_user
from triage_api.grounds.catalogue import FIELDS, GROUNDS, IDENTIFYING, Ground, check_ground, fields_for
from triage_api.requests.filing import refuse
from triage_api.requests.models import AnswerIn

NOBODYS_KIND = "community"
LEAST = "plain_summary"
"""What every answer that tells something tells."""


def kind_of(session: Session, row: Request) -> str:
    """Return the kind of organisation that whoever asked counts as."""
    known = session.get(Organisation, row.organisation_id) if row.organisation_id else None
    return known.kind if known else NOBODYS_KIND


def pivot_of_asker(session: Session, store: Store, row: Request) -> str | None:
    """Return the id of the pivot that whoever asked is; None for one who is none, and for who telephoned."""
    if row.channel == "call":
        return None
    own = [one.id for one in pivots_of_user(session, store, row.partner_id) if one.user_id == row.partner_id]
    return next(iter(own), None)


def grounds_of(session: Session, row: Request) -> list[str]:
    """Return the grounds on which one person may tell something to whoever asked."""
    kind = kind_of(session, row)
    return [code for code, ground in GROUNDS.items() if kind in ground.kinds and ground.people == 1]


def fields_of(session: Session, row: Request) -> list[str]:
    """Return what may be told to whoever asked, least first."""
    least = fields_for(kind_of(session, row))
    return [name for name in FIELDS if name in (least if row.organisation_id else least - IDENTIFYING)]


def cleared(session: Session, row: Request, given: AnswerIn) -> tuple[Ground, list[str]]:
    """Return the ground on which something is told to whoever asked, and the names of what is.

    `BadForm` names a ground that is missing or not theirs, what it needs (``facts.NAME``), a field that they are not
    told; `Conflict` (`two_people`) for a ground on which one person tells nothing.
    """
    refuse({"ground": "" if given.ground else "needed"})
    ground = check_ground(given.ground, given.facts, kind_of(session, row))
    if ground.people != 1:
        raise Conflict("This ground needs two people: make a referral.", code="two_people")
    told = {*given.fields, LEAST}
    refuse({"fields": _extra(told, fields_of(session, row))})
    return ground, [name for name in FIELDS if name in told]


def _extra(told: Collection[str], may: Collection[str]) -> str:
    if set(told).difference(FIELDS):
        return "unknown_field"
    return "field_not_theirs" if set(told).difference(may) else ""
