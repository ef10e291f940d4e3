"""The app: every desk's API and pages, behind one shell. It refuses to start with a route that has no guard."""

from __future__ import annotations

from importlib.resources import files

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.staticfiles import StaticFiles

from nlp.reader import Reader
from store.index import Index
from store.store import Store
from triage_api.access import routes as access
from triage_api.access.factors import routes as factors
from triage_api.access.glass import routes as glass
from triage_api.access.guard import action_of
from triage_api.access.oidc import routes as oidc
from triage_api.access.policy import Action
from triage_api.access.tokens import routes as tokens
from triage_api.agreement import routes as agreement
from triage_api.cases import routes as cases
from triage_api.consents import code_routes as consent_codes
from triage_api.consents import routes as consents
from triage_api.corpora import routes as corpora
from triage_api.dashboard import routes as dashboard
from triage_api.desk import Desk
from triage_api.directory import part_routes
from triage_api.directory import routes as directory
from triage_api.duty import routes as duty
from triage_api.evidence import routes as evidence
from triage_api.exposure import routes as exposure
from triage_api.grounds import routes as grounds
from triage_api.helplines import routes as helplines
from triage_api.holds import routes as holds
from triage_api.ledger import routes as ledger
from triage_api.majority import routes as majority
from triage_api.meetings import pivot_routes as invitations
from triage_api.meetings import routes as meetings
from triage_api.notices import routes as notices
from triage_api.outcomes import routes as outcomes
from triage_api.oversight import proofs, review_routes
from triage_api.oversight import routes as oversight
from triage_api.posts import beside_routes
from triage_api.posts import routes as posts
from triage_api.quarantine import routes as quarantine
from triage_api.queue import routes as queue
from triage_api.queue import view_routes as queue_views
from triage_api.queue import working_routes as queue_working
from triage_api.referrals import ack_routes
from triage_api.referrals import review_routes as referral_reviews
from triage_api.referrals import routes as referrals
from triage_api.requests import acting_routes as requests_acting
from triage_api.requests import entering_routes as requests_entering
from triage_api.requests import routes as requests
from triage_api.retention import routes as retention
from triage_api.rights import routes as rights
from triage_api.room import routes as room
from triage_api.searches import routes as searches
from triage_api.shell import errors, health, manual
from triage_api.shell.security import Shell
from triage_api.sources import approving_routes as approving
from triage_api.sources import routes as sources
from triage_api.standing import routes as standing
from triage_api.subjects import routes as subjects
from triage_api.teaching import guide
from triage_api.teaching import routes as teaching
from triage_api.trends import routes as trends
from triage_api.words import routes as words

DESKS = (
    access,
    tokens,
    glass,
    oidc,
    queue_views,  # before the queue: its address would else be an item's
    queue,
    queue_working,
    duty,
    exposure,
    dashboard,
    posts,
    quarantine,
    evidence,
    searches,
    standing,
    requests_entering,  # before the requests: its address would else be an item's
    requests,
    requests_acting,
    majority,
    cases,
    referral_reviews,  # before the referrals: its address would else be an item's
    referrals,
    ledger,
    notices,
    rights,
    meetings,
    invitations,
    holds,
    retention,
    outcomes,
    directory,
    grounds,
    consents,
    subjects,
    corpora,
    trends,
    words,
    agreement,
    oversight,
    sources,
    teaching,
)
ROUTERS: tuple[APIRouter, ...] = (
    *(desk.api for desk in DESKS),
    *(desk.pages for desk in DESKS),
    factors.pages,
    room.pages,
    part_routes.api,
    part_routes.pages,
    helplines.pages,
    consent_codes.pages,
    meetings.beside_api,
    meetings.beside_pages,
    beside_routes.api,
    beside_routes.pages,
    proofs.api,
    ack_routes.pages,
    review_routes.api,
    review_routes.pages,
    approving.api,
    approving.pages,
    health.router,
    manual.pages,
    guide.pages,
)


def create_app(store: Store, reader: Reader | None, index: Index) -> FastAPI:
    """Return the app on an open store and index; without a reader, one is loaded when it is first needed."""
    app = FastAPI(
        title="Vigie",
        version="0.1.0",
        summary="A lookout for child protection: queue, searches, requests, corpora, register.",
        docs_url=None,  # the framework's manual loads scripts from another host; ours is at /docs
        redoc_url=None,
        # As they are: including a router makes each of its routes anew when the first request comes, for a tenth of a
        # second, and nothing is added to them here.
        routes=[route for router in ROUTERS for route in router.routes],
    )
    app.state.desk = Desk(store, index, reader)
    app.mount("/static", StaticFiles(directory=str(files("triage_api").joinpath("static"))), name="static")
    errors.install(app)
    app.add_middleware(Shell, settings=store.settings, answer=errors.answer)
    guarded_routes()
    return app


def guarded_routes() -> list[tuple[str, str, Action | None]]:
    """Return method, path and action of every route, None for one open to all; `LookupError` if one has none."""
    return [
        (method, route.path, action_of([dependency.call for dependency in route.dependant.dependencies]))
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in sorted(route.methods or ())
    ]
