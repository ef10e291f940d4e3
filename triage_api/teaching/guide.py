"""The guides as a page: for analysts in French, for partners in either language; packaged beside this file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from markdown_it import MarkdownIt
from markupsafe import Markup

from triage_api.access.guard import allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action, may
from triage_api.shell.languages import Lang
from triage_api.shell.pages import language_of, render

pages = APIRouter(include_in_schema=False)

ANALYST = "guide-analyste.md"
PARTNER: dict[Lang, str] = {"fr": "guide-partenaire.md", "en": "guide-partner.md"}
Anyone = Annotated[Person, Depends(allowed(Action.SESSION_OWN))]


@pages.get("/guide")
def guide_page(request: Request, person: Anyone) -> Response:
    """Show a partner the partners' guide in their language, everybody else that for analysts, in French."""
    if may(person, Action.REQUEST_FILE) and not may(person, Action.POST_READ):
        name, of, lang = PARTNER[language_of(request)], "partner", language_of(request)
    else:
        name, of, lang = ANALYST, "analyst", "fr"
    return render(request, "teaching/templates/guide.html", guide=guide(name), of=of, written_in=lang)


@cache
def guide(name: str) -> Markup:
    """Return a guide as markup: our own text, in which no HTML is taken."""
    text = files("triage_api").joinpath("teaching", name).read_text("utf-8")
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    reader.add_render_rule("table_open", _table_open)
    reader.add_render_rule("table_close", _table_close)
    return Markup(reader.render(text))  # noqa: S704 - no HTML is taken from it


def _table_open(_self: Any, _tokens: Sequence[Any], _at: int, _options: Any, _env: Any) -> str:
    return '<div class="scroll" tabindex="0"><table>'


def _table_close(_self: Any, _tokens: Sequence[Any], _at: int, _options: Any, _env: Any) -> str:
    return "</table></div>"
