"""Letting go of what earlier searches are found by: with a subject, with a search that fails, and when they lapse."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from store.settings import Settings
from store.tables import Search, SearchTerm


def lapsed_before(settings: Settings, now: datetime) -> datetime:
    """Return the moment before which a search has lapsed: it answers no new one and is not compared with."""
    return now - timedelta(days=settings.search_lapse_days)


def forget_terms(session: Session, searches: Iterable[str]) -> None:
    """Delete what some searches are found by; they stay, and are compared with no more."""
    session.execute(delete(SearchTerm).where(SearchTerm.search_id.in_(list(searches))))


def forget_lapsed_terms(session: Session, settings: Settings, now: datetime) -> int:
    """Delete what lapsed searches are found by; return how many rows that were."""
    lapsed = select(Search.id).where(Search.opened_at <= lapsed_before(settings, now))
    gone = session.execute(delete(SearchTerm).where(SearchTerm.search_id.in_(lapsed)).returning(SearchTerm.id))
    return len(gone.all())
