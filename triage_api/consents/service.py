"""Consents: recorded on a counsellor's phone or at the desk, and read."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from store.clock import house_day
from store.keys import seal, unseal
from store.register import Event
from store.store import Store
from store.tables import Consent, Organisation
from triage_api.access.models import Person
from triage_api.access.policy import Action, Reach, require
from triage_api.consents.checking import Checked, checked
from triage_api.consents.codes import kept, new_code
from triage_api.consents.held import age_known, consent_found, request_held, visible
from triage_api.consents.models import (
    ConsentIn,
    ConsentOut,
    ConsentPage,
    ConsentWhole,
    Explained,
    Given,
    GivenBy,
    State,
    Via,
)
from triage_api.requests.sealing import key_name, key_of
from triage_api.shell.cursors import moment_in, unwrap, wrap
from triage_api.shell.recording import enter, recording


def record(store: Store, person: Person, given: ConsentIn) -> Given:
    """Record a consent and return it with the code of its paper, which is shown this once.

    `NotFound` for a request that the person may not see, `BadForm` for every field that cannot be.
    """
    granted = require(person, Action.CONSENT_RECORD)
    code = new_code()
    hashed = kept(store, code)
    with recording(store) as session:
        request = request_held(session, person, granted, given.request)
        known = age_known(session, store, request, given)
        fits = checked(session, store, given, known)
        identity = f"k-{secrets.token_hex(10)}"
        told = Explained.model_validate(given.model_dump(include=set(Explained.model_fields)))
        row = Consent(
            id=identity,
            subject_id=request.subject_id,
            request_id=request.id,
            given_by=given.given_by,
            adult=given.adult,
            sealed=seal(key_of(session, store, request), told.model_dump_json().encode(), f"consent:{identity}"),
            code_hash=hashed,
            recorded_by=person.id,
            starts_at=store.clock(),
            **_terms(fits),
        )
        session.add(row)
        session.flush()
        out = shown(session, store, row)
        enter(session, store, person, Event.CONSENT_GIVEN, _said(out))
    return Given(**out.model_dump(), code=code, lang=given.lang)


def list_consents(
    store: Store, person: Person, *, request: str | None = None, cursor: str | None = None, limit: int = 50
) -> ConsentPage:
    """Return consents, newest first: of one's own requests, or all for the desk; of one request if it is named."""
    granted = require(person, Action.CONSENT_READ)
    query = visible(select(Consent), person, granted).order_by(Consent.starts_at.desc(), Consent.id).limit(limit + 1)
    if cursor is not None:
        query = query.where(_after(cursor))
    if request is not None:
        query = query.where(Consent.request_id == request)
    with store.database.reading() as session:
        if request is not None:
            request_held(session, person, granted, request, held=False)
        rows = list(session.scalars(query))
        items = [shown(session, store, row) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    return ConsentPage(items=items, next=last and wrap(last.starts_at.isoformat(), last.id))


def read_consent(store: Store, person: Person, identity: str) -> ConsentWhole:
    """Return a consent with how it was explained; for the desk, that is an entry first."""
    granted = require(person, Action.CONSENT_READ)
    if granted is Reach.OWN:
        with store.database.reading() as session:
            return _whole(session, store, consent_found(session, person, granted, identity))
    with recording(store) as session:
        row = consent_found(session, person, granted, identity)
        enter(session, store, person, Event.REQUEST_OPENED, {"request": row.request_id, "consent": row.id})
        return _whole(session, store, row)


def shown(session: Session, store: Store, row: Consent) -> ConsentOut:
    """Return a consent as it stands now."""
    return ConsentOut(
        id=row.id,
        request=row.request_id,
        organisation=row.organisation_id,
        organisation_name=session.get_one(Organisation, row.organisation_id).name,
        fields=list(row.fields),
        given_by=cast("GivenBy", row.given_by),
        adult=row.adult,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        last_day=house_day(row.ends_at - timedelta(seconds=1)),
        withdrawn_at=row.withdrawn_at,
        withdrawn_via=cast("Via", row.withdrawn_via) if row.withdrawn_at else None,
        state=_state(store, row),
    )


def _state(store: Store, row: Consent) -> State:
    if row.withdrawn_at is not None:
        return "withdrawn"
    return "given" if row.ends_at > store.clock() else "lapsed"


def _whole(session: Session, store: Store, row: Consent) -> ConsentWhole:
    told = unseal(store.keys.key(key_name(row.subject_id)), row.sealed, f"consent:{row.id}")
    return ConsentWhole(
        **shown(session, store, row).model_dump(), explained=Explained.model_validate_json(told.decode())
    )


def _terms(fits: Checked) -> dict[str, Any]:
    return {"organisation_id": fits.organisation.id, "fields": fits.fields, "ends_at": fits.ends_at}


def _said(out: ConsentOut) -> dict[str, Any]:
    """Return what the register says of a consent that was given: nothing of anybody."""
    said = out.model_dump(include={"request", "organisation", "fields", "given_by", "adult"})
    return {"consent": out.id, **said, "until": out.last_day.isoformat()}


def _after(cursor: str) -> ColumnElement[bool]:
    moment, identity = unwrap(cursor, str, str)
    began = moment_in(moment)
    return or_(Consent.starts_at < began, and_(Consent.starts_at == began, Consent.id > identity))
