"""Quarantine: text that nobody but the quarantine officer may see, sealed and apart.

It comes here at the door (`store.door`), when a term of the deployment's lexicon stands in it, or by an analyst's
button. What is sealed is all that an officer needs to hand it over: the words, where they stood, and the files of their
captures.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from store.erasure import blank
from store.posts import get_post
from store.settings import Settings
from store.store import Store
from store.tables import Capture, Post, Quarantined, QueueItem

LEXICON = "lexicon"
"""Who sealed what a term of the lexicon stands in: no person did."""
FIELDS = ("kind", "url", "title", "text", "author", "city", "region", "posted_at")
"""What is sealed of a post as it stands, by the same names in `Post`, `PostIn` and `Held`."""


class HeldCapture(BaseModel):
    """One capture of a sealed post, with the bytes of its file."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    version: int
    url: str
    fetched_at: datetime
    collector: str
    response_sha256: str
    warc: bytes


class Held(BaseModel):
    """All that is sealed of a post."""

    version: int
    key: str
    """What named it within its source."""
    kind: str
    url: str = ""
    title: str = ""
    text: str
    author: str = ""
    city: str = ""
    region: str = ""
    posted_at: datetime | None = None
    provenance: dict[str, Any] = Field(default_factory=dict)
    captures: list[HeldCapture] = Field(default_factory=list)


class Outcome(BaseModel):
    """What an officer decided of a sealed text, and why; sealed under a key of its own, which outlasts the text's."""

    version: int
    """Version of the post that was sealed: what was released is not caught again by the lexicon."""
    reason: str
    to: str = ""
    """To whom it was handed over."""
    file_number: str = ""
    handed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits for an officer, and how much of it for too long."""

    texts: int
    late: int
    oldest: datetime | None


def quarantine(store: Store, session: Session, identity: str, by: str) -> list[str]:
    """Seal a post away for the quarantine officer and blank it everywhere else.

    Runs in the caller's transaction; returns the capture files to delete once it has committed.
    """
    row = get_post(session, identity)
    if row.status != "live":
        return []
    seal(session, store, identity, _held_of(session, store.settings, row), by)
    return blank(store, session, identity, "quarantined")


def quarantine_copies(store: Store, session: Session, ids: Collection[str], by: str) -> list[str]:
    """Do so with all copies of one text, whose rows the caller holds."""
    # Before the first goes: what takes a post out of the queue asks for the other copies to be read.
    session.execute(update(QueueItem).where(QueueItem.post_id.in_(ids)).values(same_text=""))
    return [path for copy in sorted(ids) for path in quarantine(store, session, copy, by)]


def read_held(store: Store, row: Quarantined) -> Held:
    """Open what is sealed; `NotFound` once its key is destroyed."""
    opened = store.keys.opened(row.sealed, key_name(row.post_id))
    try:
        return Held.model_validate_json(opened)
    except ValidationError:  # sealed before captures were: the words alone
        return Held(version=1, key=row.post_id, kind="post", text=opened.strip())


def read_outcome(store: Store, row: Quarantined) -> Outcome | None:
    """Open what an officer decided; None while nobody has."""
    return Outcome.model_validate_json(store.keys.opened(row.note, note_name(row.post_id))) if row.note else None


def key_name(identity: str) -> str:
    """Return the name of the data key that a sealed text is under."""
    return f"quarantine:{identity}"


def note_name(identity: str) -> str:
    """Return the name of the data key that an officer's reason is under; it belongs to the register's entry too."""
    return f"quarantine-outcome:{identity}"


def waiting(session: Session, settings: Settings, now: datetime) -> Waiting:
    """Return how much waits for an officer."""
    open_ones = Quarantined.outcome == ""
    late = select(func.count()).where(open_ones, Quarantined.created_at <= late_before(settings, now))
    count, oldest = session.execute(select(func.count(), func.min(Quarantined.created_at)).where(open_ones)).one()
    return Waiting(count, session.scalar(late) or 0, oldest)


def late_before(settings: Settings, now: datetime) -> datetime:
    """Return since when what waits still is late."""
    return now - timedelta(days=settings.quarantine_days)


def _held_of(session: Session, settings: Settings, row: Post) -> Held:
    fields = {name: getattr(row, name) for name in FIELDS}
    captures = captures_of(session, settings, row.id)
    return Held(version=row.version, key=row.external_id, provenance=row.provenance, captures=captures, **fields)


def captures_of(session: Session, settings: Settings, identity: str) -> list[HeldCapture]:
    """Return the captures of a post with the bytes of their files."""
    found = []
    for row in session.scalars(select(Capture).where(Capture.post_id == identity).order_by(Capture.id)):
        with suppress(OSError):  # one that is gone must not keep the text where it is
            warc = (settings.captures / row.path).read_bytes()
            found.append(_kept(row, warc))
    return found


def _kept(row: Capture, warc: bytes) -> HeldCapture:
    names = ("version", "url", "fetched_at", "collector", "response_sha256")
    return HeldCapture(warc=warc, **{name: getattr(row, name) for name in names})


def seal(session: Session, store: Store, identity: str, held: Held, by: str) -> None:
    """Keep what is sealed; of a post that was given back and is sealed again, in the place of the first."""
    row = session.scalar(select(Quarantined).where(Quarantined.post_id == identity).with_for_update())
    if row is None:
        row = Quarantined(post_id=identity)
        session.add(row)
    row.sealed = store.keys.sealed(held.model_dump_json(), key_name(identity))
    row.by, row.created_at = by, store.clock()
    row.outcome, row.outcome_by, row.outcome_at, row.note = "", "", None, None
    session.flush()


def is_given_back(session: Session, store: Store, post: Post) -> bool:
    """Tell whether an officer gave this very version of a post back."""
    row = session.scalar(select(Quarantined).where(Quarantined.post_id == post.id, Quarantined.outcome == "released"))
    outcome = read_outcome(store, row) if row else None
    return outcome is not None and outcome.version == post.version
