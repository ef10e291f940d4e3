"""What `vigie doctor` says of the quarantine: how much waits, and whether a lexicon stands at the door."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from store.errors import NotSetUp
from store.lexicon import lexicon_of
from store.quarantine import waiting
from store.settings import Settings
from store.store import Store


def told(store: Store, session: Session) -> Iterator[str]:
    """Yield a line for each thing to know."""
    held = waiting(session, store.settings, store.clock())
    yield f"waiting in quarantine: {held.texts}"
    if held.late:
        yield f"quarantine: {held.late} of {held.texts} wait for more than {store.settings.quarantine_days} days"
    terms, problem = lexicon_state(store.settings)
    yield f"quarantine lexicon: {problem or ('not configured' if terms is None else f'{terms} terms')}"


def lexicon_state(settings: Settings) -> tuple[int | None, str]:
    """Return how many terms the lexicon has, None if none is configured; and why it cannot be used, if it cannot."""
    try:
        lexicon = lexicon_of(settings)
    except NotSetUp as error:
        return None, error.message
    return (None if lexicon is None else len(lexicon)), ""
