"""The leave without which no request is sent to a source."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crawlers.sources.register import declared_source
from store.errors import BadInput, SourceNotApproved
from store.store import Store
from store.tables import Approval


def approve(
    store: Store,
    source_id: str,
    *,
    assessment: str,
    mandate: str,
    ground: str,
    approvers: Sequence[str],
    expires_at: datetime,
) -> None:
    """Record leave to collect a source as it is declared now, until `expires_at`; `BadInput` names what is missing."""
    named = [name.strip() for name in approvers if name.strip()]
    facts = {"assessment": assessment.strip(), "mandate": mandate.strip(), "ground": ground.strip(), "approvers": named}
    for field, value in facts.items():
        if not value:
            raise BadInput(f"An approval needs {field}.", field=field)
    now = store.clock()
    if expires_at <= now:
        raise BadInput("The approval would be expired already.", field="expires_at")
    with store.database.writing() as session:
        source = declared_source(session, source_id)
        session.add(
            Approval(
                source_id=source.id,
                digest=source.digest,
                created_at=now,
                granted_at=now,
                expires_at=expires_at,
                **facts,
            )
        )


def require_approved(session: Session, source_id: str, now: datetime) -> Approval:
    """Return the approval in force; `SourceNotApproved` says what is missing."""
    source = declared_source(session, source_id)
    newest = select(Approval).where(Approval.source_id == source_id).order_by(Approval.id.desc()).limit(1)
    approval = session.scalar(newest)
    if approval is None:
        problem = "has no approval"
    elif approval.suspended_at is not None:
        problem = f"was suspended on {approval.suspended_at:%Y-%m-%d}"
    elif approval.digest != source.digest:
        problem = "was declared anew since its approval"
    elif approval.expires_at <= now:
        problem = f"has an approval that expired on {approval.expires_at:%Y-%m-%d %H:%M} UTC"
    else:
        return approval
    raise SourceNotApproved(f"The source {source_id} {problem}: no request was sent; see `vigie sources approve`.")
