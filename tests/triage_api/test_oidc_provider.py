"""Log-in at a real provider: npm's `oidc-provider`, over HTTP, with its own pages filled in as a person would."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urljoin

import httpx2
import pytest
from desk_people import Browser

from scripts.services import IdentityProvider, Unavailable
from triage_api.access.oidc import linking

pytestmark = pytest.mark.team_slow

BACK = "http://127.0.0.1/oidc/back"


@pytest.fixture(scope="module")
def provider(tmp_path_factory) -> Iterator[IdentityProvider]:
    try:
        started = IdentityProvider.start(tmp_path_factory.mktemp("provider"), BACK)
    except Unavailable as reason:
        pytest.skip(str(reason))
    with started:
        yield started


@pytest.fixture
def store(make_store, provider, clock, tmp_path):
    clock.now = datetime.now(UTC)  # the provider has a clock of its own
    secret = tmp_path / "secret"
    secret.write_text(provider.client_secret)
    return make_store(
        public_url="http://127.0.0.1",
        oidc_issuer=provider.issuer,
        oidc_client_id=provider.client_id,
        oidc_client_secret_file=secret,
    )


@pytest.fixture
def there() -> Iterator[httpx2.Client]:
    """A browser as the provider sees it, with its cookies."""
    with httpx2.Client(trust_env=False) as client:
        yield client


def at_provider(there: httpx2.Client, address: str, name: str) -> str:
    """Log in at the provider and allow what is asked; return the address that it sends back to."""
    answer = there.get(address)
    for _ in range(20):
        if answer.is_redirect:
            following = urljoin(str(answer.url), answer.headers["location"])
            if following.startswith(BACK):
                return following
            answer = there.get(following)
            continue
        assert answer.status_code == 200, answer.text
        form = re.search(
            r'action="([^"]+)" method="post">\s*<input type="hidden" name="prompt" value="(\w+)"', answer.text
        )
        assert form, answer.text
        filled = {"prompt": form[2]} | ({"login": name, "password": "x"} if form[2] == "login" else {})
        answer = there.post(urljoin(str(answer.url), form[1]), data=filled)
    raise AssertionError("the provider leads in circles")


def come_back(browser: Browser, address: str):
    return browser.client.get(address.removeprefix("http://127.0.0.1"), follow_redirects=False)


def begin(browser: Browser, wanted: str) -> str:
    return browser.client.get("/oidc/start", params={"next": wanted}, follow_redirects=False).headers["location"]


def test_a_person_logs_in_at_a_real_provider(browser, make_person, store, there):
    make_person("analyst", name="lea.b")
    linking.link_user(store, "lea.b", "lea-chez-elle")
    visitor = browser()
    back = at_provider(there, begin(visitor, "/searches"), "lea-chez-elle")
    answer = come_back(visitor, back)
    assert (answer.status_code, answer.headers.get("refresh")) == (200, "0; url=/searches"), answer.text
    assert visitor.client.get("/searches").status_code == 200
    assert visitor.client.get("/api/session").json()["user"]["name"] == "lea.b"
    again = browser()
    assert come_back(again, back).status_code == 401  # neither the state nor the code is taken twice
    assert again.client.get("/api/session").status_code == 401


def test_a_log_out_here_leaves_the_session_at_the_provider(browser, make_person, store, there):
    make_person("analyst", name="lea.b")
    linking.link_user(store, "lea.b", "lea-chez-elle")
    visitor = browser()
    come_back(visitor, at_provider(there, begin(visitor, "/"), "lea-chez-elle"))
    visitor.csrf = visitor.client.get("/api/session").json()["csrf"]
    assert visitor.send("/logout").status_code == 303
    assert visitor.client.get("/api/session").status_code == 401
    back = there.get(begin(visitor, "/"))  # no page to fill in: the provider knows the person still
    assert back.is_redirect
    assert come_back(visitor, back.headers["location"]).status_code == 200


def test_somebody_without_an_account_stays_out(browser, store, there):
    visitor = browser()
    answer = come_back(visitor, at_provider(there, begin(visitor, "/"), "inconnue"))
    assert answer.status_code == 403
    assert "Aucun compte" in answer.text
    assert "inconnue" in answer.text
    assert visitor.client.get("/api/session").status_code == 401


def test_a_wrong_client_secret_lets_nobody_in(browser, make_person, store, there, tmp_path):
    (tmp_path / "secret").write_text("un autre")
    visitor = browser()
    answer = come_back(visitor, at_provider(there, begin(visitor, "/"), "lea-chez-elle"))
    assert answer.status_code == 401
