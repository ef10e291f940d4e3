"""The one policy table: which role may do what, and whether to all items or to its own. What it does not say is denied.

Every check is made from it and from `actions.RULES`: `require` before a service does anything, `reach` where a list or
an item is narrowed to the person's own. Each route names its action; the app refuses to start with a route that names
none. docs/access.md is written from here too.
"""

from __future__ import annotations

from store.errors import NotAllowed
from triage_api.access.actions import RULES, Action, Reach
from triage_api.access.models import Person, Role

__all__ = ["APART", "EVERYBODY", "GLASS_ROLES", "POLICY", "TRAINED", "Action", "Reach", "may", "reach", "require"]

_ANY, _OWN = Reach.ANY, Reach.OWN

POLICY: dict[Role, dict[Action, Reach]] = {
    Role.ANALYST: {
        Action.QUEUE_READ: _ANY,
        Action.QUEUE_WORK: _ANY,
        Action.VIEW_OWN: _OWN,
        Action.DUTY_READ: _ANY,
        Action.DUTY_KEEP: _OWN,
        Action.DASHBOARD_READ: _OWN,
        Action.LESSON_DO: _OWN,
        Action.POST_READ: _ANY,
        Action.POST_PASTE: _ANY,
        Action.SEARCH_RUN: _ANY,
        Action.SEARCH_READ: _OWN,
        Action.SEARCH_STAND: _OWN,
        Action.IDENTIFIER_REVEAL: _ANY,
        Action.GLASS_BREAK: _OWN,
        Action.REQUEST_READ: _ANY,
        Action.REQUEST_MESSAGE: _ANY,
        Action.REQUEST_ANSWER: _ANY,
        Action.REQUEST_ENTER: _ANY,
        Action.CASE_CLOSE: _ANY,
        Action.DIRECTORY_READ: _ANY,
        Action.CONSENT_RECORD: _ANY,
        Action.CONSENT_READ: _ANY,
        Action.REFERRAL_MAKE: _ANY,
        Action.REFERRAL_READ: _ANY,
        Action.REFERRAL_TAKE: _ANY,
        Action.MEETING_PROPOSE: _ANY,
        Action.OUTCOME_READ: _ANY,
        Action.TREND_READ: _ANY,
        Action.COVERAGE_READ: _ANY,
        Action.SOURCE_READ: _ANY,
        Action.WORD_READ: _ANY,
        Action.WORD_DECIDE: _ANY,
    },
    Role.SUPERVISOR: {
        Action.QUEUE_READ: _ANY,
        Action.QUEUE_WORK: _ANY,
        Action.VIEW_OWN: _OWN,
        Action.DUTY_READ: _ANY,
        Action.DUTY_KEEP: _ANY,
        Action.DASHBOARD_READ: _ANY,
        Action.CRITERION_DECIDE: _ANY,
        Action.MODEL_SWITCH: _ANY,
        Action.LESSON_DO: _OWN,
        Action.POST_READ: _ANY,
        Action.POST_PASTE: _ANY,
        Action.SEARCH_RUN: _ANY,
        Action.SEARCH_READ: _ANY,
        Action.SEARCH_STAND: _ANY,
        Action.IDENTIFIER_REVEAL: _ANY,
        Action.GLASS_BREAK: _OWN,
        Action.GLASS_REVIEW: _ANY,
        Action.REQUEST_READ: _ANY,
        Action.REQUEST_MESSAGE: _ANY,
        Action.REQUEST_ANSWER: _ANY,
        Action.SUBJECT_ERASE: _ANY,
        Action.REQUEST_ENTER: _ANY,
        Action.CASE_CLOSE: _ANY,
        Action.DIRECTORY_READ: _ANY,
        Action.CONSENT_RECORD: _ANY,
        Action.CONSENT_READ: _ANY,
        Action.REFERRAL_MAKE: _ANY,
        Action.REFERRAL_READ: _ANY,
        Action.REFERRAL_TAKE: _ANY,
        Action.MEETING_PROPOSE: _ANY,
        Action.OUTCOME_READ: _ANY,
        Action.EXPORT_READ: _ANY,
        Action.EXPORT_DECIDE: _ANY,
        Action.PARAPHRASE_REVIEW: _ANY,
        Action.TREND_READ: _ANY,
        Action.DIRECTORY_KEEP: _ANY,
        Action.REFERRAL_REVIEW: _ANY,
        Action.LEDGER_READ: _ANY,
        Action.RIGHTS_ANSWER: _ANY,
        Action.HOLD_KEEP: _ANY,
        Action.REGISTER_READ: _ANY,
        Action.REVIEW_WORK: _ANY,
        Action.NAME_REVEAL: _ANY,
        Action.COVERAGE_READ: _ANY,
        Action.SOURCE_READ: _ANY,
        Action.SOURCE_DECIDE: _ANY,
        Action.WORD_READ: _ANY,
        Action.WORD_DECIDE: _ANY,
    },
    Role.PARTNER: {
        Action.DUTY_READ: _ANY,
        Action.REQUEST_FILE: _OWN,
        Action.REQUEST_READ: _OWN,
        Action.REQUEST_MESSAGE: _OWN,
        Action.DIRECTORY_READ: _ANY,
        Action.CONSENT_RECORD: _OWN,
        Action.CONSENT_READ: _OWN,
        Action.REFERRAL_READ: _OWN,
        Action.REFERRAL_TAKE: _OWN,
        Action.MEETING_ANSWER: _OWN,
        Action.TREND_READ: _ANY,
        Action.COVERAGE_READ: _ANY,
        Action.WORD_READ: _ANY,
    },
    Role.RESEARCHER: {
        Action.EXPORT_MAKE: _OWN,
        Action.EXPORT_READ: _OWN,
        Action.ROOM_READ: _OWN,
        Action.TREND_READ: _ANY,
        Action.COVERAGE_READ: _ANY,
        Action.WORD_READ: _ANY,
    },
    Role.INVESTIGATOR: {},
    Role.AUDITOR: {
        Action.DUTY_READ: _ANY,
        Action.DIRECTORY_READ: _ANY,
        Action.REFERRAL_REVIEW: _ANY,
        Action.LEDGER_READ: _ANY,
        Action.OUTCOME_READ: _ANY,
        Action.EXPORT_READ: _ANY,
        Action.TREND_READ: _ANY,
        Action.COVERAGE_READ: _ANY,
        Action.SOURCE_READ: _ANY,
        Action.REGISTER_READ: _ANY,
        Action.REVIEW_WORK: _ANY,
        Action.NAME_REVEAL: _ANY,
        Action.GLASS_REVIEW: _ANY,
    },
    Role.ADMINISTRATOR: {Action.ACCOUNT_MANAGE: _ANY},
    Role.QUARANTINE_OFFICER: {
        Action.LESSON_DO: _OWN,
        Action.QUARANTINE_READ: _ANY,
        Action.QUARANTINE_DECIDE: _ANY,
    },
}
EVERYBODY: dict[Action, Reach] = {Action.SESSION_OWN: _OWN, Action.TOKEN_OWN: _OWN}
"""What every account may do, whatever its roles."""

