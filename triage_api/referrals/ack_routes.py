"""The single-use link of an e-mail: a public page that says nothing of any case, and a button that acknowledges.

Opening the page does nothing, so that a mail filter that follows links acknowledges for nobody.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from triage_api.access.guard import TheDesk, visitor
from triage_api.access.models import Person
from triage_api.access.routes import address_of
from triage_api.referrals.answering import acknowledge_by_link
from triage_api.shell.fields import Cleaned
from triage_api.shell.pages import render

pages = APIRouter(prefix="/ack", include_in_schema=False)

Visitor = Annotated[Person | None, Depends(visitor)]
Token = Annotated[str, Path(max_length=200), Cleaned]


@pages.get("/{token}")
def link_page(request: Request, token: Token, _visitor: Visitor) -> Response:
    """Show the button: the same page whatever the link is."""
    return render(request, "referrals/templates/ack.html", token=token, state="asked")


@pages.post("/{token}")
def acknowledge(request: Request, desk: TheDesk, token: Token, _visitor: Visitor) -> Response:
    """Acknowledge once; a link that was used, ran out or never was gives one and the same page."""
    done = acknowledge_by_link(desk.store, token, address_of(request))
    state, status = ("done", 200) if done else ("dead", 404)
    return render(request, "referrals/templates/ack.html", status=status, token="", state=state)
