"""Writing the ledger: whatever leaves the house about a youth writes a line here, with its entry, as it leaves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal

from sqlalchemy.orm import Session

from store.register import Event
from store.store import Store
from store.tables import Disclosure
from triage_api.access.models import Person
from triage_api.shell.recording import enter

Kind = Literal["referral", "answer", "meeting", "call"]


def write_line(  # noqa: PLR0913 - a line is what it tells: who, what, whom, on what
    session: Session,
    store: Store,
    person: Person,
    *,
    kind: Kind,
    about: str,
    subject: str | None,
    organisation: str | None,
    pivot: str | None,
    ground: str,
    consent: str | None,
    fields: Collection[str],
    event: Event,
    public: Mapping[str, Any],
) -> Disclosure:
    """Write a line and the register's entry that says the same, in the caller's transaction: both, or neither.

    `about` is the id of what is told (referral, request, meeting), `fields` are names of fields and never what stands
    in them; `public` adds to the entry. The subject stands in the line alone. `RegisterUnavailable` if the entry cannot
    be written; whatever the caller locks, it locks before.
    """
    told = sorted(set(fields))
    said = {"kind": kind, "about": about, "organisation": organisation, "pivot": pivot, "ground": ground}
    entry = enter(session, store, person, event, {**said, "consent": consent, "fields": told, **public})
    line = Disclosure(
        kind=kind,
        about=about,
        subject_id=subject,
        organisation_id=organisation,
        pivot_id=pivot,
        ground=ground,
        consent_id=consent,
        fields=told,
        by=person.pseudonym,
        at=store.clock(),
        entry=entry,
    )
    session.add(line)
    session.flush()
    return line
