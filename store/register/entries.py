"""The entries of the register: append-only, each a leaf by RFC 6962 hashing.

An entry's leaf covers its moment, event, actor, public part and the digest of its sealed part, so that
destroying a key leaves every leaf true.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from store.errors import RegisterUnavailable
from store.register.tree import leaf_hash
from store.tables import RegisterEntry

_SHARE = text("SELECT pg_advisory_xact_lock_shared(5640131)")
_ALONE = text("SELECT pg_advisory_xact_lock(5640131)")
_GIVEN_SQLITE = text("SELECT seq FROM sqlite_sequence WHERE name = 'register'")
_GIVEN_POSTGRESQL = text("SELECT last_value FROM register_n_seq")


class Event(StrEnum):
    """All that the register tells."""

    SEARCH_OPENED = "search.opened"
    SEARCH_CLOSED = "search.closed"
    SEARCH_REUSED = "search.reused"
    POST_OPENED = "post.opened"
    POST_PASTED = "post.pasted"
    REQUEST_OPENED = "request.opened"
    REQUEST_ANSWERED = "request.answered"
    REQUEST_ENTERED = "request.entered"
    REQUEST_FOUND = "request.found"
    REQUEST_RENEWED = "request.renewed"
    REQUEST_CLOSED = "request.closed"
    REQUEST_HANDED = "request.handed"
    MESSAGE_SENT = "message.sent"
    ORGANISATION_CHANGED = "organisation.changed"
    PIVOT_CHANGED = "pivot.changed"
    AGREEMENT_CHANGED = "agreement.changed"
    CONSENT_GIVEN = "consent.given"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    REFERRAL_MADE = "referral.made"
    REFERRAL_APPROVED = "referral.approved"
    REFERRAL_REFUSED = "referral.refused"
    REFERRAL_SENT = "referral.sent"
    REFERRAL_OPENED = "referral.opened"
    REFERRAL_ACKNOWLEDGED = "referral.acknowledged"
    REFERRAL_ENDED = "referral.ended"
    REFERRAL_WITHDRAWN = "referral.withdrawn"
    REFERRAL_ESCALATED = "referral.escalated"
    REFERRAL_REVIEWED = "referral.reviewed"
    STEP_WRITTEN = "step.written"
    LEDGER_READ = "ledger.read"
    MEETING_PROPOSED = "meeting.proposed"
    MEETING_ANSWERED = "meeting.answered"
    RIGHTS_RECEIVED = "rights.received"
    RIGHTS_READ = "rights.read"
    RIGHTS_ANSWERED = "rights.answered"
    HOLD_ASKED = "hold.asked"
    HOLD_GRANTED = "hold.granted"
    HOLD_RELEASED = "hold.released"
    DECISION_MADE = "decision.made"
    DECISION_UNDONE = "decision.undone"
    JUDGEMENT_MADE = "judgement.made"
    ITEM_HANDED = "item.handed"
    ITEM_TRANSFERRED = "item.transferred"
    CAMPAIGN_PARTED = "campaign.parted"
    NOTE_WRITTEN = "note.written"
    DUTY_TAKEN = "duty.taken"
    CRITERION_DECIDED = "criterion.decided"
    MODEL_SWITCHED = "model.switched"
    TRAINING_PASSED = "training.passed"
    EXPORT_OPENED = "export.opened"
    EXPORT_CLOSED = "export.closed"
    EXPORT_APPROVED = "export.approved"
    EXPORT_DENIED = "export.denied"
    EXPORT_READ = "export.read"
    EXPORT_RECALLED = "export.recalled"
    EXPORT_DESTROYED = "export.destroyed"
    STUDY_CLOSED = "study.closed"
    ROOM_READ = "room.read"
    ROOM_CODED = "room.coded"
    PARAPHRASE_WRITTEN = "paraphrase.written"
    PARAPHRASE_REVIEWED = "paraphrase.reviewed"
    VIEW_PUBLISHED = "view.published"
    REGISTER_READ = "register.read"
    IDENTIFIER_REVEALED = "identifier.revealed"
    NAME_REVEALED = "name.revealed"
    STANDING_OPENED = "standing.opened"
    STANDING_ENDED = "standing.ended"
    SUBJECT_ERASED = "subject.erased"
    KEYS_ROTATED = "keys.rotated"
    GLASS_BROKEN = "glass.broken"
    GLASS_SEEN = "glass.seen"
    GLASS_REVIEWED = "glass.reviewed"
    REVIEW_DRAWN = "review.drawn"
    REVIEW_RECORDED = "review.recorded"
    ACCOUNT_MADE = "account.made"
    ACCOUNT_CHANGED = "account.changed"
    WORD_DECIDED = "word.decided"
    SOURCE_ASKED = "source.asked"
    SOURCE_GRANTED = "source.granted"
    SOURCE_SUSPENDED = "source.suspended"
    CAPTURES_KEPT = "captures.kept"
    EVIDENCE_OPENED = "evidence.opened"
    QUARANTINE_SEALED = "quarantine.sealed"
    QUARANTINE_OPENED = "quarantine.opened"
    QUARANTINE_TAKEN = "quarantine.taken"
    QUARANTINE_DECIDED = "quarantine.decided"
    TOKEN_MADE = "token.made"  # noqa: S105 - the name of an event
    TOKEN_ENDED = "token.ended"  # noqa: S105 - the name of an event


def canonical(value: Mapping[str, Any]) -> str:
    """Return JSON that is the same for the same data."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def entry_content(at: datetime, event: str, actor: str, public: str, sealed: bytes | None) -> bytes:
    """Return the bytes that an entry's leaf is the hash of."""
    digest = hashlib.sha256(sealed).hexdigest() if sealed is not None else None
    moment = at.isoformat(timespec="microseconds")
    return canonical({"at": moment, "event": event, "actor": actor, "public": public, "sealed": digest}).encode()


def append(
    session: Session, *, event: Event, actor: str, at: datetime, public: Mapping[str, Any], sealed: bytes | None = None
) -> int:
    """Write one entry in the caller's transaction and return its number; `RegisterUnavailable` if it cannot be.

    `actor` is a pseudonym. `public` holds nothing personal; what is personal comes sealed. Whatever the transaction
    locks, it locks before: see `settle`.
    """
    said = canonical(public)
    content = entry_content(at, event, actor, said, sealed)
    row = RegisterEntry(at=at, event=event.value, actor=actor, public=said, sealed=sealed, leaf=leaf_hash(content))
    session.flush()
    try:
        if _is_postgresql(session):
            session.execute(_SHARE)
        session.add(row)
        session.flush()
    except SQLAlchemyError as error:
        raise RegisterUnavailable("The register cannot be written; nothing is searched until it can.") from error
    return row.n


def settle(session: Session) -> None:
    """Wait for the entries that are being written, and keep new ones waiting, until the caller's transaction ends.

    PostgreSQL numbers an entry before it commits: without this, whoever reads on from the last number could miss a
    lower one that commits later. Writers do not wait for one another, so they lose nothing by it.
    """
    if _is_postgresql(session):
        session.execute(_ALONE)


def entries(session: Session, *, after: int = 0, limit: int = 100) -> list[RegisterEntry]:
    """Return entries by number, those after `after`."""
    query = select(RegisterEntry).where(RegisterEntry.n > after).order_by(RegisterEntry.n).limit(limit)
    return list(session.scalars(query))


def highest_given(session: Session) -> int:
    """Return the highest number that the database ever gave an entry: one beyond it was not written by us."""
    return session.scalar(_GIVEN_POSTGRESQL if _is_postgresql(session) else _GIVEN_SQLITE) or 0


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
