"""What the supervisors are told after a collection: what it met itself, and what is seen only over several."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from crawlers.health import found_wrong
from store.alerts import AlertKind, tell

Alert = tuple[AlertKind, str]
CHECKS: tuple[Callable[[Session, str], Iterable[Alert]], ...] = (found_wrong,)
"""What looks at a source once its newest run is written, and says what is wrong with it."""


def raise_alerts(session: Session, source_id: str, met: Iterable[Alert], now: datetime) -> None:
    """Tell what a collection met and what the checks find."""
    session.flush()
    found = [alert for check in CHECKS for alert in check(session, source_id)]
    for kind, message in (*met, *found):
        tell(session, source_id, kind, message, now)
