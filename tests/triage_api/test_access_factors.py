"""The second factor: enrolled, asked for, taken once, given up; and the house that asks it of everybody."""

from __future__ import annotations

import hashlib
import html
import re
import threading

import pyotp
import pytest
from desk_people import PASSWORD
from sqlalchemy import select

from store.errors import NotLoggedIn, TooManyAttempts
from store.tables import Base, LoginFailure, RegisterEntry, SessionRow, User
from triage_api.access import accounts, attempts, passwords, service
from triage_api.access.accounts import disable_user, renew_password
from triage_api.access.factors.codes import new_recovery_codes
from triage_api.access.factors.service import reset_user


def user_named(store, name):
    with store.database.reading() as session:
        return session.scalars(select(User).where(User.name == name)).one()


def code_at(store, secret, *, steps=0):
    totp = pyotp.TOTP(secret)
    return totp.generate_otp(totp.timecode(store.clock()) + steps)


def field_of(page, name):
    return html.unescape(re.search(rf'name="{name}" value="([^"]*)"', page)[1])


def enrol(browser, store):
    """Enrol as a browser does; return the secret and the recovery codes."""
    page = browser.page("/account/totp").text
    secret = re.search(r'<code class="password">([A-Z2-7]{32})</code>', page)[1]
    done = browser.send("/account/totp", ticket=field_of(page, "ticket"), code=code_at(store, secret))
    assert done.status_code == 200, done.text
    browser.csrf = field_of(done.text, "csrf")
    return secret, re.findall(r'<code class="password">([a-z0-9-]+)</code>', done.text)


@pytest.fixture
def lea(person_in, store, clock):
    """Return Léa's browser, secret and recovery codes; the code she enrolled with has run out."""
    browser = person_in("analyst", name="lea")
    secret, recovery = enrol(browser, store)
    clock.forward(minutes=5)
    return browser, secret, recovery


def post_session(client, **more):
    return client.post("/api/session", json={"name": "lea", "password": PASSWORD, **more})


def test_enrolling_shows_text_and_a_picture_and_keeps_neither_in_the_clear(person_in, store):
    browser = person_in("analyst", name="lea")
    page = browser.page("/account/totp").text
    drawing = page[page.index("<svg") : page.index("</svg>")]
    assert "style" not in drawing
    assert "script" not in drawing
    assert user_named(store, "lea").totp is None, "an offer is not kept"
    secret, recovery = enrol(browser, store)
    assert len(set(recovery)) == 10
    for table in Base.metadata.sorted_tables:
        with store.database.reading() as session:
            kept = repr(session.execute(select(table)).all())
        assert secret not in kept
        assert not any(code in kept or code.replace("-", "") in kept for code in recovery)
    user = user_named(store, "lea")
    assert store.keys.opened(user.totp, f"totp:{user.id}") == secret
    assert secret not in browser.page("/account/totp").text


def test_enrolling_ends_every_other_session_and_renews_its_own(person_in, browser, store):
    here = person_in("analyst", name="lea")
    before = here.client.cookies["vigie"]
    elsewhere = browser().log_in("lea")
    enrol(here, store)
    assert here.client.cookies["vigie"] != before
    assert here.page("/queue").status_code == 200
    assert elsewhere.api("GET", "/session").status_code == 401
    with store.database.reading() as session:
        kept = session.scalars(select(SessionRow.token_sha256)).all()
        said = session.scalars(select(RegisterEntry.public).where(RegisterEntry.event == "account.changed")).all()
    assert kept == [hashlib.sha256(here.client.cookies["vigie"].encode()).hexdigest()]
    assert any('"changed":["totp"]' in one for one in said)


@pytest.mark.parametrize("code", ["000000", "", "é", "1" * 101])
def test_a_wrong_first_code_keeps_the_secret_that_was_scanned(person_in, store, code):
    browser = person_in("analyst", name="lea")
    page = browser.page("/account/totp").text
    again = browser.send("/account/totp", ticket=field_of(page, "ticket"), code=code)
    assert again.status_code == 422
    assert field_of(again.text, "ticket") == field_of(page, "ticket")
    assert user_named(store, "lea").totp is None


def test_an_offer_is_for_one_person_and_a_quarter_of_an_hour(person_in, store, clock):
    lea, autre = person_in("analyst", name="lea"), person_in("analyst", name="autre")
    page = lea.page("/account/totp").text
    ticket, secret = field_of(page, "ticket"), re.search(r'"password">([A-Z2-7]{32})<', page)[1]
    assert autre.send("/account/totp", ticket=ticket, code=code_at(store, secret)).status_code == 422
    assert lea.send("/account/totp", ticket=ticket[:-8] + "AAAAAAA=", code=code_at(store, secret)).status_code == 422
    clock.forward(minutes=16)
    late = lea.send("/account/totp", ticket=ticket, code=code_at(store, secret))
    assert late.status_code == 422
    assert secret not in late.text


