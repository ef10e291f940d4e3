"""Every endpoint, every role, one's own item, another's, a missing one: made from the policy table and the routes.

Another's item and a missing one are the same to whoever may see only their own: status, headers, every byte, and time.
"""

from __future__ import annotations

import base64
import json
import time

import pytest
from matrix import ITEM_ROUTES, KINDS, World, ask, kind_of, missing
from scipy.stats import mannwhitneyu

from triage_api.access.models import Person, Role
from triage_api.access.policy import Action, Reach, reach
from triage_api.app import guarded_routes
from triage_api.shell.cursors import wrap

pytestmark = [pytest.mark.team_slow, pytest.mark.thorough]

RECORDS = {
    Action.REGISTER_READ,
    Action.REVIEW_WORK,
    Action.GLASS_REVIEW,
    Action.SOURCE_READ,
    Action.COVERAGE_READ,
    Action.TREND_READ,
    Action.REFERRAL_REVIEW,
    Action.LEDGER_READ,
}
"""What they guard tells of everybody's acts, or what each source brings and how fresh it is: that is what it is for."""


def granted(role: Role, action: Action) -> Reach | None:
    return reach(Person("u-1", "x", "merle-01", "", frozenset({role}), ""), action)


@pytest.fixture
def world(person_in, town):
    return World(person_in, town)


def test_every_address_of_an_item_has_its_factory():
    unknown = [path for _, path, _ in ITEM_ROUTES if not any(path.startswith(kind.places) for kind in KINDS)]
    assert not unknown
    named = {path for _, path, _ in guarded_routes() if "{" in path} - {path for _, path, _ in ITEM_ROUTES}
    # Entries' numbers run on, whoever reads the register knows them all; a link of an e-mail is no item.
    assert named == {"/api/register/proof/{n}", "/ack/{token}"}
    assert len(ITEM_ROUTES) > 25


@pytest.mark.parametrize("role", Role)
def test_each_role_with_items_of_its_own_of_others_and_missing_ones(role, world, person_in):
    browser, made, wrong = person_in(role.value, name="moi"), {}, []
    for method, path, action in ITEM_ROUTES:
        kind, reached = kind_of(path), granted(role, action)
        other = made[kind] = made.get(kind) or world.make(kind)
        theirs, none = ask(browser, method, path, other), ask(browser, method, path, missing(other))
        if reached is None:
            fits = theirs == none and theirs.status == 403
        elif reached is Reach.OWN:
            fits = theirs == none and theirs.status == 404
            mine = world.make(kind, browser)
            fits = fits and (not mine or ask(browser, method, path, mine).status in (200, 201, 204, 303, 409))
        else:
            fits = none.status == 404 and theirs.status in (200, 201, 204, 303, 409)
            if method != "GET":
                del made[kind]  # it is another one by now
        if not fits:
            wrong.append((method, path, reached, theirs.status, none.status))
    assert not wrong


def test_a_stranger_learns_nothing_from_an_address(world, browser):
    stranger = browser()
    made = {kind: world.make(kind) for kind in KINDS}
    for method, path, _ in ITEM_ROUTES:
        identity = made[kind_of(path)]
        theirs, none = ask(stranger, method, path, identity), ask(stranger, method, path, missing(identity))
        assert theirs == none, (method, path)
        assert theirs.status in (401, 303), (method, path)


LISTS = [
    (path, action, kind)
    for method, path, action in guarded_routes()
    for kind in KINDS
    if method == "GET" and action is kind.reads and f"{path}/" in kind.places
]


def pages(browser, path, **params):
    """Return every page of a list, from the first or from a cursor."""
    told = []
    for _ in range(20):
        answer = browser.client.get(path, params=params)
        told.append(answer.text)
        cursor = answer.json().get("next") if answer.headers["content-type"] == "application/json" else None
        if not cursor:
            return told
        params["cursor"] = cursor
    raise AssertionError(path)


def forged(cursor: str, mine: list[str], theirs: str) -> str:
    """Return a cursor of this list's shape that stands at another's item."""
    place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return wrap(*(theirs if one in mine else one for one in place))


