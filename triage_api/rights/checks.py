"""What `doctor` tells of people's rights: whom the public page names, and what is late."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from store.store import Store
from store.tables import RightsCase


def warnings(store: Store, session: Session) -> Iterator[str]:
    """Yield a line if the public page names nobody to call, and one for requests that are late."""
    if not store.settings.rights_contact:
        yield "rights: VIGIE_RIGHTS_CONTACT is empty: the page /rights names nobody to call"
    late = RightsCase.answered_at.is_(None), RightsCase.due_at <= store.clock()
    count = session.scalar(select(func.count()).select_from(RightsCase).where(*late)) or 0
    if count:
        yield f"rights: {count} late (/rights/cases)"