APART: dict[Role, frozenset[Role]] = {
    Role.ADMINISTRATOR: frozenset(Role) - {Role.ADMINISTRATOR},
    Role.INVESTIGATOR: frozenset(Role) - {Role.INVESTIGATOR},
}
"""Roles that one account never holds together, whatever the house: whoever makes accounts reads no content and no
register; whoever investigates is in no help case."""

TRAINED = frozenset({Role.ANALYST, Role.SUPERVISOR, Role.QUARANTINE_OFFICER})
"""Roles that give actions on content only to people whose training is not older than `training_months`."""

GLASS_ROLES = frozenset({Role.ANALYST, Role.SUPERVISOR})
"""Roles whose emergency access gives, in actions that their rule opens to it, what a supervisor may, trained or not."""

WHEN_PENDING = frozenset({Action.SESSION_OWN})
"""All that a person may do who must first enrol a second factor, or whose roles the house no longer joins."""


def reach(person: Person, action: Action) -> Reach | None:
    """Return the widest reach that the person has for an action at this moment; None if they have none."""
    if (person.pending or person.refused) and action not in WHEN_PENDING:
        return None
    if person.scopes is not None and action not in person.scopes:
        return None
    roles = person.roles if person.trained or not RULES[action].content else person.roles - TRAINED
    return _widest(roles | _lent(person, action), action)


def may(person: Person, action: Action) -> bool:
    """Tell whether the person may do an action at all, if only to their own items."""
    return reach(person, action) is not None


def require(person: Person, action: Action) -> Reach:
    """Return the reach of an action, or raise `NotAllowed` with a code that says what is missing."""
    granted = reach(person, action)
    if granted is None:
        raise _refusal(person, action)
    return granted


def _widest(roles: frozenset[Role], action: Action) -> Reach | None:
    granted = {table.get(action) for table in (EVERYBODY, *(POLICY[role] for role in roles))}
    return next((wide for wide in (Reach.ANY, Reach.OWN) if wide in granted), None)


def _lent(person: Person, action: Action) -> frozenset[Role]:
    """Return the role that an emergency access stands for in an action; none without one."""
    lent = person.glass and RULES[action].emergency and not person.roles.isdisjoint(GLASS_ROLES)
    return frozenset({Role.SUPERVISOR}) if lent else frozenset()


def _refusal(person: Person, action: Action) -> NotAllowed:
    if person.pending:
        return NotAllowed("Enrol a second factor first: /account/totp.", code="totp_enrol")
    if person.refused:
        return NotAllowed("The profile of the house no longer lets one account hold these roles.", code=person.refused)
    if _widest(person.roles, action) is None:
        return NotAllowed("Your role does not enter here.")
    if person.scopes is not None and action not in person.scopes:
        return NotAllowed("This token was not made for that.", code="token_scope")
    return NotAllowed("Your training has lapsed: ask whoever keeps the accounts.", code="training_needed")
