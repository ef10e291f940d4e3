"""Every error that Vigie raises on purpose, with the HTTP status that the desks answer.

    VigieError 500
    ├── BadInput 422            a field or a file that cannot be used
    ├── NotAllowed 403          a place this role never enters
    ├── NotFound 404            no such item, or one this person may not see
    ├── NotLoggedIn 401
    ├── Conflict 409            claimed, decided, repeated
    │   └── RepeatNeedsReason 409
    ├── TooManyAttempts 429
    ├── SourceNotApproved 403   no request may be sent
    ├── NotSetUp 503            database, keys or index are missing or old
    ├── DatabaseUnavailable 503 the database does not answer, or its disk is full
    ├── RegisterUnavailable 503 nothing is searched while nothing can be logged
    └── IndexUnavailable 503    the search engine does not answer

A message is one line that says what to do; it never holds text of a post or a secret.
"""

from __future__ import annotations


class VigieError(Exception):
    """The root; `code` is stable for programs, the message is for people."""

    status = 500
    code = "internal"

    def __init__(self, message: str, *, code: str | None = None, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.field = field


class BadInput(VigieError):
    """A field or file from outside that cannot be used."""

    status, code = 422, "bad_input"


class NotLoggedIn(VigieError):
    """No session, an expired one, or a wrong name or password."""

    status, code = 401, "not_logged_in"


class NotAllowed(VigieError):
    """A place that this role never enters."""

    status, code = 403, "not_allowed"


class NotFound(VigieError):
    """No such item, or one that this person may not see: the answer is the same."""

    status, code = 404, "not_found"


class Conflict(VigieError):
    """The item is no longer in the state that the call needs."""

    status, code = 409, "conflict"


class RepeatNeedsReason(Conflict):
    """The same search was made before; running it again needs a reason."""

    code = "repeat_needs_reason"


class TooManyAttempts(VigieError):
    """Too many failed log-ins; wait."""

    status, code = 429, "too_many_attempts"


class SourceNotApproved(VigieError):
    """The source has no valid approval; no request was sent."""

    status, code = 403, "source_not_approved"


class NotSetUp(VigieError):
    """Database, keys or index are missing or of another version."""

    status, code = 503, "not_set_up"


class DatabaseUnavailable(VigieError):
    """The database does not answer, is locked or cannot be written."""

    status, code = 503, "store_unavailable"


class RegisterUnavailable(VigieError):
    """The register cannot be written, so nothing is searched."""

    status, code = 503, "register_unavailable"


class IndexUnavailable(VigieError):
    """The search engine does not answer."""

    status, code = 503, "index_unavailable"
