"""Data keys that must go: those that an erasure has asked to be destroyed, and those that a crash left to nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from store.batches import batches
from store.store import Store
from store.tables import (
    BrokenGlass,
    Decision,
    Export,
    LegalHold,
    Meeting,
    Notice,
    OidcLogin,
    Quarantined,
    Referral,
    Review,
    RightsCase,
    Search,
    Study,
    Subject,
    User,
    Work,
)
from store.work import add_work, finish_work

DESTROY = "destroy-key"
"""The kind of work that a data key waits for once what it seals was erased; its key is the data key's name."""
_BATCH = 500
_ORPHAN_AGE = timedelta(days=1)
"""A key this old whose owner is not in the database was left by a crash, not by a transaction under way."""

_OWNERS: dict[str, Select[str]] = {
    "subject": select(Subject.id),
    "search": select(Search.id),
    "export": select(Export.id),
    "study": select(Study.id).where(Study.closed_at.is_(None)),
    "quarantine": select(Quarantined.post_id),
    "totp": select(User.id).where(User.totp.is_not(None)),
    "decision": select(Decision.item_id),
    "glass": select(BrokenGlass.id),
    "review": select(Review.id),
    "referral": select(Referral.id),
    "meeting": select(Meeting.id),
    "hold": select(LegalHold.id),
    "notice": select(Notice.id).where(Notice.link.is_not(None)),
    "rights": select(RightsCase.id).where(RightsCase.ended_at.is_(None)),
    "oidc": select(OidcLogin.state_sha256),
}
"""By kind of key, who must still be there for it; keys of other kinds belong to entries of the register and stay."""


def ask_destruction(session: Session, names: Iterable[str], now: datetime) -> None:
    """Ask for data keys to be destroyed once the caller's transaction has committed: see `destroy_asked`."""
    add_work(session, DESTROY, names, now)


def destroy_asked(store: Store) -> int:
    """Destroy the data keys that were asked to be, and return how many; cut short, it is done when it is run again."""
    with store.database.reading() as session:
        names = list(session.scalars(select(Work.key).where(Work.kind == DESTROY)))
    if names:
        store.keys.destroy(names)
        with store.database.writing() as session:
            for some in batches(names, _BATCH):
                finish_work(session, DESTROY, some)
    return len(names)


def destroy_leftovers(store: Store) -> int:
    """Destroy all data keys that must go, and return how many there were; safe to cut short and to run again."""
    count = destroy_asked(store)
    for kind, owners in _OWNERS.items():
        for names in store.keys.names(kind, made_before=store.clock() - _ORPHAN_AGE):
            orphans = set(names) - _owned(store, kind, owners, names)
            if orphans:
                store.keys.destroy(orphans)
            count += len(orphans)
    store.keys.forget()
    return count


def _owned(store: Store, kind: str, owners: Select[str], names: Iterable[str]) -> set[str]:
    column = owners.selected_columns[0]
    ids = [name.partition(":")[2] for name in names]
    with store.database.reading() as session:
        return {f"{kind}:{one}" for one in session.scalars(owners.where(column.in_(ids)))}
