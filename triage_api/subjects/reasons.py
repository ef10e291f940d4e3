"""Why things were decided, where that names a youth who is erased: a reason goes with whom it names."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from nlp.fold import fold
from store.errors import NotFound
from store.keys import unseal
from store.store import Store
from store.tables import Decision, QueueItem, Request
from triage_api.requests.models import Details
from triage_api.requests.sealing import key_of, opened

_NAME_LETTERS = 3
"""Letters that something told of a youth must have for reasons to be looked through for it."""


def names_told(session: Session, store: Store, row: Request) -> set[str]:
    """Return the names and contacts that were told of the youth, folded; none if they cannot be read any more."""
    try:
        details = Details.model_validate_json(opened(key_of(session, store, row), row.sealed, f"request:{row.id}"))
    except NotFound:
        return set()
    parts = (details.youth.partition(",")[0], *details.handles, *details.phones, *details.emails)
    return {said for part in parts if len(said := fold(part).text.strip(" @")) >= _NAME_LETTERS}


def blank_reasons(
    session: Session,
    store: Store,
    request: str,
    pasted: Collection[str],
    found: Collection[str],
    names: Collection[str],
) -> list[str]:
    """Blank why it was decided on the texts pasted for a request, and on found posts where that names it.

    Returns the data keys that the reasons were sealed under.
    """
    items = select(QueueItem.id).where(QueueItem.request_id == request)
    mine = select(Decision).where(or_(Decision.post_id.in_(pasted), Decision.item_id.in_(items)))
    beside = session.scalars(select(Decision).where(Decision.post_id.in_(found), Decision.sealed != b"")).all()
    keys = store.keys.keys(_key(decision) for decision in beside)
    gone = [*session.scalars(mine), *(each for each in beside if _names(each, keys, {request, *names}))]
    for decision in gone:
        decision.sealed = b""
    return [_key(decision) for decision in gone]


def _names(decision: Decision, keys: Mapping[str, bytes], names: Collection[str]) -> bool:
    """Tell whether why something was decided names somebody; what cannot be opened any more says nothing."""
    name = _key(decision)
    said = fold(unseal(keys[name], decision.sealed, name).decode()).text if name in keys else ""
    return any(one in said for one in names)


def _key(decision: Decision) -> str:
    return f"decision:{decision.item_id}"
