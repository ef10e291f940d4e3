"""A house with partners: organisations of the directory, their pivots, the youths that are asked about."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

from httpx2 import Response
from sqlalchemy import select

from store.store import Store
from store.tables import Agreement, Consent, Notice, Organisation, Pivot, RegisterEntry, Request, User
from triage_api.grounds.catalogue import GROUNDS, Ground

NUMBERS = count(1)
ASKED = {"who": "École, Mme T.", "why": "absente depuis lundi", "handles": ["@merle.secret"]}


def code(answer: Response) -> tuple[int, str, str | None]:
    """Return what an answer says is wrong: status, code, field."""
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["field"]


def events(store: Store, *wanted: str) -> list[dict[str, Any]]:
    """Return what the register's entries of some events tell, in their order."""
    with store.database.reading() as session:
        rows = session.scalars(select(RegisterEntry).order_by(RegisterEntry.n))
        return [json.loads(row.public) | {"event": row.event} for row in rows if row.event in wanted]


@dataclass
class House:
    """What stands in the directory; everybody by id."""

    store: Store

    def organisation(self, kind: str = "dpj", name: str = "", **more: Any) -> str:
        """Write an organisation into the directory."""
        identity, now = f"o-{secrets.token_hex(8)}", self.store.clock()
        row = Organisation(id=identity, name=name or f"Organisme {next(NUMBERS)}", kind=kind, regions=[], **more)
        row.confirmed_at, row.confirmed_by = now, "merle-01"
        with self.store.database.writing() as session:
            session.add(row)
        return identity

    def pivot(self, organisation: str, user: str = "", *, backup: str = "", days: int = 300, **more: Any) -> str:
        """Write a pivot into the directory; `user` is the name of their account."""
        identity, now = f"v-{secrets.token_hex(8)}", self.store.clock()
        row = Pivot(id=identity, organisation_id=organisation, name=f"Pivot {next(NUMBERS)}", **more)
        row.valid_until, row.confirmed_at, row.confirmed_by = now + timedelta(days=days), now, "merle-01"
        with self.store.database.writing() as session:
            row.user_id = session.scalar(select(User.id).where(User.name == user)) if user else None
            row.backup_id = backup or None
            session.add(row)
        return identity

    def pivot_of(self, user: str) -> str:
        """Return the pivot that an account is; empty if it is none."""
        with self.store.database.reading() as session:
            query = select(Pivot.id).join(User, User.id == Pivot.user_id).where(User.name == user)
            return session.scalar(query.limit(1)) or ""

    def kind_of(self, pivot: str) -> str:
        """Return what kind of organisation a pivot is of."""
        with self.store.database.reading() as session:
            query = select(Organisation.kind).join(Pivot, Pivot.organisation_id == Organisation.id)
            return session.scalars(query.where(Pivot.id == pivot)).one()

    def agreement(self, organisation: str, fields: Iterable[str]) -> None:
        """Agree with an organisation on what it may be told."""
        today = self.store.clock().date()
        row = Agreement(id=f"e-{secrets.token_hex(8)}", organisation_id=organisation, title="Entente")
        row.signed_on, row.ends_on, row.fields = today, today + timedelta(days=90), sorted(fields)
        with self.store.database.writing() as session:
            session.add(row)

    def consent(self, request: str, organisation: str, fields: Iterable[str], *, days: int = 90) -> str:
        """Keep a consent of the youth of a request."""
        identity, now = f"c-{secrets.token_hex(8)}", self.store.clock()
        with self.store.database.writing() as session:
            subject = session.get_one(Request, request).subject_id
            user = session.get_one(Request, request).partner_id
            row = Consent(id=identity, subject_id=subject, request_id=request, organisation_id=organisation)
            row.fields, row.given_by, row.sealed, row.code_hash = sorted(fields), "youth", b"x", identity
            row.recorded_by, row.starts_at, row.ends_at = user, now, now + timedelta(days=days)
            session.add(row)
        return identity

    def withdraw(self, consent: str) -> None:
        """Withdraw a consent."""
        with self.store.database.writing() as session:
            session.get_one(Consent, consent).withdrawn_at = self.store.clock()

    def told(self) -> list[tuple[str, str, str]]:
        """Return the notices that were asked for: kind, pivot, what it is about."""
        with self.store.database.reading() as session:
            rows = session.scalars(select(Notice).order_by(Notice.queued_at, Notice.id))
            return [(row.kind, row.pivot_id, row.about) for row in rows]


def ground_of(kind: str, *, people: int, consent: bool = False, urgent: bool | None = None) -> Ground:
    """Return a ground of the catalogue that lets an organisation of a kind be told."""
    fitting = [
        one
        for one in GROUNDS.values()
        if kind in one.kinds and one.people == people and one.consent is consent and urgent in (None, one.urgent)
    ]
    return fitting[0]


def facts_for(ground: Ground) -> dict[str, str]:
    """Return what a ground asks for, stated."""
    return dict.fromkeys(ground.needs, "Elle a écrit vouloir en finir ce soir.")


def body(request: str, pivot: str, ground: Ground, **more: Any) -> dict[str, Any]:
    """Return a referral to make: plain, unless told otherwise."""
    told = {"plain_summary": "Une ou un jeune de la région pourrait être en danger."}
    return {"request": request, "pivot": pivot, "ground": ground.code, "facts": facts_for(ground), "told": told} | more
