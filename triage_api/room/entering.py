"""Who may enter which room, and which of its texts may still be read: asked anew each time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from disclosure.study import StudyKey
from nlp.redact import KeyedNumbering, redact
from store.errors import NotFound
from store.exports import study_key
from store.leaving import may_leave
from store.store import Store
from store.tables import Export, Post, RoomText, Study
from triage_api.access.models import Person


def open_studies(session: Session, person: Person, now: datetime) -> list[Study]:
    """Return the studies whose room somebody may enter now, newest first: they are named, it is open, it lasts."""
    ready = select(Export.study_id).where(Export.tier == "room", Export.status == "ready")
    lasting = (Study.closed_at.is_(None), Study.ends_at > now, Study.id.in_(ready))
    studies = session.scalars(select(Study).where(*lasting).order_by(Study.created_at.desc(), Study.id))
    return [study for study in studies if person.id in study.people]


def entered(session: Session, person: Person, identity: str, now: datetime) -> Study:
    """Return the study of a room that somebody may enter; `NotFound` for any other."""
    for study in open_studies(session, person, now):
        if study.id == identity:
            return study
    raise NotFound("No such room.")


def texts_of(session: Session, study: str) -> Sequence[RoomText]:
    """Return the texts of a study's open rooms, in their order."""
    ready = select(Export.id).where(Export.status == "ready")
    wanted = select(RoomText).where(RoomText.study_id == study, RoomText.export_id.in_(ready))
    return session.scalars(wanted.order_by(RoomText.token)).all()


def text_in(session: Session, person: Person, token: str, now: datetime) -> tuple[Study, RoomText]:
    """Return a text that somebody may read, with its study; `NotFound` for any other.

    The same questions are asked whether there is such a text or not, so that the time of the answer does not tell.
    """
    studies = {study.id: study for study in open_studies(session, person, now)}
    ready = select(Export.id).where(Export.status == "ready")
    wanted = select(RoomText).where(RoomText.token == token, RoomText.study_id.in_(studies))
    row = session.scalar(wanted.where(RoomText.export_id.in_(ready)))
    if row is None:
        raise NotFound("No such text.")
    return studies[row.study_id], row


def redacted(store: Store, session: Session, row: RoomText) -> str:
    """Return what a text of a room says, redacted; `NotFound` (``gone``) once its post may leave no more.

    What is taken out is numbered under the study's key, so that a person is followed from text to text of one study.
    """
    text = session.scalar(select(Post.text).where(Post.id == row.post_id))
    if not text or row.post_id not in may_leave(session, [row.post_id], store.clock()):
        raise NotFound("This text may not be read any more.", code="gone")
    key = StudyKey(row.study_id, store.keys.key(study_key(row.study_id)))
    return redact(text, KeyedNumbering(key.numbering())).text
