"""What a referral tells, sealed: under its subject's key or, without a request behind it, under one of its own."""

from __future__ import annotations

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from store.errors import NotFound
from store.keys import seal, unseal
from store.store import Store
from store.tables import Referral, Subject
from triage_api.requests.sealing import key_name


class Told(BaseModel):
    """What is told, by field, and what the ground asked for."""

    told: dict[str, str]
    facts: dict[str, str]


def own_key(identity: str) -> str:
    """Return what the data key of a referral without a subject is called in the keyring."""
    return f"referral:{identity}"


def sealed(store: Store, row: Referral, plain: str, what: str) -> bytes:
    """Seal one text of a referral; `what` is ``told`` or ``outcome``."""
    key = store.keys.key(key_name(row.subject_id)) if row.subject_id else store.keys.new(own_key(row.id))
    return seal(key, plain.encode(), f"referral-{what}:{row.id}")


def opened(session: Session, store: Store, row: Referral) -> tuple[Told, str]:
    """Return what a referral tells, and the words of its outcome; `NotFound` once they or their key are erased."""
    if not row.sealed or (row.subject_id and _is_erased(session, row.subject_id)):
        raise NotFound("No such referral.")
    try:
        key = store.keys.key(key_name(row.subject_id) if row.subject_id else own_key(row.id))
    except NotFound:
        raise NotFound("No such referral.") from None
    told = Told.model_validate_json(unseal(key, row.sealed, f"referral-told:{row.id}"))
    said = unseal(key, row.outcome_sealed, f"referral-outcome:{row.id}").decode() if row.outcome_sealed else ""
    return told, said


def _is_erased(session: Session, subject: str) -> bool:
    return session.scalar(select(Subject.id).where(Subject.id == subject, Subject.erased_at.is_(None))) is None
