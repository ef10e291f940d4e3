"""Log-in, log-out, language and accounts: API and pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from store.errors import BadInput, Conflict, NotLoggedIn, TooManyAttempts
from store.tables import User
from triage_api.access import accounts, service
from triage_api.access.guard import Form, TheDesk, allowed, cookie_name, token_of, visitor
from triage_api.access.models import AccountIn, AccountOut, AccountPage, LoginIn, Person, Role, SessionOut, UserOut
from triage_api.access.policy import Action
from triage_api.desk import Desk
from triage_api.shell.forms import problems_of, read_form, typed
from triage_api.shell.languages import LANGS
from triage_api.shell.pages import LANGUAGE_COOKIE, go, home_of, local_path, render

api = APIRouter(prefix="/api", tags=["access"])
pages = APIRouter(include_in_schema=False)

Visitor = Annotated[Person | None, Depends(visitor)]
Anyone = Annotated[Person, Depends(allowed(Action.SESSION_OWN))]
Administrator = Annotated[Person, Depends(allowed(Action.ACCOUNT_MANAGE))]


@api.post("/session")
def open_session(request: Request, response: Response, desk: TheDesk, given: LoginIn, _visitor: Visitor) -> SessionOut:
    """Log in: sets the session cookie, or returns a bearer token if one is asked for."""
    opened = service.log_in(desk.store, given.name, given.password, _address(request))
    if not given.bearer:
        _set_cookie(response, desk, opened.token)
    return _session(opened.person, opened.token if given.bearer else None)


@api.get("/session")
def read_session(person: Anyone) -> SessionOut:
    """Say who is logged in, and the token that changes need."""
    return _session(person, None)


@api.delete("/session", status_code=204)
def end_session(request: Request, response: Response, desk: TheDesk, _person: Anyone) -> None:
    """Log out."""
    service.log_out(desk.store, token_of(request, desk)[0])
    _drop_cookie(response, desk)


@api.get("/users")
def list_accounts(desk: TheDesk, person: Administrator) -> AccountPage:
    """List the accounts."""
    return AccountPage(items=[_account(user) for user in accounts.list_accounts(desk.store, person)])


@api.post("/users", status_code=201)
def make_account(desk: TheDesk, person: Administrator, given: AccountIn) -> AccountOut:
    """Make an account; its password stands in this answer and nowhere else."""
    made = accounts.create_account(desk.store, person, given)
    return _account(made.user, made.password)


@api.post("/users/{identity}/disable", status_code=204)
def end_account(desk: TheDesk, person: Administrator, identity: str) -> None:
    """End an account and its sessions."""
    accounts.disable_account(desk.store, person, identity)


@pages.get("/")
def start(person: Visitor) -> Response:
    """Lead each person to their first page."""
    return go(home_of(person) if person else "/login")


@pages.get("/login")
def login_page(request: Request, person: Visitor) -> Response:
    """Show the log-in form, with the emergency numbers first."""
    if person:
        return go(home_of(person))
    wanted = local_path(request.query_params.get("next"))
    return render(request, "access/templates/login.html", wanted=wanted, name="", problem="")


@pages.post("/login")
def login(request: Request, desk: TheDesk, form: Form, _visitor: Visitor) -> Response:
    """Log in and go where the person was going."""
    values, wanted = typed(form), local_path(form.get("next"))
    try:
        opened = service.log_in(
            desk.store, str(values.get("name", "")), str(values.get("password", "")), _address(request)
        )
    except (NotLoggedIn, TooManyAttempts) as error:
        shown = {"wanted": wanted, "name": values.get("name", ""), "problem": error.code}
        return render(request, "access/templates/login.html", status=error.status, **shown)
    response = go(wanted if wanted != "/" else home_of(opened.person))
    _set_cookie(response, desk, opened.token)
    return response


@pages.post("/logout")
def logout(request: Request, desk: TheDesk, _person: Anyone) -> Response:
    """Log out and show the log-in form."""
    service.log_out(desk.store, token_of(request, desk)[0])
    response = go("/login")
    _drop_cookie(response, desk)
    return response


@pages.get("/account")
def account_page(request: Request, _person: Anyone) -> Response:
    """Say who is logged in and what their roles are."""
    return render(request, "access/templates/account.html")


@pages.post("/language")
def switch_language(form: Form, _visitor: Visitor) -> Response:
    """Keep the chosen language in a cookie and go back."""
    response = go(local_path(form.get("next")))
    chosen = form.get("lang")
    if chosen in LANGS:
        response.set_cookie(LANGUAGE_COOKIE, str(chosen), max_age=31_536_000, httponly=True, samesite="strict")
    return response


@pages.get("/accounts")
def accounts_page(request: Request, desk: TheDesk, person: Administrator) -> Response:
    """Show the accounts and the form for a new one."""
    return _accounts(request, desk, person)


@pages.post("/accounts")
def make_account_page(request: Request, desk: TheDesk, person: Administrator, form: Form) -> Response:
    """Make an account and show its password once."""
    try:
        made = accounts.create_account(desk.store, person, read_form(AccountIn, form, many=("roles",)))
    except BadInput as error:
        return _accounts(request, desk, person, values=typed(form), problems=problems_of(error), status=422)
    except Conflict as error:
        return _accounts(request, desk, person, values=typed(form), problems={"name": error.code}, status=409)
    return _accounts(request, desk, person, made=made, status=201)


@pages.post("/accounts/{identity}/disable")
def end_account_page(desk: TheDesk, person: Administrator, identity: str) -> Response:
    """End an account."""
    accounts.disable_account(desk.store, person, identity)
    return go("/accounts")


def _accounts(request: Request, desk: Desk, person: Person, *, status: int = 200, **shown: object) -> Response:
    users = accounts.list_accounts(desk.store, person)
    values = {"values": {}, "problems": {}, "made": None, "users": users} | shown
    return render(request, "access/templates/accounts.html", status=status, **values)


def _session(person: Person, token: str | None) -> SessionOut:
    user = UserOut(id=person.id, name=person.name, roles=sorted(person.roles))
    return SessionOut(user=user, csrf=person.csrf, token=token)


def _account(user: User, password: str | None = None) -> AccountOut:
    return AccountOut(
        id=user.id,
        name=user.name,
        pseudonym=user.pseudonym,
        organisation=user.organisation,
        roles=[Role(role) for role in user.roles],
        active=user.active,
        created_at=user.created_at,
        password=password,
    )


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _set_cookie(response: Response, desk: Desk, token: str) -> None:
    secure = desk.store.settings.secure_cookies
    response.set_cookie(cookie_name(desk), token, httponly=True, samesite="strict", secure=secure, path="/")


def _drop_cookie(response: Response, desk: Desk) -> None:
    secure = desk.store.settings.secure_cookies
    response.delete_cookie(cookie_name(desk), httponly=True, samesite="strict", secure=secure, path="/")
