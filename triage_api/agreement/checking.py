"""How far two readers agree on each criterion and on the verdict, and what follows: a criterion that is suspended."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from nlp.grid import Grid
from store.criteria import State, hold_states, set_state
from store.errors import DatabaseUnavailable, RegisterUnavailable
from store.register import Event, append
from store.tables import CriterionState, Judgement
from triage_api.agreement.alpha import RESAMPLES, Alpha, alpha
from triage_api.agreement.models import AgreementLine, Standing
from triage_api.desk import Desk
from triage_api.queue.models import VERDICTS
from triage_api.shell.recording import recording

log = logging.getLogger(__name__)

VERDICT = "verdict"
AGREEMENT = "agreement"
"""Who decides where the figure alone does."""
LEAST_POSTS = 50
"""Double-coded posts under which alpha decides nothing."""
LEAST_MET = 5
"""Posts among them in which a reader must have seen the criterion: with fewer, one oversight is all alpha tells."""
WEAK = 0.667
ADVISORY = 0.8
"""Krippendorff's customary cut-offs: under the first a criterion is suspended, under the second it only advises."""


class Pair(NamedTuple):
    """What two people found in one post, each blind, and when the second of them had."""

    verdicts: tuple[str, str]
    criteria: tuple[frozenset[str], frozenset[str]]
    at: datetime


def agreements(session: Session, grid: Grid, resamples: int = RESAMPLES) -> list[AgreementLine]:
    """Return how far readers agree on the verdict, then on each criterion of the grid in force, in its order."""
    pairs = pairs_of(session, grid.version)
    states = {row.criterion: row for row in session.scalars(select(CriterionState))}
    verdicts = alpha([_given(pair.verdicts) for pair in pairs], "ordinal", resamples)
    lines = [_line(VERDICT, len(pairs), len(pairs), verdicts, None)]
    for criterion in grid.criteria:
        row = states.get(criterion.id)
        counted = _since_restored(pairs, row)
        seen = [sum(criterion.id in one for one in pair.criteria) for pair in counted]
        found = alpha([(2 - one, one) for one in seen], resamples=resamples)
        lines.append(_line(criterion.id, len(counted), sum(map(bool, seen)), found, row))
    return lines


def pairs_of(session: Session, grid: str) -> list[Pair]:
    """Return what two people found in each post that both judged by one version of the grid."""
    twice = select(Judgement.item_id).where(Judgement.grid == grid).group_by(Judgement.item_id)
    of_pairs = Judgement.item_id.in_(twice.having(func.count() == 2))
    rows = session.scalars(select(Judgement).where(of_pairs, Judgement.grid == grid).order_by(Judgement.item_id))
    return [_pair(list(both)) for _, both in groupby(rows, lambda one: one.item_id)]


def check_agreement(desk: Desk) -> list[str]:
    """Suspend the criteria on which readers turn out to agree too little; return them.

    Done after each second judgement. What cannot be done now is done after the next one.
    """
    with desk.store.database.reading() as session:
        if not _weak(agreements(session, desk.grid, resamples=1)):
            return []
    try:
        with recording(desk.store) as session:
            hold_states(session)
            weak = _weak(agreements(session, desk.grid, resamples=1))
            for line in weak:
                decide_state(session, desk, line, "suspended", AGREEMENT)
                said = {"criterion": line.subject, "state": "suspended", "alpha": line.alpha, "posts": line.posts}
                append(session, event=Event.CRITERION_DECIDED, actor=AGREEMENT, at=desk.store.clock(), public=said)
    except (RegisterUnavailable, DatabaseUnavailable) as error:
        log.warning("No criterion is suspended for now: %s", error.message)
        return []
    return [line.subject for line in weak]


def decide_state(session: Session, desk: Desk, line: AgreementLine, state: State, by: str) -> None:
    """Set a criterion's state with the figure of the moment; the caller holds the states and makes the entry."""
    row = CriterionState(criterion=line.subject, state=state, alpha=line.alpha, posts=line.posts, by=by)
    row.at = desk.store.clock()
    set_state(session, row)


def _weak(lines: Iterable[AgreementLine]) -> list[AgreementLine]:
    """Return the criteria that the figure suspends: in force still, and weak on enough posts."""
    return [line for line in lines if line.subject != VERDICT and line.standing == "weak" and line.state == "active"]


def _since_restored(pairs: Sequence[Pair], row: CriterionState | None) -> Sequence[Pair]:
    """Return the pairs that count for a criterion: whoever restored it has judged those before."""
    if row is None or row.state == "suspended":
        return pairs
    return [pair for pair in pairs if pair.at > row.at]


def _pair(both: Sequence[Judgement]) -> Pair:
    one, other = both
    return Pair(
        (one.verdict, other.verdict), (frozenset(one.criteria), frozenset(other.criteria)), max(one.at, other.at)
    )


def _given(verdicts: tuple[str, str]) -> list[int]:
    return [verdicts.count(one) for one in VERDICTS]


def _line(subject: str, posts: int, met: int, found: Alpha, row: CriterionState | None) -> AgreementLine:
    return AgreementLine(
        subject=subject,
        posts=posts,
        met=met,
        alpha=found.value,
        low=found.low,
        high=found.high,
        standing=_standing(posts, met, found.value),
        state=cast("State", row.state) if row else "active",
        by=row.by if row else None,
        at=row.at if row else None,
    )


def _standing(posts: int, met: int, value: float | None) -> Standing:
    if value is None:
        return "undefined"
    if posts < LEAST_POSTS:
        return "few"
    if met < LEAST_MET:
        return "rare"
    if value < WEAK:
        return "weak"
    return "advisory" if value < ADVISORY else "strong"
