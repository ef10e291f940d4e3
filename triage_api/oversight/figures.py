"""Figures of the register: what was searched, what was not searched twice, and what waits for review."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from store.batches import batches
from store.register import Event
from store.store import Store
from store.tables import BrokenGlass, RegisterCheckpoint, RegisterEntry, Review, Search
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.oversight.looks import Period
from triage_api.oversight.reviews import standing_as
from triage_api.shell.recording import enter, recording

_BATCH = 200
_OF_ACCOUNTS = {Event.ACCOUNT_MADE: "made", Event.ACCOUNT_CHANGED: "changed", Event.TOKEN_MADE: "tokens"}


class Searched(BaseModel):
    """Searches of a period."""

    run: int
    """Those that asked the index."""
    reused: int
    """Repeats avoided: an earlier result was brought back."""
    reuse_rate: float | None
    """Share of all searches; None if there were none."""
    overlaps: int
    """Those that ran and share a part with an earlier one."""
    delta: int
    """Posts that were new since the search that was brought back, over all of these."""
    failed: int
    by_purpose: dict[str, int]


class Reviewed(BaseModel):
    """Reviews: those drawn in a period, and what waits now."""

    drawn: int
    findings: dict[str, int]
    waiting: int
    late: int
    oldest_s: float | None
    """Seconds that the one drawn first has been waiting for."""
    glass_waiting: int
    """Emergency accesses that nobody has reviewed."""


class Accounts(BaseModel):
    """What was done to accounts in a period: whoever keeps them could make one, or link one, for themself."""

    made: int
    changed: int
    """Training, names, hours, passwords, second factors, links to the identity provider, ends."""
    tokens: int
    """Tokens for programs that were made."""


class Registered(BaseModel):
    """The register and its newest signed checkpoint."""

    entries: int
    checkpoint_size: int | None
    checkpoint_at: datetime | None


class FiguresOut(BaseModel):
    """All figures; the end of the period is outside it."""

    since: datetime
    until: datetime
    searches: Searched
    reviews: Reviewed
    accounts: Accounts
    register_now: Registered


def figures(store: Store, person: Person, period: Period) -> FiguresOut:
    """Return the figures of a period; reading them is an entry in the register."""
    require(person, Action.REGISTER_READ)
    with recording(store) as session:
        said = {"figures": True, "since": period.since.isoformat(), "until": period.until.isoformat()}
        enter(session, store, person, Event.REGISTER_READ, said)
        return FiguresOut(
            since=period.since,
            until=period.until,
            searches=_searched(session, period),
            reviews=_reviewed(session, store, period),
            accounts=_accounts(session, period),
            register_now=_registered(session),
        )


def _searched(session: Session, period: Period) -> Searched:
    within = Search.opened_at >= period.since, Search.opened_at < period.until
    columns = Search.purpose, Search.relation, Search.reused_from, Search.error
    rows = session.execute(select(*columns).where(*within)).all()
    reused = sum(row.reused_from is not None for row in rows)
    ran = [row for row in rows if row.reused_from is None]
    return Searched(
        run=len(ran),
        reused=reused,
        reuse_rate=reused / len(rows) if rows else None,
        overlaps=sum(row.relation == "overlap" for row in ran),
        delta=_delta(session, session.scalars(select(Search.id).where(*within, Search.reused_from.is_not(None)))),
        failed=sum(row.error is not None for row in rows),
        by_purpose=dict(Counter(row.purpose for row in rows).most_common()),
    )


def _delta(session: Session, reused: Iterable[str]) -> int:
    """Count the posts that searches brought back and the ones that they were brought back from did not have."""
    count = 0
    for some in batches(list(reused), _BATCH):
        rows = session.execute(select(Search.reused_from, Search.results).where(Search.id.in_(some))).all()
        roots = select(Search.id, Search.results).where(Search.id.in_({row.reused_from for row in rows}))
        before = {row.id: set(row.results) for row in session.execute(roots)}
        count += sum(len(set(row.results) - before.get(row.reused_from, set())) for row in rows)
    return count


def _reviewed(session: Session, store: Store, period: Period) -> Reviewed:
    within = Review.drawn_at >= period.since, Review.drawn_at < period.until
    found = Counter(session.scalars(select(Review.finding).where(*within)))
    oldest = session.scalar(select(func.min(Review.drawn_at)).where(standing_as("waiting", store)))
    return Reviewed(
        drawn=found.total(),
        findings={finding: count for finding, count in sorted(found.items()) if finding},
        waiting=session.scalar(select(func.count()).where(standing_as("waiting", store))) or 0,
        late=session.scalar(select(func.count()).where(standing_as("late", store))) or 0,
        oldest_s=(store.clock() - oldest).total_seconds() if oldest else None,
        glass_waiting=session.scalar(select(func.count()).where(BrokenGlass.finding == "")) or 0,
    )


def _accounts(session: Session, period: Period) -> Accounts:
    within = RegisterEntry.at >= period.since, RegisterEntry.at < period.until
    query = select(RegisterEntry.event, func.count()).where(*within).group_by(RegisterEntry.event)
    counts = dict(session.execute(query.where(RegisterEntry.event.in_(_OF_ACCOUNTS))).all())
    return Accounts(**{name: counts.get(event, 0) for event, name in _OF_ACCOUNTS.items()})


def _registered(session: Session) -> Registered:
    newest = session.scalar(select(RegisterCheckpoint).order_by(RegisterCheckpoint.size.desc()).limit(1))
    return Registered(
        entries=session.scalar(select(func.count()).select_from(RegisterEntry)) or 0,
        checkpoint_size=newest.size if newest else None,
        checkpoint_at=newest.at if newest else None,
    )
