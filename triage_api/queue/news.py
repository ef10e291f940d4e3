"""What is new in the queue, for a page that is open already: how many immediate items wait and which came last."""

from __future__ import annotations

from sqlalchemy import func, select

from store.tables import QueueItem
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.desk import Desk
from triage_api.duty.alerts import is_immediate
from triage_api.queue.models import NewsOut
from triage_api.queue.ordering import is_free

_MOST = 20
"""Ids told at once; who has not looked for longer loads the page again."""


def news(desk: Desk, person: Person) -> NewsOut:
    """Return what is immediate now; nothing of any text."""
    require(person, Action.QUEUE_READ)
    waits = QueueItem.status == "open", is_immediate()
    newest = select(QueueItem.id).where(*waits, is_free(desk.store.clock()))
    newest = newest.order_by(QueueItem.rank.desc(), QueueItem.hour.desc(), QueueItem.created_at.desc(), QueueItem.id)
    with desk.store.database.reading() as session:
        count = session.scalar(select(func.count()).select_from(QueueItem).where(*waits)) or 0
        return NewsOut(count=count, newest=list(session.scalars(newest.limit(_MOST))))
