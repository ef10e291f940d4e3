"""The dashboard as a person may see it: the house's figures for whoever enters, reading time only one's own."""

from __future__ import annotations

from triage_api.access.models import Person
from triage_api.access.policy import Action, Reach, may, require
from triage_api.dashboard import charts
from triage_api.dashboard.agreed import agreed
from triage_api.dashboard.charts import Chart
from triage_api.dashboard.drift import drift
from triage_api.dashboard.house import flow, outcomes, spans
from triage_api.dashboard.models import DashboardOut
from triage_api.dashboard.weekly import weeks
from triage_api.desk import Desk
from triage_api.exposure.service import how_many_over, own_exposure
from triage_api.queue.counting import waiting
from triage_api.shell.languages import Lang


def dashboard(desk: Desk, person: Person) -> DashboardOut:
    """Return the house's figures and the person's own reading time; of others only how many are over the limit.

    That count is for whoever sees the whole house, and is left out where it would say who.
    """
    reach = require(person, Action.DASHBOARD_READ)
    own = own_exposure(desk, person) if may(person, Action.SESSION_OWN) else None
    settings, now = desk.store.settings, desk.store.clock()
    with desk.store.database.reading() as session:
        waits = waiting(session, settings, now)
        return DashboardOut(
            at=now,
            lanes=waits.lanes,
            desks=waits.desks,
            weeks=weeks(desk, session),
            spans=spans(session, now),
            outcomes=outcomes(session, now),
            flow=flow(session, now),
            agreement=agreed(desk, session),
            drift=drift(session, now),
            own=own,
            over=how_many_over(session, settings, now) if reach is Reach.ANY else None,
        )


def chart(desk: Desk, person: Person, wanted: Chart, lang: Lang) -> str:
    """Return one chart of the dashboard as an SVG; it asks only for what it shows."""
    require(person, Action.DASHBOARD_READ)
    now = desk.store.clock()
    with desk.store.database.reading() as session:
        match wanted.name:
            case "waiting":
                return charts.waiting_chart(wanted, lang, waiting(session, desk.store.settings, now).lanes)
            case "decided":
                return charts.decided_chart(wanted, lang, weeks(desk, session))
            case "seen":
                return charts.seen_chart(wanted, lang, flow(session, now))
            case "agreement":
                return charts.agreement_chart(wanted, lang, agreed(desk, session))
            case _:
                return charts.scores_chart(wanted, lang, drift(session, now))
