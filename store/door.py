"""The door: what a term of the lexicon stands in is sealed before anything of it is written in clear."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from urllib.parse import unquote

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from store.captures import as_warc, erase_capture, words_digest
from store.erasure import blank, hold_texts
from store.evidence.anchors import COLLECTOR
from store.evidence.checking import words_shown
from store.lexicon import lexicon_of
from store.locks import hold_posts
from store.posts import post_id, same_text
from store.quarantine import FIELDS, LEXICON, Held, HeldCapture, captures_of, is_given_back, quarantine_copies, seal
from store.records import CaptureIn, Origin, PostIn
from store.register import Event, append
from store.settings import Settings
from store.store import Store
from store.tables import Post

_SEALED = "sealed at the door"


def is_caught(settings: Settings, post: PostIn, capture: CaptureIn | None) -> bool:
    """Tell whether a term of the lexicon stands in anything that would be kept of a post in clear.

    That is its words, its author, where it stood, and what its capture shows beside its words, such as a summary.
    Without a lexicon none does.
    """
    lexicon = lexicon_of(settings)
    if lexicon is None:
        return False
    named = (post.author, post.city, unquote(post.url), unquote(post.external_id), *post.provenance.values())
    told = "\n".join((post.title, post.text, *named))
    return lexicon.hits(told) or (capture is not None and lexicon.hits(words_shown(capture.content)))


def hold_caught(
    session: Session, store: Store, source_id: str, posts: Iterable[tuple[PostIn, CaptureIn | None]]
) -> set[str]:
    """Hold the texts of the posts that the lexicon catches; return the ids of those and of their copies.

    The caller holds `INTAKE`, and the posts' rows after.
    """
    caught = [post for post, capture in posts if is_caught(store.settings, post, capture)]
    if not caught:
        return set()
    digests = {_digest(store.settings, post) for post in caught}
    copies = session.scalars(select(Post.id).where(Post.same_text.in_(digests), Post.status == "live"))
    ids = {post_id(source_id, post.key) for post in caught} | set(copies)
    hold_texts(session, ids)
    return ids


def seal_at_door(
    session: Session, store: Store, source_id: str, origin: Origin, post: PostIn, capture: CaptureIn | None
) -> bool:
    """Seal a post that the lexicon catches, and live copies of its text; tell whether it was.

    In the caller's transaction, which holds `INTAKE` and ends with `enter_sealed`. What is sealed or erased already,
    and the very version that an officer gave back, is left to the intake.
    """
    if not is_caught(store.settings, post, capture):
        return False
    hold_posts(session, hold_caught(session, store, source_id, [(post, capture)]))
    identity = post_id(source_id, post.key)
    row = session.scalar(select(Post).where(Post.id == identity).execution_options(populate_existing=True))
    if row is not None and (row.status != "live" or (row.digest == post.digest and is_given_back(session, store, row))):
        return False
    if row is None:
        _seal_new(session, store, source_id, origin, post, capture)
        paths = []
    else:
        paths = _seal_known(session, store, row, post, capture)
    paths += _seal_copies(session, store, identity, post)
    session.info.setdefault(_SEALED, []).append(identity)
    _erase_after(session, store, paths)
    return True


def enter_sealed(session: Session, store: Store) -> None:
    """Enter in the register what was sealed at the door in this transaction: ids only; it locks nothing after."""
    if ids := sorted(set(session.info.pop(_SEALED, []))):
        public = {"posts": ids, "by": LEXICON}
        append(session, event=Event.QUARANTINE_SEALED, actor=COLLECTOR, at=store.clock(), public=public)


def _seal_new(
    session: Session, store: Store, source_id: str, origin: Origin, post: PostIn, capture: CaptureIn | None
) -> None:
    """Keep of a post that comes in for the first time what is kept of a sealed one, and nothing else."""
    now, identity = store.clock(), post_id(source_id, post.key)
    row = Post(id=identity, source_id=source_id, external_id=identity, origin=origin, kind=post.kind, ingested_at=now)
    row.version, row.text, row.digest, row.same_text, row.status = 1, "", "", "", "quarantined"
    row.posted_at, row.seen_at = post.posted_at, now if origin == "collect" else None
    session.add(row)
    session.flush()
    seal(session, store, identity, _held_in(store.settings, post, 1, capture, post.provenance), LEXICON)


def _seal_known(session: Session, store: Store, row: Post, post: PostIn, capture: CaptureIn | None) -> list[str]:
    """Seal a known post as it comes in now, with the captures of what it said before."""
    edited = row.digest != post.digest
    version = row.version + edited
    held = _held_in(store.settings, post, version, capture if edited else None, row.provenance)
    held.captures[:0] = captures_of(session, store.settings, row.id)
    row.version = version
    seal(session, store, row.id, held, LEXICON)
    return blank(store, session, row.id, "quarantined")


def _held_in(
    settings: Settings, post: PostIn, version: int, capture: CaptureIn | None, provenance: dict[str, Any]
) -> Held:
    fields = {name: getattr(post, name) for name in FIELDS}
    held = Held(version=version, key=post.key, provenance=provenance, **fields)
    if capture is not None:
        warc = as_warc(capture, words_digest(post.title, post.text[: settings.max_text]))
        told = capture.model_dump(include={"url", "fetched_at", "collector", "response_sha256"})
        held.captures.append(HeldCapture(version=version, warc=warc, **told))
    return held


def _seal_copies(session: Session, store: Store, identity: str, post: PostIn) -> list[str]:
    """Seal the live posts of the same text; not where only the title has a term: their own titles may be harmless."""
    lexicon = lexicon_of(store.settings)
    if lexicon is None or not lexicon.hits(post.text):
        return []
    same = select(Post).where(Post.same_text == _digest(store.settings, post), Post.status == "live")
    rows = session.scalars(same.where(Post.id != identity).order_by(Post.id).execution_options(populate_existing=True))
    copies = [row.id for row in rows.all() if not is_given_back(session, store, row)]
    session.info.setdefault(_SEALED, []).extend(copies)
    return quarantine_copies(store, session, copies, LEXICON)


def _digest(settings: Settings, post: PostIn) -> str:
    return same_text(post.text[: settings.max_text])


def _erase_after(session: Session, store: Store, paths: Collection[str]) -> None:
    """Delete capture files once the transaction has committed; `pipeline.retain` finds those that a crash leaves."""
    left = list(paths)

    def erase(committed: Session) -> None:
        # Told of the end of a savepoint too, after which all may still be rolled back.
        while left and not committed.in_nested_transaction():
            erase_capture(store.settings.captures, left.pop())

    if left:
        event.listen(session, "after_commit", erase)
