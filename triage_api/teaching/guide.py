"""The guide for analysts, as a page: docs/guide-analyste.md, which is packaged beside this file."""

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
from triage_api.access.policy import Action
from triage_api.shell.pages import render

pages = APIRouter(include_in_schema=False)

Anyone = Annotated[Person, Depends(allowed(Action.SESSION_OWN))]


@pages.get("/guide")
def guide_page(request: Request, _person: Anyone) -> Response:
    """Show the guide for analysts, in French."""
    return render(request, "teaching/templates/guide.html", guide=guide())


@cache
def guide() -> Markup:
    """Return the guide as markup: our own text, in which no HTML is taken."""
    text = files("triage_api").joinpath("teaching", "guide-analyste.md").read_text("utf-8")
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    reader.add_render_rule("table_open", _table_open)
    reader.add_render_rule("table_close", _table_close)
    return Markup(reader.render(text))  # noqa: S704 - no HTML is taken from it


def _table_open(_self: Any, _tokens: Sequence[Any], _at: int, _options: Any, _env: Any) -> str:
    return '<div class="scroll"><table>'


def _table_close(_self: Any, _tokens: Sequence[Any], _at: int, _options: Any, _env: Any) -> str:
    return "</table></div>"
