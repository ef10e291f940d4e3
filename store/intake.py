"""Taking posts in: each kept once, edits noticed, its end set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from nlp.cities import canonical_city, region_of
from store.captures import keep_warc, words_digest, write_capture
from store.decisions import newest_verdict
from store.door import enter_sealed, hold_caught, seal_at_door
from store.evidence.anchors import enter_captures
from store.links import forget_links
from store.locks import INTAKE, hold, hold_posts
from store.outbox import announce
from store.posts import ASSESS, post_id, same_text
from store.quarantine import FIELDS, Held
from store.records import CaptureIn, Origin, PostIn
from store.retention import unflagged_days
from store.settings import Settings
from store.store import Store
from store.tables import Post, QueueItem
from store.work import add_work

Intake = Literal["new", "edited", "same", "quarantined"]
"""``quarantined``: sealed at the door, see `store.door`."""
Given = tuple[PostIn, CaptureIn | None]
"""A post as it comes in, and what shows it."""
_AS_GIVEN = ("kind", "url", "title", "author", "city", "posted_at")
_TOLD = ("url", "fetched_at", "collector", "response_sha256")
"""What stands in a capture's row as in the capture."""


def take_in(
    store: Store,
    source_id: str,
    origin: Origin,
    posts: Sequence[Given],
    beside: Callable[[Session], None] = lambda _session: None,
) -> list[tuple[str, Intake]]:
    """Keep posts of one source in one transaction; return each one's id and whether it was new, edited or known.

    `beside` writes, in the same transaction, what is remembered of the page that they stood on.
    """
    with store.database.writing() as session:
        hold(session, [INTAKE])
        beside(session)
        taken = keep_posts(session, store, source_id, origin, posts)
        enter_sealed(session, store)
        return taken


def keep_posts(
    session: Session, store: Store, source_id: str, origin: Origin, posts: Sequence[Given]
) -> list[tuple[str, Intake]]:
    """Keep posts in the caller's transaction, which holds `INTAKE`; return each one's id and whether it was new.

    What the door catches is sealed before the others are looked at; the transaction ends with `door.enter_sealed`.
    """
    ids = [post_id(source_id, post.key) for post, _ in posts]
    sealed = _sealed(session, store, source_id, origin, posts)
    taken: dict[int, Intake] = dict.fromkeys(sealed, "quarantined")
    captures: list[dict[str, Any]] = []
    now = store.clock()
    end = _end(session, store.settings, source_id, now)
    for numbers in _each_once(ids, sealed):
        turn = _Turn(session, store, source_id, origin, now, end)
        kept = turn.keep({identity: posts[number] for identity, number in numbers.items()})
        taken |= {numbers[identity]: intake for identity, intake in kept.items()}
        captures += turn.captures
    enter_captures(session, store, captures)
    return [(identity, taken[number]) for number, identity in enumerate(ids)]


def keep_post(
    session: Session, store: Store, source_id: str, origin: Origin, post: PostIn, capture: CaptureIn | None
) -> tuple[str, Intake]:
    """Keep one post as `keep_posts` does."""
    return keep_posts(session, store, source_id, origin, [(post, capture)])[0]


def take_back(session: Session, store: Store, row: Post, held: Held) -> None:
    """Make a post live again that the quarantine officer gives back, as it was sealed, and have it assessed.

    In the caller's transaction, which holds `INTAKE` and the post. Its captures stand again under their digests.
    """
    if newest_verdict(session, row.id) == "quarantine":  # what was decided on these words is undone
        of_post = update(QueueItem).where(QueueItem.post_id == row.id, QueueItem.status == "decided")
        session.execute(of_post.values(status="withdrawn"))
    row.external_id, row.provenance, row.version = held.key, held.provenance, held.version - 1
    post = PostIn.model_validate({name: getattr(held, name) for name in FIELDS})
    _write(row, post, store.settings)
    now = store.clock()
    row.expires_at = decided_end(session, store.settings, row, _end(session, store.settings, row.source_id, now))
    session.flush()
    add_work(session, ASSESS, [row.id], now)
    captures = []
    for one in held.captures:
        path, digest = keep_warc(store.settings.captures, one.warc)
        captures.append({"post_id": row.id, "path": path, "sha256": digest, **one.model_dump(exclude={"warc"})})
    enter_captures(session, store, captures)


def _sealed(session: Session, store: Store, source_id: str, origin: Origin, posts: Sequence[Given]) -> set[int]:
    """Seal at the door what the lexicon catches; return which of the posts that were."""
    caught = hold_caught(session, store, source_id, posts)
    if not caught:
        return set()
    hold_posts(session, caught.union(post_id(source_id, post.key) for post, _ in posts))
    one_by_one = enumerate(posts)
    return {number for number, one in one_by_one if seal_at_door(session, store, source_id, origin, *one)}


def _each_once(ids: Sequence[str], left_out: Set[int]) -> list[dict[str, int]]:
    """Return where each post stands, in turns: one that stands there twice is in the second turn an edit, or known."""
    met: Counter[str] = Counter()
    turns: list[dict[str, int]] = []
    for number, identity in enumerate(ids):
        if number not in left_out:
            if met[identity] == len(turns):
                turns.append({})
            turns[met[identity]][identity] = number
            met[identity] += 1
    return turns


