"""How many alerts of sources wait for whoever can do something about them."""

from __future__ import annotations

from store.alerts import open_alerts
from store.store import Store
from triage_api.access.models import Person
from triage_api.access.policy import Action, may


def unseen_alerts(store: Store, person: Person) -> int:
    """Return how many alerts no supervisor has seen; 0 for those who cannot decide on a source."""
    if not may(person, Action.SOURCE_DECIDE):
        return 0
    with store.database.reading() as session:
        return len(open_alerts(session))