@pytest.mark.parametrize("role", Role)
def test_a_list_holds_ones_own_and_nothing_else_whatever_is_asked(role, world, person_in):
    browser, looked = person_in(role.value, name="moi"), 0
    for path, action, kind in LISTS:
        if granted(role, action) is not Reach.OWN:
            continue
        theirs = [world.make(kind) for _ in range(2)]
        mine = [made for made in (world.make(kind, browser) for _ in range(3)) if made]
        theirs += [world.make(kind) for _ in range(2)]
        asked = [{"limit": 200}, {"limit": 1}, {"limit": 1, "mine": "false"}, {"mine": "true"}, {"limit": 2}]
        asked += [{"order": "asc", "sort": "id", "user_id": "*"}, {"status": "all", "partner": "*", "by": "*"}]
        first = browser.client.get(path, params={"limit": 1})
        if path.startswith("/api/") and (cursor := first.json().get("next")):
            asked += [{"limit": 200, "cursor": forged(cursor, mine, one)} for one in theirs]
        for params in asked:
            told = "".join(pages(browser, path, **params))
            assert not [one for one in theirs if one in told], (path, params)
            if "cursor" not in params:
                assert all(one in told for one in mine), (path, params)
        looked += 1
    assert looked or role in (Role.ADMINISTRATOR, Role.AUDITOR, Role.SUPERVISOR)


@pytest.mark.parametrize("role", Role)
def test_no_page_list_count_or_badge_changes_with_what_a_role_may_not_see(role, world, person_in):
    browser = person_in(role.value, name="moi")
    for kind in KINDS:
        if granted(role, kind.reads) is Reach.OWN:
            world.make(kind, browser)
    world.request()
    world.organisation()
    world.told()
    world.to_hold()
    world.to_read()
    hidden = [kind for kind in KINDS if Reach.ANY not in {granted(role, action) for action in (kind.reads, *kind.also)}]
    makers = [world.other(kind.maker) for kind in hidden]  # accounts come before: an administrator sees those
    world.takers.append(world.taker())
    before = seen(browser, role)
    for kind in hidden:
        world.make(kind)
    after = seen(browser, role)
    assert makers
    assert len(before) > 5
    changed = [path for path in before if before[path] != after[path]]
    assert not changed


def seen(browser, role) -> dict[str, tuple[int, str]]:
    """Return what every address without an item tells a role, with some questions."""
    told = {}
    for method, path, action in guarded_routes():
        # /metrics is for the machine, /oidc/ hands out a secret each time
        hushed = path.startswith(("/metrics", "/oidc/", "/account/totp")) or action in RECORDS
        if method != "GET" or "{" in path or hushed:
            continue
        for question in ("", "?limit=200&mine=false&status=done&lane=requests"):
            answer = browser.client.get(path + question, follow_redirects=False)
            told[path + question] = answer.status_code, answer.text
    return told


def seconds(browser, path, identity) -> float:
    start = time.perf_counter()
    ask(browser, "GET", path, identity)
    return time.perf_counter() - start


def apart(browser, path, other: str, times: int) -> float:
    """Return how likely the times of another's item and of a missing one differ as they do by chance."""
    none, theirs, absent = missing(other), [], []
    for number in range(times):  # in turn, and the first one changing: what slows this machine slows both
        pair = [(theirs, other), (absent, none)]
        for kept, identity in pair if number % 2 else reversed(pair):
            kept.append(seconds(browser, path, identity))
    return float(mannwhitneyu(theirs, absent).pvalue)


@pytest.mark.parametrize("role", [Role.ANALYST, Role.PARTNER, Role.RESEARCHER])
def test_anothers_item_takes_as_long_as_a_missing_one(role, world, person_in):
    """A difference by chance, once in a thousand, is measured again with four times as many."""
    browser = person_in(role.value, name="moi")
    routes = [
        (path, kind_of(path))
        for method, path, action in ITEM_ROUTES
        if method == "GET" and granted(role, action) is Reach.OWN
    ]
    assert routes
    for path, kind in routes:
        other = world.make(kind)
        ask(browser, "GET", path, other)
        assert apart(browser, path, other, 60) > 0.001 or apart(browser, path, other, 240) > 0.001, path
