"""What the directory tells of its entries, to the desk and to partners."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TypeVar, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.clock import house_day
from store.store import Store
from store.tables import Agreement, Organisation, Pivot, User
from triage_api.access.models import Person
from triage_api.access.policy import Action, may
from triage_api.directory import flags
from triage_api.directory.kinds import Kind
from triage_api.directory.models import AgreementOut, OrganisationLine, OrganisationOut, PivotOut
from triage_api.directory.opening import changes_at, open_now

Part = TypeVar("Part", Pivot, Agreement)


def sees_pivots(person: Person) -> bool:
    """Tell whether somebody is told who the pivots are, and how to reach them."""
    return may(person, Action.REFERRAL_MAKE) or may(person, Action.DIRECTORY_KEEP)


def lines(store: Store, session: Session, person: Person, rows: Sequence[Organisation]) -> list[OrganisationLine]:
    """Return organisations in a list."""
    ids = [row.id for row in rows]
    pivots, agreements = _by_organisation(session, Pivot, ids), _by_organisation(session, Agreement, ids)
    return [_line(store, person, row, pivots[row.id], agreements[row.id]) for row in rows]


def whole(store: Store, session: Session, person: Person, row: Organisation) -> OrganisationOut:
    """Return an organisation with its pivots and agreements; to a partner, themselves alone and no agreement."""
    inside, today = sees_pivots(person), house_day(store.clock())
    pivots, agreements = pivots_of(session, row.id), agreements_of(session, row.id)
    shown = [pivot for pivot in pivots if inside or pivot.user_id == person.id]
    return OrganisationOut(
        **_line(store, person, row, pivots, agreements).model_dump(),
        pivots=[pivot_out(store, session, pivot) for pivot in shown],
        agreements=[agreement_out(one, today=today) for one in agreements] if inside else None,
    )


def pivot_out(store: Store, session: Session, row: Pivot) -> PivotOut:
    """Return a pivot with the name of their account and of who stands in."""
    backup = session.get(Pivot, row.backup_id) if row.backup_id else None
    user = session.get(User, row.user_id) if row.user_id else None
    return PivotOut(
        id=row.id,
        organisation=row.organisation_id,
        name=row.name,
        title=row.title,
        email=row.email,
        phone=row.phone,
        account=user.name if user else "",
        backup=row.backup_id,
        backup_name=backup.name if backup else "",
        valid_until=row.valid_until,
        last_day=house_day(row.valid_until - timedelta(seconds=1)),
        confirmed_at=row.confirmed_at,
        ended_at=row.ended_at,
        valid=flags.is_valid(row, store.clock()),
        flags=flags.of_pivot(store, row, backup),
    )


def agreement_out(row: Agreement, *, today: date) -> AgreementOut:
    """Return an agreement."""
    return AgreementOut(
        id=row.id,
        organisation=row.organisation_id,
        title=row.title,
        signed_on=row.signed_on,
        ends_on=row.ends_on,
        fields=row.fields,
        ended_at=row.ended_at,
        in_force=row.ended_at is None and row.signed_on <= today <= row.ends_on,
        flags=flags.of_agreement(row, today),
    )


def pivots_of(session: Session, organisation: str) -> list[Pivot]:
    """Return the pivots of an organisation by name, those who ended after the others."""
    query = select(Pivot).where(Pivot.organisation_id == organisation)
    return sorted(session.scalars(query), key=lambda row: (row.ended_at is not None, row.name, row.id))


def agreements_of(session: Session, organisation: str) -> list[Agreement]:
    """Return the agreements of an organisation, the newest first, those that were ended after the others."""
    query = select(Agreement).where(Agreement.organisation_id == organisation).order_by(Agreement.signed_on.desc())
    return sorted(session.scalars(query), key=lambda row: row.ended_at is not None)


def _line(
    store: Store, person: Person, row: Organisation, pivots: Sequence[Pivot], agreements: Sequence[Agreement]
) -> OrganisationLine:
    now, inside = store.clock(), sees_pivots(person)
    told = flags.of_organisation(store, row, pivots, agreements)
    return OrganisationLine(
        id=row.id,
        name=row.name,
        kind=cast("Kind", row.kind),
        regions=row.regions,
        phone=row.phone,
        hours=row.hours,
        ages_from=row.ages_from,
        ages_to=row.ages_to,
        services=row.services,
        open_now=open_now(row.hours, now),
        changes_at=changes_at(row.hours, now),
        confirmed_at=row.confirmed_at,
        ended_at=row.ended_at,
        flags=[flag for flag in told if inside or flag == "stale"],
    )


def _by_organisation(session: Session, table: type[Part], ids: Sequence[str]) -> defaultdict[str, list[Part]]:
    """Return what hangs on organisations; all of it at once, since a list of the house is short."""
    found: defaultdict[str, list[Part]] = defaultdict(list)
    for row in session.scalars(select(table).where(table.organisation_id.in_(ids)).order_by(table.id)):
        found[row.organisation_id].append(row)
    return found
