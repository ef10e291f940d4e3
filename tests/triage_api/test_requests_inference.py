"""A school's pivot who wants to learn of other cases: by ids, filters, counts, times, cursors, errors, every page."""

from __future__ import annotations

import re

import pytest
from asked_requests import ACT, ASKED, file, rows, search
from desk_words import FUGUE
from matrix import BODIES, ITEM_ROUTES, ask, missing
from told_house import House, body, ground_of

from store.tables import Consent, QueueItem, Referral, Request, Search, StandingSearch
from triage_api.access.models import Role
from triage_api.access.policy import EVERYBODY, POLICY
from triage_api.app import guarded_routes
from triage_api.directory.kinds import REGIONS

MINE = POLICY[Role.PARTNER] | EVERYBODY
CONTACT = {"phones": ["514-555-0142"], "handles": ["@lea.b"], "emails": []}
HUSHED = ("/metrics", "/oidc/", "/account/totp", "/static")
QUESTIONS = ("", "?limit=200&status=answered&region=Laval", "?partner=*&user_id=*&order=asc&sort=status")
_OWN = re.compile(r"r-[0-9a-f]{20}")


@pytest.fixture
def house(store):
    return House(store)


@pytest.fixture
def curious(person_in, house, browser):
    """Return the pivot of a school, who has a request of their own."""
    person_in("partner", name="curieuse")
    house.pivot(house.organisation("school"), "curieuse")
    return browser().log_in("curieuse")


@pytest.fixture
def other(person_in, house):
    browser = person_in("partner", name="mouette")
    house.pivot(house.organisation("cisss"), "mouette")
    return browser


@pytest.fixture
def pivot(house):
    return house.pivot(house.organisation("dpj", name="DPJ de la Démo"))


def everything(browser) -> dict[str, tuple[int, str]]:
    """Return all that pages and calls without an item tell somebody, with questions that nobody should answer."""
    told = {}
    for method, path, _ in guarded_routes():
        if method != "GET" or "{" in path or path.startswith(HUSHED):
            continue
        for question in QUESTIONS:
            answer = browser.client.get(path + question, follow_redirects=False)
            told[path + question] = answer.status_code, answer.text
    return told


def live_a_case(other, analyst, pivot, town) -> dict[str, str]:
    """Let another partner's case about the same contact go from its beginning to its end; return its ids."""
    town.post(FUGUE)
    identity = file(other, runaway=True, danger="yes", region="Laval", **CONTACT)["id"]
    made = search(analyst, identity, query="", identifiers=["514-555-0142"])
    standing = analyst.api("POST", "/standing", json={"search": made["id"]}).json()["id"]
    other.api("POST", f"/requests/{identity}/messages", json={"text": "Elle a réécrit."})
    given = body(identity, pivot, ground_of("dpj", people=1, urgent=True), send=True)
    referral = analyst.api("POST", "/referrals", json=given)
    assert referral.status_code == 201, referral.text
    assert analyst.api("POST", f"/requests/{identity}/answer", json=ACT).status_code == 201
    assert other.api("POST", f"/requests/{identity}/found", json={"confirm": True}).status_code == 200
    return {"request": identity, "search": made["id"], "standing": standing, "referral": referral.json()["id"]}


@pytest.mark.slow
def test_no_page_count_or_badge_tells_of_another_case_from_its_beginning_to_its_end(
    curious, other, analyst, pivot, town
):
    """The coverage tells what was collected meanwhile, for everybody the same."""
    town.post(FUGUE, "avant")
    mine = file(curious, **CONTACT)["id"]
    shown, own = everything(curious), f"/requests/{mine}"
    page, read = curious.page(own).text, curious.api("GET", own).text
    ids = live_a_case(other, analyst, pivot, town)
    after = everything(curious)
    changed = {path for path, told in shown.items() if told != after[path]}
    assert {path.partition("?")[0] for path in changed} <= {"/coverage", "/api/coverage"}
    for path, (_, text) in after.items():
        for one in (*ids.values(), "mouette"):
            assert one not in text, path
    assert (curious.page(own).text, curious.api("GET", own).text) == (page, read)


def test_the_coverage_tells_of_no_case(curious, other, analyst, pivot, town):
    town.post(FUGUE, "avant")
    before = curious.api("GET", "/coverage").text
    file(other, **CONTACT)
    search(analyst, file(other, **CONTACT)["id"])
    assert curious.api("GET", "/coverage").text == before


def ids_of(store) -> list[str]:
    """Return every id of anything of a case; a line of the ledger has but a number, which no address names."""
    tables = (Request, Search, StandingSearch, Referral, Consent, QueueItem)
    return [str(row.id) for table in tables for row in rows(store, table)]


@pytest.mark.slow
def test_another_cases_id_is_a_missing_one_on_every_address(curious, other, analyst, pivot, town, store):
    live_a_case(other, analyst, pivot, town)
    ids = ids_of(store)
    assert len(ids) > 5
    for method, path, action in ITEM_ROUTES:
        for identity in ids:
            theirs, none = ask(curious, method, path, identity), ask(curious, method, path, missing(identity))
            assert theirs == none, (method, path, identity)
            assert theirs.status in ((404, 200) if action in MINE else (403,)), (method, path)


