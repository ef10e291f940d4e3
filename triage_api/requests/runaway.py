"""Runaways: looked for until a day, then only if somebody says so again."""

from __future__ import annotations

from datetime import datetime, timedelta

from store.errors import Conflict
from store.register import Event
from store.tables import Request
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.desk import Desk
from triage_api.duty.alerts import hush
from triage_api.requests.found import ENDING
from triage_api.requests.held import held, require_open
from triage_api.requests.models import RenewIn
from triage_api.requests.queued import hasten
from triage_api.requests.sealing import key_of, sealed
from triage_api.shell.recording import enter, recording


def renew(desk: Desk, person: Person, identity: str, given: RenewIn) -> datetime:
    """Look for a runaway `VIGIE_RUNAWAY_DAYS` longer, from now, and return until when; why is sealed in the entry.

    `Conflict`: `not_runaway`, `found`, `request_closed`.
    """
    granted = require(person, Action.REQUEST_ANSWER)
    with recording(desk.store) as session:
        row = held(session, desk.store, person, granted, identity)
        require_open(row)
        _require_missing(row)
        now = desk.store.clock()
        row.runaway_until = now + timedelta(days=desk.store.settings.runaway_days)
        hush(session, ENDING, [row.id], now)
        hasten(session, row.id)
        why = sealed(key_of(session, desk.store, row), given.why, f"renewal:{row.id}")
        said = {"request": row.id, "until": row.runaway_until.isoformat(timespec="seconds")}
        enter(session, desk.store, person, Event.REQUEST_RENEWED, said, why)
        return row.runaway_until


def _require_missing(row: Request) -> None:
    if not row.runaway:
        raise Conflict("This request is about no runaway.", code="not_runaway")
    if row.found_at is not None:
        raise Conflict("She or he is found.", code="found")
