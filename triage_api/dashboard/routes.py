"""The dashboard: API, page, and its charts as images."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from nlp.types import SIGNALS, URGENCIES
from triage_api.access.guard import TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action, Reach, reach
from triage_api.dashboard import service
from triage_api.dashboard.charts import Chart, Name
from triage_api.dashboard.drawing import Theme
from triage_api.dashboard.drift import LEAST, SHIFTED, SHIFTING
from triage_api.dashboard.house import NEWEST
from triage_api.dashboard.models import DashboardOut
from triage_api.dashboard.weekly import WEEKS
from triage_api.exposure.service import FEWEST
from triage_api.queue.models import LANES, VERDICTS
from triage_api.shell.pages import language_of, render

api = APIRouter(prefix="/api/dashboard", tags=["dashboard"])
pages = APIRouter(prefix="/dashboard", include_in_schema=False)

Sees = Annotated[Person, Depends(allowed(Action.DASHBOARD_READ))]


@api.get("")
def read_dashboard(desk: TheDesk, person: Sees) -> DashboardOut:
    """Tell the house's figures, and one's own reading time."""
    return service.dashboard(desk, person)


@pages.get("")
def dashboard_page(request: Request, desk: TheDesk, person: Sees) -> Response:
    """Show the house's figures: a chart and a table of each."""
    french = language_of(request) == "fr"
    return render(
        request,
        "dashboard/templates/dashboard.html",
        told=service.dashboard(desk, person),
        whole=reach(person, Action.DASHBOARD_READ) is Reach.ANY,
        names={one.id: one.name_fr if french else one.name_en for one in desk.grid.criteria},
        settings=desk.store.settings,
        rules={"weeks": WEEKS, "newest": NEWEST, "least": LEAST, "low": SHIFTING, "high": SHIFTED, "fewest": FEWEST},
        lanes=LANES,
        verdicts=VERDICTS,
        signals=SIGNALS,
        urgencies=URGENCIES,
    )


@pages.get("/chart.svg")
def chart_image(
    request: Request,
    desk: TheDesk,
    person: Sees,
    name: Annotated[Name, Query()],
    colours: Annotated[Theme, Query()] = "light",
) -> Response:
    """Return a chart as an image, in the colours of the light page or of the dark one."""
    drawn = service.chart(desk, person, Chart(name, colours), language_of(request))
    return Response(drawn, media_type="image/svg+xml")
