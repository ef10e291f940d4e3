"""Emerging words: API and pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from nlp.emerging import LISTS
from triage_api.access.guard import TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.shell.fields import ItemId
from triage_api.shell.pages import go, render
from triage_api.words import service
from triage_api.words.models import Word, WordsPage

api = APIRouter(prefix="/api/words", tags=["words"])
pages = APIRouter(prefix="/words", include_in_schema=False)

Reads = Annotated[Person, Depends(allowed(Action.WORD_READ))]
Decides = Annotated[Person, Depends(allowed(Action.WORD_DECIDE))]


@api.get("")
def list_words(desk: TheDesk, person: Reads) -> WordsPage:
    """List emerging words: the shared ones or, to whoever decides on them, all with their bands."""
    return service.list_words(desk.store, person)


@api.post("/{identity}/share")
def share(desk: TheDesk, person: Decides, identity: ItemId) -> Word:
    """Share a word with partners and researchers."""
    return service.decide(desk.store, person, identity, "share")


@api.post("/{identity}/hide")
def hide(desk: TheDesk, person: Decides, identity: ItemId) -> Word:
    """Hide a word; a shared one is shared no more."""
    return service.decide(desk.store, person, identity, "hide")


@pages.get("")
def words_page(request: Request, desk: TheDesk, person: Reads) -> Response:
    """Show the lists."""
    page = service.list_words(desk.store, person)
    lists = {name: [word for word in page.items if word.list == name] for name in LISTS}
    return render(request, "words/templates/words.html", page=page, lists=lists)


@pages.post("/{identity}/share")
def share_from_page(desk: TheDesk, person: Decides, identity: ItemId) -> Response:
    """Share a word and show the lists."""
    service.decide(desk.store, person, identity, "share")
    return go("/words")


@pages.post("/{identity}/hide")
def hide_from_page(desk: TheDesk, person: Decides, identity: ItemId) -> Response:
    """Hide a word and show the lists."""
    service.decide(desk.store, person, identity, "hide")
    return go("/words")
