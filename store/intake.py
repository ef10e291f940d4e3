"""Taking posts in: each kept once, edits noticed, its end set."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from nlp.cities import canonical_city, region_of
from store.captures import write_capture
from store.links import forget_links
from store.locks import INTAKE, hold, hold_posts
from store.outbox import announce
from store.posts import ASSESS, post_id, same_text
from store.records import CaptureIn, Origin, PostIn
from store.settings import Settings
from store.store import Store
from store.tables import Capture, Decision, Post
from store.work import add_work

Intake = Literal["new", "edited", "same"]


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
