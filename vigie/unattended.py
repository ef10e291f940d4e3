"""All unattended steps, side by side: the pipeline's, and those of the desks: standing searches, and the watch."""

from __future__ import annotations

from threading import Event

from nlp.reader import Reader
from pipeline import loop
from store.index import Index
from store.store import Store
from triage_api.desk import Desk
from triage_api.duty.running import watching
from triage_api.referrals.running import STEP as REFERRALS
from triage_api.referrals.running import chasing
from triage_api.standing.running import run_due

_STANDING, _DUTY = "standing", "duty"
STEPS = (*loop.STEPS, _STANDING, _DUTY, REFERRALS)


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
    if _DUTY in names:
        todo[_DUTY] = watching(store)
    if REFERRALS in names:
        todo[REFERRALS] = chasing(store)
    return todo
