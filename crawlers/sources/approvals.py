"""The leave without which no request is sent to a source: asked for by one, granted by another, suspended by anyone.

Who is who is for `triage_api.sources.approving`; here stands what is recorded, and what may be collected by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from crawlers.sources.register import COLLECTED, declared_source, source_name
from nlp.cities import gazetteer
from store.clock import house_day
from store.errors import BadInput, Conflict, SourceNotApproved
from store.locks import hold
from store.register import Event, append
from store.store import Store
from store.tables import Approval, Source

State = Literal["none", "waiting", "approved", "suspended", "redeclared", "expired", "not_collected"]
STATES: tuple[State, ...] = get_args(State)
"""How a source stands; only ``approved`` lets a request be sent."""
REGIONS = tuple(sorted(set(gazetteer().regions.values())))
"""Administrative regions that a leave may be for."""
MAX_RETENTION = 365
"""Most days that a leave may name."""
_BY_CODE = "command line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """What an approval allows: by which assessment, mandate and ground, for which region, how long kept, until when."""

    assessment: str
    """Number of the privacy assessment (EFVP)."""
    mandate: str
    ground: str
    expires_at: datetime
    region: str = ""
    """Empty: wherever the source's posts come from."""
    retention_days: int | None = None
    """Days that an unflagged text stays, where that is less than elsewhere."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a source stands, the leave that says so, and the leave that waits for its second approver."""

    state: State
    problem: str
    """What is missing, as the end of a sentence that begins with the source; empty where it is approved."""
    leave: Approval | None
    """The newest leave that was granted; None if none ever was."""
    waiting: Approval | None


def ask(session: Session, source_id: str, leave: Leave, *, by: str, now: datetime) -> Approval:
    """Ask for leave to collect a source as it is declared now; it holds only once another has granted it.

    `by` names who asks. `BadInput` names the fact that is missing; `Conflict` (``leave_waits``) if one waits already.
    """
    source = held_source(session, source_id)
    if waiting_leave(session, source, now) is not None:
        raise Conflict(f"An approval of {source_id} waits already: grant it, or suspend it first.", code="leave_waits")
    row = Approval(
        source_id=source.id, digest=source.digest, approvers=[_named(by)], created_at=now, **_checked(leave, now)
    )
    session.add(row)
    session.flush()
    return row


def grant(approval: Approval, *, by: str, now: datetime, alone_reason: str = "") -> None:
    """Put into force a leave that waits: `by` names another than who asked, or the one who asked, with a reason."""
    first, second = approval.approvers[0], _named(by)
    if _same(first, second):
        if not alone_reason.strip():
            raise BadInput("Two different people approve a source; one alone gives a reason.", field="approvers")
        approval.alone_reason = alone_reason.strip()
    else:
        approval.approvers = [first, second]
    approval.granted_at = now


def suspend(session: Session, source_id: str, *, by: str, why: str, now: datetime) -> list[Approval]:
    """End at once the leave of a source, in force or waiting; return what was ended, `Conflict` if there is nothing."""
    if not why.strip():
        raise BadInput("Say why it is suspended.", code="needed", field="why")
    source = held_source(session, source_id)
    standing = _standing(session, source, now)
    in_force = standing.leave if standing.state in {"approved", "redeclared"} else None
    ended = [row for row in (in_force, standing.waiting) if row is not None]
    if not ended:
        raise Conflict(f"The source {source_id} has no approval that could be suspended.", code="nothing_to_suspend")
    for row in ended:
        row.suspended_at, row.suspended_by, row.suspended_why = now, _named(by), why.strip()
    return ended


def approve(  # noqa: PLR0913 - the facts of a leave, and who gave it
    store: Store,
    source_id: str,
    *,
    assessment: str,
    mandate: str,
    ground: str,
    approvers: Sequence[str],
    expires_at: datetime,
    alone_reason: str = "",
) -> None:
    """Record at one stroke, with its entries, a leave that two people gave on paper, or one alone with a reason.

    For the demo and for tests: on the pages and the command line each person acts for themselves.
    """
    names = [name for name in approvers if name.strip()]
    if len(names) not in (1, 2):
        raise BadInput("An approval needs approvers: two people, or one with a reason.", field="approvers")
    now = store.clock()
    leave = Leave(assessment=assessment, mandate=mandate, ground=ground, expires_at=expires_at)
    with store.database.writing() as session:
        row = ask(session, source_id, leave, by=names[0], now=now)
        grant(row, by=names[-1], now=now, alone_reason=alone_reason)
        for event in (Event.SOURCE_ASKED, Event.SOURCE_GRANTED):
            append(session, event=event, actor=_BY_CODE, at=now, public=told_of(row))


def told_of(approval: Approval) -> dict[str, object]:
    """Return what the register tells of a leave: nothing in a person's own words."""
    return {"source": approval.source_id, "approval": approval.id, "until": approval.expires_at.isoformat()}


