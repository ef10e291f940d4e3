"""What the tests of e-mails ask for and look up."""

from __future__ import annotations

from sqlalchemy import select

from store.tables import DeskAlert, Notice
from triage_api.notices.queueing import notify

SITE = "https://vigie.example"


def queue(store, pivot, about, kind="answered", link=None):
    with store.database.writing() as session:
        notify(session, store, pivot, kind, about, link)


def rows(store):
    with store.database.reading() as session:
        return list(session.scalars(select(Notice).order_by(Notice.queued_at, Notice.id)))


def states(store):
    return [(row.state, row.error) for row in rows(store)]


def alerts(store):
    with store.database.reading() as session:
        query = select(DeskAlert.about).where(DeskAlert.kind == "notice_uncertain", DeskAlert.seen_at.is_(None))
        return sorted(set(session.scalars(query)))
