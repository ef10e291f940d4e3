"""Programs' tokens: API and page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from store.errors import BadInput
from triage_api.access.actions import RULES, Action
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.tokens import service
from triage_api.access.tokens.models import MAX_DAYS, TokenIn, TokenOut, TokenPage
from triage_api.desk import Desk
from triage_api.shell.fields import ItemId
from triage_api.shell.forms import problems_of, read_form, typed
from triage_api.shell.pages import go, render

api = APIRouter(prefix="/api", tags=["access"])
pages = APIRouter(include_in_schema=False)

Owner = Annotated[Person, Depends(allowed(Action.TOKEN_OWN))]


@api.get("/tokens")
def list_tokens(desk: TheDesk, person: Owner) -> TokenPage:
    """List one's own tokens."""
    return service.list_tokens(desk.store, person)


@api.post("/tokens", status_code=201)
def make_token(desk: TheDesk, person: Owner, given: TokenIn) -> TokenOut:
    """Make a token; it stands in this answer and nowhere else."""
    return service.make_token(desk.store, person, given)


@api.delete("/tokens/{identity}", status_code=204)
def end_token(desk: TheDesk, person: Owner, identity: ItemId) -> None:
    """End one of one's own tokens."""
    service.end_token(desk.store, person, identity)


@pages.get("/account/tokens")
def tokens_page(request: Request, desk: TheDesk, person: Owner) -> Response:
    """Show one's own tokens and the form for a new one."""
    return _tokens(request, desk, person)


@pages.post("/account/tokens")
def make_token_page(request: Request, desk: TheDesk, person: Owner, form: Form) -> Response:
    """Make a token and show it once."""
    try:
        made = service.make_token(desk.store, person, read_form(TokenIn, form, many=("scopes",)))
    except BadInput as error:
        return _tokens(request, desk, person, values=typed(form), problems=problems_of(error), status=422)
    return _tokens(request, desk, person, made=made, status=201)


@pages.post("/account/tokens/{identity}/end")
def end_token_page(desk: TheDesk, person: Owner, identity: ItemId) -> Response:
    """End one of one's own tokens."""
    service.end_token(desk.store, person, identity)
    return go("/account/tokens")


def _tokens(request: Request, desk: Desk, person: Person, *, status: int = 200, **shown: object) -> Response:
    values = {
        "values": {"days": "90"},
        "problems": {},
        "made": None,
        "tokens": service.list_tokens(desk.store, person).items,
        "scopes": service.scopes_of(person),
        "rules": RULES,
        "most_days": MAX_DAYS,
        "now": desk.store.clock(),
    }
    return render(request, "access/tokens/templates/tokens.html", status=status, **(values | shown))
