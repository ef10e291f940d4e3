"""Trends: API, page, charts, the data dictionary and the count form."""

from __future__ import annotations

from functools import partial
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Query, Request, Response

from store.errors import BadInput, Conflict
from triage_api.access.guard import TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.dashboard.drawing import Theme
from triage_api.shell.pages import language_of, render
from triage_api.trends import form
from triage_api.trends.charts import CHARTED, CHOSEN, chart, words
from triage_api.trends.dictionary import DictionaryOut, dictionary
from triage_api.trends.models import FormOut, TrendCell, TrendMonth, TrendsOut
from triage_api.trends.service import CHOICES, trends

api = APIRouter(prefix="/api/trends", tags=["trends"])
pages = APIRouter(prefix="/trends", include_in_schema=False)

Reads = Annotated[Person, Depends(allowed(Action.TREND_READ))]
By = Annotated[str, Query(max_length=60)]
Asked = Annotated[str | None, Query(max_length=20)]


class Period(NamedTuple):
    """What is asked for: by what, and from which month to which."""

    by: str
    since: str | None
    until: str | None


def _period(by: By = CHOSEN, since: Asked = None, until: Asked = None) -> Period:
    return Period(by, since or None, until or None)


Wanted = Annotated[Period, Depends(_period)]


@api.get("")
def read_trends(desk: TheDesk, person: Reads, wanted: Wanted) -> TrendsOut:
    """Tell figures of whole months that are over, small ones withheld, with their denominators and coverage."""
    return trends(desk.store, person, *wanted)


@api.get("/dictionary")
def read_dictionary(_person: Reads) -> DictionaryOut:
    """Say what each figure counts, in both languages."""
    return dictionary()


@api.get("/form")
def read_form_json(desk: TheDesk, _person: Reads) -> FormOut:
    """Return the rows of the count form for the newest month that is over."""
    return form.blank(desk.store.clock())


@pages.get("")
def trends_page(request: Request, desk: TheDesk, person: Reads, wanted: Wanted) -> Response:
    """Show figures as tables, each month beside the others, and a chart of what is told over all regions."""
    by, since, until = wanted
    values, refused = {"by": by, "since": since or "", "until": until or ""}, None
    try:
        told = trends(desk.store, person, *wanted)
    except (BadInput, Conflict) as error:
        if error.field not in values:
            raise
        refused, told = error, None
    rows = list(dict.fromkeys(_row(cell) for one in _months(told) for cell in one.cells))
    return render(
        request,
        "trends/templates/trends.html",
        status=refused.status if refused else 200,
        told=told,
        refused=refused,
        values=values,
        rows=rows,
        figures={(one.month, *_row(cell)): cell for one in _months(told) for cell in one.cells},
        named=partial(words, language_of(request)),
        charted=told is not None and ",".join(told.by) in CHARTED,
        choices=CHOICES,
    )


def _months(told: TrendsOut | None) -> list[TrendMonth]:
    return told.months if told else []


def _row(cell: TrendCell) -> tuple[str, str, str]:
    return cell.figure, cell.value, cell.region


@pages.get("/chart.svg")
def chart_image(
    request: Request, desk: TheDesk, person: Reads, wanted: Wanted, colours: Annotated[Theme, Query()] = "light"
) -> Response:
    """Return the told figures of the period as an image, in the colours of the light page or of the dark one."""
    drawn = chart(trends(desk.store, person, *wanted), colours, language_of(request))
    return Response(drawn, media_type="image/svg+xml")


@pages.get("/dictionary")
def dictionary_page(request: Request, _person: Reads) -> Response:
    """Show what each figure counts."""
    return render(request, "trends/templates/dictionary.html", told=dictionary())


@pages.get("/form.csv")
def form_file(desk: TheDesk, _person: Reads) -> Response:
    """Send the count form as a CSV file to fill in."""
    headers = {"Content-Disposition": 'attachment; filename="vigie-count-form.csv"'}
    return Response(form.blank_csv(desk.store.clock()), media_type="text/csv; charset=utf-8", headers=headers)
