"""The report of outcomes: API, page to read or print, file and charts."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from triage_api.access.guard import TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.dashboard.drawing import Theme
from triage_api.outcomes import service
from triage_api.outcomes.models import OutcomesOut, TableName
from triage_api.shell.pages import language_of, render

api = APIRouter(prefix="/api/outcomes", tags=["outcomes"])
pages = APIRouter(prefix="/outcomes", include_in_schema=False)

Reads = Annotated[Person, Depends(allowed(Action.OUTCOME_READ))]
Asked = Annotated[str | None, Query(max_length=20)]


@api.get("")
def read_outcomes(desk: TheDesk, person: Reads, quarter: Asked = None) -> OutcomesOut:
    """Tell what came of a quarter's requests and referrals: whole quarters that are over, small figures withheld."""
    return service.outcomes(desk.store, person, quarter)


@pages.get("")
def outcomes_page(request: Request, desk: TheDesk, person: Reads, quarter: Asked = None) -> Response:
    """Show the report: a table and a chart of each."""
    told = service.outcomes(desk.store, person, quarter)
    named = partial(service.words, language_of(request))
    return render(request, "outcomes/templates/outcomes.html", told=told, named=named)


@pages.get("/file.csv")
def outcomes_file(desk: TheDesk, person: Reads, quarter: Asked = None) -> Response:
    """Send the report as a CSV file."""
    headers = {"Content-Disposition": 'attachment; filename="vigie-outcomes.csv"'}
    content = service.outcomes_file(desk.store, person, quarter)
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


@pages.get("/chart.svg")
def chart_image(
    request: Request,
    desk: TheDesk,
    person: Reads,
    name: Annotated[TableName, Query()],
    quarter: Asked = None,
    colours: Annotated[Theme, Query()] = "light",
) -> Response:
    """Return a table of the report as an image, in the colours of the light page or of the dark one."""
    told = service.outcomes(desk.store, person, quarter)
    drawn = service.chart(told, name, colours, language_of(request))
    return Response(drawn, media_type="image/svg+xml")
