"""Bringing in a directory from a file: all of it is checked, and nothing is written unless all of it can be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import time
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.clock import house_day
from store.errors import BadInput, Conflict
from store.locks import hold
from store.store import Store
from store.tables import Agreement, Organisation, Pivot
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.directory.agreements import add_agreement, set_agreement
from triage_api.directory.files import Entry, PivotLine, entries_of
from triage_api.directory.models import AgreementChange, PivotChange
from triage_api.directory.pivots import add_pivot, set_pivot
from triage_api.directory.service import LOCK, add_organisation, set_organisation
from triage_api.duty.hours import at
from triage_api.shell.recording import recording

Made = TypeVar("Made")


class Refused(BadInput):
    """A file with mistakes; `mistakes` has a line for each."""

    code = "directory_refused"

    def __init__(self, mistakes: Sequence[str]) -> None:
        super().__init__(f"Nothing was written: mend the {len(mistakes)} mistakes and import the file again.")
        self.mistakes = list(mistakes)


@dataclass
class Brought:
    """How many organisations an import made, changed (themselves or what hangs on them) and found as they are."""

    made: int = 0
    changed: int = 0
    same: int = 0
    mistakes: list[str] = field(default_factory=list)


def bring_in(store: Store, person: Person, raw: Sequence[tuple[str, Any]]) -> Brought:
    """Write organisations with their pivots and agreements, known ones by their name; `Refused` tells every mistake.

    What the file does not name stays as it is: an import ends nothing.
    """
    require(person, Action.DIRECTORY_KEEP)
    entries, mistakes = entries_of(raw)
    with recording(store) as session:
        hold(session, [LOCK])
        bringing = _Bringing(store, session, person, mistakes)
        counts = [bringing.bring(place, entry) for place, entry in entries]
        if mistakes:
            raise Refused(mistakes)
    return Brought(made=counts.count("made"), changed=counts.count("changed"), same=counts.count("same"))


@dataclass
class _Bringing:
    """Writes entries in one transaction, and notes what cannot be written."""

    store: Store
    session: Session
    person: Person
    mistakes: list[str]

    def bring(self, place: str, entry: Entry) -> str:
        """Write one organisation and what hangs on it; return what it was: made, changed, same or refused."""
        query = select(Organisation)
        known = {row.name.casefold(): row for row in self.session.scalars(query)}.get(entry.name.casefold())
        row = self._try(place, lambda: self._organisation(known, entry))
        if row is None:
            return "refused"
        changed, organisation = row
        changed |= self._pivots(place, organisation, entry.pivots)
        for agreement in entry.agreements:
            named = f"{place}: agreement {agreement.title}"
            changed |= bool(self._try(named, lambda one=agreement: self._agreement(organisation, one)))  # type: ignore[misc]
        return "made" if known is None else "changed" if changed else "same"

    def _organisation(self, known: Organisation | None, entry: Entry) -> tuple[bool, Organisation]:
        today = house_day(self.store.clock())
        if entry.confirmed_on and entry.confirmed_on > today:
            raise BadInput("confirmed_on: this day is to come.", field="confirmed_on")
        if known is not None and known.ended_at is not None:
            raise Conflict("It has ended: say first on its page that it is there again.", code="organisation_ended")
        if known is None:
            row, changed = add_organisation(self.store, self.session, self.person, entry.plain), True
        else:
            row, changed = known, bool(set_organisation(self.store, self.session, self.person, known, entry.plain))
        if entry.confirmed_on and entry.confirmed_on < today:
            row.confirmed_at = at(entry.confirmed_on, time(12))
        return changed, row

    def _pivots(self, place: str, organisation: Organisation, given: Sequence[PivotLine]) -> bool:
        """Write pivots, all before the first is named as a back-up; return whether anything is different now."""
        known = {row.name.casefold(): row for row in self._current(organisation)}
        new = set()
        for one in given:
            if one.name.casefold() not in known:
                plain = PivotChange.model_validate(one.model_dump() | {"backup": ""})
                row = self._try(f"{place}: pivot {one.name}", lambda told=plain: self._new(organisation, told))  # type: ignore[misc]
                known |= {one.name.casefold(): row} if row else {}
                new.add(one.name.casefold())
        changes = [self._pivot(f"{place}: pivot {one.name}", known, one, one.name.casefold() in new) for one in given]
        return any(changes) or bool(new)

    def _new(self, organisation: Organisation, given: PivotChange) -> Pivot:
        return add_pivot(self.store, self.session, self.person, organisation, given)

    def _pivot(self, place: str, known: dict[str, Pivot], given: PivotLine, new: bool) -> bool:
        row, backup = known.get(given.name.casefold()), known.get(given.backup.casefold())
        if given.backup and backup is None:
            self.mistakes.append(f"{place}: backup: no pivot of this organisation is named {given.backup}")
        if row is None or (new and backup is None):
            return False
        wanted = PivotChange.model_validate(given.model_dump() | {"backup": backup.id if backup else ""})
        return bool(self._try(place, lambda: set_pivot(self.store, self.session, self.person, row, wanted)))

    def _agreement(self, organisation: Organisation, given: AgreementChange) -> bool:
        current = Agreement.organisation_id == organisation.id, Agreement.ended_at.is_(None)
        row = self.session.scalar(select(Agreement).where(*current, Agreement.title == given.title))
        if row is None:
            return bool(add_agreement(self.store, self.session, self.person, organisation, given))
        return bool(set_agreement(self.store, self.session, self.person, organisation, row, given))

    def _current(self, organisation: Organisation) -> Sequence[Pivot]:
        query = select(Pivot).where(Pivot.organisation_id == organisation.id, Pivot.ended_at.is_(None))
        return self.session.scalars(query).all()

    def _try(self, place: str, act: Callable[[], Made]) -> Made | None:
        try:
            return act()
        except (BadInput, Conflict) as error:
            self.mistakes.append(f"{place}: {error.message}")
            return None