def test_a_log_in_asks_for_the_code_only_after_the_right_password(lea, browser, store):
    _, secret, _ = lea
    client = browser().client
    assert post_session(client).json()["error"]["code"] == "totp_needed"
    assert post_session(client, password="faux-mot-de-passe").json()["error"]["code"] == "wrong_login"
    assert post_session(client, totp="000000").json()["error"]["code"] == "wrong_login"
    assert "set-cookie" not in post_session(client).headers
    assert post_session(client, totp=code_at(store, secret)).status_code == 200


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_wrong(lea, browser, store, steps, taken):
    answer = post_session(browser().client, totp=code_at(store, lea[1], steps=steps))
    assert (answer.status_code == 200) is taken


def test_no_code_is_taken_twice_nor_an_earlier_one_after_it(lea, browser, store):
    now, before = code_at(store, lea[1]), code_at(store, lea[1], steps=-1)
    assert post_session(browser().client, totp=f" {now[:3]} {now[3:]} ").status_code == 200
    assert post_session(browser().client, totp=now).status_code == 401
    assert post_session(browser().client, totp=before).status_code == 401


def test_of_two_uses_of_one_code_at_once_one_is_taken(lea, store):
    for codes in ([code_at(store, lea[1])] * 4, [lea[2][0]] * 4):
        outcomes, ready = [], threading.Barrier(len(codes))

        def use(code, outcomes=outcomes, ready=ready):
            ready.wait()
            try:
                outcomes.append(service.log_in(store, "lea", PASSWORD, "192.0.2.1", code))
            except NotLoggedIn as error:
                outcomes.append(error)

        threads = [threading.Thread(target=use, args=(code,)) for code in codes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(isinstance(one, service.Opened) for one in outcomes) == 1
        assert len(outcomes) == len(codes)


def test_each_recovery_code_stands_for_one_code(lea, browser, store):
    first, second = lea[2][:2]
    assert post_session(browser().client, totp=first.upper().replace("-", " ")).status_code == 200
    assert post_session(browser().client, totp=first).status_code == 401
    assert len(user_named(store, "lea").recovery) == 9
    assert post_session(browser().client, totp=second).status_code == 200
    assert all(len(code.replace("-", "")) == 20 for code in new_recovery_codes())


def test_wrong_codes_are_counted_and_a_missing_one_forgives_none(lea, browser, store):
    client = browser().client
    for _ in range(attempts.PER_NAME - 1):
        assert post_session(client, totp="000000").status_code == 401
        assert post_session(client).json()["error"]["code"] == "totp_needed"
    assert post_session(client, totp="000000").status_code == 401
    assert post_session(client, totp=code_at(store, lea[1])).status_code == 429


def test_many_log_ins_in_two_steps_leave_nothing_counted(lea, browser, store, clock):
    for _ in range(3):
        clock.forward(minutes=1)
        client = browser().client
        assert post_session(client).status_code == 401
        assert post_session(client, totp=code_at(store, lea[1])).status_code == 200
    with store.database.reading() as session:
        assert session.scalars(select(LoginFailure.id)).all() == []


def test_the_page_asks_in_a_second_step_without_the_password(lea, browser, store, clock):
    client = browser().client
    form = {"name": "lea", "password": PASSWORD, "next": "/requests"}
    step = client.post("/login", data=form)
    assert step.status_code == 200
    assert PASSWORD not in step.text
    assert field_of(step.text, "name") == "lea"
    second = {"name": "lea", "next": "/requests", "step": field_of(step.text, "step")}
    wrong = client.post("/login", data={**second, "totp": "000000"})
    assert wrong.status_code == 401
    assert field_of(wrong.text, "step") == second["step"]
    done = client.post("/login", data={**second, "totp": code_at(store, lea[1])}, follow_redirects=False)
    assert done.headers["location"] == "/requests"
    assert client.get("/requests").status_code == 200


@pytest.mark.parametrize("meanwhile", ["late", "spoilt", "renewed", "ended"])
def test_the_second_step_stands_for_a_password_that_still_holds(lea, store, clock, meanwhile):
    step = service.second_step(store, "lea")
    match meanwhile:
        case "late":
            clock.forward(minutes=6)
        case "spoilt":
            step = step[:-8] + "AAAAAAA="
        case "renewed":
            renew_password(store, "lea")
        case "ended":
            disable_user(store, "lea")
    with pytest.raises(NotLoggedIn):
        service.log_in_with_code(store, step, code_at(store, lea[1]), "192.0.2.1")


def test_an_account_that_ends_while_it_logs_in_gets_no_session(lea, store, monkeypatch):
    checked = service.is_password

    def slow(kept, password):
        right = checked(kept, password)
        disable_user(store, "lea")
        return right

    monkeypatch.setattr(service, "is_password", slow)
    with pytest.raises(NotLoggedIn):
        service.log_in(store, "lea", PASSWORD, "192.0.2.1", code_at(store, lea[1]))
    with store.database.reading() as session:
        assert session.scalars(select(SessionRow.token_sha256)).all() == []


@pytest.mark.parametrize("given", [{"name": "personne"}, {"password": "faux-mot-de-passe"}, {"totp": "000000"}])
def test_a_wrong_name_password_or_code_is_told_alike_after_the_same_work(lea, browser, monkeypatch, given):
    worked = []
    real = passwords._HASHER.__class__.verify
    monkeypatch.setattr(passwords._HASHER.__class__, "verify", lambda *a: worked.append(1) or real(*a))
    answer = post_session(browser().client, **{"totp": "000000", **given})
    assert answer.status_code == 401
    assert answer.json() == {"error": {"code": "wrong_login", "message": "Wrong name or password.", "field": None}}
    assert worked == [1]


def test_giving_it_up_takes_password_and_code(lea, browser, store):
    here, secret, recovery = lea
    for given in ({"password": "faux-mot-de-passe", "code": recovery[0]}, {"password": PASSWORD, "code": "000000"}):
        refused = here.send("/account/totp/remove", **given)
        assert refused.status_code == 422
        assert given["password"] not in refused.text
    assert len(user_named(store, "lea").recovery) == 10, "a code beside a wrong password is not used up"
    elsewhere = browser()
    assert post_session(elsewhere.client, totp=recovery[1]).status_code == 200
    gone = here.send("/account/totp/remove", password=PASSWORD, code=code_at(store, secret))
    assert gone.status_code == 303
    user = user_named(store, "lea")
    assert (user.totp, user.recovery) == (None, [])
    assert elsewhere.api("GET", "/session").status_code == 401
    assert here.page("/queue").status_code == 200
    assert post_session(browser().client).status_code == 200


def test_guessing_codes_to_give_it_up_is_stopped(lea, store):
    here, *_ = lea
    for _ in range(attempts.PER_NAME):
        assert here.send("/account/totp/remove", password=PASSWORD, code="000000").status_code == 422
    assert here.send("/account/totp/remove", password=PASSWORD, code=code_at(store, lea[1])).status_code == 429
    with pytest.raises(TooManyAttempts):
        service.log_in(store, "lea", PASSWORD, "192.0.2.9")


def test_the_house_takes_it_from_somebody_who_has_lost_it(lea, browser, store):
    here, *_ = lea
    reset_user(store, "lea")
    assert here.api("GET", "/session").status_code == 401
    assert post_session(browser().client).status_code == 200


@pytest.fixture
def strict(make_store, index, reader):
    """Return a client of a house that asks everybody for a second factor, and its store."""
    from fastapi.testclient import TestClient

    from triage_api.access.models import AccountIn
    from triage_api.app import create_app

    store = make_store(require_totp=True)
    given = AccountIn(name="lea", roles=["supervisor"], trained_on=store.clock().date())
    accounts.create_user(store, given, password=PASSWORD)
    return TestClient(create_app(store, reader, index), base_url="http://127.0.0.1"), store


def test_without_it_only_enrolling_and_leaving_are_open_where_the_house_asks_for_it(strict):
    from triage_api.app import guarded_routes

    client, store = strict
    landed = client.post("/login", data={"name": "lea", "password": PASSWORD}, follow_redirects=False)
    assert landed.headers["location"] == "/account/totp"
    session = client.get("/api/session").json()
    assert session["pending"] == "totp"
    for method, path, action in guarded_routes():
        if action is None or action == "session.own":
            continue
        url = path.replace("{identity}", "x").replace("{name}", "x")
        answer = client.request(method, url, headers={"X-CSRF-Token": session["csrf"]}, follow_redirects=False)
        assert answer.status_code == 403, (method, path)
        if path.startswith("/api/"):
            assert answer.json()["error"]["code"] == "totp_enrol", (method, path)
    page = client.get("/account/totp").text
    secret = re.search(r'"password">([A-Z2-7]{32})<', page)[1]
    form = {"csrf": session["csrf"], "ticket": field_of(page, "ticket"), "code": code_at(store, secret)}
    assert client.post("/account/totp", data=form).status_code == 200
    assert client.get("/queue").status_code == 200


def test_a_cookie_from_before_the_log_in_is_never_the_session(browser, make_person):
    make_person("analyst", name="lea")
    client = browser().client
    client.cookies.set("vigie", "choisi-par-un-autre")
    answer = client.post("/login", data={"name": "lea", "password": PASSWORD}, follow_redirects=False)
    assert answer.cookies["vigie"] != "choisi-par-un-autre"
    fixed = browser().client
    fixed.cookies.set("vigie", "choisi-par-un-autre")
    assert fixed.get("/api/session").status_code == 401
