"""What must hold of an account besides its roles: training, the profile of the house, and entries of every change."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from desk_people import PASSWORD
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from scripts.access_page import PAGE, page
from store.errors import BadInput, NotAllowed, NotSetUp
from store.settings import Settings
from store.tables import RegisterEntry, User
from triage_api.access.accounts import create_user
from triage_api.access.actions import RULES, Action
from triage_api.access.checks import warnings
from triage_api.access.house import PROFILES, profile_of, refusal
from triage_api.access.models import AccountIn, Role
from triage_api.access.people import is_trained, person_named
from triage_api.access.policy import APART, POLICY, TRAINED, may
from triage_api.access.service import log_in
from triage_api.app import create_app, guarded_routes


def changed(store, name, **values):
    with store.database.writing() as session:
        session.execute(update(User).where(User.name == name).values(**values))


def entries(store):
    with store.database.reading() as session:
        rows = session.scalars(select(RegisterEntry).where(RegisterEntry.event.startswith("account.")))
        return [(row.event, row.actor, json.loads(row.public)) for row in rows]


def test_the_page_on_access_is_what_the_tables_say():
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m scripts.access_page`"


def test_every_action_has_a_rule_in_both_languages():
    assert set(RULES) == set(Action)
    words = [word for rule in RULES.values() for word in (rule.fr, rule.en)]
    assert len(set(words)) == len(words)


@pytest.mark.parametrize("role", [*POLICY])
def test_training_is_asked_for_content_of_those_who_work_here_and_of_nobody_else(person_in, store, role):
    visitor = person_in(role.value, name="lea")
    changed(store, "lea", trained_on=None)
    wrong = []
    for method, path, action in guarded_routes():
        if action is None or action is Action.SESSION_OWN or not path.startswith("/api/"):
            continue
        url = path.replace("{identity}", "x-none").replace("{name}", "open.csv")
        answer = visitor.client.request(method, url, headers={"X-CSRF-Token": visitor.csrf}, content=b"")
        code = answer.json()["error"]["code"] if answer.status_code == 403 else ""
        needed = role in TRAINED and RULES[action].content and action in POLICY[role]
        if (code == "training_needed") is not needed:
            wrong.append((method, path, code))
    assert not wrong


def test_the_page_says_whom_to_ask(person_in, store):
    lea = person_in("analyst", name="lea")
    changed(store, "lea", trained_on=None)
    refused = lea.page("/queue")
    assert refused.status_code == 403
    assert "qui tient les comptes" in refused.text
    assert 'href="/glass"' in refused.text
    assert "qui tient les comptes" in lea.page("/account").text
    landed = lea.client.get("/", follow_redirects=False)
    assert landed.headers["location"] == "/account"


@pytest.mark.parametrize(
    ("trained_on", "fresh"),
    [
        (None, False),
        (date(2026, 3, 2), True),
        (date(2025, 3, 2), True),
        (date(2025, 3, 1), False),
        (date(2026, 3, 3), False),
    ],
)
def test_training_holds_for_the_months_of_the_house(store, trained_on, fresh):
    assert store.clock().date() == date(2026, 3, 2)
    assert is_trained(store, trained_on) is fresh


def test_a_month_that_is_shorter_ends_on_its_last_day(make_store, clock):
    store = make_store(training_months=1)
    clock.forward(days=-2)
    assert store.clock().date() == date(2026, 2, 28)
    assert is_trained(store, date(2026, 1, 31))
    clock.forward(days=1)
    assert not is_trained(store, date(2026, 1, 31))


def test_a_partner_who_is_an_analyst_too_keeps_what_a_partner_has(make_store, tmp_path):
    path = tmp_path / "maison.yaml"
    path.write_text("together: [[analyst, partner]]")
    store = make_store(house_profile=str(path))
    create_user(store, AccountIn(name="lea", roles=[Role.ANALYST, Role.PARTNER]))
    person = person_named(store, "lea")
    assert not may(person, Action.QUEUE_READ)
    assert may(person, Action.REQUEST_FILE)


@pytest.mark.parametrize("profile", PROFILES)
def test_no_profile_joins_an_administrator_or_an_investigator_with_anything(profile):
    settings = Settings(house_profile=profile, house_name="Maison")
    for apart, others in APART.items():
        assert others == set(Role) - {apart}
        for other in others:
            assert refusal(settings, [apart, other], "Ailleurs") == "roles_apart"
    assert not POLICY[Role.INVESTIGATOR]


@pytest.mark.parametrize(
    ("profile", "roles", "organisation", "expected"),
    [
        ("standard", ["analyst", "supervisor"], "", ""),
        ("standard", ["auditor"], "", ""),
        ("standard", ["auditor", "analyst"], "", "house_roles"),
        ("standard", ["auditor", "supervisor"], "", "house_roles"),
        ("standard", ["analyst", "quarantine_officer"], "", "house_roles"),
        ("standard", ["analyst", "partner"], "", "house_roles"),
        ("small", ["analyst", "supervisor", "quarantine_officer"], "", ""),
        ("small", ["auditor"], "Maison Voisine", ""),
        ("small", ["auditor"], "", "house_organisation"),
        ("small", ["auditor"], " maison TEST ", "house_organisation"),
        ("small", ["auditor", "supervisor"], "Maison Voisine", "house_roles"),
    ],
)
def test_a_profile_says_which_accounts_may_be(make_store, profile, roles, organisation, expected):
    store = make_store(house_profile=profile, house_name="Maison Test")
    given = AccountIn(name="lea", roles=roles, organisation=organisation)
    if not expected:
        assert create_user(store, given).user.roles == sorted(roles)
        return
    with pytest.raises(BadInput) as caught:
        create_user(store, given)
    assert caught.value.code == expected
    assert caught.value.field == ("organisation" if expected == "house_organisation" else "roles")
    with store.database.reading() as session:
        assert session.scalars(select(User.id)).all() == []


def test_an_account_that_the_profile_no_longer_takes_is_refused_at_log_in_and_at_use(make_store, index, reader):
    store = make_store(house_name="Maison Test")
    create_user(store, AccountIn(name="verif", roles=["auditor"], organisation="Maison Test"), password=PASSWORD)
    before = log_in(store, "verif", PASSWORD, "192.0.2.1")
    small = make_store(house_profile="small", house_name="Maison Test")
    client = TestClient(create_app(small, reader, index), base_url="http://127.0.0.1")
    client.cookies.set("vigie", before.token)
    used = client.get("/api/register")
    assert (used.status_code, used.json()["error"]["code"]) == (403, "house_organisation")
    assert client.get("/api/session").status_code == 200, "one still leaves"
    with pytest.raises(NotAllowed) as caught:
        log_in(small, "verif", PASSWORD, "192.0.2.1")
    assert caught.value.code == "house_organisation"
    with pytest.raises(NotAllowed):
        person_named(small, "verif")
    with small.database.reading() as session:
        assert any("does not take it" in line for line in warnings(small, session))


@pytest.mark.parametrize(
    "written",
    [
        "together: [[chef]]",
        "together: [[analyst]]\nautre: 1",
        "alone_after_hours: 0\ntogether: []",
        "elsewhere: [auditor]",
        "- 1",
        "a: [",
    ],
)
def test_a_profile_that_cannot_be_read_lets_nobody_in(tmp_path, written):
    path = tmp_path / "maison.yaml"
    path.write_text(written)
    with pytest.raises(NotSetUp):
        profile_of(Settings(house_profile=str(path), house_name="Maison"))


def test_a_profile_needs_its_file_and_its_house_a_name(tmp_path):
    with pytest.raises(NotSetUp):
        profile_of(Settings(house_profile=str(tmp_path / "nulle-part.yaml")))
    with pytest.raises(NotSetUp, match="VIGIE_HOUSE_NAME"):
        profile_of(Settings(house_profile="small"))


def test_every_change_of_an_account_is_an_entry_without_a_name(person_in, store):
    admin = person_in("administrator", name="chef")
    given = {"name": "lea.b", "roles": ["analyst"], "full_name": "Léa Exemple", "shift": "mon-fri 08:00-16:00"}
    made = admin.api("POST", "/users", json=given).json()
    assert (made["full_name"], made["trained_on"], made["shift"]) == ("Léa Exemple", None, "mon-fri 08:00-16:00")
    path = f"/users/{made['id']}"
    assert admin.api("PATCH", path, json={"trained_on": "2026-03-01"}).json()["trained_on"] == "2026-03-01"
    assert admin.api("PATCH", path, json={"trained_on": "2026-03-01"}).status_code == 200
    assert admin.api("PATCH", path, json={"shift": "quand il faut"}).status_code == 422
    assert admin.api("PATCH", "/users/u-none", json={"trained_on": "2026-03-01"}).status_code == 404
    assert admin.api("POST", f"{path}/disable").status_code == 204
    actor = person_named(store, "chef").pseudonym
    account = {"account": made["pseudonym"]}
    assert entries(store) == [
        ("account.made", actor, {**account, "roles": ["analyst"]}),
        ("account.changed", actor, {**account, "changed": ["trained_on"]}),
        ("account.changed", actor, {**account, "changed": ["active"]}),
    ]


def test_an_account_without_its_entry_is_not_made(store, no_register):
    no_register()
    with pytest.raises(Exception, match="register"):
        create_user(store, AccountIn(name="lea", roles=["analyst"]))
    with store.database.reading() as session:
        assert session.scalars(select(User.id)).all() == []


def test_training_and_shift_are_kept_on_the_page(person_in, browser, store):
    admin, lea = person_in("administrator", name="chef"), person_in("analyst", name="lea")
    changed(store, "lea", trained_on=None)
    assert "avant sa formation" in admin.page("/accounts").text
    identity = lea.api("GET", "/session").json()["user"]["id"]
    wrong = admin.send(f"/accounts/{identity}", trained_on="2026-02-28", shift="le soir")
    assert wrong.status_code == 422
    assert 'value="le soir" aria-invalid="true"' in wrong.text
    assert 'value="2026-02-28">' in wrong.text, "what was typed stays"
    today = store.clock().date()
    assert admin.send(f"/accounts/{identity}", trained_on=str(today), shift="mon-fri 08:00-16:00").status_code == 303
    assert lea.page("/queue").status_code == 200
    with store.database.reading() as session:
        assert session.scalars(select(User.shift).where(User.name == "lea")).one() == "mon-fri 08:00-16:00"
    for hours in ("lun-ven 08h00-16h00; sam 22h00-06h00", "24/7", ""):  # as docs/oversight.md tells; then the house's
        assert admin.send(f"/accounts/{identity}", shift=hours).status_code == 303
        with store.database.reading() as session:
            assert session.scalars(select(User.shift).where(User.name == "lea")).one() == hours


def test_doctor_tells_who_reads_nothing_and_that_no_second_factor_is_asked(store, make_person):
    person = make_person("analyst", name="lea")
    changed(store, "lea", trained_on=store.clock().date() - timedelta(days=400))
    with store.database.reading() as session:
        told = list(warnings(store, session))
    assert told == [
        "second factor: not asked of everybody; set VIGIE_REQUIRE_TOTP=true",
        f"account {person.pseudonym}: reads nothing until trained",
    ]


def test_today_is_a_training_day_whatever_time_the_server_keeps(store, clock):
    """In the evening of Québec a server that keeps UTC says tomorrow's date, as `date +%F` does there."""
    clock.now = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)  # the second of March, 20:00, in Québec
    for day in (date(2026, 3, 2), date(2026, 3, 3)):
        create_user(store, AccountIn(name=f"lea-{day.day}", roles=["analyst"], trained_on=day))
        assert is_trained(store, day)
    with pytest.raises(BadInput, match="to come"):
        create_user(store, AccountIn(name="trop-tot", roles=["analyst"], trained_on=date(2026, 3, 4)))
    assert not is_trained(store, date(2026, 3, 4))
