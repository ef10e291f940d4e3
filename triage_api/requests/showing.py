"""The pages of requests: the form in plain words, and one request with all that may be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fastapi import Request, Response

from triage_api.access.models import Person
from triage_api.desk import Desk
from triage_api.directory.kinds import KINDS, REGIONS
from triage_api.grounds.catalogue import GROUNDS
from triage_api.requests import service
from triage_api.requests.models import ANSWER_KINDS, DANGERS, NUMBERS_FROM, REPORTED, RequestOut
from triage_api.shell.pages import render
from triage_api.standing.reading import standing_of

LINES = ("handles", "phones", "emails", "places")
_NOTHING: Mapping[str, str] = MappingProxyType({})


def form_page(
    request: Request,
    name: str,
    values: Mapping[str, object],
    problems: Mapping[str, str],
    *,
    status: int = 200,
    **shown: object,
) -> Response:
    """Show one of the forms (``new``, ``call``), with what was typed and what is wrong with it."""
    asked: dict[str, object] = {"regions": REGIONS, "dangers": DANGERS, "reported": REPORTED, "froms": NUMBERS_FROM}
    shown = {"values": values, "problems": problems, **asked, **shown}
    return render(request, f"requests/templates/{name}.html", status=status, **shown)


def page_of(
    request: Request,
    desk: Desk,
    person: Person,
    identity: str,
    *,
    status: int = 200,
    values: Mapping[str, object] = _NOTHING,
    problems: Mapping[str, str] = _NOTHING,
) -> Response:
    """Show a request; for whoever answers, with the ground that was picked and what it asks for."""
    one = service.read_request(desk, person, identity)
    typed = dict(values) or {"ground": request.query_params.get("ground", "")}
    return render(
        request,
        "requests/templates/request.html",
        status=status,
        one=one,
        helplines=one.helplines,
        **_said_first(one),
        standing=standing_of(desk, person, one.id),
        values=typed,
        problems=problems,
        filed=request.query_params.get("filed"),
        **_asked(one, str(typed.get("ground", ""))),
    )


def _said_first(one: RequestOut) -> dict[str, Any]:
    """Return what has the numbers stand first where whoever answers must say them, on the telephone."""
    return {"calls_first": True, "tells_when": True} if one.channel == "call" and one.answer is None else {}


def _asked(one: RequestOut, picked: str) -> dict[str, Any]:
    ground = GROUNDS.get(picked) if picked in (one.grounds or []) else None
    plain = [kind for kind in ANSWER_KINDS if kind != "act"]
    return {"kinds": plain, "to_kinds": KINDS, "needs": list(ground.needs) if ground else []}
