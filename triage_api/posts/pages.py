"""The page of one post: read, with the form to decide it."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request, Response

from nlp.clean import clean
from triage_api.access.models import Person
from triage_api.desk import Desk
from triage_api.posts.models import RevealOut
from triage_api.posts.service import open_post
from triage_api.posts.view import grid_by_family, lay_out
from triage_api.queue.listing import item_shown
from triage_api.queue.models import VERDICTS
from triage_api.shell.pages import language_of, render


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
    """Open a post (an entry in the register) and return its page."""
    post = open_post(desk, person, identity, clean(request.query_params.get("search", "")))
    lang = language_of(request)
    part = request.query_params.get("part", "1")
    return render(
        request,
        "posts/templates/post.html",
        status=status,
        post=post,
        reading=lay_out(post, int(part) if part.isdecimal() and len(part) < 6 else 1, lang),
        item=item_shown(desk, person, post.item) if post.item else None,
        families=grid_by_family(desk, lang),
        verdicts=VERDICTS,
        values=values or {},
        problems=problems or {},
        revealed=revealed,
    )
