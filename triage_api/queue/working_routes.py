"""How the queue is worked, API and pages: hand-over, transfer, undo, and campaigns at once."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from store.errors import BadInput, Conflict
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action, may
from triage_api.desk import Desk
from triage_api.posts.view import Meaning, Picker
from triage_api.queue import campaigns, claims, handing, listing, membership, undoing
from triage_api.queue.models import VERDICTS, ItemOut, NextOut
from triage_api.queue.working_models import (
    CampaignPage,
    HandIn,
    OthersOut,
    PartedOut,
    PartIn,
    TakenOut,
    TogetherIn,
    TogetherOut,
    TransferIn,
    UndoneOut,
)
from triage_api.shell.fields import Cursor, ItemId, Limit
from triage_api.shell.forms import problems_of, read_form, typed
from triage_api.shell.languages import Lang
from triage_api.shell.pages import go, language_of, render

api = APIRouter(prefix="/api/queue", tags=["queue"])
pages = APIRouter(prefix="/queue", include_in_schema=False)

Reads = Annotated[Person, Depends(allowed(Action.QUEUE_READ))]
Works = Annotated[Person, Depends(allowed(Action.QUEUE_WORK))]


@api.post("/{identity}/renew")
def renew_item(desk: TheDesk, person: Works, identity: ItemId) -> ItemOut:
    """Hold an item longer."""
    return claims.renew(desk, person, identity)


@api.get("/{identity}/handover")
def read_others(desk: TheDesk, person: Works, identity: ItemId) -> OthersOut:
    """List to whom an item may be handed over, and to which desks it may be transferred."""
    return handing.others(desk, person, identity)


@api.post("/{identity}/handover")
def hand_item_over(desk: TheDesk, person: Works, identity: ItemId, given: HandIn) -> ItemOut:
    """Pass the claim on an item to a colleague."""
    return handing.hand_over(desk, person, identity, given)


@api.post("/{identity}/refuse")
def refuse_item(desk: TheDesk, person: Works, identity: ItemId) -> NextOut:
    """Give back what was handed over."""
    return handing.refuse(desk, person, identity)


@api.post("/{identity}/transfer")
def transfer_item(desk: TheDesk, person: Works, identity: ItemId, given: TransferIn) -> ItemOut:
    """Have the desk of another region read an item."""
    return handing.transfer(desk, person, identity, given)


@api.post("/{identity}/undo")
def undo_decision(desk: TheDesk, person: Works, identity: ItemId) -> UndoneOut:
    """Take one's last decision back, with all that was decided with it."""
    return undoing.undo(desk, person, identity)


@api.get("/{identity}/campaign")
def read_campaign(
    desk: TheDesk, person: Reads, identity: ItemId, cursor: Cursor = None, limit: Limit = 50
) -> CampaignPage:
    """List the posts of the campaign of an item's post: labels, never texts."""
    return membership.campaign_page(desk, person, identity, cursor=cursor, limit=limit)


@api.post("/{identity}/campaign/claim")
def claim_all(desk: TheDesk, person: Works, identity: ItemId) -> TakenOut:
    """Hold all open items of a campaign that nobody else holds."""
    return campaigns.claim_campaign(desk, person, identity)


@api.post("/{identity}/campaign/decision", status_code=201)
def decide_all(desk: TheDesk, person: Works, identity: ItemId, given: TogetherIn) -> TogetherOut:
    """Record one decision on all open items of a campaign, or on those that are named."""
    return campaigns.decide_campaign(desk, person, identity, given)


@api.post("/{identity}/part")
def part_post(desk: TheDesk, person: Works, identity: ItemId, given: PartIn) -> PartedOut:
    """Take a post out of a campaign."""
    return membership.take_out(desk, person, identity, given)


@api.post("/{identity}/join")
def join_post(desk: TheDesk, person: Works, identity: ItemId, given: PartIn) -> PartedOut:
    """Put a post back that was taken out of its campaign."""
    return membership.put_back(desk, person, identity, given)


@pages.post("/{identity}/renew")
def renew_page(desk: TheDesk, person: Works, identity: ItemId) -> Response:
    """Hold an item longer."""
    claims.renew(desk, person, identity)
    return go(f"/queue/{identity}")


@pages.get("/{identity}/handover")
def handover_page(request: Request, desk: TheDesk, person: Works, identity: ItemId) -> Response:
    """Show to whom and where an item may go."""
    return _handover(request, desk, person, identity)


