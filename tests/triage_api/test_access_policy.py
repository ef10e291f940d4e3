"""The matrix that the policy table makes: every route, every role."""

from __future__ import annotations

import pytest
from fastapi import APIRouter

from triage_api import app as app_module
from triage_api.access.models import Person, Role
from triage_api.access.policy import APART, EVERYBODY, POLICY, Action, Reach, may, reach, require
from triage_api.app import guarded_routes

OPEN = {
    "/",
    "/login",
    "/oidc/start",
    "/oidc/back",
    "/language",
    "/docs",
    "/healthz",
    "/readyz",
    "/metrics",
    "/ack/{token}",
    "/before",
    "/withdraw",
    "/rights",
    "/rights/answer",
}
ROUTES = guarded_routes()
BY_VERB = {Action.MODEL_SWITCH}
"""Actions that the command line alone offers; `tests/vigie` holds each of them against the table."""


def person(*roles: Role) -> Person:
    return Person("u-1", "x", "merle-01", "", frozenset(roles), "")


def test_every_route_has_a_guard_and_only_these_are_open():
    assert {path for _, path, action in ROUTES if action is None} - {"/api/session"} == OPEN
    assert {(m, p) for m, p, a in ROUTES if a is None and p == "/api/session"} == {("POST", "/api/session")}


def test_every_action_is_used_and_granted_to_somebody():
    used = {action for _, _, action in ROUTES if action is not None}
    granted = {action for table in (*POLICY.values(), EVERYBODY) for action in table}
    assert not used & BY_VERB
    assert used | BY_VERB == granted == set(Action)


def test_the_app_refuses_to_start_with_an_unguarded_route(monkeypatch):
    router = APIRouter()
    router.get("/nu")(lambda: "")
    monkeypatch.setattr(app_module, "ROUTERS", (*app_module.ROUTERS, router))
    with pytest.raises(LookupError):
        guarded_routes()


def test_what_the_table_does_not_say_is_denied():
    assert set(POLICY) == set(Role)
    assert reach(person(), Action.QUEUE_READ) is None
    assert reach(person(Role.QUARANTINE_OFFICER), Action.POST_READ) is None
    assert reach(person(Role.PARTNER), Action.REQUEST_READ) is Reach.OWN
    assert reach(person(Role.PARTNER, Role.ANALYST), Action.REQUEST_READ) is Reach.ANY
    assert not may(person(Role.ADMINISTRATOR), Action.REGISTER_READ)
    with pytest.raises(Exception, match="role"):
        require(person(Role.RESEARCHER), Action.REQUEST_READ)


def test_the_administrator_reads_nothing():
    content = {action for role, table in POLICY.items() if role is not Role.ADMINISTRATOR for action in table}
    assert not content.intersection(POLICY[Role.ADMINISTRATOR])
    assert APART[Role.ADMINISTRATOR] == set(Role) - {Role.ADMINISTRATOR}


@pytest.mark.team_slow
@pytest.mark.parametrize("role", [None, *Role])
def test_each_role_enters_where_the_table_says_and_nowhere_else(role, person_in, browser):
    visitor = person_in(role.value) if role else browser()
    wrong = []
    for method, path, action in ROUTES:
        if action is None or path in ("/logout",) or (method, path) == ("DELETE", "/api/session"):
            continue
        url = path.replace("{identity}", "x-none").replace("{name}", "open.csv")
        answer = visitor.client.request(
            method, url, headers={"X-CSRF-Token": visitor.csrf}, follow_redirects=False, content=b""
        )
        turned_away = answer.status_code == 401 or answer.headers.get("location", "").startswith("/login")
        entered = answer.status_code not in (401, 403) and not turned_away
        admitted = role is not None and may(person(role), action)
        expected = turned_away if role is None else entered if admitted else answer.status_code == 403
        if not expected:
            wrong.append((method, path, answer.status_code))
    assert not wrong
