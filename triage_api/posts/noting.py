"""Notes and tags beside a post: colleagues read them, the register has that a note was written and not what it says."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from nlp.entities import entities
from nlp.fold import fold
from nlp.types import EntityKind
from store.errors import BadInput, Conflict
from store.notes import NoteBody, add_note, count_notes, hold_live, notes_of, tags_of, take_back
from store.posts import current_assessments
from store.register import Event
from store.store import Store
from store.tables import Note, Post, Tag
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.access.pseudonyms import pseudonyms
from triage_api.desk import Desk
from triage_api.posts.around_models import MAX_TAG, NoteGone, NoteIn, NoteOut, TagIn, TagsOut
from triage_api.shell.recording import enter, recording

MOST_NOTES = 50
"""Notes beside a post that are shown, the newest."""
MOST_WRITTEN = 500
MOST_TAGS = 10
TAKEN_BACK_WITHIN = timedelta(days=1)
_IDENTIFIERS: tuple[EntityKind, ...] = ("phones", "emails", "handles")
_DIGITS = re.compile(r"\d(?:\W*\d){5}")
"""So many digits are no word: what no detector takes for a number may be the rest of one."""
_WORDS = re.compile(r"[a-z0-9]+(?:[ -][a-z0-9]+)*")


def write_note(desk: Desk, person: Person, identity: str, given: NoteIn) -> NoteOut:
    """Keep a note beside a post, with an entry in the register; the same words sent twice in a row are one note."""
    require(person, Action.QUEUE_WORK)
    return keep_note(desk, person, identity, NoteBody(text=given.note))


def keep_note(desk: Desk, person: Person, identity: str, body: NoteBody) -> NoteOut:
    """Keep what a note says; `Conflict` (`too_many_notes`) beside a post that has hundreds."""
    store = desk.store
    with recording(store) as session:
        hold_live(session, identity)
        if (before := _said_last(session, store, person, identity)) and before[1] == body:
            return _shown(*before, person.pseudonym, person, store.clock())
        if count_notes(session, identity) >= MOST_WRITTEN:
            raise Conflict("This post has too many notes already.", code="too_many_notes", field="note")
        row = add_note(session, store, identity, person.id, body)
        enter(session, store, person, Event.NOTE_WRITTEN, {"post": identity, "note": row.id})
        return _shown(row, body, person.pseudonym, person, store.clock())


def take_note_back(desk: Desk, person: Person, identity: str, given: NoteGone) -> None:
    """Take the words of one's own note away within a day, with an entry; `Conflict` (`note_stays`) for any other."""
    require(person, Action.QUEUE_WORK)
    with recording(desk.store) as session:
        hold_live(session, identity)
        own = Note.post_id == identity, Note.user_id == person.id, Note.sealed != b""
        row = session.scalar(select(Note).where(Note.id == given.id, *own))
        if row is None or not _removable(row, desk.store.clock()):
            raise Conflict("Only one's own note of the last day can be taken back.", code="note_stays", field="id")
        take_back(row)
        public = {"post": identity, "note": row.id, "taken_back": True}
        enter(session, desk.store, person, Event.NOTE_WRITTEN, public)


def notes_shown(session: Session, store: Store, person: Person, identity: str) -> list[NoteOut]:
    """Return the newest notes beside a post, newest first."""
    found = list(notes_of(session, store, identity, MOST_NOTES))
    names = pseudonyms(session, (row.user_id for row, _ in found))
    return [_shown(row, body, names[row.user_id], person, store.clock()) for row, body in found]


def put_tag(desk: Desk, person: Person, identity: str, given: TagIn) -> TagsOut:
    """Put a tag on a post; one that it has already stays as it is."""
    require(person, Action.QUEUE_WORK)
    tag = as_tag(given.tag)
    with desk.store.database.writing() as session:
        post = hold_live(session, identity)
        if _letters(tag) in _names_in(session, post):
            raise BadInput("A tag does not name who wrote or is named.", code="tag_identifier", field="tag")
        if session.get(Tag, (identity, tag)) is None:
            count = session.scalar(select(func.count()).select_from(Tag).where(Tag.post_id == identity)) or 0
            if count >= MOST_TAGS:
                raise BadInput(f"A post has at most {MOST_TAGS} tags.", code="too_many_tags", field="tag")
            session.add(Tag(post_id=identity, tag=tag, user_id=person.id, at=desk.store.clock()))
            session.flush()
        return TagsOut(tags=tags_of(session, identity))


def drop_tag(desk: Desk, person: Person, identity: str, given: TagIn) -> TagsOut:
    """Take a tag off a post; one that it does not have is no mistake."""
    require(person, Action.QUEUE_WORK)
    with desk.store.database.writing() as session:
        hold_live(session, identity)
        session.execute(delete(Tag).where(Tag.post_id == identity, Tag.tag == _plain(given.tag)))
        return TagsOut(tags=tags_of(session, identity))


def as_tag(typed: str) -> str:
    """Return a tag as it is kept: folded words. `BadInput` for what is no short word or names somebody."""
    plain = _plain(typed)
    if len(plain) > MAX_TAG:
        raise BadInput(f"A tag has at most {MAX_TAG} characters.", code="too_long", field="tag")
    found = entities(typed)
    if any(found[kind] for kind in _IDENTIFIERS) or "@" in typed or _DIGITS.search(plain):
        raise BadInput("A tag holds no phone, e-mail or handle.", code="tag_identifier", field="tag")
    if not _WORDS.fullmatch(plain):
        raise BadInput("A tag is letters, digits, spaces and hyphens.", code="tag_letters", field="tag")
    return plain


def _names_in(session: Session, post: Post) -> set[str]:
    """Return who wrote a post and the handles that it names, by their letters and digits alone."""
    said = current_assessments(session, [post.id]).get(post.id)
    handles = [one["value"] for one in said.body["entities"]["handles"]] if said else []
    return {_letters(fold(name).text) for name in (post.author, *handles)} - {""}


def _letters(folded: str) -> str:
    return "".join(filter(str.isalnum, folded))


def _plain(typed: str) -> str:
    return " ".join(fold(typed).text.removeprefix("#").split())


def _said_last(session: Session, store: Store, person: Person, identity: str) -> tuple[Note, NoteBody] | None:
    newest = next(notes_of(session, store, identity, 1), None)
    return newest if newest and newest[0].user_id == person.id else None


def _removable(row: Note, now: datetime) -> bool:
    return now - row.created_at < TAKEN_BACK_WITHIN


def _shown(row: Note, body: NoteBody, by: str, person: Person, now: datetime) -> NoteOut:
    mine = row.user_id == person.id
    removable = mine and _removable(row, now)
    said = {"text": body.text, "ticked": body.ticked}
    return NoteOut(id=row.id, by=by, at=row.created_at, mine=mine, removable=removable, **said)
