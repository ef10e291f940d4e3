"""The one policy table: which role may do what, and whether to all items or to its own. What it does not say is denied.

Every check is made from it: `require` before a service does anything, `reach` where a list or an item is narrowed to
the person's own. Each route names its action; the app refuses to start with a route that names none.
"""

from __future__ import annotations

from enum import StrEnum

from store.errors import NotAllowed
from triage_api.access.models import Person, Role


class Action(StrEnum):
    """Everything that a person can ask of the desks."""

    SESSION_OWN = "session.own"
    ACCOUNT_MANAGE = "account.manage"
    QUEUE_READ = "queue.read"
    QUEUE_WORK = "queue.work"
    POST_READ = "post.read"
    POST_PASTE = "post.paste"
    SEARCH_RUN = "search.run"
    SEARCH_READ = "search.read"
    REQUEST_FILE = "request.file"
    REQUEST_READ = "request.read"
    REQUEST_MESSAGE = "request.message"
    REQUEST_ANSWER = "request.answer"
    EXPORT_MAKE = "export.make"
    EXPORT_READ = "export.read"
    REGISTER_READ = "register.read"
    SOURCE_READ = "source.read"


class Reach(StrEnum):
    """Which items an action may touch."""

    OWN = "own"
    ANY = "any"


_ANY, _OWN = Reach.ANY, Reach.OWN

POLICY: dict[Role, dict[Action, Reach]] = {
    Role.ANALYST: {
        Action.QUEUE_READ: _ANY,
        Action.QUEUE_WORK: _ANY,
        Action.POST_READ: _ANY,
        Action.POST_PASTE: _ANY,
        Action.SEARCH_RUN: _ANY,
        Action.SEARCH_READ: _OWN,
        Action.REQUEST_READ: _ANY,
        Action.REQUEST_MESSAGE: _ANY,
        Action.REQUEST_ANSWER: _ANY,
    },
    Role.SUPERVISOR: {
        Action.QUEUE_READ: _ANY,
        Action.QUEUE_WORK: _ANY,
        Action.POST_READ: _ANY,
        Action.POST_PASTE: _ANY,
        Action.SEARCH_RUN: _ANY,
        Action.SEARCH_READ: _ANY,
        Action.REQUEST_READ: _ANY,
        Action.REQUEST_MESSAGE: _ANY,
        Action.REQUEST_ANSWER: _ANY,
        Action.REGISTER_READ: _ANY,
        Action.SOURCE_READ: _ANY,
    },
    Role.PARTNER: {Action.REQUEST_FILE: _OWN, Action.REQUEST_READ: _OWN, Action.REQUEST_MESSAGE: _OWN},
    Role.RESEARCHER: {Action.EXPORT_MAKE: _OWN, Action.EXPORT_READ: _OWN},
    Role.AUDITOR: {Action.REGISTER_READ: _ANY},
    Role.ADMINISTRATOR: {Action.ACCOUNT_MANAGE: _ANY},
    Role.QUARANTINE_OFFICER: {},
}
EVERYBODY: dict[Action, Reach] = {Action.SESSION_OWN: _OWN}
"""What every account may do, whatever its roles."""

APART: dict[Role, frozenset[Role]] = {Role.ADMINISTRATOR: frozenset(Role) - {Role.ADMINISTRATOR}}
"""Roles that one account never holds together: whoever makes accounts reads no content and no register."""


def reach(person: Person, action: Action) -> Reach | None:
    """Return the widest reach that the person's roles give to an action; None if they give none."""
    granted = {table.get(action) for table in (EVERYBODY, *(POLICY[role] for role in person.roles))}
    return next((wide for wide in (Reach.ANY, Reach.OWN) if wide in granted), None)


def may(person: Person, action: Action) -> bool:
    """Tell whether the person may do an action at all, if only to their own items."""
    return reach(person, action) is not None


def require(person: Person, action: Action) -> Reach:
    """Return the reach of an action, or raise `NotAllowed`."""
    granted = reach(person, action)
    if granted is None:
        raise NotAllowed("Your role does not enter here.")
    return granted
