"""The one handler table: every error of `store.errors`, and the framework's own, to JSON or to a page.

A missing item, one that a person may not see and an address that leads nowhere give the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from store.errors import BadInput, DatabaseUnavailable, NotFound, NotLoggedIn, TooManyAttempts, VigieError
from triage_api.access.attempts import WINDOW
from triage_api.shell.kept import written
from triage_api.shell.pages import render

_NOT_FOUND = "No such item, or none that you may see."
_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "bad_media_type"}
_FOREIGN = "foreign_page"
_MACHINES = ("/api/", "/openapi.json", "/healthz", "/readyz", "/metrics")


def install(app: FastAPI) -> None:
    """Let the app answer every error from here."""
    for kind in (VigieError, RequestValidationError, HTTPException, DBAPIError, NoFreeConnection):
        app.add_exception_handler(kind, answer)


async def answer(request: Request, error: Exception) -> Response:
    """Return what a person or a program is told of an error; never a stored text or a trace.

    A person gets back what they wrote into a form of ours; nothing else that was sent is repeated.
    """
    known, headers = _known(error)
    if request.url.path.startswith(_MACHINES):
        return _as_json(known, headers)
    login = request.url.path == "/login"
    ours = isinstance(error, VigieError) and error.code != _FOREIGN and not login
    texts = await written(request) if ours else []
    if isinstance(known, NotLoggedIn) and not login and not texts:
        wanted = request.url.path if request.method == "GET" else "/"
        return RedirectResponse(f"/login?next={quote(wanted)}", 303)
    page = render(request, "templates/error.html", status=known.status, error=known, written=texts)
    page.headers.update(headers)
    return page


def _as_json(error: VigieError, headers: Mapping[str, str]) -> Response:
    body = {"error": {"code": error.code, "message": error.message, "field": error.field}}
    return JSONResponse(body, error.status, headers)


def _known(error: Exception) -> tuple[VigieError, Mapping[str, str]]:
    headers: Mapping[str, str] = {}
    match error:
        case NotFound():
            error = NotFound(_NOT_FOUND)
        case VigieError():
            pass
        case RequestValidationError():
            error = _invalid(error)
        case HTTPException(status_code=404):
            error = NotFound(_NOT_FOUND)
        case HTTPException():
            headers = error.headers or {}
            error = _from_http(error)
        case DataError():
            error = BadInput("The database cannot hold a value that was sent.")
        case DBAPIError() | NoFreeConnection():  # what `store.database` did not tell, such as two that wrote the same
            error = DatabaseUnavailable("The database did not take this; try again.")
        case _:
            error = VigieError("Something went wrong here; nothing was lost. Try again.")
    if isinstance(error, TooManyAttempts):
        headers = {"Retry-After": str(int(WINDOW.total_seconds()))}
    return error, headers


def _from_http(error: HTTPException) -> VigieError:
    known = VigieError(error.detail, code=_CODES.get(error.status_code, "bad_request"))
    known.status = error.status_code
    return known


def _invalid(error: RequestValidationError) -> VigieError:
    """Tell the first thing that is wrong and where it stands, without repeating what was sent."""
    first = error.errors()[0]
    place = [str(part) for part in first["loc"][1:]]
    if first["type"] == "json_invalid":
        return BadInput("The body is not JSON.")
    return BadInput(str(first["msg"]), field=".".join(place) or None)
