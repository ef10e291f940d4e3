"""Posts: taking them in once, noticing edits, setting their end, erasing them everywhere."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import and_, delete, select, update
from sqlalchemy.orm import Session

from nlp.cities import canonical_city, region_of
from nlp.tokens import tokens
from store.captures import erase_capture, write_capture
from store.errors import NotFound
from store.leftovers import ask_destruction
from store.links import forget_links
from store.locks import INTAKE, hold, hold_posts, same_text_name
from store.outbox import announce
from store.records import CaptureIn, Origin, PostIn
from store.settings import Settings
from store.store import Store
from store.tables import AssessmentRow, Capture, Decision, Post, Quarantined, QueueItem, Work
from store.work import add_work, add_work_once

ASSESS = "assess"
"""The kind of work that a post waits for after it came in or was edited."""

THOROUGH = "erase-thoroughly"
"""The kind of work that waits after an erasure: to take what was erased out of the files of index and database too.

Its key is the moment of the erasure."""

_MARGIN = timedelta(hours=2)
"""So much sooner than it must be done a thorough erasure is begun: building an index anew takes a while."""

Intake = Literal["new", "edited", "same"]


def post_id(source_id: str, key: str) -> str:
    """Return the id of a post: the same for the same post of the same source, whenever it is met."""
    return "p-" + hashlib.sha256(f"{source_id}\0{key}".encode()).hexdigest()[:24]


def same_text(text: str) -> str:
    """Return a digest that copies of one text share, whatever their case, accents and punctuation."""
    return hashlib.sha256(" ".join(token.folded for token in tokens(text)).encode()).hexdigest()[:32]


def take_in(
    store: Store, source_id: str, origin: Origin, posts: Sequence[tuple[PostIn, CaptureIn | None]]
) -> list[tuple[str, Intake]]:
    """Keep posts of one source in one transaction; return each one's id and whether it was new, edited or known."""
    with store.database.writing() as session:
        hold(session, [INTAKE])
        hold_posts(session, [post_id(source_id, post.key) for post, _ in posts])
        return [keep_post(session, store, source_id, origin, post, capture) for post, capture in posts]


def keep_post(
    session: Session, store: Store, source_id: str, origin: Origin, post: PostIn, capture: CaptureIn | None
) -> tuple[str, Intake]:
    """Keep one post in the caller's transaction, which holds `INTAKE`; return its id and whether it was new."""
    row, intake = _keep(session, store.settings, source_id, origin, post, store.clock())
    # A known post's capture is not written: nothing would point to it, so nothing would ever erase it.
    if capture is not None and intake != "same":
        session.add(_capture_row(row, capture, *write_capture(store.settings.captures, capture)))
    return row.id, intake


def _keep(
    session: Session, settings: Settings, source_id: str, origin: Origin, post: PostIn, now: datetime
) -> tuple[Post, Intake]:
    identity = post_id(source_id, post.key)
    row = session.scalar(select(Post).where(Post.id == identity).with_for_update())
    if row is not None and (row.digest == post.digest or row.status != "live"):
        return row, "same"
    intake: Intake = "new" if row is None else "edited"
    if row is None:
        row = Post(id=identity, source_id=source_id, external_id=post.key, origin=origin, ingested_at=now, version=0)
        row.provenance = post.provenance
        session.add(row)
    _write(row, post, settings)
    row.expires_at = decided_end(session, row, now + timedelta(days=settings.retain_unflagged_days))
    session.flush()
    add_work(session, ASSESS, [identity], now)
    if intake == "edited":  # until it is read again, the index holds neither its old text nor its new one
        announce(session, [identity], now)
        forget_links(session, identity, now)
    return row, intake


def decided_end(session: Session, row: Post, end: datetime) -> datetime | None:
    """Return when a post's text goes: at `end`, unless a person's newest decision keeps it longer.

    What was referred or escalated is evidence and has no end (None); what was watched or dismissed goes no sooner
    than was decided. An edit by its author changes neither.
    """
    newest = select(Decision.verdict).where(Decision.post_id == row.id).order_by(Decision.id.desc()).limit(1)
    verdict = session.scalar(newest)
    if verdict in {"refer", "escalate"}:
        return None
    return max(end, row.expires_at) if verdict is not None and row.expires_at is not None else end


def _write(row: Post, post: PostIn, settings: Settings) -> None:
    row.version += 1
    row.kind, row.url, row.title, row.author = post.kind, post.url, post.title, post.author
    row.text = post.text[: settings.max_text]
    row.city, row.posted_at = post.city, post.posted_at
    row.region = post.region or region_of(canonical_city(post.city) or post.city)
    row.digest, row.same_text = post.digest, same_text(row.text)
    row.status = "live"


def _capture_row(row: Post, capture: CaptureIn, path: str, digest: str) -> Capture:
    return Capture(
        post_id=row.id,
        version=row.version,
        path=path,
        sha256=digest,
        response_sha256=capture.response_sha256,
        url=capture.url,
        fetched_at=capture.fetched_at,
        collector=capture.collector,
    )


