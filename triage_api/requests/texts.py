"""Texts that are kept for a request alone: pasted for it, or found for it and watched. Their end, once it is over."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Text, cast, or_, select, update
from sqlalchemy.orm import Session

from store.decisions import newest_verdict
from store.locks import hold_posts
from store.posts import pasted_for, requests_of
from store.tables import Post, Request, Search, StandingHit, StandingSearch

_EVIDENCE = frozenset({"refer", "escalate"})


def texts_of(session: Session, request: str) -> list[str]:
    """Return the live posts that are kept for one request and no other that is open, by id.

    What was decided to be referred or escalated is evidence, whatever it was found for.
    """
    pasted = set(pasted_for(session, request))
    watched = {one for one in _found(session, request) if newest_verdict(session, one) == "watch"}
    mine = {one for one in pasted | watched if newest_verdict(session, one) not in _EVIDENCE}
    return sorted(one for one in mine if not _needed_elsewhere(session, one, request))


def cap(session: Session, request: str, end: datetime) -> int:
    """Let the texts kept for a request go no later than `end`, in the caller's transaction; return how many."""
    mine = texts_of(session, request)
    hold_posts(session, mine)
    later = or_(Post.expires_at.is_(None), Post.expires_at > end)
    capped = update(Post).where(Post.id.in_(mine), Post.status == "live", later).values(expires_at=end)
    return len(session.scalars(capped.returning(Post.id)).all())


def end_of(found_at: datetime, days: int) -> datetime:
    """Return by when the texts of a request go whose youth was found at a moment."""
    return found_at + timedelta(days=days)


def _found(session: Session, request: str) -> set[str]:
    """Return what the searches of a request, and those that stand for it, brought."""
    brought = session.scalars(select(Search.results).where(Search.request_id == request))
    stood = select(StandingHit.post_id).join(StandingSearch, StandingSearch.id == StandingHit.standing_id)
    return {one for some in brought for one in some}.union(
        session.scalars(stood.where(StandingSearch.request_id == request))
    )


def _needed_elsewhere(session: Session, post: str, request: str) -> bool:
    """Tell whether another request that is open rests on a text."""
    row = session.scalars(select(Post).where(Post.id == post)).one()
    if others := requests_of(row.provenance) - {request}:
        open_ = select(Request.id).where(Request.id.in_(others), *_open())
        return session.scalar(open_.limit(1)) is not None
    searched = select(Search.results).join(Request, Request.id == Search.request_id)
    searched = searched.where(Search.request_id != request, *_open(), cast(Search.results, Text).contains(post))
    return any(post in some for some in session.scalars(searched))


def _open() -> tuple[ColumnElement[bool], ...]:
    return Request.found_at.is_(None), Request.closed_at.is_(None)
