"""Who is on duty: API and pages."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from store.errors import BadInput, VigieError
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action, Reach, may, reach
from triage_api.desk import Desk
from triage_api.duty import alerts, service
from triage_api.duty.models import AlertPage, BackupIn, DutyPage, SeenIn, TakeIn, WatchIn, WatchOut
from triage_api.shell.fields import ItemId
from triage_api.shell.forms import problems_of, read_form, typed
from triage_api.shell.pages import go, local_path, render

api = APIRouter(prefix="/api/duty", tags=["duty"])
pages = APIRouter(prefix="/duty", include_in_schema=False)

Reads = Annotated[Person, Depends(allowed(Action.DUTY_READ))]
Keeps = Annotated[Person, Depends(allowed(Action.DUTY_KEEP))]


@api.get("")
def read_duty(desk: TheDesk, person: Reads) -> DutyPage:
    """Say whether somebody is on duty, and list the watches for whoever keeps any."""
    return service.duty_page(desk, person)


@api.post("", status_code=201)
def plan_watch(desk: TheDesk, person: Keeps, given: WatchIn) -> WatchOut:
    """Plan a watch."""
    return service.plan(desk, person, given)


@api.post("/now", status_code=201)
def take_watch(desk: TheDesk, person: Keeps, given: TakeIn) -> WatchOut:
    """Take the watch from now until an hour."""
    return service.take(desk, person, given)


@api.get("/alerts")
def read_alerts(desk: TheDesk, person: Reads) -> AlertPage:
    """List one's own alerts."""
    return AlertPage(items=alerts.own_alerts(desk, person))


@api.post("/alerts/seen", status_code=204)
def see_alerts(desk: TheDesk, person: Reads, given: SeenIn) -> None:
    """Note that one's own alerts were seen."""
    alerts.seen(desk, person, given)


@api.post("/{identity}/end", status_code=204)
def end_watch(desk: TheDesk, person: Keeps, identity: ItemId) -> None:
    """End a watch early, or withdraw one that has not begun."""
    service.end(desk, person, identity)


@api.post("/{identity}/backup")
def name_backup(desk: TheDesk, person: Keeps, identity: ItemId, given: BackupIn) -> WatchOut:
    """Name who stands in on a watch, or nobody."""
    return service.name_backup(desk, person, identity, given)


@pages.get("")
def duty_page(request: Request, desk: TheDesk, person: Reads) -> Response:
    """Show who is on duty, and the form to take the watch."""
    return _duty(request, desk, person)


@pages.post("/now")
def take_on_page(request: Request, desk: TheDesk, person: Keeps, form: Form) -> Response:
    """Take the watch, or show the form again with all that was typed."""
    try:
        service.take(desk, person, read_form(TakeIn, form))
    except (BadInput, service.Overlap) as error:
        return _duty(request, desk, person, **_again(form, error))
    return go("/duty")


@pages.get("/plan")
def plan_page(request: Request, desk: TheDesk, person: Keeps) -> Response:
    """Show the form to plan a watch."""
    return _plan(request, desk, person)


@pages.post("/plan")
def plan_on_page(request: Request, desk: TheDesk, person: Keeps, form: Form) -> Response:
    """Plan a watch, or show the form again with all that was typed."""
    try:
        service.plan(desk, person, read_form(WatchIn, form))
    except (BadInput, service.Overlap) as error:
        return _plan(request, desk, person, **_again(form, error))
    return go("/duty")


@pages.post("/alerts/seen")
def see_on_page(desk: TheDesk, person: Reads, form: Form) -> Response:
    """Note that one's own alerts were seen, and go back."""
    alerts.seen(desk, person, read_form(SeenIn, form))
    return go(local_path(form.get("next")))


@pages.post("/{identity}/end")
def end_on_page(desk: TheDesk, person: Keeps, identity: ItemId) -> Response:
    """End a watch early."""
    service.end(desk, person, identity)
    return go("/duty")


@pages.post("/{identity}/backup")
def backup_on_page(request: Request, desk: TheDesk, person: Keeps, identity: ItemId, form: Form) -> Response:
    """Name who stands in on a watch."""
    try:
        service.name_backup(desk, person, identity, read_form(BackupIn, form))
    except BadInput as error:
        return _duty(request, desk, person, status=error.status, problems={"": error.code})
    return go("/duty")


def _again(form: Form, error: VigieError) -> dict[str, Any]:
    """Return what shows a form again: what was typed, what is wrong, and which watch is in the way."""
    if isinstance(error, service.Overlap):
        told: dict[str, Any] = {"clash": error, "problems": {"": error.code}}
    else:
        told = {"problems": problems_of(error) if isinstance(error, BadInput) else {}}
    return told | {"values": typed(form), "status": error.status}


def _duty(request: Request, desk: Desk, person: Person, *, status: int = 200, **shown: object) -> Response:
    values: dict[str, Any] = {"values": {}, "problems": {}, "clash": None} | shown
    page = service.duty_page(desk, person)
    values |= {"page": page, "watch": page.standing, "people": _people(desk, person)}
    values["keeps_all"] = reach(person, Action.DUTY_KEEP) is Reach.ANY
    return render(request, "duty/templates/duty.html", status=status, **values)


def _plan(request: Request, desk: Desk, person: Person, *, status: int = 200, **shown: object) -> Response:
    values: dict[str, Any] = {"values": {}, "problems": {}, "clash": None} | shown
    values |= {"people": _people(desk, person), "keeps_all": reach(person, Action.DUTY_KEEP) is Reach.ANY}
    return render(request, "duty/templates/plan.html", status=status, **values)


def _people(desk: Desk, person: Person) -> list[str]:
    return service.choices(desk, person) if may(person, Action.DUTY_KEEP) else []
