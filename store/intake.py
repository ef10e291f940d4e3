"""Taking posts in: each kept once, edits noticed, its end set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from nlp.cities import canonical_city, region_of
from store.captures import keep_warc, words_digest, write_capture
from store.door import enter_sealed, hold_caught, seal_at_door
from store.evidence.anchors import entering_captures
from store.links import forget_links
from store.locks import INTAKE, hold, hold_posts
from store.outbox import announce
from store.posts import ASSESS, post_id, same_text
from store.quarantine import FIELDS, Held
from store.records import CaptureIn, Origin, PostIn
from store.retention import unflagged_days
from store.settings import Settings
from store.store import Store
from store.tables import Capture, Decision, Post, QueueItem
from store.work import add_work

Intake = Literal["new", "edited", "same", "quarantined"]
"""``quarantined``: sealed at the door, see `store.door`."""


def take_in(
    store: Store,
    source_id: str,
    origin: Origin,
    posts: Sequence[tuple[PostIn, CaptureIn | None]],
    beside: Callable[[Session], None] = lambda _session: None,
) -> list[tuple[str, Intake]]:
    """Keep posts of one source in one transaction; return each one's id and whether it was new, edited or known.

    `beside` writes, in the same transaction, what is remembered of the page that they stood on.
    """
    with store.database.writing() as session:
        hold(session, [INTAKE])
        beside(session)
        caught = hold_caught(session, store, source_id, posts)
        hold_posts(session, caught.union(post_id(source_id, post.key) for post, _ in posts))
        with entering_captures(session, store):
            taken = [keep_post(session, store, source_id, origin, post, capture) for post, capture in posts]
        enter_sealed(session, store)
        return taken


def keep_post(
    session: Session, store: Store, source_id: str, origin: Origin, post: PostIn, capture: CaptureIn | None
) -> tuple[str, Intake]:
    """Keep one post in the caller's transaction, which holds `INTAKE`; return its id and whether it was new.

    The transaction ends with `store.door.enter_sealed`.
    """
    if seal_at_door(session, store, source_id, origin, post, capture):
        return post_id(source_id, post.key), "quarantined"
    row, intake = _keep(session, store.settings, source_id, origin, post, store.clock())
    # A known post's capture is not written: nothing would point to it, so nothing would ever erase it.
    if capture is not None and intake != "same":
        words = words_digest(row.title, row.text)
        session.add(_capture_row(row, capture, *write_capture(store.settings.captures, capture, words)))
    return row.id, intake


def take_back(session: Session, store: Store, row: Post, held: Held) -> None:
    """Make a post live again that the quarantine officer gives back, as it was sealed, and have it assessed.

    In the caller's transaction, which holds `INTAKE` and the post. Its captures stand again under their digests.
    """
    sealed_by_button = select(Decision.verdict).where(Decision.post_id == row.id).order_by(Decision.id.desc()).limit(1)
    if session.scalar(sealed_by_button) == "quarantine":  # what was decided on these words is undone
        of_post = update(QueueItem).where(QueueItem.post_id == row.id, QueueItem.status == "decided")
        session.execute(of_post.values(status="withdrawn"))
    row.external_id, row.provenance, row.version = held.key, held.provenance, held.version - 1
    post = PostIn.model_validate({name: getattr(held, name) for name in FIELDS})
    _write(row, post, store.settings)
    _begin_anew(session, store.settings, row, store.clock())
    with entering_captures(session, store):
        for one in held.captures:
            path, digest = keep_warc(store.settings.captures, one.warc)
            told = one.model_dump(exclude={"warc"})
            session.add(Capture(post_id=row.id, path=path, sha256=digest, **told))
        session.flush()


def _keep(
    session: Session, settings: Settings, source_id: str, origin: Origin, post: PostIn, now: datetime
) -> tuple[Post, Intake]:
    identity = post_id(source_id, post.key)
    row = session.scalar(select(Post).where(Post.id == identity).with_for_update())
    if row is not None and row.status != "live":
        return row, "same"
    back = row is not None and _met_again(row, origin, now)
    if row is not None and row.digest == post.digest:
        if back:
            _begin_anew(session, settings, row, now)
        return row, "same"
    intake: Intake = "new" if row is None else "edited"
    if row is None:
        row = Post(id=identity, source_id=source_id, external_id=post.key, origin=origin, ingested_at=now, version=0)
        row.provenance = post.provenance
        row.seen_at = now if origin == "collect" else None
        session.add(row)
    _write(row, post, settings)
    _begin_anew(session, settings, row, now)
    if intake == "edited":  # until it is read again, the index holds neither its old text nor its new one
        announce(session, [identity], now)
        forget_links(session, identity, now)
    return row, intake


def _met_again(row: Post, origin: Origin, now: datetime) -> bool:
    """Note that its source shows a known post still; tell whether it had been found to be deleted there."""
    if origin != "collect":
        return False
    back = row.gone_at is not None
    row.seen_at, row.gone_at = now, None
    return back


def _begin_anew(session: Session, settings: Settings, row: Post, now: datetime) -> None:
    """Have a post assessed, and its text go when that of an unflagged post goes, unless the assessment says later."""
    days = unflagged_days(session, settings, row.source_id)
    row.expires_at = decided_end(session, settings, row, now + timedelta(days=days))
    session.flush()
    add_work(session, ASSESS, [row.id], now)


def decided_end(session: Session, settings: Settings, row: Post, end: datetime) -> datetime | None:
    """Return when a post's text goes: at `end`, unless a person's newest decision keeps it longer.

    What was referred or escalated is evidence and has no end (None); what was watched or dismissed goes no sooner
    than was decided. Neither an edit by its author nor its deletion at the source changes that; but of what nobody
    decided on, a deletion brings the end forward (`VIGIE_RETAIN_GONE_DAYS`).
    """
    if row.gone_at is not None:
        end = min(end, row.gone_at + timedelta(days=settings.retain_gone_days))
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
