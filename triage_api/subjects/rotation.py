"""Changing keys: the one that wraps the data keys, and the one that keyed hashes are made with.

Both are safe to cut short anywhere. Processes that run go on: they read the new key when they meet its mark.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from nlp.query import BadQuery
from nlp.searches import normalise
from store.keyring import Keyring
from store.keys import mark, prepare_next, settle_next, unseal
from store.register import Event
from store.store import Store
from store.tables import KeyMark, LoginFailure, Request, Search, SearchTerm, Subject, SubjectHash
from store.terms import forget_terms
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.requests.models import Details
from triage_api.requests.sealing import key_name, write_hashes
from triage_api.searches.blind import write_terms
from triage_api.searches.sealing import Told, fingerprint_of, open_searches
from triage_api.shell.recording import enter, recording

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Rehashed:
    """Of what keyed hashes were made anew."""

    subjects: int
    searches: int
    lost: int
    """Searches that cannot be read any more: they are matched no longer."""


def rotate_wrapping(store: Store, person: Person) -> int:
    """Wrap every data key under a new key and destroy the old one; return how many there are.

    The entry stands first: a change that is cut short is entered, and may be run again. Old copies of the keyring open
    no more.
    """
    require(person, Action.ACCOUNT_MANAGE)
    with recording(store) as session:
        enter(session, store, person, Event.KEYS_ROTATED, {"key": "wrapping"})
    return store.keys.rewrap()


def rotate_hashing(store: Store, person: Person) -> Rehashed:
    """Make every keyed hash anew with a new key and destroy the old one, in one transaction with its entry.

    Requests and searches wait meanwhile. Counted log-in failures are forgotten: what they counted is not kept.
    """
    require(person, Action.ACCOUNT_MANAGE)
    folder = store.keys.folder
    with recording(store) as session:
        held = session.execute(select(KeyMark.mark).where(KeyMark.name == "hashing").with_for_update()).scalar_one()
        settle_next(folder, "hashing", held)
        new = prepare_next(folder, "hashing")
        keys = store.keys.hashing_with(new)
        done = Rehashed(_rehash_subjects(session, store, keys), *_rehash_searches(session, store, keys))
        session.execute(delete(LoginFailure))
        session.execute(update(KeyMark).where(KeyMark.name == "hashing").values(mark=mark(new)))
        public = {"key": "hashing", "subjects": done.subjects, "searches": done.searches, "lost": done.lost}
        enter(session, store, person, Event.KEYS_ROTATED, public)
    settle_next(folder, "hashing", mark(new))
    store.keys.files = replace(store.keys.files, hashing=new)
    store.database.forget_deleted()
    return done


def _rehash_subjects(session: Session, store: Store, keys: Keyring) -> int:
    """Make the hashes of subjects' contacts anew from what was told; of whom that cannot be read, none is left."""
    count = 0
    session.execute(delete(SubjectHash))
    for rows in _in_batches(session, Request, Request.created_at, _matched()):
        opened = store.keys.keys(key_name(row.subject_id) for row in rows)
        for row in rows:
            if key := opened.get(key_name(row.subject_id)):
                details = Details.model_validate_json(unseal(key, row.sealed, f"request:{row.id}"))
                write_hashes(session, keys, row.subject_id, details)
                count += 1
    return count


def _matched() -> ColumnElement[bool]:
    """Return the condition that things are matched with a request: its subject is not erased, and not found."""
    return and_(Request.subject_id.in_(_LIVE), Request.found_at.is_(None))


def _rehash_searches(session: Session, store: Store, keys: Keyring) -> tuple[int, int]:
    """Make anew what searches are found by; return how many there are and how many can be read no more."""
    count = lost = 0
    for rows in _in_batches(session, Search, Search.opened_at, Search.fingerprint != ""):
        told = open_searches(store, session, rows)
        indexed = set(
            session.scalars(select(SearchTerm.search_id).where(SearchTerm.search_id.in_([r.id for r in rows])))
        )
        forget_terms(session, [row.id for row in rows])
        for row in rows:
            done = _rehash(session, keys, row, told.get(row.id), row.id in indexed)
            count, lost = count + done, lost + (not done)
    return count, lost


def _rehash(session: Session, keys: Keyring, row: Search, told: Told | None, indexed: bool) -> bool:
    """Make anew what one search is found by; tell whether it could be read."""
    try:
        normal = normalise(told) if told else None
    except BadQuery:  # an older version of the query language could read it
        normal = None
    if told is None or normal is None:
        row.fingerprint = ""
        return False
    row.fingerprint = fingerprint_of(keys, told)
    if indexed:
        write_terms(session, keys, row, normal)
    return True


_LIVE = select(Subject.id).where(Subject.erased_at.is_(None))


def _in_batches(session: Session, table: Any, made: Any, which: ColumnElement[bool]) -> Iterator[Sequence[Any]]:
    """Yield the rows of a table as they were made, some at a time; none is kept in memory after.

    Terms of searches are numbered as they are written, and the newest are compared with first: so the order counts.
    """
    query = select(table).where(which).order_by(made, table.id).limit(_BATCH)
    rows = session.scalars(query).all()
    while rows:
        last, moment = rows[-1].id, getattr(rows[-1], made.key)
        yield rows
        session.flush()
        session.expunge_all()
        rows = session.scalars(query.where(or_(made > moment, and_(made == moment, table.id > last)))).all()