def held_source(session: Session, source_id: str) -> Source:
    """Return a source's row, held until the transaction ends: whoever decides on it or declares it anew waits."""
    hold(session, [source_name(source_id)])
    source = declared_source(session, source_id)
    if source.kind not in COLLECTED:
        told = f"The source {source_id} holds what people brought: it is never collected."
        raise Conflict(told, code="not_collected")
    return source


def waiting_leave(session: Session, source: Source, now: datetime) -> Approval | None:
    """Return the leave of a source that a second person can grant now: the newest, for what is declared now."""
    newest = select(Approval).where(Approval.source_id == source.id).order_by(Approval.id.desc()).limit(1)
    row = session.scalar(newest)
    return row if row is not None and can_be_granted(row, source, now) else None


def can_be_granted(row: Approval, source: Source, now: datetime) -> bool:
    """Tell whether a source's newest leave waits for its second person, for what is declared now."""
    waits = row.granted_at is None and row.suspended_at is None
    return waits and row.digest == source.digest and row.expires_at > now


def standing(session: Session, source_id: str, now: datetime) -> Standing:
    """Return how a source stands; `NotFound` if it is not declared."""
    return _standing(session, declared_source(session, source_id), now)


def require_approved(session: Session, source_id: str, now: datetime) -> Approval:
    """Return the approval in force; `SourceNotApproved` says what is missing.

    Asked before each request: as long as nothing is missing it is one look at the database.
    """
    source, leave = session.execute(_WITH_LEAVE, {"source_id": source_id}).one_or_none() or (None, None)
    if source is not None and leave is not None and state_of(source, leave, None, now)[0] == "approved":
        return leave
    found = standing(session, source_id, now)
    raise SourceNotApproved(
        f"The source {source_id} {found.problem}: no request was sent; see `vigie sources approve`."
    )


_WITH_LEAVE = (
    select(Source, Approval)
    .join(Approval, Approval.source_id == Source.id)
    .where(Source.id == bindparam("source_id"), Approval.granted_at.is_not(None))
    .order_by(Approval.id.desc())
    .limit(1)
)
"""A source and the newest leave that was granted for it."""


def under_this_declaration_since(session: Session, source_id: str) -> datetime | None:
    """Return since when a source was granted as it is declared now, without another declaration in between."""
    granted = select(Approval.digest, Approval.granted_at).where(
        Approval.source_id == source_id, Approval.granted_at.is_not(None)
    )
    rows = session.execute(granted.order_by(Approval.id.desc())).all()
    since = None
    for digest, at in rows:
        if digest != rows[0].digest:
            break
        since = at
    return since


def _standing(session: Session, source: Source, now: datetime) -> Standing:
    granted = select(Approval).where(Approval.source_id == source.id, Approval.granted_at.is_not(None))
    leave = session.scalar(granted.order_by(Approval.id.desc()).limit(1))
    waiting = waiting_leave(session, source, now)
    state, problem = state_of(source, leave, waiting, now)
    if waiting is not None and state not in {"approved", "waiting"}:
        problem += ", and a new approval waits for its second approver"
    return Standing(state, problem, leave, waiting)


def state_of(source: Source, leave: Approval | None, waiting: Approval | None, now: datetime) -> tuple[State, str]:
    """Return how a source stands by its newest granted leave and by what waits, and what is missing."""
    if source.kind not in COLLECTED:
        return "not_collected", "holds what people brought and is never collected"
    if leave is None:
        waits = "has an approval that waits for its second approver"
        return ("waiting", waits) if waiting else ("none", "has no approval")
    if leave.suspended_at is not None:
        return "suspended", f"was suspended on {house_day(leave.suspended_at)}"
    if leave.digest != source.digest:
        return "redeclared", "was declared anew since its approval"
    if leave.expires_at <= now:
        return "expired", f"has an approval that expired on {leave.expires_at:%Y-%m-%d %H:%M} UTC"
    return "approved", ""


def _checked(leave: Leave, now: datetime) -> dict[str, object]:
    facts = {name: value.strip() if isinstance(value, str) else value for name, value in asdict(leave).items()}
    for field in ("assessment", "mandate", "ground"):
        if not facts[field]:
            raise BadInput(f"An approval needs {field}.", field=field)
    if facts["region"] and facts["region"] not in REGIONS:
        raise BadInput(f"The regions are {', '.join(REGIONS)}.", code="invalid", field="region")
    if leave.expires_at <= now:
        raise BadInput("The approval would be expired already.", code="past", field="expires_at")
    if leave.retention_days is not None and not 0 <= leave.retention_days <= MAX_RETENTION:
        raise BadInput(f"retention_days is 0 to {MAX_RETENTION}.", code="invalid", field="retention_days")
    return facts | {"expires_at": leave.expires_at.astimezone(UTC)}


def _named(name: str) -> str:
    if not name.strip():
        raise BadInput("An approval needs approvers.", field="approvers")
    return " ".join(name.split())


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
