"""What other rooms ask the directory: whom to tell, for whom a person acts, what was agreed with whom.

Everything is read in the caller's transaction, at the moment of asking: what lapsed a second ago is not there.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from store.clock import house_day
from store.errors import Conflict, NotFound
from store.store import Store
from store.tables import Agreement, Organisation, Pivot
from triage_api.grounds.catalogue import fields_for


def pivot_to_tell(session: Session, store: Store, pivot_id: str) -> Pivot:
    """Return the pivot, or their back-up if theirs has lapsed or ended.

    `NotFound` for one that never was, `Conflict` (`no_pivot`) if neither is valid now: no pivot, no sending.
    """
    named = session.get(Pivot, pivot_id)
    if named is None:
        raise NotFound("No such pivot.")
    for identity in (named.id, named.backup_id):
        query = select(Pivot).join(Organisation, Organisation.id == Pivot.organisation_id)
        if found := session.scalar(query.where(Pivot.id == identity, is_valid(store.clock()))):
            return found
    raise Conflict("Neither this pivot nor a back-up is valid now: nothing is sent.", code="no_pivot")


def is_valid(now: datetime) -> ColumnElement[bool]:
    """Return the condition, on pivots joined with their organisations, that one can be told something now."""
    return and_(Pivot.ended_at.is_(None), Pivot.valid_until > now, Organisation.ended_at.is_(None))


def valid_pivots(session: Session, store: Store) -> list[tuple[Organisation, Pivot]]:
    """Return everybody who can be told something now, by organisation and name."""
    query = select(Organisation, Pivot).join(Pivot, Pivot.organisation_id == Organisation.id)
    query = query.where(is_valid(store.clock())).order_by(Organisation.name, Pivot.name, Pivot.id)
    return [(organisation, pivot) for organisation, pivot in session.execute(query)]


def organisation_named(session: Session, identity: str) -> Organisation:
    """Return an organisation, also one that has ended; `NotFound` if there is none."""
    found = session.get(Organisation, identity)
    if found is None:
        raise NotFound("No such organisation.")
    return found


def pivots_of_user(session: Session, store: Store, user_id: str) -> list[Pivot]:
    """Return the pivots that a person may act as now: their own, then those whom they back up, valid or not."""
    query = select(Pivot).join(Organisation, Organisation.id == Pivot.organisation_id)
    own = session.scalars(query.where(Pivot.user_id == user_id, is_valid(store.clock())).order_by(Pivot.id)).all()
    ids = {pivot.id for pivot in own}
    backed = query.where(Pivot.backup_id.in_(ids), Organisation.ended_at.is_(None)).order_by(Pivot.id)
    return [*own, *(pivot for pivot in session.scalars(backed) if pivot.id not in ids)] if ids else []


def organisation_of_user(session: Session, user_id: str) -> Organisation | None:
    """Return the organisation whose pivot a person is, lapsed or not; never by what their account says in free text."""
    query = select(Organisation).join(Pivot, Pivot.organisation_id == Organisation.id)
    current = Pivot.user_id == user_id, Pivot.ended_at.is_(None), Organisation.ended_at.is_(None)
    return session.scalar(query.where(*current).order_by(Pivot.confirmed_at.desc(), Pivot.id).limit(1))


def agreement_fields(session: Session, store: Store, organisation_id: str) -> frozenset[str] | None:
    """Return the fields that agreements in force let an organisation be told; None: there is no agreement."""
    day = house_day(store.clock())
    query = select(Agreement.fields, Organisation.kind).join(Organisation, Organisation.id == Agreement.organisation_id)
    in_force = Agreement.ended_at.is_(None), Agreement.signed_on <= day, Agreement.ends_on >= day
    found = session.execute(query.where(Organisation.id == organisation_id, *in_force)).all()
    if not found:
        return None
    return frozenset(field for fields, _ in found for field in fields) & fields_for(found[0].kind)


def serving(session: Session, regions: Iterable[str], *kinds: str) -> list[Organisation]:
    """Return the organisations of some kinds that serve one of the regions: those of the region, then of all Québec."""
    wanted = set(regions)
    query = select(Organisation).where(Organisation.kind.in_(kinds), Organisation.ended_at.is_(None))
    rows = session.scalars(query.order_by(Organisation.name, Organisation.id)).all()
    near = [row for row in rows if wanted.intersection(row.regions)]
    return near + [row for row in rows if not row.regions]


def valid_of(session: Session, store: Store, organisation_id: str) -> list[Pivot]:
    """Return the pivots of one organisation who can be told something now."""
    query = select(Pivot).join(Organisation, Organisation.id == Pivot.organisation_id)
    query = query.where(Pivot.organisation_id == organisation_id, is_valid(store.clock()))
    return list(session.scalars(query.order_by(Pivot.name, Pivot.id)))
