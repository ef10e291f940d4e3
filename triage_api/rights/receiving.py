"""What comes in by the public page, and the answer that is read there by a code. No account, and no copy of a document.

What was written is sealed under a key of its own. The page can be flooded by anybody: an address and a day have limits.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from store.errors import NotFound, TooManyAttempts
from store.locks import hold
from store.register import Event, append
from store.store import Store
from store.tables import RightsCase
from triage_api.access.attempts import count_attempt, take_back
from triage_api.consents.codes import kept, known_as, new_code, plain
from triage_api.rights.models import Outcome, PublicAnswer, Received, RightsIn, RightsKind, Told
from triage_api.shell.forms import BadForm
from triage_api.shell.languages import Lang
from triage_api.shell.recording import recording

PUBLIC = "public"
"""Who the register says it was: nobody is logged in."""
MOST_A_DAY = 50
"""Beyond this the page says to call: somebody floods it, or the house must know anyway."""
_CODE = "rights-code"
_LOCK = "rights:receiving"
_DAY = timedelta(days=1)


def receive(store: Store, given: RightsIn, lang: Lang, address: str) -> Received:
    """Keep what a person asks, and return the code by which the answer is read.

    `BadForm` names what is missing, `TooManyAttempts` an address that sends too many, or (``rights_full``) a full day.
    """
    _require_reachable(given)
    count_attempt(store, _source(address), _source(address))
    code, now = new_code(), store.clock()
    identity = f"rc-{secrets.token_hex(10)}"
    with recording(store) as session:
        hold(session, [_LOCK])
        _require_room(session, store)
        told = Told(**given.model_dump(exclude={"kind"}), lang=lang)
        row = RightsCase(id=identity, kind=given.kind, received_at=now, code_hash=kept(store, code, _CODE))
        row.sealed = store.keys.sealed(told.model_dump_json(), key_name(identity))
        row.due_at = now + timedelta(days=store.settings.rights_days)
        session.add(row)
        said = {"case": identity, "kind": given.kind}
        append(session, event=Event.RIGHTS_RECEIVED, actor=PUBLIC, at=now, public=said)
        return Received(code=code, due_at=row.due_at)


def read_by_code(store: Store, typed: str, address: str) -> PublicAnswer | None:
    """Return what the holder of a code is told; None, whatever is wrong with the code. `TooManyAttempts` after many.

    A code that was right counts for none.
    """
    counted = count_attempt(store, f"{_CODE}:{plain(typed)}", _source(address))
    hashed = known_as(store, typed, _CODE)
    with store.database.writing() as session:
        wanted = RightsCase.code_hash == (hashed or ""), RightsCase.ended_at.is_(None)
        row = session.scalar(select(RightsCase).where(*wanted))
        if row is None:
            return None
        take_back(session, counted)
        return _answer(store, row)


def key_name(identity: str) -> str:
    """Return what a request's data key is called in the keyring."""
    return f"rights:{identity}"


def _answer(store: Store, row: RightsCase) -> PublicAnswer | None:
    try:
        text = store.keys.opened(row.answer_sealed, key_name(row.id)) if row.answer_sealed is not None else ""
    except NotFound:  # an older copy of the database: what it says is erased
        return None
    return PublicAnswer(
        kind=cast("RightsKind", row.kind),
        received_at=row.received_at,
        due_at=row.due_at,
        outcome=cast("Outcome", row.outcome) if row.outcome else None,
        text=text,
        answered_at=row.answered_at,
    )


def _require_reachable(given: RightsIn) -> None:
    """Raise `BadForm` if nobody could check who asks: only a complaint needs no name."""
    missing = {name: "needed" for name in ("name", "reach") if given.kind != "complaint" and not getattr(given, name)}
    if missing:
        raise BadForm("Say who asks and how to reach you: nobody is told about themselves unchecked.", missing)


def _require_room(session: Session, store: Store) -> None:
    today = select(func.count()).select_from(RightsCase).where(RightsCase.received_at > store.clock() - _DAY)
    if (session.scalar(today) or 0) >= MOST_A_DAY:
        raise TooManyAttempts("Too many came in today: come back tomorrow, or call.", code="rights_full")


def _source(address: str) -> str:
    """Return what an address is counted as here: a flood of this page keeps nobody from logging in."""
    return f"rights:{address}"
