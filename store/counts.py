"""Figures of a day that outlive the posts behind them: how many, never which. They hold nothing of a post.

The rows of one day are everybody's, so whoever counts does so once in a transaction, with all figures in one statement,
last of all but the register: then nobody waits for them longer than for a commit.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from nlp.types import Signal, Urgency
from store.keyring import Keyring
from store.tables import DayCount

SEEN = "seen"
"""Posts that were read for the first time."""
ASSESSED = "assessed"
"""Texts that were read for the first time: posts and their edits. The same words read again add nothing."""
TO_READ = "to_read"
"""Texts among them that a person must read."""
SPARED = "spared"
"""Texts among those that nobody must read by themselves: a copy waits or was decided."""
DROPPED = "dropped"
"""Posts in which nothing was found and whose time was over."""
GONE = "gone:"
"""What the names of figures of what was erased begin with; see `gone_name`."""
TREND = "trend:"
"""What the names of figures for trends begin with; see `trend_name`."""
UNKNOWN = "?"
"""The region, in figures for trends, of a text that names no place and whose source names none."""
BINS = 20
"""A score is counted in bins of .05; the last one holds 1 too."""


def flagged_name(signal: Signal) -> str:
    """Return the name of the figure of texts in which a signal was flagged."""
    return f"flagged:{signal}"


def urgency_name(urgency: Urgency) -> str:
    """Return the name of the figure of texts of an urgency."""
    return f"urgency:{urgency}"


def model_name(model: str) -> str:
    """Return the name of the figure of texts that a model read."""
    return f"model:{model}"


def score_name(signal: Signal, score: float, model: str) -> str:
    """Return the name of the figure of texts whose score for a signal, by a model, lies in the same bin as this one."""
    # Scores have fewer digits than this: .15 is in the bin that begins there, though 0.15 * 20 may be less than 3.
    return f"score:{signal}:{min(int(score * BINS + 1e-9), BINS - 1):02}:{model}"


def gone_name(kind: str) -> str:
    """Return the name of the figure of what was erased of a kind."""
    return f"{GONE}{kind}"


def trend_name(figure: str, value: str, region: str) -> str:
    """Return the name of a figure of a region for trends: ``trend:signal:minor@Laval``; a value may be empty."""
    return f"{TREND}{figure}:{value}@{region}"


def trend_of(name: str) -> tuple[str, str, str]:
    """Return figure, value and region of a name, from which `TREND` was taken away."""
    what, _, region = name.rpartition("@")
    figure, _, value = what.partition(":")
    return figure, value, region


def rounding_key(keys: Keyring) -> bytes:
    """Return the house's key by which told figures are rounded: one, so that a figure is rounded the same wherever."""
    return bytes.fromhex(keys.blind("trends", "rounding"))


def count(session: Session, day: date, name: str, by: int = 1) -> None:
    """Add to one figure of a day."""
    count_all(session, day, {name: by})


def count_all(session: Session, day: date, figures: Mapping[str, int]) -> None:
    """Add to several figures of a day, in one statement; in order, so that two who do so do not wait for each other."""
    rows = [{"day": day, "name": name, "count": by} for name, by in sorted(figures.items()) if by]
    if not rows:
        return
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    new = insert(DayCount).values(rows)
    more = {"count": DayCount.count + new.excluded.count}
    session.execute(new.on_conflict_do_update(index_elements=["day", "name"], set_=more))


def totals(session: Session, since: date, until: date) -> dict[str, int]:
    """Return the figures of some days together, the last one included, by name."""
    days = DayCount.day.between(since, until)
    return dict(
        session.execute(select(DayCount.name, func.sum(DayCount.count)).where(days).group_by(DayCount.name)).all()
    )


def beginning_with(session: Session, prefix: str, since: date, until: date) -> dict[str, int]:
    """Return the figures of some days together whose names begin alike, the last day included, without the prefix."""
    days = DayCount.day.between(since, until), DayCount.name.startswith(prefix, autoescape=True)
    rows = session.execute(select(DayCount.name, func.sum(DayCount.count)).where(*days).group_by(DayCount.name))
    return {name.removeprefix(prefix): int(number) for name, number in rows}


def between(session: Session, names: Collection[str], since: date, until: date) -> dict[tuple[date, str], int]:
    """Return some figures of each of some days, the last one included; those that are not there are none."""
    some = DayCount.day.between(since, until), DayCount.name.in_(names)
    rows = session.execute(select(DayCount.day, DayCount.name, DayCount.count).where(*some))
    return {(day, name): number for day, name, number in rows}


def first_beginning_with(session: Session, prefix: str) -> date | None:
    """Return the first day that has a figure whose name begins so; None if none has."""
    return session.scalar(select(func.min(DayCount.day)).where(DayCount.name.startswith(prefix, autoescape=True)))


def first_day(session: Session, name: str) -> date | None:
    """Return the first day that has a figure; None if none has."""
    return session.scalar(select(DayCount.day).where(DayCount.name == name).order_by(DayCount.day).limit(1))
