"""The public page on which the code of a paper takes a consent back: no account, no script, no word about anybody."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from store.errors import BadInput, TooManyAttempts
from triage_api.access.guard import Form, TheDesk, visitor
from triage_api.access.models import Person
from triage_api.access.routes import address_of
from triage_api.consents.models import CodeIn
from triage_api.consents.withdrawing import withdraw_by_code
from triage_api.shell.forms import problems_of, read_form, typed
from triage_api.shell.pages import render

pages = APIRouter(prefix="/withdraw", include_in_schema=False)

Visitor = Annotated[Person | None, Depends(visitor)]


@pages.get("")
def code_page(request: Request, _visitor: Visitor) -> Response:
    """Show where the code is typed."""
    return _page(request)


@pages.post("")
def take_back(request: Request, desk: TheDesk, visitor: Visitor, form: Form) -> Response:
    """Take back what a code stands for; a wrong, a used and a missing one give one and the same page."""
    shown = {"values": typed(form)}
    try:
        given = read_form(CodeIn, form)
        if not withdraw_by_code(desk.store, given.code, address_of(request), visitor):
            return _page(request, **shown, problems={"code": "unknown_code"}, status=422)
    except BadInput as error:
        return _page(request, **shown, problems=problems_of(error), status=422)
    except TooManyAttempts as error:
        return _page(request, **shown, problems={"code": error.code}, status=error.status)
    return _page(request, done=True)


def _page(request: Request, *, status: int = 200, **shown: object) -> Response:
    values: dict[str, object] = {"values": {}, "problems": {}, "done": False} | shown
    return render(request, "consents/templates/withdraw.html", status=status, **values)
