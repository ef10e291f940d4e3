"""Log-in, log-out, language and accounts: API and pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from store.errors import BadInput, Conflict, NotLoggedIn, TooManyAttempts
from store.tables import User
from triage_api.access import accounts, service, sessions
from triage_api.access.factors.service import is_enrolled
from triage_api.access.guard import Form, TheDesk, allowed, cookie_name, token_of, visitor
from triage_api.access.models import (
    AccountChange,
    AccountIn,
    AccountOut,
    AccountPage,
    LoginIn,
    Person,
    Role,
    SessionOut,
    UserOut,
)
from triage_api.access.people import is_trained
from triage_api.access.policy import TRAINED, Action
from triage_api.desk import Desk
from triage_api.shell.fields import ItemId
from triage_api.shell.forms import problems_of, read_form, typed, validated
from triage_api.shell.languages import LANGS
from triage_api.shell.pages import LANGUAGE_COOKIE, go, home_of, local_path, render
from triage_api.teaching.results import passed_days

api = APIRouter(prefix="/api", tags=["access"])
pages = APIRouter(include_in_schema=False)

Visitor = Annotated[Person | None, Depends(visitor)]
Anyone = Annotated[Person, Depends(allowed(Action.SESSION_OWN))]
Administrator = Annotated[Person, Depends(allowed(Action.ACCOUNT_MANAGE))]


@api.post("/session")
def open_session(request: Request, response: Response, desk: TheDesk, given: LoginIn, _visitor: Visitor) -> SessionOut:
    """Log in: sets the session cookie, or returns a bearer token if one is asked for."""
    opened = service.log_in(desk.store, given.name, given.password, address_of(request), given.totp)
    if not given.bearer:
        set_cookie(response, desk, opened.token)
    return _session(opened.person, opened.token if given.bearer else None)


@api.get("/session")
def read_session(person: Anyone) -> SessionOut:
    """Say who is logged in, and the token that changes need."""
    return _session(person, None)


@api.delete("/session", status_code=204)
def end_session(request: Request, response: Response, desk: TheDesk, _person: Anyone) -> None:
    """Log out."""
    sessions.log_out(desk.store, token_of(request, desk)[0])
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


@api.patch("/users/{identity}")
def change_account(desk: TheDesk, person: Administrator, identity: ItemId, given: AccountChange) -> AccountOut:
    """Change what is given of an account: its training, shift, full name or organisation."""
    return _account(accounts.change_account(desk.store, person, identity, given))


@api.post("/users/{identity}/disable", status_code=204)
def end_account(desk: TheDesk, person: Administrator, identity: ItemId) -> None:
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
    return login_form(request, wanted=wanted)


@pages.post("/login")
def login(request: Request, desk: TheDesk, form: Form, _visitor: Visitor) -> Response:
    """Log in, in a second step with a code where one is needed, and go where the person was going."""
    values, wanted = typed(form), local_path(form.get("next"))
    name, password, step, code = (str(values.get(field, "")) for field in ("name", "password", "step", "totp"))
    try:
        if step:
            opened = service.log_in_with_code(desk.store, step, code, address_of(request))
        else:
            opened = service.log_in(desk.store, name, password, address_of(request))
    except (NotLoggedIn, TooManyAttempts) as error:
        if error.code == service.TOTP_NEEDED:
            step = step or service.second_step(desk.store, name)
            return login_form(request, wanted=wanted, name=name, step=step)
        return login_form(request, status=error.status, wanted=wanted, name=name, step=step, problem=error.code)
    response = go(first_page(opened.person, wanted))
    set_cookie(response, desk, opened.token)
    return response


@pages.post("/logout")
def logout(request: Request, desk: TheDesk, _person: Anyone) -> Response:
    """Log out and show the log-in form."""
    sessions.log_out(desk.store, token_of(request, desk)[0])
    response = go("/login")
    _drop_cookie(response, desk)
    return response


@pages.get("/account")
def account_page(request: Request, desk: TheDesk, person: Anyone) -> Response:
    """Say who is logged in, what their roles are, and what they may still do about it."""
    return render(request, "access/templates/account.html", enrolled=is_enrolled(desk.store, person))


@pages.post("/language")
def switch_language(form: Form, desk: TheDesk, _visitor: Visitor) -> Response:
    """Keep the chosen language in a cookie and go back."""
    response = go(local_path(form.get("next")))
    if (chosen := form.get("lang")) in LANGS:
        secure = desk.store.settings.secure_cookies
        response.set_cookie(
            LANGUAGE_COOKIE, str(chosen), max_age=31_536_000, httponly=True, samesite="strict", secure=secure
        )
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


@pages.post("/accounts/{identity}")
def change_account_page(
    request: Request, desk: TheDesk, person: Administrator, form: Form, identity: ItemId
) -> Response:
    """Change an account's training and shift; an emptied shift is that of the house again."""
    given = {"trained_on": form.get("trained_on") or None, "shift": form.get("shift")}
    try:
        accounts.change_account(desk.store, person, identity, validated(AccountChange, given))
    except BadInput as error:
        shown = {"changing": identity, "changed": typed(form), "problems": problems_of(error)}
        return _accounts(request, desk, person, status=422, **shown)
    return go("/accounts")


