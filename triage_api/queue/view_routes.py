"""Saved views of the queue: API and page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from store.errors import BadInput, Conflict
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.desk import Desk
from triage_api.queue import views
from triage_api.queue.filters import Filters
from triage_api.queue.views import RenameIn, ViewIn, ViewOut, ViewsOut
from triage_api.shell.fields import ItemId
from triage_api.shell.forms import problems_of, read_form, typed
from triage_api.shell.pages import go, render

api = APIRouter(prefix="/api/queue/views", tags=["queue"])
pages = APIRouter(prefix="/queue/views", include_in_schema=False)

Keeps = Annotated[Person, Depends(allowed(Action.VIEW_OWN))]


@api.get("")
def list_views(desk: TheDesk, person: Keeps) -> ViewsOut:
    """List one's own saved views of the queue."""
    return views.views_of(desk, person)


@api.post("", status_code=201)
def save_view(desk: TheDesk, person: Keeps, given: ViewIn) -> ViewOut:
    """Keep filters of the queue under a name of one's own."""
    return views.save(desk, person, given)


@api.get("/{identity}")
def read_view(desk: TheDesk, person: Keeps, identity: ItemId) -> ViewOut:
    """Read one of one's own views."""
    return views.view_named(desk, person, identity)


@api.patch("/{identity}")
def rename_view(desk: TheDesk, person: Keeps, identity: ItemId, given: RenameIn) -> ViewOut:
    """Give a view another name."""
    return views.rename(desk, person, identity, given)


@api.delete("/{identity}", status_code=204)
def delete_view(desk: TheDesk, person: Keeps, identity: ItemId) -> None:
    """Forget a view."""
    views.delete(desk, person, identity)


@pages.get("")
def views_page(request: Request, desk: TheDesk, person: Keeps) -> Response:
    """Show one's own views, to open, rename or delete them."""
    return _page(request, desk, person)


@pages.post("")
def save_from_page(request: Request, desk: TheDesk, person: Keeps, form: Form) -> Response:
    """Keep the filters of a list and show that list, or show the form again with all that was typed."""
    try:
        given = read_form(RenameIn, form)
        filters = read_form(Filters, form)
        kept = views.save(desk, person, ViewIn(name=given.name, filters=filters))
    except (BadInput, Conflict) as error:
        return _page(request, desk, person, "", error, form)
    return go(f"/queue?{kept.query}")


@pages.post("/{identity}")
def rename_from_page(request: Request, desk: TheDesk, person: Keeps, identity: ItemId, form: Form) -> Response:
    """Give a view another name, or show the page again with what was typed."""
    views.view_named(desk, person, identity)
    try:
        views.rename(desk, person, identity, read_form(RenameIn, form))
    except (BadInput, Conflict) as error:
        return _page(request, desk, person, identity, error, form)
    return go("/queue/views")


@pages.post("/{identity}/delete")
def delete_from_page(desk: TheDesk, person: Keeps, identity: ItemId) -> Response:
    """Forget a view."""
    views.delete(desk, person, identity)
    return go("/queue/views")


def _page(
    request: Request,
    desk: Desk,
    person: Person,
    wrong: str | None = None,
    error: BadInput | Conflict | None = None,
    form: Form | None = None,
) -> Response:
    """Return the page; `wrong` is the id of the view that could not be renamed, empty for one that is not kept yet."""
    problems = {} if error is None else problems_of(error) if isinstance(error, BadInput) else {"name": error.code}
    return render(
        request,
        "queue/templates/views.html",
        status=error.status if error else 200,
        views=views.views_of(desk, person).items,
        wrong=wrong,
        problems=problems,
        values=typed(form) if form is not None else {},
    )
