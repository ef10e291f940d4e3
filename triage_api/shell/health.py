"""For machines: is it alive, is it ready, how much waits."""

from __future__ import annotations

import ipaddress

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import func, select
from starlette.responses import JSONResponse, PlainTextResponse

from store.errors import NotAllowed, VigieError
from store.outbox import lag
from store.posts import ASSESS
from store.store import Store
from store.tables import QueueItem
from store.work import count_work
from triage_api.access.guard import TheDesk, visitor

router = APIRouter(tags=["health"], dependencies=[Depends(visitor)])


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
def metrics(request: Request, desk: TheDesk) -> str:
    """Tell how much waits, in Prometheus' text format; to programs on this machine only."""
    if "x-forwarded-for" in request.headers or "forwarded" in request.headers or not _is_loopback(request):
        raise NotAllowed("Metrics are for programs on this machine.")
    return "".join(f"{name} {value}\n" for name, value in _measures(desk.store))


def _measures(store: Store) -> list[tuple[str, int]]:
    open_items = select(QueueItem.lane, func.count()).where(QueueItem.status == "open").group_by(QueueItem.lane)
    with store.database.reading() as session:
        lanes = session.execute(open_items).all()
        return [
            *((f'vigie_queue_items{{lane="{lane}"}}', number) for lane, number in sorted(lanes)),
            ("vigie_outbox_lag", lag(session)),
            ("vigie_posts_to_assess", count_work(session, ASSESS)),
        ]


def _is_loopback(request: Request) -> bool:
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
