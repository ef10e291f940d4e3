"""Erasing a subject: what a partner told of a youth, what was searched and pasted for it, and the key to all of that.

One transaction takes out of the database whatever can be read or matched; then the subject's data key is destroyed, so
that no older copy of the database opens. The register keeps its entries, whose sealed parts nobody opens any more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from store.captures import erase_capture
from store.clock import house_day
from store.counts import count_all, gone_name
from store.erasure import ask_thorough, blank, hold_texts
from store.errors import Conflict, NotFound
from store.holds import held, held_among
from store.leftovers import ask_destruction, destroy_asked
from store.locks import INTAKE, hold, hold_posts
from store.posts import pasted_for
from store.register import Event
from store.store import Store
from store.tables import (
    Message,
    QueueItem,
    RegisterEntry,
    Request,
    Review,
    Search,
    SearchTerm,
    Skip,
    StandingHit,
    StandingSearch,
    Subject,
    SubjectHash,
)
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.cases.holding import forget_case
from triage_api.consents.withdrawing import blank_consents
from triage_api.meetings.erasing import end_meetings
from triage_api.referrals.erasing import blank_referrals
from triage_api.requests.sealing import beside, key_name
from triage_api.shell.recording import enter, recording
from triage_api.standing.ending import finish
from triage_api.subjects.models import Erased, EraseIn
from triage_api.subjects.reasons import blank_reasons, names_told


@dataclass(frozen=True, slots=True)
class _Known:
    """What hangs on a request: its searches, the texts pasted for it, the posts that its searches found, reviews."""

    searches: list[str]
    pasted: list[str]
    found: set[str]
    reviews: list[str]


def erase_subject(store: Store, person: Person, identity: str, given: EraseIn) -> Erased:
    """Erase the subject of a request everywhere; `NotFound` for a request that is erased already or never was.

    `Conflict` (``held``) while the request, or a text pasted for it, is under a legal hold.
    """
    require(person, Action.SUBJECT_ERASE)
    done = erase_if(store, person, identity, given.reason, lambda _session, _row: True)
    if done is None:
        raise NotFound("No such request.")
    return done


def erase_if(
    store: Store, by: Person, identity: str, reason: str, due: Callable[[Session, Request], bool]
) -> Erased | None:
    """Erase a subject as `erase_subject` does, if it is due once its request is held; None if it is not.

    Nothing is erased unless its entry is on disk. If the last step, destroying the key, is cut short, the worker that
    retains does it.
    """
    with recording(store) as session:
        pasted = _hold_pasted(session, identity)
        row = _found(session, identity)
        if not due(session, row):
            return None
        _require_free(session, identity, pasted, store.clock())
        known = _known(session, identity, pasted)  # after the request is held: a search for it holds that too
        others = beside(session, row)
        paths = _erase(session, store, by, row, known, reason)
    for path in paths:
        erase_capture(store.settings.captures, path)
    destroy_asked(store)
    store.database.forget_deleted()
    searches, posts = len(known.searches), len(known.pasted)
    return Erased(request=identity, erased_at=store.clock(), searches=searches, posts=posts, beside=others)


def _require_free(session: Session, identity: str, pasted: Collection[str], now: datetime) -> None:
    if held(session, "request", identity, now) or held_among(session, "post", pasted, now):
        raise Conflict("This is under a legal hold: nothing of it is erased before that ends.", code="held")


def _erase(session: Session, store: Store, by: Person, row: Request, known: _Known, reason: str) -> list[str]:
    """Take all of a subject out of the database, ask for its keys to go, and enter it; return the capture files."""
    now, sealed = store.clock(), store.keys.sealed(reason, f"erasure:{row.id}")
    names = names_told(session, store, row)
    paths = [path for post in known.pasted for path in blank(store, session, post, "erased")]
    reasons = blank_reasons(session, store, row.id, known.pasted, known.found, names)
    _end_standing(session, store, by, row.id)
    _blank_searches(session, known.searches)
    session.execute(update(Review).where(Review.id.in_(known.reviews)).values(note=None))
    referrals = blank_referrals(session, request=row.id)
    meetings = end_meetings(session, row.id, now)
    forget_case(session, row.id)
    blank_consents(session, row.subject_id)
    _blank_request(session, row)
    session.execute(update(Subject).where(Subject.id == row.subject_id).values(erased_at=now))
    ask_thorough(session, store.settings, now)
    ask_destruction(session, [*_keys_of(row, known), *reasons, *referrals, *meetings], now)
    count_all(session, house_day(now), {gone_name("request"): 1, gone_name("post_pasted"): len(known.pasted)})
    enter(session, store, by, Event.SUBJECT_ERASED, {"request": row.id}, sealed)
    return paths


def unreadable_requests(store: Store, person: Person) -> list[str]:
    """Return requests whose key is destroyed although the database knows of no erasure: it is an older copy.

    After a restore each must be erased again.
    """
    require(person, Action.SUBJECT_ERASE)
    with store.database.reading() as session:
        query = select(Request.id, Request.subject_id).join(Subject, Subject.id == Request.subject_id)
        rows = session.execute(query.where(Subject.erased_at.is_(None)).order_by(Request.id)).all()
    there = store.keys.keys(key_name(subject) for _, subject in rows)
    return [request for request, subject in rows if key_name(subject) not in there]


def _hold_pasted(session: Session, identity: str) -> list[str]:
    """Hold the posts pasted for a request, in the order of `store.locks`: nothing is pasted for it meanwhile."""
    hold(session, [INTAKE])
    pasted = pasted_for(session, identity)
    hold_texts(session, pasted)
    hold_posts(session, pasted)
    return pasted


def _known(session: Session, identity: str, pasted: list[str]) -> _Known:
    rows = session.execute(select(Search.id, Search.results).where(Search.request_id == identity)).all()
    searches, found = [row.id for row in rows], {post for row in rows for post in row.results}
    return _Known(searches, pasted, found, _reviews_of(session, searches, {identity, *pasted, *found}))


def _reviews_of(session: Session, searches: Collection[str], items: Collection[str]) -> list[str]:
    """Return the reviews of some searches, and of openings of some requests and posts."""
    drawn = set(session.scalars(select(Review.id).where(Review.search_id.in_(searches))))
    opened = select(Review.id, RegisterEntry.public).join(RegisterEntry, RegisterEntry.n == Review.entry)
    for identity, public in session.execute(opened):
        said = json.loads(public)
        if said.get("post") in items or said.get("request") in items:
            drawn.add(identity)
    return sorted(drawn)


def _found(session: Session, identity: str) -> Request:
    row = session.scalar(select(Request).where(Request.id == identity).with_for_update())
    if row is None or session.get_one(Subject, row.subject_id, populate_existing=True).erased_at is not None:
        raise NotFound("No such request.")
    return row


def _end_standing(session: Session, store: Store, person: Person, identity: str) -> None:
    mine = select(StandingSearch).where(StandingSearch.request_id == identity).order_by(StandingSearch.id)
    for row in session.scalars(mine.with_for_update()).all():
        session.execute(delete(StandingHit).where(StandingHit.standing_id == row.id))
        if row.ended_at is None:
            finish(store, session, row, "erased", person, {})


def _blank_searches(session: Session, searches: Collection[str]) -> None:
    """Take from searches what they are matched by, what they told and what they found."""
    session.execute(delete(SearchTerm).where(SearchTerm.search_id.in_(searches)))
    blank_search = update(Search).where(Search.id.in_(searches))
    session.execute(blank_search.values(scope=b"", fingerprint="", words=0, sources=[], results=[], total=0))


def _blank_request(session: Session, row: Request) -> None:
    session.execute(delete(SubjectHash).where(SubjectHash.subject_id == row.subject_id))
    session.execute(update(Message).where(Message.request_id == row.id).values(sealed=b""))
    row.sealed, row.answer_sealed = b"", None
    item = session.scalar(select(QueueItem).where(QueueItem.request_id == row.id).with_for_update())
    if item is not None:
        item.status, item.claimed_by, item.claimed_until = "expired", None, None
        session.execute(delete(Skip).where(Skip.item_id == item.id))


def _keys_of(row: Request, known: _Known) -> Iterable[str]:
    """Return the data keys to destroy: the subject's, and those of what was written about its searches and posts.

    Why a found post's author or address was revealed goes too: such a reason names the youth more often than not.
    """
    reveals = known.found.union(known.pasted)
    return [
        key_name(row.subject_id),
        *(f"review:{one}" for one in known.reviews),
        *(f"reveal:{one}" for one in reveals),
    ]
