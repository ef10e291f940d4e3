"""A house of its own whose clock stands still on a Friday afternoon, served on loopback to a real browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import uvicorn

from nlp.reader import Reader
from scripts.services.ground import free_port, until
from store.index import open_index
from store.store import Store
from store.tables import Duty
from triage_api.access.accounts import add_user
from triage_api.access.models import AccountIn, Person
from triage_api.access.passwords import hash_password
from triage_api.access.people import person_named
from triage_api.app import create_app
from triage_api.desk import Desk
from triage_api.directory.models import OrganisationIn, PivotIn
from triage_api.directory.pivots import make_pivot
from triage_api.directory.service import make_organisation

FRIDAY = datetime(2026, 11, 20, 21, 30, tzinfo=UTC)
"""Half past four in Québec, in winter time."""
PASSWORD = "un-mot-de-passe-long"
REGION = "Montérégie"
DPJ, DPJ_PHONE = "DPJ fictive de la Montérégie", "450-555-0136"
SCHOOL, SCHOOL_PHONE = "École fictive du Ruisseau", "450-555-0110"
_PEOPLE = {"analyste": "analyst", "superviseure": "supervisor", "verificateur": "auditor", "responsable": "supervisor"}


@cache
def reader() -> Reader:
    """Load the reader once."""
    return Reader.load()


@contextmanager
def served(store: Store) -> Iterator[str]:
    """Serve a store's desks, and yield their address."""
    port = free_port()
    with closing(open_index(store.settings)) as index:
        index.set_up()
        app = create_app(store, reader(), index)
        server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            assert until(lambda: server.started, 20)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join()


def fill(store: Store) -> None:
    """Put people, a directory and the analyst's watch into a house; nobody else is there until Monday."""
    people = {name: _person(store, name, role) for name, role in _PEOPLE.items()}
    _person(store, "pivot-ecole", "partner")
    with closing(open_index(store.settings)) as index:
        desk = Desk(store, index, reader())
        keeper = people["responsable"]
        dpj = _organisation(desk, keeper, DPJ, "dpj", DPJ_PHONE, hours="24/7")
        school = _organisation(desk, keeper, SCHOOL, "school", SCHOOL_PHONE)
        for of, mail, user in ((dpj, "pivot@dpj.example", ""), (school, "pivot@ecole.example", "pivot-ecole")):
            _pivot(desk, keeper, of, mail, user)
    with store.database.writing() as session:
        row = Duty(id="d-vendredi", user_id=people["analyste"].id)
        row.starts_at, row.ends_at = FRIDAY - timedelta(hours=8), FRIDAY + timedelta(hours=4)
        session.add(row)


def _person(store: Store, name: str, role: str) -> Person:
    given = AccountIn.model_validate(
        {"name": name, "roles": [role], "organisation": "Vigie", "trained_on": date(2026, 9, 1)}
    )
    with store.database.writing() as session:
        add_user(session, store, given, hash_password(PASSWORD))
    return person_named(store, name)


def _organisation(desk: Desk, keeper: Person, name: str, kind: str, phone: str, **more: Any) -> str:
    given = {"name": name, "kind": kind, "phone": phone, "regions": [REGION], **more}
    return make_organisation(desk, keeper, OrganisationIn.model_validate(given)).id


def _pivot(desk: Desk, keeper: Person, organisation: str, email: str, user: str) -> None:
    given = {"organisation": organisation, "name": "Camille Fictive", "email": email, "phone": "450-555-0101"}
    given |= {"valid_until": FRIDAY + timedelta(days=300)}
    if user:
        given["account"] = user
    make_pivot(desk, keeper, PivotIn.model_validate(given))
