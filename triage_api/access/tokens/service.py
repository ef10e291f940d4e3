"""Tokens for programs: made, listed, ended, and what a program may do with one. Only their SHA-256 is kept."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select, update

from store.errors import BadInput, NotFound, NotLoggedIn
from store.register import Event
from store.store import Store
from store.tables import ApiToken, User
from triage_api.access.actions import RULES, Action
from triage_api.access.models import Person
from triage_api.access.people import person_of
from triage_api.access.policy import may, require
from triage_api.access.sessions import digest
from triage_api.access.tokens.models import TokenIn, TokenOut, TokenPage
from triage_api.shell.recording import enter, recording

PREFIX = "vig_"
"""How a token begins, so that what scans code and logs for secrets finds it."""
_COARSE = timedelta(hours=1)
"""The last use is kept to the hour: when a program runs is nobody's business, and each call would be a write."""


def scopes_of(person: Person) -> list[Action]:
    """Return the actions that the person may give to a token."""
    return [action for action in Action if RULES[action].program and may(person, action)]


def make_token(store: Store, person: Person, given: TokenIn) -> TokenOut:
    """Make a token for some of the person's own actions; `BadInput` names those that are not theirs to give."""
    require(person, Action.TOKEN_OWN)
    if foreign := sorted(set(given.scopes) - set(scopes_of(person))):
        raise BadInput(f"Not yours to give to a token: {', '.join(foreign)}.", code="scope_not_yours", field="scopes")
    token, now = PREFIX + secrets.token_urlsafe(32), store.clock()
    row = ApiToken(
        id=f"t-{secrets.token_hex(8)}",
        token_sha256=digest(token),
        user_id=person.id,
        label=given.label,
        scopes=sorted({scope.value for scope in given.scopes}),
        created_at=now,
        expires_at=now + timedelta(days=given.days),
    )
    with recording(store) as session:
        session.add(row)
        said = {"token": row.id, "scopes": row.scopes, "until": row.expires_at.date().isoformat()}
        enter(session, store, person, Event.TOKEN_MADE, said)
    return _out(row, token)


def list_tokens(store: Store, person: Person) -> TokenPage:
    """Return the person's own tokens, those that ended by their date too."""
    require(person, Action.TOKEN_OWN)
    mine = select(ApiToken).where(ApiToken.user_id == person.id).order_by(ApiToken.created_at.desc(), ApiToken.id)
    with store.database.reading() as session:
        return TokenPage(items=[_out(row) for row in session.scalars(mine)])


def end_token(store: Store, person: Person, identity: str) -> None:
    """End one of the person's own tokens at once; `NotFound` for any other."""
    require(person, Action.TOKEN_OWN)
    with recording(store) as session:
        mine = select(ApiToken).where(ApiToken.id == identity, ApiToken.user_id == person.id).with_for_update()
        row = session.scalar(mine)
        if row is None:
            raise NotFound("No such token.")
        session.delete(row)
        enter(session, store, person, Event.TOKEN_ENDED, {"token": identity})


def is_api_token(token: str) -> bool:
    """Tell whether this has the form of a program's token, not of a session's."""
    return token.startswith(PREFIX)


def holder(store: Store, token: str) -> Person:
    """Return the person that a token stands for, within its scopes; `NotLoggedIn` if it is none or has ended."""
    now = store.clock()
    with store.database.reading() as session:
        found = session.execute(
            select(ApiToken, User)
            .join(User, User.id == ApiToken.user_id)
            .where(ApiToken.token_sha256 == digest(token), ApiToken.expires_at > now, User.active)
        ).first()
        if found is None:
            raise NotLoggedIn("Log in first.")
        row, user = found
        scopes = frozenset(action for action in Action if action in row.scopes and RULES[action].program)
        person = person_of(store, session, user, via="token", scopes=scopes)
    if row.used_at is None or now - row.used_at >= _COARSE:
        _note_use(store, row.id, now)
    return person


def _note_use(store: Store, identity: str, now: datetime) -> None:
    hour = now.replace(minute=0, second=0, microsecond=0)
    with store.database.writing() as session:
        session.execute(update(ApiToken).where(ApiToken.id == identity).values(used_at=hour))


def _out(row: ApiToken, token: str | None = None) -> TokenOut:
    return TokenOut(
        id=row.id,
        label=row.label,
        scopes=[action for action in Action if action in row.scopes],
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
        token=token,
    )
