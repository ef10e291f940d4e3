from __future__ import annotations

import hashlib
import importlib.util
import re

import pytest
from argon2 import PasswordHasher
from desk_people import PASSWORD
from sqlalchemy import select

from store.errors import BadInput, Conflict, NotFound, NotLoggedIn
from store.tables import Base, LoginFailure, SessionRow, User
from triage_api.access import attempts, passwords
from triage_api.access.accounts import create_user, disable_user, renew_password
from triage_api.access.models import AccountIn
from triage_api.access.people import person_named
from triage_api.access.service import log_in
from triage_api.access.sessions import who_is
from triage_api.shell.forms import validated


def rows(store, table):
    with store.database.reading() as session:
        return list(session.scalars(select(table)))


def test_a_login_sets_a_guarded_cookie_and_keeps_only_the_hash_of_its_token(browser, make_person, store):
    make_person("analyst", name="lea.b")
    answer = browser().client.post("/api/session", json={"name": "lea.b", "password": PASSWORD})
    assert answer.status_code == 200
    assert answer.json()["user"]["roles"] == ["analyst"]
    assert answer.json()["token"] is None
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    token = answer.cookies["vigie"]
    (row,) = rows(store, SessionRow)
    assert row.token_sha256 == hashlib.sha256(token.encode()).hexdigest()
    for table in Base.metadata.sorted_tables:
        with store.database.reading() as session:
            kept = repr(session.execute(select(table)).all())
        assert token not in kept
        assert PASSWORD not in kept


def test_no_file_of_the_embedded_database_holds_a_token_or_a_password(browser, make_person, store):
    if not store.database.is_sqlite:
        pytest.skip("the files of PostgreSQL are its server's; the test above reads its tables")
    make_person("analyst", name="lea.b")
    answer = browser().client.post("/api/session", json={"name": "lea.b", "password": PASSWORD})
    raw = (store.settings.data_dir / "vigie.db").read_bytes() + (store.settings.data_dir / "vigie.db-wal").read_bytes()
    assert b"lea.b" in raw
    assert answer.cookies["vigie"].encode() not in raw
    assert PASSWORD.encode() not in raw


def test_secure_cookies_carry_the_host_prefix(make_store, index, reader):
    from fastapi.testclient import TestClient

    from triage_api.app import create_app

    store = make_store(secure_cookies=True)
    create_user(store, AccountIn(name="lea", roles=["analyst"], trained_on=store.clock().date()), password=PASSWORD)
    client = TestClient(create_app(store, reader, index), base_url="https://127.0.0.1")
    chosen = client.post("/language", data={"lang": "en"}, follow_redirects=False)
    assert "Secure" in chosen.headers["set-cookie"]
    answer = client.post("/login", data={"name": "lea", "password": PASSWORD}, follow_redirects=False)
    assert answer.headers["set-cookie"].startswith("__Host-vigie=")
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"]
    page = client.get("/queue")
    assert page.status_code == 200
    csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)[1]
    for at_once in ("1", ""):
        chosen = client.post("/posts/opening", data={"at_once": at_once, "csrf": csrf}, follow_redirects=False)
        assert chosen.status_code == 303
        assert "Secure" in chosen.headers["set-cookie"]


@pytest.mark.parametrize("meanwhile", [renew_password, disable_user])
def test_a_password_replaced_during_a_login_does_not_come_back(store, make_person, monkeypatch, meanwhile):
    from triage_api.access import service

    make_person("analyst", name="lea")
    checked = service.is_password

    def slow(kept, password):
        right = checked(kept, password)
        meanwhile(store, "lea")
        return right

    monkeypatch.setattr(service, "is_password", slow)
    with pytest.raises(NotLoggedIn):
        log_in(store, "lea", PASSWORD, "127.0.0.1")
    assert rows(store, SessionRow) == []
    (user,) = rows(store, User)
    assert not (user.active and passwords.is_password(user.password, PASSWORD))


@pytest.mark.parametrize(
    ("name", "password"), [("lea", "faux-mot-de-passe"), ("personne", PASSWORD), ("", ""), ("LEA", "x")]
)
def test_a_wrong_name_and_a_wrong_password_are_told_alike(browser, make_person, name, password, monkeypatch):
    make_person("analyst", name="lea")
    checked = []
    real = passwords._HASHER.__class__.verify
    monkeypatch.setattr(passwords._HASHER.__class__, "verify", lambda *a: checked.append(1) or real(*a))
    answer = browser().client.post("/api/session", json={"name": name, "password": password})
    assert answer.status_code == 401
    assert answer.json() == {"error": {"code": "wrong_login", "message": "Wrong name or password.", "field": None}}
    assert checked == [1], "the same work is done for a name that exists and one that does not"