@pages.post("/{identity}/handover")
def hand_over_page(request: Request, desk: TheDesk, person: Works, identity: ItemId, form: Form) -> Response:
    """Hand an item over and go back to the queue, or show the form again with what was chosen."""
    try:
        handing.hand_over(desk, person, identity, read_form(HandIn, form))
    except BadInput as error:
        shown = {"values": typed(form), "problems": problems_of(error)}
        return _handover(request, desk, person, identity, status=422, **shown)
    except Conflict as error:
        if error.field is None:
            raise
        shown = {"values": typed(form), "problems": {error.field: error.code}}
        return _handover(request, desk, person, identity, status=error.status, **shown)
    return go("/queue")


@pages.post("/{identity}/refuse")
def refuse_page(desk: TheDesk, person: Works, identity: ItemId) -> Response:
    """Give back what was handed over and go to the next item."""
    following = handing.refuse(desk, person, identity).next
    return go(f"/queue/{following}" if following else "/queue")


@pages.post("/{identity}/transfer")
def transfer_page(request: Request, desk: TheDesk, person: Works, identity: ItemId, form: Form) -> Response:
    """Transfer an item to another desk and go back to the queue, or show the form again with what was chosen."""
    try:
        handing.transfer(desk, person, identity, read_form(TransferIn, form))
    except BadInput as error:
        shown = {"values": typed(form), "problems": problems_of(error)}
        return _handover(request, desk, person, identity, status=422, **shown)
    return go(f"/queue/{identity}")


@pages.post("/{identity}/undo")
def undo_page(desk: TheDesk, person: Works, identity: ItemId) -> Response:
    """Take one's last decision back and show the item again."""
    return go(f"/queue/{undoing.undo(desk, person, identity).item.id}")


@pages.get("/{identity}/campaign")
def campaign_page(request: Request, desk: TheDesk, person: Reads, identity: ItemId) -> Response:
    """Show the posts of a campaign, and what can be done with all of them."""
    return _campaign(request, desk, person, identity)


@pages.post("/{identity}/campaign/claim")
def claim_all_page(request: Request, desk: TheDesk, person: Works, identity: ItemId) -> Response:
    """Hold what waits of a campaign and show it, with what was left out."""
    return _campaign(request, desk, person, identity, taken=campaigns.claim_campaign(desk, person, identity))


@pages.post("/{identity}/campaign/decision")
def decide_all_page(request: Request, desk: TheDesk, person: Works, identity: ItemId, form: Form) -> Response:
    """Decide on the items that were ticked and show the campaign, or show it again with all that was typed."""
    try:
        given = read_form(TogetherIn, form, many=("criteria", "items"))
        done = campaigns.decide_campaign(desk, person, identity, given)
    except BadInput as error:
        shown = {"values": typed(form), "problems": problems_of(error)}
        return _campaign(request, desk, person, identity, status=422, **shown)
    return _campaign(request, desk, person, identity, done=done)


@pages.post("/{identity}/part")
def part_page(desk: TheDesk, person: Works, identity: ItemId, form: Form) -> Response:
    """Take a post out of a campaign and show what is left of it."""
    membership.take_out(desk, person, identity, read_form(PartIn, form))
    return go(f"/queue/{identity}/campaign")


@pages.post("/{identity}/join")
def join_page(desk: TheDesk, person: Works, identity: ItemId, form: Form) -> Response:
    """Put a post back that was taken out, and show its campaign."""
    membership.put_back(desk, person, identity, read_form(PartIn, form))
    return go(f"/queue/{identity}/campaign")


def _handover(
    request: Request, desk: Desk, person: Person, identity: str, *, status: int = 200, **shown: Any
) -> Response:
    told = {"values": {}, "problems": {}} | shown
    item = listing.item_shown(desk, person, identity)
    others = handing.others(desk, person, identity)
    return render(request, "queue/templates/handover.html", status=status, item=item, others=others, **told)


def _campaign(
    request: Request, desk: TheDesk, person: Person, identity: str, *, status: int = 200, **shown: Any
) -> Response:
    cursor = request.query_params.get("cursor") or None
    page = membership.campaign_page(desk, person, identity, cursor=cursor)
    told = {"values": {}, "problems": {}, "taken": None, "done": None} | shown
    told |= {"page": page, "verdicts": VERDICTS, "picker": _picker(desk, language_of(request))}
    told["undo"] = undoing.undoable(desk, person) if may(person, Action.QUEUE_WORK) else None
    item = listing.item_shown(desk, person, identity)
    return render(request, "queue/templates/campaign.html", status=status, item=item, **told)


def _picker(desk: Desk, lang: Lang) -> Picker:
    """Return the whole grid: what one post of a campaign meets says nothing of the others."""
    families: dict[str, list[Meaning]] = {family: [] for family in desk.grid.families}
    for one in desk.grid.criteria:
        words = (one.name_fr, one.def_fr) if lang == "fr" else (one.name_en, one.def_en)
        families[one.family].append(Meaning(one.id, *words))
    return Picker([], families)
