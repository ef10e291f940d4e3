"""What the tests of consents share: a partner's request, organisations that could be told, a yes, a referral on it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from desk_people import Browser
from directory_entries import organisation, pivot
from sqlalchemy import select

from store.store import Store
from store.tables import Consent, Referral, Request
from triage_api.access.models import Person
from triage_api.desk import Desk

FIELDS = ["plain_summary", "first_name"]


@dataclass
class Yes:
    """A house with one partner, who asked about a youth, and organisations by kind."""

    desk: Desk
    partner: Browser
    request: str
    organisations: dict[str, str]
    pivots: dict[str, str]

    @property
    def store(self) -> Store:
        return self.desk.store

    def body(self, **change: Any) -> dict[str, Any]:
        given = {"request": self.request, "organisation": self.organisations["community"], "fields": FIELDS}
        given |= {"given_by": "youth", "age": 15, "explained_by": "Mme Tremblay", "how": "in_person"}
        return given | {"understood": True} | change

    def give(self, browser: Browser | None = None, **change: Any) -> dict[str, Any]:
        answer = (browser or self.partner).api("POST", "/consents", json=self.body(**change))
        assert answer.status_code == 201, answer.text
        return answer.json()

    def referral(self, consent: str, state: str = "draft", kind: str = "community") -> str:
        """Put a referral that rests on a consent into the database, as the room of referrals leaves it."""
        identity, now = f"o-{secrets.token_hex(8)}", self.store.clock()
        with self.store.database.writing() as session:
            request = session.get_one(Request, self.request)
            session.add(
                Referral(
                    id=identity,
                    request_id=request.id,
                    subject_id=request.subject_id,
                    organisation_id=self.organisations[kind],
                    pivot_id=self.pivots[kind],
                    ground="consent",
                    consent_id=consent,
                    stage="named",
                    fields=FIELDS,
                    posts=[],
                    sealed=b"x",
                    state=state,
                    created_by=request.partner_id,
                    created_at=now,
                    sent_at=now if state not in ("draft", "approved") else None,
                    link_hash=identity,
                )
            )
        return identity

    def states(self) -> dict[str, str]:
        with self.store.database.reading() as session:
            return dict(session.execute(select(Referral.id, Referral.state)).all())

    def row(self, identity: str) -> Consent:
        with self.store.database.reading() as session:
            return session.get_one(Consent, identity)


def file(browser: Browser) -> str:
    answer = browser.api("POST", "/requests", json={"who": "TS, école", "why": "Elle ne vient plus."})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def house(desk: Desk, keeper: Person, person_in: Callable[..., Browser]) -> Yes:
    """Make a house in which somebody can say yes."""
    partner = person_in("partner", name="ecole")
    kinds = {"community": "Le Refuge Fictif", "school": "École Fictive", "dpj": "DPJ Fictive"}
    ids = {kind: organisation(desk, keeper, name, kind=kind).id for kind, name in kinds.items()}
    pivots = {kind: pivot(desk, keeper, identity).id for kind, identity in ids.items()}
    return Yes(desk, partner, file(partner), ids, pivots)
