"""Referrals: API, and the pages that desk and pivots share."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from store.errors import BadInput, Conflict, NotAllowed
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.desk import Desk
from triage_api.evidence.layout import lay_out
from triage_api.referrals import answering, approving, making, reading, sending
from triage_api.referrals.form import asked, read_referral_form
from triage_api.referrals.models import (
    OUTCOMES,
    STATES,
    ApproveIn,
    OutcomeIn,
    ReferralIn,
    ReferralLine,
    ReferralOut,
    ReferralPage,
    State,
    WhyIn,
)
from triage_api.shell.fields import Cursor, ItemId, Limit, Line
from triage_api.shell.forms import one_of, problems_of, read_form, typed
from triage_api.shell.pages import go, language_of, render

api = APIRouter(prefix="/api/referrals", tags=["referrals"])
pages = APIRouter(prefix="/referrals", include_in_schema=False)

Makes = Annotated[Person, Depends(allowed(Action.REFERRAL_MAKE))]
Reads = Annotated[Person, Depends(allowed(Action.REFERRAL_READ))]
Takes = Annotated[Person, Depends(allowed(Action.REFERRAL_TAKE))]


@api.post("", status_code=201)
def make(desk: TheDesk, person: Makes, given: ReferralIn) -> ReferralLine:
    """Make a referral for a request, or for a post that was decided to be referred."""
    return making.make(desk.store, person, given)


@api.get("")
def list_referrals(
    desk: TheDesk,
    person: Reads,
    state: State | None = None,
    request: Line = "",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ReferralPage:
    """List referrals: a pivot those that were sent to them, the desk all."""
    return reading.list_referrals(desk.store, person, state=state, request=request, cursor=cursor, limit=limit)


@api.get("/{identity}")
def read_referral(desk: TheDesk, person: Reads, identity: ItemId) -> ReferralOut:
    """Read a referral; the call makes the entry that this needs."""
    return reading.read_referral(desk.store, person, identity)


@api.post("/{identity}/approve")
def approve(desk: TheDesk, person: Makes, identity: ItemId, given: ApproveIn) -> ReferralLine:
    """Approve a draft; with `send`, send it at once."""
    return approving.approve(desk.store, person, identity, given)


@api.post("/{identity}/send")
def send(desk: TheDesk, person: Makes, identity: ItemId) -> ReferralLine:
    """Send what was approved, once."""
    return sending.send(desk.store, person, identity)


@api.post("/{identity}/refuse")
def refuse(desk: TheDesk, person: Makes, identity: ItemId, given: WhyIn) -> ReferralLine:
    """Refuse a draft for good."""
    return approving.refuse(desk.store, person, identity, given)


@api.post("/{identity}/withdraw")
def withdraw(desk: TheDesk, person: Makes, identity: ItemId, given: WhyIn) -> ReferralLine:
    """Take a referral back: nobody outside reads it from then on."""
    return approving.withdraw(desk.store, person, identity, given)


@api.post("/{identity}/acknowledge")
def acknowledge(desk: TheDesk, person: Takes, identity: ItemId) -> ReferralLine:
    """Acknowledge a referral: one's own, or at the desk for a pivot who telephoned."""
    return answering.acknowledge(desk.store, person, identity)


@api.post("/{identity}/outcome")
def tell_outcome(desk: TheDesk, person: Takes, identity: ItemId, given: OutcomeIn) -> ReferralLine:
    """Tell what became of it; it may be told anew when more is known."""
    return answering.tell_outcome(desk.store, person, identity, given)


@pages.get("")
def referrals_page(request: Request, desk: TheDesk, person: Reads, cursor: Cursor = None) -> Response:
    """Show the referrals that one may see."""
    state = one_of(STATES, request.query_params.get("state"))
    about = request.query_params.get("request", "")[:100]
    page = reading.list_referrals(desk.store, person, state=state, request=about, cursor=cursor)
    shown: dict[str, Any] = {"page": page, "states": STATES, "state": state, "about": about}
    return render(request, "referrals/templates/referrals.html", **shown)


@pages.get("/new")
def new_page(request: Request, desk: TheDesk, person: Makes) -> Response:
    """Show the form: whom and on what ground first, then what these let be told."""
    return _new(request, desk, person, dict(request.query_params), {})


