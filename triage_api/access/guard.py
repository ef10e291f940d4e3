"""The door of every route: who asks, whether the browser was led here by a foreign page, whether the role may enter."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.datastructures import FormData

from store.errors import DatabaseUnavailable, NotAllowed, NotLoggedIn
from triage_api.access.glass.alerts import alerts
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.access.sessions import who_is
from triage_api.access.tokens.service import holder, is_api_token
from triage_api.desk import Desk
from triage_api.exposure.ticking import acted

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_API = "/api/"
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_READING = frozenset({Action.QUEUE_WORK, Action.POST_READ, Action.IDENTIFIER_REVEAL})
"""Whoever does these by a form is at the desk: their reading time goes on."""
_ACTIONS: dict[Callable[..., Any], Action] = {}
_PUBLIC: set[Callable[..., Any]] = set()


def the_desk(request: Request) -> Desk:
    """Return what the app was made with."""
    desk: Desk = request.app.state.desk
    return desk


async def form_of(request: Request) -> FormData:
    """Return the form that was sent; an empty one if none was. Files are never taken."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() not in _FORMS:
        return FormData()
    return await request.form(max_files=0, max_fields=300)


Form = Annotated[FormData, Depends(form_of)]
TheDesk = Annotated[Desk, Depends(the_desk)]


def cookie_name(desk: Desk) -> str:
    """Return the session cookie's name; the prefix makes browsers refuse it without TLS or for other paths."""
    return "__Host-vigie" if desk.store.settings.secure_cookies else "vigie"


def same_site(request: Request) -> None:
    """Refuse what changes something and comes, by the browser's own word, from another site's page.

    Under our own no-referrer policy browsers send "Origin: null" with forms, so that Sec-Fetch-Site is asked first.
    """
    if request.method in SAFE:
        return
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin", "null")
    led_here = site not in ("same-origin", "none") if site else False
    if led_here or (not site and origin != "null" and urlsplit(origin).netloc != request.headers.get("host")):
        raise NotAllowed("This came from another site's page.", code="foreign_page")


def token_of(request: Request, desk: Desk) -> tuple[str, bool]:
    """Return the token that was sent and whether as a cookie; `NotLoggedIn` if none.

    A bearer token is for programs: on a page it is none. A token in an address is never read.
    """
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and bearer.strip() and request.url.path.startswith(_API):
        return bearer.strip(), False
    if cookie := request.cookies.get(cookie_name(desk)):
        return cookie, True
    raise NotLoggedIn("Log in first.")


def allowed(action: Action, *, renews: bool = True) -> Callable[..., Person]:
    """Return the dependency that lets in a person whose roles give an action, and nobody else.

    What a page asks by itself does not renew the session: one that is left open would keep it alive.
    """

    def guard(request: Request, desk: TheDesk, form: Form) -> Person:
        same_site(request)
        person, from_cookie = _who_asks(request, desk, renews=renews)
        if from_cookie and request.method not in SAFE:
            _check_csrf(request, form, person)
        require(person, action)
        if from_cookie and action in _READING and request.method not in SAFE:
            with suppress(DatabaseUnavailable):  # what it keeps from working is told by what is done next
                acted(desk.store, person)
        return person

    _ACTIONS[guard] = action
    return guard


def visitor(request: Request, desk: TheDesk) -> Person | None:
    """Return who asks, or None: for the few routes that are open to everybody."""
    same_site(request)
    try:
        return _who_asks(request, desk)[0]
    except NotLoggedIn:
        return None


_PUBLIC.add(visitor)


def action_of(dependencies: list[Callable[..., Any] | None]) -> Action | None:
    """Return the action that guards a route, None for one open to everybody; `LookupError` for one without a guard."""
    guards = [call for call in dependencies if call in _ACTIONS or call in _PUBLIC]
    if len(guards) != 1 or guards[0] is None:
        raise LookupError("a route has exactly one guard")
    return _ACTIONS.get(guards[0])


def _who_asks(request: Request, desk: Desk, *, renews: bool = True) -> tuple[Person, bool]:
    """Return the person of the token that was sent, noted on the request, and whether it came as a cookie."""
    token, from_cookie = token_of(request, desk)
    program = is_api_token(token) and not from_cookie
    person = holder(desk.store, token) if program else who_is(desk.store, token, renews=renews)
    request.state.person = person
    if not request.url.path.startswith(_API):
        request.state.alerts = alerts(desk.store, person)
    return person, from_cookie


def _check_csrf(request: Request, form: FormData, person: Person) -> None:
    sent = request.headers.get("x-csrf-token") or form.get("csrf")
    if not isinstance(sent, str) or not hmac.compare_digest(sent.encode(), person.csrf.encode()):
        raise NotAllowed("The form is too old or not ours: load the page again.", code="csrf")
