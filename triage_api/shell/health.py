"""For machines: is it alive, is it ready, how much waits."""

from __future__ import annotations

import ipaddress

from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import JSONResponse, PlainTextResponse

from store.errors import NotAllowed, VigieError
from triage_api.access.guard import TheDesk, visitor
from triage_api.desk import Desk
from triage_api.shell.measures import Measure, rendered
from triage_api.shell.watch import Watch

router = APIRouter(tags=["health"], dependencies=[Depends(visitor)])

_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


@router.get("/healthz")
def alive() -> dict[str, str]:
    """Answer as long as the process does."""
    return {"status": "ok"}


@router.get("/readyz")
def ready(desk: TheDesk) -> Response:
    """Answer 200 if database, index and reader are there; 503 with the first that is not."""
    checks = (desk.store.database.require_current, desk.index.require, lambda: desk.reader)
    for check in checks:
        try:
            check()
        except VigieError as error:
            return JSONResponse({"status": "not ready", "code": error.code}, 503)
    return JSONResponse({"status": "ok"})


@router.get("/metrics", response_class=PlainTextResponse)
def metrics(request: Request, desk: TheDesk) -> Response:
    """Tell how much waits and what is down, in Prometheus' text format; to programs on this machine only.

    A proxy that sets no header looks like one of those: where one stands before the pages, the setting must say yes.
    """
    if not desk.store.settings.tells_metrics:
        raise NotAllowed("Metrics are not told here: see VIGIE_METRICS.")
    if "x-forwarded-for" in request.headers or "forwarded" in request.headers or not _is_loopback(request):
        raise NotAllowed("Metrics are for programs on this machine.")
    state = request.app.state
    if not hasattr(state, "watch"):
        state.watch = Watch(desk.store, desk.index)
    text = rendered([_build(desk, request.app.version), *state.watch.measures()])
    return Response(text, media_type=_PROMETHEUS)


def _build(desk: Desk, version: str) -> Measure:
    versions = {"version": version, "grid": desk.grid.version, "model": desk.reader.model_version}
    return Measure("vigie_build_info", "Versions of the program, the grid and the model.", [(versions, 1)])


def _is_loopback(request: Request) -> bool:
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