def test_guessing_is_stopped_by_name_also_for_the_right_password_and_starts_again_later(browser, make_person, clock):
    make_person("analyst", name="lea")
    client = browser().client
    for _ in range(attempts.PER_NAME):
        assert client.post("/api/session", json={"name": "lea", "password": "faux"}).status_code == 401
    stopped = client.post("/api/session", json={"name": "Lea", "password": PASSWORD})
    assert stopped.status_code == 429
    assert stopped.json()["error"]["code"] == "too_many_attempts"
    assert stopped.headers["retry-after"] == "900"
    clock.forward(minutes=16)
    assert client.post("/api/session", json={"name": "lea", "password": PASSWORD}).status_code == 200


def test_guessing_is_stopped_by_address_over_many_names(store, make_person):
    make_person("analyst", name="lea")
    for number in range(attempts.PER_ADDRESS):
        attempts.count_attempt(store, f"nom-{number}", "192.0.2.1")
    with pytest.raises(attempts.TooManyAttempts):
        log_in(store, "lea", PASSWORD, "192.0.2.1")
    assert log_in(store, "lea", PASSWORD, "192.0.2.2").person.name == "lea"


def test_failures_are_kept_under_keyed_hashes_and_forgotten_after_a_good_login(store, make_person):
    make_person("analyst", name="lea")
    with pytest.raises(Exception, match="Wrong"):
        log_in(store, "lea", "faux", "192.0.2.1")
    kept = rows(store, LoginFailure)
    assert len(kept) == 2
    assert not any("lea" in row.who or "192" in row.who for row in kept if len(row.who) != 64)
    log_in(store, "lea", PASSWORD, "192.0.2.1")
    assert len(rows(store, LoginFailure)) == 1, "the name starts anew; the address keeps its failure"


def test_a_session_ends_without_use_and_at_last_with_use(store, make_person, clock):
    make_person("analyst", name="lea")
    token = log_in(store, "lea", PASSWORD, "").token
    for _ in range(14):
        clock.forward(minutes=50)
        who_is(store, token)
    clock.forward(minutes=50)
    with pytest.raises(Exception, match="Log in"):
        who_is(store, token)
    token = log_in(store, "lea", PASSWORD, "").token
    clock.forward(minutes=61)
    with pytest.raises(Exception, match="Log in"):
        who_is(store, token)


def test_a_program_asks_for_a_bearer_token_and_needs_no_csrf(browser, make_person):
    make_person("analyst", name="robot")
    client = browser().client
    answer = client.post("/api/session", json={"name": "robot", "password": PASSWORD, "bearer": True})
    token = answer.json()["token"]
    assert "set-cookie" not in answer.headers
    assert client.get("/api/queue").status_code == 401
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/queue", headers=headers).status_code == 200
    made = client.post("/api/queue/q-none/claim", headers=headers)
    assert made.status_code == 404


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "csrf"),
        ({"X-CSRF-Token": "autre"}, "csrf"),
        ({"X-CSRF-Token": "é".encode()}, "csrf"),
        ({"Origin": "https://ailleurs.example"}, "foreign_page"),
        ({"Sec-Fetch-Site": "cross-site"}, "foreign_page"),
        ({"Sec-Fetch-Site": "same-site"}, "foreign_page"),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, "foreign_page"),
        ({"Origin": "null"}, "csrf"),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, "csrf"),
    ],
)
def test_a_change_without_the_token_or_from_elsewhere_is_refused(analyst, headers, code):
    sent = {"X-CSRF-Token": analyst.csrf} | headers if code == "foreign_page" else headers
    answer = analyst.client.post("/api/queue/q-none/claim", headers=sent)
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == code


def test_a_foreign_page_cannot_log_anybody_in(browser, make_person):
    make_person("analyst", name="lea")
    answer = browser().client.post(
        "/login", data={"name": "lea", "password": PASSWORD}, headers={"Origin": "https://ailleurs.example"}
    )
    assert answer.status_code == 403


def test_logging_out_ends_the_session(analyst):
    assert analyst.api("DELETE", "/session").status_code == 204
    assert analyst.api("GET", "/session").status_code == 401


def test_disabling_or_renewing_ends_sessions_at_once(person_in, store):
    first, second = person_in("analyst", name="un"), person_in("analyst", name="deux")
    disable_user(store, "un")
    assert first.api("GET", "/queue").status_code == 401
    new = renew_password(store, "deux")
    assert second.api("GET", "/queue").status_code == 401
    assert log_in(store, "deux", new, "").person.name == "deux"
    assert renew_password(store, "un") is None
    with pytest.raises(NotFound):
        person_named(store, "un")


