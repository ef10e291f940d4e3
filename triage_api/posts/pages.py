"""The page of one post: its label; once opened, its text, with what stands around it and the form to decide it."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request, Response

from nlp.clean import clean
from triage_api.access.models import Person
from triage_api.access.policy import Action, may
from triage_api.agreement.second import judging_of
from triage_api.desk import Desk
from triage_api.posts.drawing import drawn_movement, drawn_weeks
from triage_api.posts.models import PostOut, RevealOut
from triage_api.posts.service import label_of, open_post
from triage_api.posts.unknown import STEPS, checklist
from triage_api.posts.view import lay_out, picker_of
from triage_api.queue.listing import item_shown
from triage_api.queue.models import VERDICTS
from triage_api.queue.undoing import undoable
from triage_api.queue.working_models import UndoOut
from triage_api.shell.pages import language_of, render

AT_ONCE_COOKIE = "vigie_open"
"""Set by whoever wants texts opened with their label, without a second step."""


def show_post(  # noqa: PLR0913 - a form that is shown again, or what it brought
    request: Request,
    desk: Desk,
    person: Person,
    identity: str,
    *,
    values: Mapping[str, object] | None = None,
    problems: Mapping[str, str] | None = None,
    revealed: RevealOut | None = None,
    status: int = 200,
) -> Response:
    """Return a post's label; or open it (an entry in the register), where that is asked for or a form was sent."""
    search = clean(request.query_params.get("search", ""))
    if not _opens(request):
        label = label_of(desk, person, identity)
        item = item_shown(desk, person, label.item) if label.item else None
        undo = undo_offered(desk, person)
        return render(request, "posts/templates/label.html", post=label, item=item, search=search, undo=undo)
    post = open_post(desk, person, identity, search)
    given = {"values": values or {}, "problems": problems or {}, "revealed": revealed}
    return render(
        request,
        "posts/templates/post.html",
        status=status,
        item=item_shown(desk, person, post.item) if post.item else None,
        search=search,
        undo=undo_offered(desk, person),
        judging=judging_of(desk, person, identity) if post.blind else None,
        **_laid_out(request, desk, post),
        **given,
    )


def show_checklist(  # noqa: PLR0913 - a form that is shown again, or what it brought
    request: Request,
    desk: Desk,
    person: Person,
    identity: str,
    *,
    values: Mapping[str, object] | None = None,
    problems: Mapping[str, str] | None = None,
    revealed: RevealOut | None = None,
    status: int = 200,
) -> Response:
    """Return the checklist for a post whose person nobody knows: nothing of the text."""
    told = checklist(desk, person, identity)
    given = {"values": values or {}, "problems": problems or {}, "revealed": revealed}
    return render(request, "posts/templates/unknown.html", status=status, list=told, steps=STEPS, **given)


def undo_offered(desk: Desk, person: Person) -> UndoOut | None:
    """Return what the person may take back still, if they decide at all."""
    return undoable(desk, person) if may(person, Action.QUEUE_WORK) else None


def opens_at_once(request: Request) -> bool:
    """Tell whether this browser's person wants texts opened with their label."""
    return request.cookies.get(AT_ONCE_COOKIE) == "1"


def _opens(request: Request) -> bool:
    return request.method != "GET" or request.query_params.get("open") == "1" or opens_at_once(request)


def _laid_out(request: Request, desk: Desk, post: PostOut) -> dict[str, object]:
    """Return a post as its templates show it."""
    lang = language_of(request)
    part = request.query_params.get("part", "1")
    picker = picker_of(desk, post, lang)
    return {
        "post": post,
        "reading": lay_out(post, int(part) if part.isdecimal() and len(part) < 6 else 1, lang),
        "picker": picker,
        "families": picker.families,
        "verdicts": VERDICTS,
        "at_once": opens_at_once(request),
        "moves": drawn_movement(post.campaign.movement) if post.campaign else None,
        "weeks": drawn_weeks(post.campaign.weeks) if post.campaign else None,
    }