@pages.post("")
def make_from_page(request: Request, desk: TheDesk, person: Makes, form: Form) -> Response:
    """Make a referral and show it, or show the form again with all that was typed."""
    try:
        made = making.make(desk.store, person, read_referral_form(form))
    except (BadInput, Conflict, NotAllowed) as error:
        return _new(request, desk, person, typed(form), _problems(error), status=error.status)
    return go(f"/referrals/{made.id}")


@pages.get("/{identity}")
def referral_page(request: Request, desk: TheDesk, person: Reads, identity: ItemId) -> Response:
    """Show a referral, once its entry is in the register."""
    return _page(request, desk, person, identity)


@pages.post("/{identity}/approve")
def approve_on_page(request: Request, desk: TheDesk, person: Makes, identity: ItemId, form: Form) -> Response:
    """Approve a draft, or approve it and send it."""
    act = partial(approving.approve, desk.store, person, identity)
    return _done(request, desk, person, identity, form, lambda: act(read_form(ApproveIn, form)))


@pages.post("/{identity}/send")
def send_on_page(request: Request, desk: TheDesk, person: Makes, identity: ItemId, form: Form) -> Response:
    """Send what was approved."""
    return _done(request, desk, person, identity, form, partial(sending.send, desk.store, person, identity))


@pages.post("/{identity}/refuse")
def refuse_on_page(request: Request, desk: TheDesk, person: Makes, identity: ItemId, form: Form) -> Response:
    """Refuse a draft."""
    act = partial(approving.refuse, desk.store, person, identity)
    return _done(request, desk, person, identity, form, lambda: act(read_form(WhyIn, form)))


@pages.post("/{identity}/withdraw")
def withdraw_on_page(request: Request, desk: TheDesk, person: Makes, identity: ItemId, form: Form) -> Response:
    """Take a referral back."""
    act = partial(approving.withdraw, desk.store, person, identity)
    return _done(request, desk, person, identity, form, lambda: act(read_form(WhyIn, form)))


@pages.post("/{identity}/acknowledge")
def acknowledge_on_page(request: Request, desk: TheDesk, person: Takes, identity: ItemId, form: Form) -> Response:
    """Acknowledge a referral."""
    return _done(request, desk, person, identity, form, partial(answering.acknowledge, desk.store, person, identity))


@pages.post("/{identity}/outcome")
def outcome_on_page(request: Request, desk: TheDesk, person: Takes, identity: ItemId, form: Form) -> Response:
    """Tell what became of a referral."""
    act = partial(answering.tell_outcome, desk.store, person, identity)
    return _done(request, desk, person, identity, form, lambda: act(read_form(OutcomeIn, form)))


def _done(
    request: Request, desk: Desk, person: Person, identity: str, form: Form, act: Callable[[], ReferralLine]
) -> Response:
    """Do something with a referral and show it; what was typed stays if it cannot be done."""
    try:
        act()
    except (BadInput, Conflict, NotAllowed) as error:
        shown = {"values": typed(form), "problems": _problems(error)}
        return _page(request, desk, person, identity, status=error.status, **shown)
    return go(f"/referrals/{identity}")


def _problems(error: BadInput | Conflict | NotAllowed) -> dict[str, str]:
    return problems_of(error) if isinstance(error, BadInput) else {"": error.code}


def _page(request: Request, desk: Desk, person: Person, identity: str, *, status: int = 200, **shown: Any) -> Response:
    one = reading.read_referral(desk.store, person, identity)
    layouts = [lay_out(sheet, language_of(request)) for sheet in one.sheets]
    values = {"values": {}, "problems": {}, "outcomes": OUTCOMES, "layouts": layouts} | shown
    return render(request, "referrals/templates/referral.html", status=status, one=one, **values)


def _new(
    request: Request, desk: Desk, person: Person, values: dict[str, Any], problems: dict[str, str], *, status: int = 200
) -> Response:
    shown = {"values": values, "problems": problems, "form": asked(desk.store, person, values)}
    return render(request, "referrals/templates/new.html", status=status, **shown)