def test_an_account_gets_a_strong_password_and_a_pseudonym_of_its_own(store):
    made = [create_user(store, AccountIn(name=f"nom{n}", roles=["partner"])) for n in range(3)]
    assert len({one.password for one in made}) == 3
    assert all(len(one.password) >= 20 for one in made)
    assert len({one.user.pseudonym for one in made}) == 3
    assert not any(one.user.name in one.user.pseudonym for one in made)
    assert all(row.password.startswith("$argon2id$") for row in rows(store, User))


@pytest.mark.parametrize(
    ("name", "roles", "password", "field"),
    [
        ("a b", ["analyst"], None, "name"),
        ("", ["analyst"], None, "name"),
        ("ok.ok", [], None, "roles"),
        ("ok.ok", ["chef"], None, "roles"),
        ("ok.ok", ["administrator", "analyst"], None, "roles"),
        ("ok.ok", ["auditor", "administrator"], None, "roles"),
        ("ok.ok", ["analyst"], "court", "password"),
    ],
)
def test_an_account_that_cannot_be_is_refused_by_field(store, name, roles, password, field):
    with pytest.raises(BadInput) as caught:
        create_user(store, validated(AccountIn, {"name": name, "roles": roles}), password=password)
    assert caught.value.field == field
    assert not rows(store, User)


def test_passwords_cost_what_rfc_9106_asks():
    spec = importlib.util.spec_from_file_location("passwords_anew", passwords.__file__)
    anew = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(anew)  # the tests' own module takes less work
    assert (anew._HASHER.memory_cost, anew._HASHER.time_cost) >= (65_536, 3)
    assert anew._NOBODY.startswith("$argon2id$v=19$m=65536,t=3")


def test_a_hash_of_weaker_parameters_is_renewed_at_login(store, make_person, monkeypatch):
    make_person("analyst", name="lea")
    before = rows(store, User)[0].password
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=2, memory_cost=64, parallelism=1))
    log_in(store, "lea", PASSWORD, "")
    after = rows(store, User)[0].password
    assert after != before
    assert "t=2" in after
    log_in(store, "lea", PASSWORD, "")


def test_two_accounts_do_not_share_a_name(store):
    create_user(store, AccountIn(name="Lea", roles=["analyst"]))
    with pytest.raises(Conflict):
        create_user(store, AccountIn(name="lea", roles=["partner"]))


def test_an_administrator_makes_and_ends_accounts_on_the_page(person_in, browser):
    admin = person_in("administrator", name="chef")
    made = admin.send("/accounts", name="nouvelle", roles="analyst", organisation="X")
    assert made.status_code == 201
    password = made.text.split('<code class="password">')[1].split("<")[0]
    new = browser().log_in("nouvelle", password)
    assert password not in admin.page("/accounts").text
    again = admin.send("/accounts", name="nouvelle", roles="analyst")
    assert again.status_code == 409
    assert 'value="nouvelle"' in again.text
    nobody = admin.send("/accounts", name="sans", organisation="<b>gardé</b>")
    assert nobody.status_code == 422
    assert "&lt;b&gt;gardé&lt;/b&gt;" in nobody.text
    identity = new.api("GET", "/session").json()["user"]["id"]
    assert admin.send(f"/accounts/{identity}/disable").status_code == 303
    assert new.api("GET", "/session").status_code == 401
    own = admin.api("GET", "/session").json()["user"]["id"]
    assert admin.api("POST", f"/users/{own}/disable").json()["error"]["code"] == "own_account"


def test_the_login_page_leads_on_within_the_site_only(browser, make_person):
    make_person("analyst", name="lea")
    client = browser().client
    asked = client.get("/queue?x=1", follow_redirects=False)
    assert asked.headers["location"] == "/login?next=/queue"
    form = {"name": "lea", "password": PASSWORD}
    for wanted, place in [
        ("/queue", "/queue"),
        ("https://ailleurs.example", "/queue"),
        ("//ailleurs.example", "/queue"),
    ]:
        answer = client.post("/login", data={**form, "next": wanted}, follow_redirects=False)
        assert answer.status_code == 303
        assert answer.headers["location"] == place
    wrong = client.post("/login", data={"name": "<i>lea", "password": "faux"})
    assert wrong.status_code == 401
    assert "&lt;i&gt;lea" in wrong.text
    assert "faux" not in wrong.text