def test_every_way_to_ask_about_a_request_is_tried(store):
    tried = {path.rpartition("/")[2] for _, path, _ in ITEM_ROUTES if "/requests/{identity}/" in path}
    assert tried >= {"messages", "answer", "found", "renew", "born", "case", "consents", "erase"}
    assert {"messages", "answer", "found", "born", "renew"} <= set(BODIES)


@pytest.mark.parametrize(
    "odd", ["r-", "r-%", "*", "r-0 OR 1=1", "..", "r-" + "0" * 20, "R-NONE", "r-none?x=1", "é" * 50, "call"]
)
def test_odd_numbers_are_missing_ones(curious, odd):
    answer = curious.api("GET", f"/requests/{odd}")
    missing_one = curious.api("GET", "/requests/r-none")
    assert answer.status_code in (404, 405)
    if answer.status_code == 404 and answer.headers["content-type"] == "application/json":
        assert answer.json()["error"].keys() == missing_one.json()["error"].keys()


def test_numbers_of_requests_say_nothing_of_how_many_there_are(curious, other):
    first = file(curious)["id"]
    for _ in range(20):
        file(other)
    second = file(curious)["id"]
    for one in (first, second):
        assert re.fullmatch(r"r-[0-9a-f]{20}", one)
    assert abs(int(first[2:], 16) - int(second[2:], 16)) > 20


def test_cursors_and_limits_walk_over_ones_own_alone(curious, other, clock):
    mine = []
    for number in range(3):
        mine.append(file(curious)["id"])
        file(other)
        clock.forward(seconds=number)
    page = curious.api("GET", "/requests", params={"limit": 1}).json()
    cursors = [page["next"], page["next"][:-2], "x", "e30", page["next"] + "A"]
    for cursor in cursors:
        for limit in (1, 2, 200):
            answer = curious.api("GET", "/requests", params={"cursor": cursor, "limit": limit})
            assert answer.status_code in (200, 422)
            assert set(_OWN.findall(answer.text)) <= set(mine)
    assert curious.api("GET", "/requests", params={"limit": 201}).status_code == 422


def acted(partner, analyst, contact) -> list[str]:
    """Return all that a partner is told of a request about a contact while the desk does the same things with it."""
    identity = file(partner, phones=[contact], handles=[], emails=[], runaway=True)["id"]
    told = [partner.api("GET", f"/requests/{identity}").text, partner.page(f"/requests/{identity}").text]
    search(analyst, identity, query="zzz", again_reason="encore")
    told += [partner.api("GET", f"/requests/{identity}").text]
    analyst.api("GET", f"/requests/{identity}")
    told += [partner.api("GET", f"/requests/{identity}").text]
    analyst.api("POST", f"/requests/{identity}/answer", json={"kind": "nothing_found", "text": "Restez avec elle."})
    told += [partner.api("GET", f"/requests/{identity}").text, partner.page(f"/requests/{identity}").text]
    told += [partner.api("POST", f"/requests/{identity}/found", json={"confirm": True}).text]
    told += [partner.page("/requests").text, partner.api("GET", "/requests").text]
    return [_OWN.sub("…", one.replace(contact, "…")) for one in told]


def test_from_filing_to_found_a_known_contact_and_an_unknown_one_are_told_the_same(
    analyst, other, pivot, town, person_in, browser
):
    live_a_case(other, analyst, pivot, town)
    seen = []
    for name, contact in (("ecole-a", "514-555-0142"), ("ecole-b", "514-555-0177")):
        partner = person_in("partner", name=name)
        hide = re.compile(rf"{name}|{re.escape(partner.csrf)}|[a-z]+-\d\d")
        seen.append([hide.sub("…", one) for one in acted(partner, analyst, contact)])
    assert seen[0] == seen[1]
    assert len(seen[0]) == 9


def test_what_is_wrong_with_a_form_is_told_the_same_whatever_is_known(curious, other, analyst, pivot, town):
    live_a_case(other, analyst, pivot, town)
    for change in ({"why": ""}, {"age": "x"}, {"region": "Nulle part"}, {"phones": ["1"] * 51}):
        known = curious.api("POST", "/requests", json=ASKED | CONTACT | change)
        unknown = curious.api("POST", "/requests", json=ASKED | {"phones": ["514-555-0177"], "handles": []} | change)
        assert (known.status_code, known.text) == (unknown.status_code, unknown.text)
        assert known.status_code == 422


def test_what_partners_share_names_regions_and_no_case(curious, other, analyst, pivot, town):
    live_a_case(other, analyst, pivot, town)
    for path in ("/before", *(f"/before?region={region}" for region in REGIONS[:3]), "/words", "/duty", "/coverage"):
        page = curious.page(path)
        assert page.status_code == 200, path
        assert "lea.b" not in page.text, path
        assert "555-0142" not in page.text, path