def get_post(session: Session, identity: str) -> Post:
    """Return a post, or raise `NotFound`."""
    row = session.scalar(select(Post).where(Post.id == identity))
    if row is None:
        raise NotFound("No such post.")
    return row


def reading_text(post: Post) -> str:
    """Return what is read of a post: its title and its text; evidence counts its offsets from here."""
    return f"{post.title}\n{post.text}" if post.title else post.text


def current_assessments(session: Session, ids: Collection[str]) -> dict[str, AssessmentRow]:
    """Return what the reader last said of posts as they are now, by post; one not read since its edit is left out."""
    of_now = and_(Post.id == AssessmentRow.post_id, Post.version == AssessmentRow.version)
    query = select(AssessmentRow).join(Post, of_now).where(AssessmentRow.post_id.in_(ids))
    return {row.post_id: row for row in session.scalars(query.order_by(AssessmentRow.id))}


def expired(session: Session, now: datetime) -> list[str]:
    """Return ids of posts whose text must go, oldest end first."""
    query = select(Post.id).where(Post.status == "live", Post.expires_at <= now)
    return list(session.scalars(query.order_by(Post.expires_at)))


def blank(store: Store, session: Session, identity: str, status: Literal["erased", "quarantined"]) -> list[str]:
    """Take a post's text and all that repeats it out of the database; return the capture files to delete after.

    What stays: ids, times, region and digests of nothing readable, so that a post is not collected again.
    """
    now = store.clock()
    paths = list(session.scalars(select(Capture.path).where(Capture.post_id == identity)))
    session.execute(delete(Capture).where(Capture.post_id == identity))
    session.execute(delete(AssessmentRow).where(AssessmentRow.post_id == identity))
    session.execute(delete(Work).where(Work.kind == ASSESS, Work.key == identity))
    item = session.scalar(select(QueueItem).where(QueueItem.post_id == identity, QueueItem.status == "open"))
    if item is not None:
        item.status = "expired"
        read_copies(session, identity, item.same_text, now)
    # The digest of a short text tells it to whoever tries them all.
    session.execute(update(QueueItem).where(QueueItem.post_id == identity).values(same_text=""))
    session.execute(
        update(Post)
        .where(Post.id == identity)
        .values(
            external_id=identity,
            text="",
            title="",
            author="",
            url="",
            city="",
            digest="",
            same_text="",
            status=status,
            expires_at=None,
            provenance={},
        )
    )
    announce(session, [identity], now)
    ask_destruction(session, [f"reveal:{identity}"], now)  # why its author or address was looked at may name somebody
    ask_thorough(session, store.settings, now)
    forget_links(session, identity, now)
    return paths


def ask_thorough(session: Session, settings: Settings, now: datetime) -> None:
    """Ask for what was erased to leave the files too, unless that waits; one under way may have begun too soon."""
    waits = select(Work.id).where(Work.kind == THOROUGH, Work.owner.is_(None), Work.due_at.is_not(None)).limit(1)
    if session.scalar(waits) is None:
        moment = now.astimezone(UTC).isoformat(timespec="microseconds")
        wait = timedelta(hours=settings.erase_hours) - _MARGIN
        add_work_once(session, THOROUGH, [moment], now + max(wait, timedelta()))


def hold_texts(session: Session, ids: Collection[str]) -> None:
    """Hold the texts of posts, and those that their queue items carry, before their rows: see `store.locks`."""
    now = select(Post.same_text).where(Post.id.in_(ids))
    before = select(QueueItem.same_text).where(QueueItem.post_id.in_(ids))
    digests = set(session.scalars(now.union(before)))
    hold(session, map(same_text_name, digests - {""}))


def read_copies(session: Session, identity: str, text: str, now: datetime) -> None:
    """Have the other copies of a text assessed again: the post that waited for all of them no longer does.

    `text` is the digest of `same_text` that the post's queue item carried.
    """
    copies = select(Post.id).where(Post.same_text == text, Post.status == "live", Post.id != identity)
    add_work(session, ASSESS, session.scalars(copies).all(), now)


def erase(store: Store, identity: str, *, if_expired: bool = False) -> bool:
    """Erase a post from the database, its captures and, through the outbox, the index; tell whether it was.

    With `if_expired`, only if its time has come still: a decision since may keep it or have sealed it away.
    """
    now = store.clock()
    with store.database.writing() as session:
        hold_texts(session, [identity])
        row = session.scalar(select(Post).where(Post.id == identity).with_for_update())
        if if_expired and not (row and row.status == "live" and row.expires_at and row.expires_at <= now):
            return False
        paths = blank(store, session, identity, "erased")
    for path in paths:
        erase_capture(store.settings.captures, path)
    return True


def quarantine(store: Store, session: Session, identity: str, by: str) -> list[str]:
    """Seal a post's text away for the quarantine officer and blank it everywhere else.

    Runs in the caller's transaction; returns the capture files to delete once it has committed.
    """
    row = get_post(session, identity)
    if row.status != "live":
        return []
    sealed = store.keys.sealed(f"{row.title}\n{row.text}", f"quarantine:{identity}")
    session.add(Quarantined(post_id=identity, sealed=sealed, by=by, created_at=store.clock()))
    return blank(store, session, identity, "quarantined")
