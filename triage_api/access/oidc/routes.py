"""Log-in at the identity provider, and whom an account is there: pages and API."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from store.errors import BadInput, Conflict, VigieError
from store.tables import User
from triage_api.access.guard import Form, TheDesk, allowed, cookie_name, visitor
from triage_api.access.models import Person
from triage_api.access.oidc.client import ProviderAway
from triage_api.access.oidc.linking import Subject, link_account, read_linked, subject_in
from triage_api.access.oidc.logins import LASTING
from triage_api.access.oidc.provider import Refused
from triage_api.access.oidc.service import Back, Came, Unlinked, come_back, leave
from triage_api.access.policy import Action
from triage_api.access.routes import first_page, login_form, set_cookie
from triage_api.desk import Desk
from triage_api.shell.fields import ItemId
from triage_api.shell.forms import problems_of, read_form, typed
from triage_api.shell.pages import go, local_path, render

api = APIRouter(prefix="/api", tags=["access"])
pages = APIRouter(include_in_schema=False)

Visitor = Annotated[Person | None, Depends(visitor)]
Administrator = Annotated[Person, Depends(allowed(Action.ACCOUNT_MANAGE))]
_IN_ADDRESSES = "/?&=%#+:,;@~!$'()*"
_PAGE = "access/oidc/templates/back.html"


class LinkIn(BaseModel):
    """Who an account is at the identity provider (the token's `sub`); empty: nobody."""

    subject: Subject = ""


@pages.get("/oidc/start")
def start(request: Request, desk: TheDesk, _visitor: Visitor) -> Response:
    """Send the browser to the identity provider."""
    try:
        sent = leave(desk.store, local_path(request.query_params.get("next")))
    except ProviderAway as error:
        return _problem(request, error)
    response = go(sent.address)
    # Lax: the browser comes back from another site. The secret is of use for this log-in only.
    response.set_cookie(
        _browser_cookie(desk),
        sent.browser,
        max_age=int(LASTING.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=desk.store.settings.secure_cookies,
    )
    return response


@pages.get("/oidc/back")
def back(request: Request, desk: TheDesk, _visitor: Visitor) -> Response:
    """Open the session of whoever comes back from the provider.

    The answer is a page that leads on, not a redirect: a session's cookie is only sent with what begins on
    our own site.
    """
    asked = request.query_params
    came = Back(
        state=asked.get("state", ""),
        code=asked.get("code", ""),
        issuer=asked.get("iss", ""),
        browser=request.cookies.get(_browser_cookie(desk), ""),
    )
    try:
        done = come_back(desk.store, came)
    except (Refused, Unlinked, ProviderAway) as error:
        response = _problem(request, error)
    else:
        response = _came(request, desk, done)
    response.delete_cookie(_browser_cookie(desk), httponly=True, secure=desk.store.settings.secure_cookies)
    return response


@api.put("/users/{identity}/subject", status_code=204)
def link(desk: TheDesk, person: Administrator, identity: ItemId, given: LinkIn) -> None:
    """Say who an account is at the identity provider."""
    link_account(desk.store, person, identity, given.subject)


@pages.get("/accounts/{identity}/link")
def link_page(request: Request, desk: TheDesk, person: Administrator, identity: ItemId) -> Response:
    """Show who an account is at the identity provider, and the form to change it."""
    return _link_page(request, desk, read_linked(desk.store, person, identity))


@pages.post("/accounts/{identity}/link")
def link_form(request: Request, desk: TheDesk, person: Administrator, identity: ItemId, form: Form) -> Response:
    """Say who an account is at the identity provider."""
    try:
        link_account(desk.store, person, identity, read_form(LinkIn, form).subject)
    except BadInput as error:
        problems, status = problems_of(error), error.status
    except Conflict as error:
        problems, status = {"subject": error.code}, error.status
    else:
        return go("/accounts")
    account = read_linked(desk.store, person, identity)
    return _link_page(request, desk, account, values=typed(form), problems=problems, status=status)


def _came(request: Request, desk: Desk, done: Came) -> Response:
    if done.opened is None:
        return login_form(request, wanted=done.wanted, step=done.step)
    wanted = first_page(done.opened.person, done.wanted)
    response = render(request, _PAGE, wanted=wanted, problem="", subject="")
    response.headers["Refresh"] = f"0; url={quote(wanted, safe=_IN_ADDRESSES)}"
    set_cookie(response, desk, done.opened.token)
    return response


def _link_page(request: Request, desk: Desk, account: User, *, status: int = 200, **shown: object) -> Response:
    values = {"values": {"subject": subject_in(desk.store, account)}, "problems": {}} | shown
    issuer = desk.store.settings.oidc_issuer
    return render(request, "access/oidc/templates/link.html", status=status, account=account, issuer=issuer, **values)


def _problem(request: Request, error: VigieError) -> Response:
    subject = error.subject if isinstance(error, Unlinked) else ""
    return render(request, _PAGE, status=error.status, wanted="/login", problem=error.code, subject=subject)


def _browser_cookie(desk: Desk) -> str:
    return f"{cookie_name(desk)}_oidc"
