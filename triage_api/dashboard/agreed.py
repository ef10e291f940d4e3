"""How far readers agree, as the dashboard shows it: reckoned again only when somebody has judged since."""

from __future__ import annotations

from collections.abc import Hashable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from store.tables import CriterionState, Judgement
from triage_api.agreement.checking import agreements
from triage_api.agreement.models import AgreementLine
from triage_api.dashboard.keeping import kept
from triage_api.dashboard.models import AgreedOut
from triage_api.desk import Desk


def agreed(desk: Desk, session: Session) -> list[AgreedOut]:
    """Return how far readers agree on the verdict and on each criterion, suspended criteria first, then the weakest.

    A thousand draws for each of fifty criteria take a while, so it is kept.
    """
    return kept(desk, "agreement", _mark(desk, session), lambda: _reckoned(desk, session))


def _reckoned(desk: Desk, session: Session) -> list[AgreedOut]:
    lines = sorted(agreements(session, desk.grid), key=_place)
    return [AgreedOut.model_validate(line.model_dump()) for line in lines]


def _mark(desk: Desk, session: Session) -> Hashable:
    """Return what changes whenever agreement does: judgements are added or deleted, never changed.

    The moment too: SQLite gives the id of the newest one again once that is deleted.
    """
    newest = select(func.count(), func.max(Judgement.id), func.max(Judgement.at))
    judged = session.execute(newest.select_from(Judgement)).one()
    decided = session.execute(select(func.count(), func.max(CriterionState.at))).one()
    return desk.grid.version, *judged, *decided


def _place(line: AgreementLine) -> tuple[bool, bool, float]:
    return line.state != "suspended", line.alpha is None, line.alpha if line.alpha is not None else 0.0
