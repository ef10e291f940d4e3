"""Log-in at an identity provider that lies: whatever it or the browser brings, nobody comes in who should not."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from desk_people import Browser
from joserfc.jwk import RSAKey
from oidc_provider import CLIENT, OTHER_KEYS, SECRET, WELL_KNOWN, Answer, Imposter, serving
from sqlalchemy import func, select, update

from store.errors import NotSetUp
from store.register import entries
from store.tables import OidcLogin, User
from triage_api.access.factors.codes import context
from triage_api.access.oidc import client, linking, logins
from triage_api.access.oidc.client import client_of
from triage_api.access.oidc.provider import MAX_BYTES, provider_of
from triage_api.access.oidc.service import provider_in

pytestmark = pytest.mark.team_slow


@pytest.fixture
def imposter():
    with serving(Imposter()) as one:
        yield one


@pytest.fixture
def store(make_store, imposter, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(SECRET + "\n")
    return make_store(
        public_url="http://127.0.0.1/",
        oidc_issuer=imposter.issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret_file=secret,
        oidc_name="Maison & Cie",
    )


@pytest.fixture
def lea(make_person, store):
    person = make_person("analyst", name="lea")
    linking.link_user(store, "lea", "lea")
    return person


def sent(browser: Browser, wanted: str = "") -> str:
    """Begin a log-in; return the address at the provider."""
    answer = browser.client.get("/oidc/start", params={"next": wanted}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def back(browser: Browser, **brought: str):
    return browser.client.get("/oidc/back", params=brought, follow_redirects=False)


def log_in(browser: Browser, imposter: Imposter, wanted: str = ""):
    return back(browser, **imposter.authorize(sent(browser, wanted)))


def is_in(browser: Browser) -> bool:
    return browser.client.get("/api/session").status_code == 200


def turned_away(browser: Browser, answer, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    assert "refresh" not in answer.headers
    assert not is_in(browser)
    heading = {"oidc_refused": "pas abouti", "oidc_unlinked": "Aucun compte", "oidc_away": "ne répond pas"}[code]
    assert heading in answer.text


def test_a_linked_person_comes_in_and_goes_where_they_were_going(browser, imposter, lea):
    visitor = browser()
    answer = log_in(visitor, imposter, "/searches?page=2")
    assert answer.status_code == 200
    assert answer.headers["refresh"] == "0; url=/searches?page=2"
    assert 'href="/searches?page=2"' in answer.text
    cookies = answer.headers.get_list("set-cookie")
    session = next(one for one in cookies if one.startswith("vigie="))
    assert "SameSite=strict" in session
    assert "HttpOnly" in session
    assert any(one.startswith('vigie_oidc=""') or "vigie_oidc=;" in one for one in cookies)
    told = visitor.client.get("/api/session").json()
    assert told["user"]["name"] == "lea"


def test_without_a_page_to_go_to_they_go_home(browser, imposter, lea):
    assert log_in(browser(), imposter).headers["refresh"] == "0; url=/queue"


def test_what_is_sent_to_the_provider_holds_no_secret_and_what_is_kept_is_sealed(browser, imposter, store):
    address = sent(browser(), "/queue")
    asked = parse_qs(urlsplit(address).query)
    assert set(asked) == {
        *("response_type", "client_id", "redirect_uri", "scope", "state", "nonce"),
        *("code_challenge", "code_challenge_method"),
    }
    assert asked["redirect_uri"] == ["http://127.0.0.1/oidc/back"]
    with store.database.reading() as session:
        row = session.scalars(select(OidcLogin)).one()
    assert row.state_sha256 == hashlib.sha256(asked["state"][0].encode()).hexdigest()
    for secret in (asked["state"][0], asked["nonce"][0], "/queue"):
        assert secret.encode() not in row.sealed


@pytest.mark.parametrize("name", ["ES256", "EdDSA"])
def test_other_algorithms_that_are_allowed(browser, imposter, lea, name):
    imposter.key = OTHER_KEYS[name]()
    assert log_in(browser(), imposter).status_code == 200


LIES: list[dict[str, object]] = [
    {"nonce": "un-autre"},
    {"nonce": None},
    {"nonce": 7},
    {"iss": "https://autre.example"},
    {"iss": None},
    {"aud": "une-autre-maison"},
    {"aud": ["une-autre-maison", "encore-une"]},
    {"aud": [CLIENT, "une-autre-maison"]},
    {"aud": [CLIENT, "une-autre-maison"], "azp": "une-autre-maison"},
    {"aud": None},
    {"azp": "une-autre-maison"},
    {"exp": 1_600_000_000},
    {"exp": None},
    {"exp": "demain"},
    {"exp": float("nan")},
    {"iat": 4_000_000_000},
    {"iat": None},
    {"nbf": 4_000_000_000},
    {"sub": None},
    {"sub": ""},
    {"sub": 12},
    {"sub": "x" * 256},
    {"sub": "lea\x00"},
    {"sub": ["lea"]},
]


def test_a_token_made_otherwise_is_not_believed(browser, imposter, lea, caplog):
    visitor = browser()
    for imposter.claims in LIES:
        turned_away(visitor, log_in(visitor, imposter), 401, "oidc_refused")
    assert "lea" not in caplog.text


def test_two_audiences_with_us_as_the_party_are_believed(browser, imposter, lea):
    imposter.claims = {"aud": [CLIENT, "une-autre-maison"], "azp": CLIENT}
    assert log_in(browser(), imposter).status_code == 200


def test_clocks_may_differ_a_little(browser, imposter, lea, clock):
    imposter.claims = {"exp": int(clock.now.timestamp()) - 30, "iat": int(clock.now.timestamp()) + 30}
    assert log_in(browser(), imposter).status_code == 200


def test_another_key_under_the_same_name_is_not_believed(browser, imposter, lea):
    honest = imposter.key
    imposter.published = [honest]
    imposter.key = RSAKey.generate_key(2048, {"kid": "un"})
    visitor = browser()
    turned_away(visitor, log_in(visitor, imposter), 401, "oidc_refused")


def test_no_signature_and_a_signature_with_the_public_key_are_not_believed(browser, imposter, lea):
    visitor = browser()
    imposter.header = {"alg": "none"}
    turned_away(visitor, log_in(visitor, imposter), 401, "oidc_refused")
    imposter.header, imposter.shared = {"alg": "HS256"}, imposter.key.as_pem(private=False)
    turned_away(visitor, log_in(visitor, imposter), 401, "oidc_refused")


def test_a_shared_secret_among_the_keys_is_not_used(browser, imposter, lea):
    imposter.header, imposter.shared = {"alg": "HS256"}, b"0" * 64
    shared = {"kty": "oct", "kid": "un", "k": base64.urlsafe_b64encode(b"0" * 64).decode().rstrip("=")}
    keys = [shared, imposter.key.as_dict(private=False) | {"kid": "deux"}]
    imposter.instead["/jwks"] = Answer(200, json.dumps({"keys": keys}).encode())
    visitor = browser()
    turned_away(visitor, log_in(visitor, imposter), 401, "oidc_refused")


def test_a_new_key_is_asked_for_once(browser, imposter, lea):
    assert log_in(browser(), imposter).status_code == 200
    assert log_in(browser(), imposter).status_code == 200
    assert imposter.count("/jwks") == 1
    imposter.key = RSAKey.generate_key(2048, {"kid": "quatre"})
    assert log_in(browser(), imposter).status_code == 200
    assert imposter.count("/jwks") == 2
    imposter.header = {"kid": "inconnue"}
    visitor = browser()
    turned_away(visitor, log_in(visitor, imposter), 401, "oidc_refused")
    assert imposter.count("/jwks") == 3
    assert imposter.count(WELL_KNOWN) == 1


def test_the_state_is_ours_this_browsers_and_used_once(browser, imposter, lea):
    visitor = browser()
    brought = imposter.authorize(sent(visitor))
    turned_away(visitor, back(visitor, **brought | {"state": "inventé"}), 401, "oidc_refused")
    brought = imposter.authorize(sent(visitor))
    other = browser()
    sent(other)  # has a cookie, of another log-in
    turned_away(other, back(other, **brought), 401, "oidc_refused")
    turned_away(visitor, back(visitor, **brought), 401, "oidc_refused")  # used up by the other one
    assert not imposter.used
    brought = imposter.authorize(sent(visitor))
    assert back(visitor, **brought).status_code == 200
    again = browser()
    turned_away(again, back(again, **brought), 401, "oidc_refused")


def test_a_code_is_taken_once(browser, imposter, lea):
    assert log_in(browser(), imposter).status_code == 200
    visitor = browser()
    brought = imposter.authorize(sent(visitor))
    turned_away(visitor, back(visitor, **brought | {"code": "code-0"}), 401, "oidc_refused")


def test_a_code_of_another_log_in_does_not_fit(browser, imposter, lea):
    """A stranger's code, put into somebody's way back: the code verifier and the nonce are others."""
    theirs = imposter.authorize(sent(browser()))
    visitor = browser()
    brought = imposter.authorize(sent(visitor))
    turned_away(visitor, back(visitor, **brought | {"code": theirs["code"]}), 401, "oidc_refused")


@pytest.mark.parametrize("minutes", [10, 9])
def test_a_log_in_lasts_ten_minutes(browser, imposter, lea, clock, minutes, store):
    visitor = browser()
    brought = imposter.authorize(sent(visitor))
    clock.forward(minutes=minutes)
    imposter.now = clock.now
    assert back(visitor, **brought).status_code == (401 if minutes == 10 else 200)


def test_old_log_ins_are_swept_and_a_flood_fills_no_disk(browser, imposter, clock, store, monkeypatch):
    monkeypatch.setattr(logins, "MOST", 3)
    visitor = browser()
    for _ in range(6):
        clock.forward(seconds=1)
        sent(visitor)
    assert kept(store) == 3
    clock.forward(minutes=11)
    sent(visitor)
    assert kept(store) == 1


def kept(store) -> int:
    with store.database.reading() as session:
        return session.scalar(select(func.count()).select_from(OidcLogin)) or 0


@pytest.mark.parametrize(
    "brought", [{}, {"state": "\x00"}, {"state": "é", "code": "x" * 5000}, {"error": "<script>", "state": "x"}]
)
def test_whatever_is_brought_is_answered(browser, imposter, brought):
    answer = back(browser(), **brought)
    assert answer.status_code == 401
    assert "script>" not in answer.text.replace("</script>", "").replace("defer></script>", "")


def test_the_provider_says_no(browser, imposter, lea):
    visitor = browser()
    brought = imposter.authorize(sent(visitor))
    answer = back(visitor, state=brought["state"], error="access_denied", error_description="<b>chut</b>")
    turned_away(visitor, answer, 401, "oidc_refused")
    assert "chut" not in answer.text
    turned_away(visitor, back(visitor, **brought), 401, "oidc_refused")


def test_another_issuer_that_answers_is_refused(browser, imposter, lea):
    visitor = browser()
    brought = imposter.authorize(sent(visitor))
    turned_away(visitor, back(visitor, **brought, iss="https://autre.example"), 401, "oidc_refused")
    assert not imposter.used
    assert back(visitor, **imposter.authorize(sent(visitor)), iss=imposter.issuer).status_code == 200


def test_a_provider_that_promises_its_name_must_give_it(browser, imposter, lea):
    imposter.document = {"authorization_response_iss_parameter_supported": True}
    visitor = browser()
    turned_away(visitor, log_in(visitor, imposter), 401, "oidc_refused")


def test_nobody_is_led_elsewhere(browser, imposter, lea):
    away = (
        "//ailleurs.example",
        "https://ailleurs.example/",
        "/\\ailleurs.example",
        "javascript:alert(1)",
        "/\tx",
        "/a\nb",
    )
    for wanted in away:
        assert log_in(browser(), imposter, wanted).headers["refresh"] == "0; url=/queue"


def test_a_page_with_odd_letters_is_led_to(browser, imposter, lea):
    assert log_in(browser(), imposter, "/searches?q=é’;x").headers["refresh"] == "0; url=/searches?q=%C3%A9%E2%80%99;x"


def test_who_has_no_account_learns_nothing_of_those_who_have(browser, imposter, lea, store):
    imposter.claims = {"sub": "inconnue<i>"}
    visitor = browser()
    unknown = log_in(visitor, imposter)
    turned_away(visitor, unknown, 403, "oidc_unlinked")
    assert "inconnue&lt;i&gt;" in unknown.text
    with store.database.writing() as session:
        session.execute(update(User).where(User.name == "lea").values(active=False))
    imposter.claims = {}
    ended = log_in(visitor, imposter)
    turned_away(visitor, ended, 403, "oidc_unlinked")
    assert ended.text == unknown.text.replace("inconnue&lt;i&gt;", "lea")


def test_the_same_subject_at_another_provider_is_another_person(browser, imposter, lea, store):
    with store.database.writing() as session:
        session.execute(update(User).values(oidc_subject="https://autre.example#lea"))
    visitor = browser()
    turned_away(visitor, log_in(visitor, imposter), 403, "oidc_unlinked")


OTHER_HOST = "http://127.0.0.2:9/x"


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://autre.example"},
        {"token_endpoint": OTHER_HOST},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": "http://169.254.169.254/latest"},
        {"jwks_uri": 7},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "http://provider.example/auth"},
    ],
    ids=str,
)
def test_a_document_that_leads_astray_is_not_followed(browser, imposter, lea, change):
    imposter.document = change
    visitor = browser()
    answer = visitor.client.get("/oidc/start", follow_redirects=False)
    if answer.status_code == 303:
        answer = back(visitor, **imposter.authorize(answer.headers["location"]))
    turned_away(visitor, answer, 503, "oidc_away")


NO_ANSWERS = [
    Answer(302, b"{}", {"Location": "/ailleurs"}),
    Answer(200, b'{"issuer": "' + b"x" * MAX_BYTES + b'"}'),
    Answer(200, b"[" * 100_000),
    Answer(200, b"<html>"),
    Answer(200, b"\xff\xfe"),
    Answer(200, b"\x1f\x8b", {"Content-Encoding": "gzip"}),
    Answer(500, b"{}"),
    Answer(404, b"{}"),
]


@pytest.mark.parametrize("path", [WELL_KNOWN, "/jwks", "/token"])
def test_an_answer_that_is_none_lets_nobody_in(browser, imposter, lea, path):
    visitor = browser()
    for imposter.instead[path] in NO_ANSWERS:
        provider_of.cache_clear()
        begun = visitor.client.get("/oidc/start", follow_redirects=False)
        if begun.status_code == 303:
            begun = back(visitor, **imposter.authorize(begun.headers["location"]))
        assert begun.status_code in ((401, 503) if path == "/token" else (503,))
        assert not is_in(visitor)
    assert imposter.count("/ailleurs") == 0


def test_a_provider_that_is_away_leaves_the_local_log_in(browser, imposter, lea, store):
    imposter.instead[WELL_KNOWN] = Answer(503, b"")
    visitor = browser()
    turned_away(visitor, visitor.client.get("/oidc/start"), 503, "oidc_away")
    asked = imposter.count(WELL_KNOWN)
    turned_away(visitor, visitor.client.get("/oidc/start"), 503, "oidc_away")
    assert imposter.count(WELL_KNOWN) == asked  # nobody waits for it one after the other
    assert kept(store) == 0
    visitor.log_in("lea")
    assert is_in(visitor)


def test_a_server_that_is_not_there(make_store, imposter):
    settings = make_store(oidc_issuer="http://127.0.0.1:9", oidc_client_id="x", public_url="http://127.0.0.1").settings
    with pytest.raises(client.ProviderAway, match="does not answer"):
        provider_in(settings).document()


@pytest.mark.parametrize(
    "changes",
    [
        {"oidc_client_id": ""},
        {"public_url": ""},
        {"oidc_issuer": "http://provider.example"},
        {"oidc_issuer": "provider.example"},
        {"oidc_issuer": "https://a:b@provider.example"},
        {"public_url": "http://vigie.example"},
        {"oidc_client_secret_file": Path("/nulle/part")},
    ],
    ids=str,
)
def test_settings_that_do_not_fit_are_told(store, changes):
    with pytest.raises(NotSetUp, match="VIGIE_"):
        client_of(store.settings.model_copy(update=changes))


def test_declared_hosts_may_hold_keys_and_tokens(store):
    ours = client_of(store.settings.model_copy(update={"oidc_hosts": "jetons.example, cles.example:8443"}))
    assert ours is not None
    assert ours.asked("https://jetons.example/token")
    assert ours.asked("https://cles.example:8443/jwks")
    for other in ("https://cles.example/", "http://jetons.example/", "https://x.jetons.example/", "https://[::1"):
        with pytest.raises(client.ProviderAway):
            ours.asked(other)
    assert not replace(ours, hosts=frozenset()).hosts


def test_the_log_in_page_offers_it_where_it_is_set_up(browser, imposter, lea):
    page = browser().client.get("/login", params={"next": "/posts/new?a=b&c"}).text
    assert "Entrer avec Maison &amp; Cie" in page
    assert 'href="/oidc/start?next=/posts/new%3Fa%3Db%26c"' in page
    assert "ferme votre session ici seulement" in page


def test_logging_out_ends_our_session_only(browser, imposter, lea):
    visitor = browser()
    log_in(visitor, imposter)
    csrf = visitor.client.get("/api/session").json()["csrf"]
    asked = len(imposter.asked)
    visitor.client.post("/logout", data={"csrf": csrf}, follow_redirects=False)
    assert not is_in(visitor)
    assert len(imposter.asked) == asked


@pytest.fixture
def administrator(person_in):
    return person_in("administrator", name="admin")


def test_an_administrator_links_and_unlinks(administrator, imposter, make_person, browser, store):
    person = make_person("analyst", name="noe")
    assert administrator.page(f"/accounts/{person.id}/link").status_code == 200
    assert administrator.send(f"/accounts/{person.id}/link", subject="lea").status_code == 303
    visitor = browser()
    assert log_in(visitor, imposter).status_code == 200
    assert 'value="lea"' in administrator.page(f"/accounts/{person.id}/link").text
    assert administrator.api("PUT", f"/users/{person.id}/subject", json={"subject": ""}).status_code == 204
    assert not is_in(visitor)
    turned_away(visitor, log_in(visitor, imposter), 403, "oidc_unlinked")
    with store.database.reading() as session:
        told = [row for row in entries(session) if row.event == "account.changed"]
    assert len(told) == 2
    assert person.pseudonym in told[0].public
    assert all("lea" not in row.public for row in told)


def test_two_accounts_are_not_one_person(administrator, imposter, lea, make_person):
    person = make_person("partner", name="noe")
    answer = administrator.send(f"/accounts/{person.id}/link", subject="lea")
    assert answer.status_code == 409
    assert "lea" in answer.text
    assert "déjà" in answer.text
    told = administrator.api("PUT", f"/users/{person.id}/subject", json={"subject": "lea"})
    assert (told.status_code, told.json()["error"]["code"]) == (409, "subject_taken")


@pytest.mark.parametrize("subject", ["a\x00b", "x" * 256, "a\nb", "\ud800"])
def test_a_subject_that_none_has_is_refused(administrator, imposter, make_person, subject):
    person = make_person("partner", name="noe")
    told = administrator.client.put(
        f"/api/users/{person.id}/subject",
        content='{"subject": "' + re.sub(r"[^ -~]", lambda found: f"\\u{ord(found[0]):04x}", subject) + '"}',
        headers={"X-CSRF-Token": administrator.csrf, "Content-Type": "application/json"},
    )
    assert told.status_code == 422


@pytest.fixture
def strict(store, desk, lea):
    """A house that lets nobody in without a second factor."""
    store.settings.require_totp = True
    return store


@pytest.mark.parametrize("methods", [["otp"], ["pwd", "mfa"], ["hwk"]])
def test_a_second_factor_at_the_provider_is_enough(browser, imposter, strict, methods):
    imposter.claims = {"amr": methods}
    visitor = browser()
    assert log_in(visitor, imposter).headers["refresh"] == "0; url=/queue"
    assert visitor.client.get("/queue").status_code == 200


@pytest.mark.parametrize("methods", [None, ["pwd"], "otp", [["otp"]], []], ids=str)
def test_without_one_the_house_asks_for_its_own(browser, imposter, strict, methods):
    imposter.claims = {"amr": methods}
    visitor = browser()
    assert log_in(visitor, imposter).headers["refresh"] == "0; url=/account/totp"
    assert visitor.client.get("/queue").status_code == 403


def test_who_has_one_here_gives_its_code(browser, imposter, lea, store, clock):
    secret = pyotp.random_base32()
    with store.database.writing() as session:
        sealed = store.keys.sealed(secret, context(lea.id))
        session.execute(update(User).where(User.id == lea.id).values(totp=sealed))
    visitor = browser()
    page = log_in(visitor, imposter, "/searches")
    assert page.status_code == 200
    assert not is_in(visitor)
    sent = dict(re.findall(r'<input type="hidden" name="(step|name|next)" value="([^"]*)"', page.text))
    wrong = visitor.client.post("/login", data=sent | {"totp": "000000"}, follow_redirects=False)
    assert wrong.status_code == 401
    code = pyotp.TOTP(secret).at(clock.now)
    right = visitor.client.post("/login", data=sent | {"totp": code}, follow_redirects=False)
    assert (right.status_code, right.headers["location"]) == (303, "/searches")
    assert is_in(visitor)
    imposter.claims = {"amr": ["mfa"]}
    assert log_in(browser(), imposter).headers["refresh"] == "0; url=/queue"