@dataclass
class _Turn:
    """Posts of one source, each of another id, that are kept together: a few statements for all of them."""

    session: Session
    store: Store
    source_id: str
    origin: Origin
    now: datetime
    end: datetime
    """When the text of a post goes that matches nothing."""
    new: list[dict[str, Any]] = field(default_factory=list)
    anew: set[str] = field(default_factory=set)
    """What is to be assessed."""
    edited: set[str] = field(default_factory=set)
    captures: list[dict[str, Any]] = field(default_factory=list)

    def keep(self, given: Mapping[str, Given]) -> dict[str, Intake]:
        """Keep posts by id; their captures are in files then, and their rows in `captures`."""
        held = select(Post).where(Post.id.in_(given)).order_by(Post.id).with_for_update()
        rows = {row.id: row for row in self.session.scalars(held.execution_options(populate_existing=True))}
        taken = {identity: self._one(identity, rows.get(identity), *one) for identity, one in given.items()}
        if self.new:
            self.session.execute(insert(Post), self.new)
        self.session.flush()
        add_work(self.session, ASSESS, self.anew, self.now)
        if self.edited:  # until they are read again, the index holds neither their old texts nor their new ones
            announce(self.session, self.edited, self.now)
        for identity in sorted(self.edited):
            forget_links(self.session, identity, self.now)
        return taken

    def _one(self, identity: str, row: Post | None, post: PostIn, capture: CaptureIn | None) -> Intake:
        if row is None:
            self._add(identity, post)
        elif row.status != "live" or not self._changed(row, post):
            return "same"
        # A known post's capture is not written: nothing would point to it, so nothing would ever erase it.
        if capture is not None:
            version = 1 if row is None else row.version
            self.captures.append(_capture(self.store.settings, identity, version, post, capture))
        return "new" if row is None else "edited"

    def _add(self, identity: str, post: PostIn) -> None:
        named = {"id": identity, "source_id": self.source_id, "external_id": post.key, "provenance": post.provenance}
        seen = self.now if self.origin == "collect" else None
        met = {"origin": self.origin, "ingested_at": self.now, "seen_at": seen, "expires_at": self.end}
        self.new.append({**named, **met, "version": 1, **_fields(post, self.store.settings)})
        self.anew.add(identity)

    def _changed(self, row: Post, post: PostIn) -> bool:
        """Bring a known post up to date; tell whether its words are others than before."""
        back = _met_again(row, self.origin, self.now)
        changed = row.digest != post.digest
        if changed:
            _write(row, post, self.store.settings)
            self.edited.add(row.id)
        if changed or back:
            row.expires_at = decided_end(self.session, self.store.settings, row, self.end)
            self.anew.add(row.id)
        return changed


def _end(session: Session, settings: Settings, source_id: str, now: datetime) -> datetime:
    return now + timedelta(days=unflagged_days(session, settings, source_id))


def _met_again(row: Post, origin: Origin, now: datetime) -> bool:
    """Note that its source shows a known post still; tell whether it had been found to be deleted there."""
    if origin != "collect":
        return False
    back = row.gone_at is not None
    row.seen_at, row.gone_at = now, None
    return back


def decided_end(session: Session, settings: Settings, row: Post, end: datetime) -> datetime | None:
    """Return when a post's text goes: at `end`, unless a person's newest decision keeps it longer.

    What was referred or escalated is evidence and has no end (None); what was watched or dismissed goes no sooner
    than was decided. Neither an edit by its author nor its deletion at the source changes that; but of what nobody
    decided on, a deletion brings the end forward (`VIGIE_RETAIN_GONE_DAYS`).
    """
    if row.gone_at is not None:
        end = min(end, row.gone_at + timedelta(days=settings.retain_gone_days))
    verdict = newest_verdict(session, row.id)
    if verdict in {"refer", "escalate"}:
        return None
    return max(end, row.expires_at) if verdict is not None and row.expires_at is not None else end


def _write(row: Post, post: PostIn, settings: Settings) -> None:
    row.version += 1
    for name, value in _fields(post, settings).items():
        setattr(row, name, value)


def _fields(post: PostIn, settings: Settings) -> dict[str, Any]:
    """Return what is kept of a post as it comes in."""
    kept = {name: getattr(post, name) for name in _AS_GIVEN}
    text = post.text[: settings.max_text]
    region = post.region or region_of(canonical_city(post.city) or post.city)
    digests = {"digest": post.digest, "same_text": same_text(text)}
    return {**kept, "text": text, "region": region, **digests, "status": "live"}


def _capture(settings: Settings, identity: str, version: int, post: PostIn, capture: CaptureIn) -> dict[str, Any]:
    """Keep a capture in its file and return its row."""
    words = words_digest(post.title, post.text[: settings.max_text])
    path, digest = write_capture(settings.captures, capture, words)
    told = {name: getattr(capture, name) for name in _TOLD}
    return {"post_id": identity, "version": version, "path": path, "sha256": digest, **told}
