"""Schemathesis over the OpenAPI: whatever fits the schema or does not, every role gets an answer that is announced."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import schemathesis
from desk_people import PASSWORD
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matrix import KINDS, World
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from triage_api.access.models import Person, Role
from triage_api.access.policy import may
from triage_api.app import create_app, guarded_routes

pytestmark = [pytest.mark.team_slow, pytest.mark.thorough]

ENGINES = re.compile(r"psycopg|sqlalchemy|postgres|sqlite|elastic|tantivy|lucene|traceback|overflow|exception", re.I)
CHECKS = (not_a_server_error, content_type_conformance, response_schema_conformance)
ENDS_THE_SESSION = ("DELETE", "/api/session")
ACTIONS = {(method, path): action for method, path, action in guarded_routes()}


@pytest.fixture
def app(desk) -> FastAPI:
    return create_app(desk.store, desk.reader, desk.index)


@pytest.fixture
def world(person_in, town) -> World:
    return World(person_in, town)


@pytest.fixture
def headers(role, make_person, browser) -> dict[str, str]:
    """What a program of somebody of the role sends."""
    name = make_person(role.value, name="moi").name
    sent = {"name": name, "password": PASSWORD, "bearer": True}
    return {"Authorization": f"Bearer {browser().client.post('/api/session', json=sent).json()['token']}"}


def operations(app: FastAPI) -> Iterator[APIOperation]:
    schema = schemathesis.openapi.from_dict(app.openapi())
    schema.app = app
    for found in schema.get_all_operations():
        operation = found.ok()
        if (operation.method.upper(), operation.path) != ENDS_THE_SESSION:
            yield operation


def lets_in(operation: APIOperation, role: Role) -> bool:
    action = ACTIONS[operation.method.upper(), operation.path]
    return action is None or may(Person("u-1", "x", "merle-01", "", frozenset({role}), ""), action)


def named(world: World, operation: APIOperation) -> dict[str, st.SearchStrategy[str]]:
    """Return what stands in an address besides what schemathesis makes up: real ids and names, so that it comes far."""
    kinds = [kind for kind in KINDS if "{identity}" in operation.path and operation.path.startswith(kind.places)]
    known = {
        "identity": [world.make(kind) for kind in kinds],
        "name": ["open.csv", "open.json"] * ("{name}" in operation.path),
    }
    return {name: st.sampled_from(values) for name, values in known.items() if values}


def examine(
    operation: APIOperation, real: dict[str, st.SearchStrategy[str]], headers: dict[str, str], times: int
) -> None:
    cases = st.one_of(operation.as_strategy(generation_mode=mode) for mode in GenerationMode)

    @settings(max_examples=times, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(cases, st.just({}) | st.fixed_dictionaries(real))
    def call(case, places):
        case.path_parameters = {**case.path_parameters, **places}
        answer = case.call(base_url="http://127.0.0.1", headers=headers)
        case.validate_response(answer, checks=CHECKS)
        assert answer.status_code < 400 or not ENGINES.search(answer.text), answer.text[:300]

    call()


@pytest.mark.parametrize("role", Role)
def test_every_call_of_every_role_is_answered_as_announced(role, app, world, headers):
    for operation in operations(app):
        entered = lets_in(operation, role)
        examine(operation, named(world, operation) if entered else {}, headers, 4 if entered else 1)


@pytest.mark.slow
@pytest.mark.parametrize("role", Role)
def test_every_call_of_every_role_is_answered_many_times(role, app, world, headers):
    for operation in operations(app):
        examine(operation, named(world, operation), headers, 150 if lets_in(operation, role) else 10)
