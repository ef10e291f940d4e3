"""What analysts keep beside a post: notes, sealed under a key of the post, and tags. Both go with the post."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from store.errors import NotFound
from store.leftovers import ask_destruction
from store.store import Store
from store.tables import Note, Post, Tag

_TAKEN_BACK = b""


class NoteBody(BaseModel):
    """What a note says; it is kept as sealed JSON."""

    text: str = ""
    ticked: list[str] | None = None
    """What was ticked of the checklist for a person whom nobody knows; None: a note in words alone."""


def key_name(post: str) -> str:
    """Return the name of the data key that the notes beside a post are under."""
    return f"notes:{post}"


def hold_live(session: Session, post: str) -> Post:
    """Hold the row of a post that may be written beside; `NotFound` if it is erased or sealed away.

    Whoever erases it waits, or was first: no note outlives its post.
    """
    row = session.scalar(select(Post).where(Post.id == post, Post.status == "live").with_for_update())
    if row is None:
        raise NotFound("No such post.")
    return row


def add_note(session: Session, store: Store, post: str, user: str, body: NoteBody) -> Note:
    """Keep a note of a person beside a post whose row the caller holds."""
    sealed = store.keys.sealed(body.model_dump_json(), key_name(post))
    row = Note(post_id=post, user_id=user, sealed=sealed, created_at=store.clock())
    session.add(row)
    session.flush()
    return row


def notes_of(session: Session, store: Store, post: str, limit: int) -> Iterator[tuple[Note, NoteBody]]:
    """Yield the newest notes beside a post, newest first; one whose key is destroyed is left out."""
    query = select(Note).where(Note.post_id == post, Note.sealed != _TAKEN_BACK)
    for row in session.scalars(query.order_by(Note.id.desc()).limit(limit)).all():
        try:
            yield row, NoteBody.model_validate_json(store.keys.opened(row.sealed, key_name(post)))
        except NotFound:  # lost with its key, as when a database older than the keys was put back
            continue


def take_back(row: Note) -> None:
    """Take the words of a note away; its row stays, so that the key is known to exist when the post goes."""
    row.sealed = _TAKEN_BACK


def count_notes(session: Session, post: str) -> int:
    """Return how many notes were written beside a post, those that were taken back too."""
    return session.scalar(select(func.count()).select_from(Note).where(Note.post_id == post)) or 0


def tags_of(session: Session, post: str) -> list[str]:
    """Return the tags of a post, in the order of the alphabet."""
    return list(session.scalars(select(Tag.tag).where(Tag.post_id == post).order_by(Tag.tag)))


def tags_among(session: Session, posts: Collection[str]) -> dict[str, list[str]]:
    """Return the tags of many posts; those without one are left out."""
    found: dict[str, list[str]] = {}
    query = select(Tag.post_id, Tag.tag).where(Tag.post_id.in_(posts)).order_by(Tag.tag)
    for post, tag in session.execute(query):
        found.setdefault(post, []).append(tag)
    return found


def posts_tagged(tags: Sequence[str]) -> Select[str]:
    """Return the query for the ids of posts that carry every one of some tags, to narrow another query with."""
    carrying = select(Tag.post_id).where(Tag.tag.in_(set(tags))).group_by(Tag.post_id)
    return carrying.having(func.count() == len(set(tags)))


def forget_notes(session: Session, post: str, now: datetime) -> None:
    """Take notes and tags of a post out of the database, and ask for the notes' key to be destroyed."""
    session.execute(delete(Tag).where(Tag.post_id == post))
    if session.scalar(select(Note.id).where(Note.post_id == post).limit(1)) is not None:
        session.execute(delete(Note).where(Note.post_id == post))
        ask_destruction(session, [key_name(post)], now)
