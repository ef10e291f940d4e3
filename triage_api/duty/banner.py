"""What stands above every page: one's own alerts and reading time, and for a partner whether somebody is there."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from triage_api.access.models import Person
from triage_api.access.policy import Action, may
from triage_api.desk import Desk
from triage_api.duty.alerts import lines
from triage_api.duty.models import AlertLine, StandingOut
from triage_api.duty.service import told_to
from triage_api.duty.standing import standing
from triage_api.exposure.day import Exposure, exposure_of
from triage_api.helplines.lines import Helplines, lines_of_user


@dataclass(frozen=True, slots=True)
class Banner:
    """The lines above a page."""

    alerts: list[AlertLine]
    watch: StandingOut | None
    exposure: Exposure | None
    lines: Helplines | None
    """Whom a partner calls in their region, and when a request of theirs is read; None for everybody else."""
    back: str
    """Where what is said here leads back to."""

    @property
    def told(self) -> bool:
        """Return whether there is anything to tell."""
        return bool(self.alerts or self.watch or (self.exposure and self.exposure.told))


def banner_of(desk: Desk, person: Person, back: str) -> Banner:
    """Return what a person is to see above every page."""
    keeps, reads = may(person, Action.DUTY_READ), may(person, Action.POST_READ)
    files = may(person, Action.REQUEST_FILE)
    if not (keeps or reads):
        return Banner([], None, None, None, back)
    with desk.store.database.reading() as session:
        return Banner(
            alerts=lines(session, person.id, desk.store.clock()) if keeps and not files else [],
            watch=_watch(desk, session, person) if keeps and files else None,
            exposure=exposure_of(session, desk.store.settings, person.id, desk.store.clock()) if reads else None,
            lines=lines_of_user(session, desk.store, person.id) if files else None,
            back=back,
        )


def _watch(desk: Desk, session: Session, person: Person) -> StandingOut:
    return told_to(person, standing(session, desk.store.settings, desk.store.clock()))
