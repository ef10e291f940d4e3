"""What may no longer be kept, by kind: what is counted before it goes is what goes.

Posts and requests go one by one (`pipeline.retain`, `triage_api.retention`); the kinds here go together, in one
statement each, and hold nothing that a legal hold could be on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from pipeline.counting import unflagged_among
from store.decisions import STANDING
from store.leftovers import ask_destruction
from store.store import Store
from store.tables import Decision, LegalHold, LoginFailure, Notice, Post, RightsCase, SessionRow

PostKind = Literal["post_gone", "post_dismissed", "post_watched", "post_unflagged", "post_waiting"]
POST_KINDS: tuple[PostKind, ...] = ("post_gone", "post_dismissed", "post_watched", "post_unflagged", "post_waiting")
"""Why a post goes: deleted at its source, dismissed, watched, nothing was found, or it waited to its end."""
NOTICE_KEPT = timedelta(days=90)
"""After its end; so long also one that waits, if there is no mail server."""
RIGHTS_KEPT = timedelta(days=90)
HOLD_KEPT = timedelta(days=90)
"""So long the reason of a hold outlives it."""
FAILURE_KEPT = timedelta(days=1)

Find = Callable[[datetime], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Going:
    """A kind of rows that go together once their time is over."""

    kind: str
    table: Any
    over: Find
    go: Callable[[Store, Session, ColumnElement[bool]], None]

    def count(self, session: Session, now: datetime) -> int:
        """Return how many would go now."""
        return session.scalar(select(func.count()).select_from(self.table).where(self.over(now))) or 0

    def let_go(self, store: Store, session: Session, now: datetime) -> int:
        """Let them go in the caller's transaction, and return how many went."""
        count = self.count(session, now)
        if count:
            self.go(store, session, self.over(now))
        return count


def post_kinds(session: Session, ids: Collection[str]) -> dict[str, PostKind]:
    """Return why each of some posts goes, by id."""
    unflagged = unflagged_among(session, ids)
    gone = set(session.scalars(select(Post.id).where(Post.id.in_(ids), Post.gone_at.is_not(None))))
    made = select(Decision.post_id, Decision.verdict).where(Decision.post_id.in_(ids), STANDING).order_by(Decision.id)
    verdicts = {row.post_id: row.verdict for row in session.execute(made)}
    return {one: _kind(one in gone, verdicts.get(one), one in unflagged) for one in ids}


def counted(kinds: Iterable[str]) -> dict[str, int]:
    """Return how many there are of each kind, by name."""
    return dict(sorted(Counter(kinds).items()))


def _kind(gone: bool, verdict: str | None, unflagged: bool) -> PostKind:
    if verdict is not None:
        return "post_dismissed" if verdict == "dismiss" else "post_watched"
    if gone:
        return "post_gone"
    return "post_unflagged" if unflagged else "post_waiting"


def _delete(table: Any) -> Callable[[Store, Session, ColumnElement[bool]], None]:
    def go(_store: Store, session: Session, over: ColumnElement[bool]) -> None:
        session.execute(delete(table).where(over))

    return go


def _blank_rights(store: Store, session: Session, over: ColumnElement[bool]) -> None:
    """Take out what was written, and the answer; that somebody asked, when, and how it ended stays."""
    ids = list(session.scalars(select(RightsCase.id).where(over).order_by(RightsCase.id).with_for_update()))
    gone = update(RightsCase).where(RightsCase.id.in_(ids))
    session.execute(gone.values(sealed=b"", answer_sealed=None, ended_at=store.clock()))
    ask_destruction(session, [f"rights:{one}" for one in ids], store.clock())


def _blank_holds(store: Store, session: Session, over: ColumnElement[bool]) -> None:
    ids = list(session.scalars(select(LegalHold.id).where(over).order_by(LegalHold.id).with_for_update()))
    session.execute(update(LegalHold).where(LegalHold.id.in_(ids)).values(sealed=b""))
    ask_destruction(session, [f"hold:{one}" for one in ids], store.clock())


SCHEDULE: tuple[Going, ...] = (
    Going("session", SessionRow, lambda now: SessionRow.expires_at <= now, _delete(SessionRow)),
    Going("login_failure", LoginFailure, lambda now: LoginFailure.at <= now - FAILURE_KEPT, _delete(LoginFailure)),
    Going(
        "notice",
        Notice,
        lambda now: (
            (Notice.ended_at <= now - NOTICE_KEPT)
            | ((Notice.state == "queued") & (Notice.queued_at <= now - NOTICE_KEPT))
        ),
        _delete(Notice),  # the key of a link that never left has no owner any more: it goes with the leftovers
    ),
    Going(
        "rights_case",
        RightsCase,
        lambda now: (RightsCase.answered_at <= now - RIGHTS_KEPT) & RightsCase.ended_at.is_(None),
        _blank_rights,
    ),
    Going(
        "hold_reason",
        LegalHold,
        lambda now: (
            (func.coalesce(LegalHold.released_at, LegalHold.ends_at) <= now - HOLD_KEPT) & (LegalHold.sealed != b"")
        ),
        _blank_holds,
    ),
)
"""Kinds that go together, each with its own time after its end."""
