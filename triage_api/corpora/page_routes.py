"""Corpora: the pages of who asks and of who decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel
from starlette.datastructures import FormData

from disclosure.figures import LEAST
from nlp.types import SIGNALS
from store.errors import BadInput, Conflict, NotAllowed
from store.exports import TIERS
from store.store import Store
from triage_api.access.guard import Form, TheDesk, allowed
from triage_api.access.models import Person
from triage_api.access.policy import Action
from triage_api.corpora import deciding, service
from triage_api.corpora.models import (
    LONGEST_DAYS,
    MOST_CODES,
    ApproveIn,
    CorpusIn,
    CorpusOut,
    CorpusPage,
    DestroyedIn,
    WhyIn,
)
from triage_api.desk import Desk
from triage_api.shell.fields import ItemId
from triage_api.shell.forms import problems_of, read_form, typed, validated
from triage_api.shell.pages import go, render

pages = APIRouter(prefix="/corpora", include_in_schema=False)

Given = TypeVar("Given", bound=BaseModel)
Makes = Annotated[Person, Depends(allowed(Action.EXPORT_MAKE))]
Reads = Annotated[Person, Depends(allowed(Action.EXPORT_READ))]
Decides = Annotated[Person, Depends(allowed(Action.EXPORT_DECIDE))]
_LINES, _MANY, _ONE = ("people", "codebook"), ("regions", "languages", "kinds", "signals"), ("since", "until", "sample")
_GROUPS = {
    "waiting": ("previewed",),
    "going": ("asked", "approved"),
    "out": ("ready", "expired"),
    "recalled": ("recalled",),
}
"""What a supervisor sees of all corpora, and in which state each is; the others have come to nothing."""


@pages.get("")
def corpora_page(request: Request, desk: TheDesk, person: Makes) -> Response:
    """Show one's corpora and the form for a new one."""
    return _asking(request, desk, person)


@pages.post("")
def ask_from_page(request: Request, desk: TheDesk, person: Makes, form: Form) -> Response:
    """Ask for a corpus and show how far it is."""
    try:
        made = service.ask(desk.store, person, _corpus_in(form))
    except BadInput as error:
        return _asking(request, desk, person, values=typed(form), problems=problems_of(error), status=422)
    return go(f"/corpora/{made.id}")


@pages.get("/deciding")
def deciding_page(request: Request, desk: TheDesk, person: Decides) -> Response:
    """Show which corpora wait for an approval, which are out, and who still has copies of what was called back."""
    return render(request, "corpora/templates/deciding.html", groups=_grouped(service.list_exports(desk.store, person)))


@pages.get("/{identity}")
def corpus_page(request: Request, desk: TheDesk, person: Reads, identity: ItemId) -> Response:
    """Show one corpus, and what one may do with it."""
    return _page(request, desk, person, identity)


@pages.post("/{identity}/approve")
def approve_from_page(request: Request, desk: TheDesk, person: Decides, form: Form, identity: ItemId) -> Response:
    """Let a corpus leave."""
    return _done(request, desk, person, identity, form, act=deciding.approve, given=ApproveIn)


@pages.post("/{identity}/deny")
def deny_from_page(request: Request, desk: TheDesk, person: Decides, form: Form, identity: ItemId) -> Response:
    """Deny a corpus."""
    return _done(request, desk, person, identity, form, act=deciding.deny, given=WhyIn)


@pages.post("/{identity}/recall")
def recall_from_page(request: Request, desk: TheDesk, person: Decides, form: Form, identity: ItemId) -> Response:
    """Call a corpus back."""
    return _done(request, desk, person, identity, form, act=deciding.recall, given=WhyIn)


@pages.post("/{identity}/destroyed")
def destroyed_from_page(request: Request, desk: TheDesk, person: Reads, form: Form, identity: ItemId) -> Response:
    """Confirm that one's copies are destroyed."""
    return _done(request, desk, person, identity, form, act=deciding.destroyed, given=DestroyedIn)


def _corpus_in(form: FormData) -> CorpusIn:
    """Return what the form asks for; the fields of the scope are named ``scope.field``."""
    plain = read_form(_Plain, form, lines=_LINES).model_dump(exclude_unset=True)
    scope: dict[str, Any] = {name: form.getlist(f"scope.{name}") for name in _MANY}
    scope |= {name: value for name in _ONE if (value := str(form.get(f"scope.{name}") or "").strip())}
    return validated(CorpusIn, {**plain, "scope": scope}, parts=("scope",))


class _Plain(BaseModel):
    """What the form sends, before it is looked at: `read_form` reads by these names."""

    purpose: str = ""
    tier: str = "open"
    study: str = ""
    agreement: str = ""
    ethics: str = ""
    people: list[str] = []
    codebook: list[str] = []
    ends_on: str | None = None


def _grouped(page: CorpusPage) -> dict[str, list[CorpusOut]]:
    return {name: [one for one in page.items if one.status in states] for name, states in _GROUPS.items()}


def _done(
    request: Request,
    desk: Desk,
    person: Person,
    identity: str,
    form: FormData,
    *,
    act: Callable[[Store, Person, str, Given], CorpusOut],
    given: type[Given],
) -> Response:
    """Do what a form asks for, or show it again with all that was typed."""
    try:
        act(desk.store, person, identity, read_form(given, form))
    except (BadInput, Conflict, NotAllowed) as error:
        problems = problems_of(error) if isinstance(error, BadInput) else {"": error.code}
        return _page(request, desk, person, identity, status=error.status, values=typed(form), problems=problems)
    return go(f"/corpora/{identity}")


def _asking(request: Request, desk: Desk, person: Person, *, status: int = 200, **shown: object) -> Response:
    values = {
        "values": {},
        "problems": {},
        "page": service.list_exports(desk.store, person),
        "studies": service.studies_of(desk.store, person),
        "tiers": TIERS,
        "choices": {
            "regions": service.REGIONS,
            "languages": service.LANGUAGES,
            "signals": [one for one in SIGNALS if one in service.SIGNALS],
        },
        "rules": {"least": LEAST, "codes": MOST_CODES, "years": LONGEST_DAYS // 365},
    }
    return render(request, "corpora/templates/corpora.html", status=status, **(values | shown))


def _page(
    request: Request, desk: Desk, person: Person, identity: str, *, status: int = 200, **shown: object
) -> Response:
    corpus = service.export_status(desk.store, person, identity)
    alone = corpus.alone_at is not None and corpus.alone_at <= desk.store.clock()
    values = {"values": {}, "problems": {}, "corpus": corpus, "may_alone": corpus.by_me and alone}
    values["holds"] = any(one.by == person.pseudonym and one.destroyed_at is None for one in corpus.copies)
    return render(request, "corpora/templates/corpus.html", status=status, **(values | shown))
