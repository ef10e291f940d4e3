"""The list of what was drawn for review, opening one, which is an entry, and recording what was found."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from nlp.searches import SearchScope
from store.errors import Conflict, NotFound
from store.register import Event
from store.store import Store
from store.tables import RegisterEntry, Review, Search, User
from triage_api.access.models import Finding, Person
from triage_api.access.policy import Action, require
from triage_api.access.pseudonyms import pseudonyms
from triage_api.oversight.looks import Reason
from triage_api.oversight.review_models import (
    FindingIn,
    ReasonOut,
    ReviewLine,
    ReviewOut,
    ReviewPage,
    Standing,
)
from triage_api.oversight.who import reviewed_by
from triage_api.searches.sealing import open_searches
from triage_api.shell.cursors import moment_in, unwrap, wrap
from triage_api.shell.languages import say
from triage_api.shell.recording import enter, recording

Found = tuple[Review, Search | None, RegisterEntry | None, User]
_VIEWED = timedelta(days=30)
"""Openings of what a search found are counted for so long after it."""


def list_reviews(
    store: Store, person: Person, *, standing: Standing | None = None, cursor: str | None = None, limit: int = 60
) -> ReviewPage:
    """Return what was drawn and the person may review, newest draw first, in its order; the reading is an entry."""
    require(person, Action.REVIEW_WORK)
    with recording(store) as session:
        query = _reviewable(session, person).order_by(Review.drawn_at.desc(), Review.id).limit(limit + 1)
        if standing is not None:
            query = query.where(standing_as(standing, store))
        if cursor is not None:
            query = query.where(_after(cursor))
        found = _rows(session, query)
        shown = found[:limit]
        enter(session, store, person, Event.REGISTER_READ, {"reviews": [row[0].id for row in shown]})
        names = pseudonyms(session, (row[0].reviewed_by for row in shown))
        items = [_line(store, one, names) for one in shown]
    last = shown[-1][0] if len(found) > limit else None
    return ReviewPage(items=items, next=last and wrap(last.drawn_at.isoformat(), last.id))


def open_review(store: Store, person: Person, identity: str) -> ReviewOut:
    """Return one of them with what was searched for, once the entry is made; `NotFound` if it is not theirs to see."""
    require(person, Action.REVIEW_WORK)
    with recording(store) as session:
        found = _found(session, person, identity)
        review, search, entry, _ = found
        seen = {"searches": [search.id]} if search else {"entries": [entry.n if entry else review.entry]}
        enter(session, store, person, Event.REGISTER_READ, {"review": review.id, **seen})
        return _opened(session, store, found)


def record_finding(store: Store, person: Person, identity: str, given: FindingIn) -> ReviewOut:
    """Record what was found, for good; `Conflict` if it was already, `NotFound` if it is not theirs to review."""
    require(person, Action.REVIEW_WORK)
    with recording(store) as session:
        session.execute(select(Review.id).where(Review.id == identity).with_for_update())
        found = _found(session, person, identity)
        review, search, entry, _ = found
        if review.finding:
            raise Conflict("What was found is recorded already.", code="reviewed")
        review.note = store.keys.sealed(given.note, f"review:{review.id}")
        review.finding, review.reviewed_at, review.reviewed_by = given.finding, store.clock(), person.id
        public: dict[str, Any] = {"review": review.id, "finding": given.finding}
        public |= {"search": search.id} if search else {"entry": entry.n if entry else review.entry}
        enter(session, store, person, Event.REVIEW_RECORDED, public, review.note)
        return _opened(session, store, found)


def standing_as(standing: Standing, store: Store) -> ColumnElement[bool]:
    """Return the condition that a review stands as said: it waits, waits too long, is done, or was found improper."""
    if standing == "done":
        return Review.finding != ""
    if standing == "improper":
        return Review.finding == "improper"
    waiting = Review.finding == ""
    return waiting if standing == "waiting" else and_(waiting, Review.drawn_at < late_before(store))


def late_before(store: Store) -> datetime:
    """Return the moment before which a review must have been drawn to be late now, if it waits."""
    return store.clock() - timedelta(days=store.settings.review_days)


def _reviewable(session: Session, person: Person) -> Select[Review, Search, RegisterEntry, User]:
    """Return the query of all that a person may review; what they may not is not there."""
    looked = or_(User.id == Search.user_id, User.pseudonym == RegisterEntry.actor)
    return (
        select(Review, Search, RegisterEntry, User)
        .outerjoin(Search, Search.id == Review.search_id)
        .outerjoin(RegisterEntry, RegisterEntry.n == Review.entry)
        .join(User, looked)
        .where(User.id.in_(reviewed_by(session, person)))
    )


def _rows(session: Session, query: Select[Review, Search, RegisterEntry, User]) -> list[Found]:
    return [(review, search, entry, user) for review, search, entry, user in session.execute(query)]


def _found(session: Session, person: Person, identity: str) -> Found:
    found = _rows(session, _reviewable(session, person).where(Review.id == identity))
    if not found:
        raise NotFound("No such review.")
    return found[0]


def _line(store: Store, found: Found, names: dict[str, str]) -> ReviewLine:
    review, search, entry, user = found
    return ReviewLine(
        id=review.id,
        search=review.search_id,
        entry=review.entry,
        event=entry.event if entry else Event.SEARCH_OPENED.value,
        by=user.pseudonym,
        at=search.opened_at if search else entry.at if entry else review.drawn_at,
        purpose=search.purpose if search else None,
        ground=search.ground if search else None,
        relation=search.relation if search else None,
        sample="random" if review.sample == "random" else "targeted",
        reasons=[_reason(one) for one in review.reasons],
        drawn_at=review.drawn_at,
        late=not review.finding and review.drawn_at < late_before(store),
        finding=cast("Finding", review.finding) if review.finding else None,
        reviewed_at=review.reviewed_at,
        reviewed_by=names.get(review.reviewed_by or ""),
    )


def _reason(kept: str) -> ReasonOut:
    name, _, times = kept.partition(":")
    said = {lang: say(lang, f"reason.{name}", times=times) for lang in ("fr", "en")}
    return ReasonOut(reason=cast("Reason", name), times=int(times) if times else None, **said)


def _opened(session: Session, store: Store, found: Found) -> ReviewOut:
    review, search, entry, user = found
    told = open_searches(store, session, [search]).get(search.id) if search else None
    line = _line(store, found, pseudonyms(session, [review.reviewed_by]))
    return ReviewOut(
        **line.model_dump(),
        item=_item(entry) if entry else None,
        request=search.request_id if search else None,
        scope=SearchScope.model_validate(told.model_dump()) if told else None,
        erased=search is not None and told is None,
        purpose_told=told and told.purpose,
        ground_told=told and told.ground,
        again_reason=told and told.again_reason,
        total=search.total if search else None,
        alike=_alike(session, search) if search else max((one.times or 1 for one in line.reasons), default=1),
        views=_views(session, search, user) if search else _openings(session, cast("RegisterEntry", entry)),
        note=store.keys.opened(review.note, f"review:{review.id}") if review.note else None,
    )


def _item(entry: RegisterEntry) -> str:
    said = json.loads(entry.public)
    return str(said.get("post") or said.get("request"))


def _alike(session: Session, search: Search) -> int:
    if not search.fingerprint:  # its person was erased: nothing says what it was
        return 1
    same = Search.fingerprint == search.fingerprint, Search.user_id == search.user_id
    return session.scalar(select(func.count()).where(*same)) or 0


def _views(session: Session, search: Search, user: User) -> int:
    """Count how often the person opened what the search found, in the weeks after it."""
    after = RegisterEntry.at >= search.opened_at, RegisterEntry.at < search.opened_at + _VIEWED
    query = select(RegisterEntry).where(
        RegisterEntry.event == Event.POST_OPENED, RegisterEntry.actor == user.pseudonym, *after
    )
    results = set(search.results)
    return sum(_item(row) in results for row in session.scalars(query)) if results else 0


def _openings(session: Session, entry: RegisterEntry) -> int:
    same = RegisterEntry.event == entry.event, RegisterEntry.actor == entry.actor
    holds = RegisterEntry.public.contains(json.dumps(_item(entry), ensure_ascii=False), autoescape=True)
    return session.scalar(select(func.count()).select_from(RegisterEntry).where(*same, holds)) or 0


def _after(cursor: str) -> ColumnElement[bool]:
    moment, identity = unwrap(cursor, str, str)
    drawn = moment_in(moment)
    return or_(Review.drawn_at < drawn, and_(Review.drawn_at == drawn, Review.id > identity))
