"""All unattended steps, side by side: the pipeline's, and those of the desks: standing searches, and the watch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Event

from nlp.reader import Reader
from pipeline import loop
from store.index import Index
from store.store import Store
from triage_api.desk import Desk
from triage_api.duty.running import watching
from triage_api.majority.running import STEP as MAJORITY
from triage_api.majority.running import watching as watching_ages
from triage_api.meetings.running import STEP as MEETINGS
from triage_api.meetings.running import looking
from triage_api.notices.sending import STEP as NOTICES
from triage_api.notices.sending import sending
from triage_api.referrals.running import STEP as REFERRALS
from triage_api.referrals.running import chasing
from triage_api.requests.running import STEP as RUNAWAYS
from triage_api.requests.running import watching as watching_runaways
from triage_api.retention.running import STEP as RETENTION
from triage_api.retention.running import retaining
from triage_api.rights.running import STEP as RIGHTS
from triage_api.rights.running import keeping
from triage_api.standing.running import run_due
from triage_api.trends.publishing import STEP as TRENDS
from triage_api.trends.publishing import closing

_STANDING = "standing"
_OF_DESKS: Mapping[str, Callable[[Store], loop.Step]] = {
    "duty": watching,
    REFERRALS: chasing,
    NOTICES: sending,
    RIGHTS: keeping,
    RUNAWAYS: watching_runaways,
    MAJORITY: watching_ages,
    MEETINGS: looking,
    RETENTION: retaining,
    TRENDS: closing,
}
"""The desks' steps that need the store alone; each looks at the clock itself."""
STEPS = (*loop.STEPS, _STANDING, *_OF_DESKS)


def every_step(
    store: Store, reader: Reader | None, index: Index, names: tuple[str, ...] = STEPS, stop: Event | None = None
) -> dict[str, loop.Step]:
    """Return the chosen steps, ready to run; see `pipeline.loop.steps`.

    Standing searches load the reader when the first one is due, unless it is given.
    """
    todo = loop.steps(store, reader, index, names, stop)
    if _STANDING in names:
        desk = Desk(store, index, reader)
        todo[_STANDING] = lambda: run_due(desk)
    todo |= {name: made(store) for name, made in _OF_DESKS.items() if name in names}
    return todo