@pages.post("/accounts/{identity}/disable")
def end_account_page(desk: TheDesk, person: Administrator, identity: ItemId) -> Response:
    """End an account."""
    accounts.disable_account(desk.store, person, identity)
    return go("/accounts")


def _accounts(request: Request, desk: Desk, person: Person, *, status: int = 200, **shown: object) -> Response:
    users = accounts.list_accounts(desk.store, person)
    values = {"values": {}, "problems": {}, "made": None, "users": users, "changing": "", "changed": {}} | shown
    values |= {"roles": list(Role), "trained": lambda user: is_trained(desk.store, user.trained_on), "needing": TRAINED}
    values["passed"] = passed_days(desk.store)
    return render(request, "access/templates/accounts.html", status=status, **values)


def address_of(request: Request) -> str:
    """Return the address that a request came from, for counting attempts."""
    return request.client.host if request.client else ""


def set_cookie(response: Response, desk: Desk, token: str) -> None:
    """Hand a session to a browser."""
    secure = desk.store.settings.secure_cookies
    response.set_cookie(cookie_name(desk), token, httponly=True, samesite="strict", secure=secure, path="/")


def login_form(request: Request, *, status: int = 200, **shown: str) -> Response:
    """Show the log-in form, or that of the code once `step` stands for a password that was right."""
    settings = request.app.state.desk.store.settings
    provider = settings.oidc_name if settings.oidc_issuer else ""
    values = {"wanted": "/", "name": "", "step": "", "problem": "", "provider": provider} | shown
    if values["problem"] == "wrong_login" and values["step"]:
        values["problem"] = "wrong_code_or_old"
    return render(request, "access/templates/login.html", status=status, **values)


def first_page(person: Person, wanted: str) -> str:
    """Return where a person goes after logging in: where they were going, unless something must be done before."""
    if person.pending:
        return "/account/totp"
    return wanted if wanted != "/" else home_of(person)


def _session(person: Person, token: str | None) -> SessionOut:
    user = UserOut(id=person.id, name=person.name, roles=sorted(person.roles))
    return SessionOut(user=user, csrf=person.csrf, token=token, pending=person.pending)


def _account(user: User, password: str | None = None) -> AccountOut:
    return AccountOut(
        id=user.id,
        name=user.name,
        pseudonym=user.pseudonym,
        organisation=user.organisation,
        roles=[Role(role) for role in user.roles],
        active=user.active,
        full_name=user.full_name,
        trained_on=user.trained_on,
        shift=user.shift,
        totp=user.totp is not None,
        created_at=user.created_at,
        password=password,
    )


def _drop_cookie(response: Response, desk: Desk) -> None:
    secure = desk.store.settings.secure_cookies
    response.delete_cookie(cookie_name(desk), httponly=True, samesite="strict", secure=secure, path="/")
