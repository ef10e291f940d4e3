"""Coming back from the provider in a real Chromium: another site sends it, and the first page is a logged-in one."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import uvicorn
from playwright.sync_api import sync_playwright

from scripts.demo_browser import CHROMIUM, FLAGS
from scripts.services import IdentityProvider, Unavailable
from scripts.services.ground import free_port, until
from triage_api.access.oidc import linking
from triage_api.app import create_app

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("twin", ["embedded"], scope="session")]


@pytest.fixture
def address() -> str:
    return f"http://localhost:{free_port()}"  # to a browser another site than 127.0.0.1, where the provider is


@pytest.fixture
def provider(tmp_path, address):
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    try:
        started = IdentityProvider.start(tmp_path / "provider", f"{address}/oidc/back")
    except Unavailable as reason:
        pytest.skip(str(reason))
    with started:
        yield started


@pytest.fixture
def store(make_store, provider, clock, tmp_path, address):
    clock.now = datetime.now(UTC)
    secret = tmp_path / "secret"
    secret.write_text(provider.client_secret)
    return make_store(
        public_url=address,
        oidc_issuer=provider.issuer,
        oidc_client_id=provider.client_id,
        oidc_client_secret_file=secret,
        oidc_name="Maison",
    )


@pytest.fixture
def served(desk, address):
    app = create_app(desk.store, desk.reader, desk.index)
    server = uvicorn.Server(uvicorn.Config(app, port=int(address.rpartition(":")[2]), log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    assert until(lambda: server.started, 20)
    yield address
    server.should_exit = True
    thread.join()


def test_the_first_page_after_the_provider_is_a_logged_in_one(served, store, make_person):
    make_person("analyst", name="lea")
    linking.link_user(store, "lea", "lea-chez-elle")
    with ThreadPoolExecutor(1) as apart:  # the pages' tests may keep a browser open in this one
        apart.submit(_come_in, served).result()


def _come_in(served: str) -> None:
    with sync_playwright() as driver, driver.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS]) as chromium:
        page = chromium.new_context(base_url=served, locale="fr-CA").new_page()
        page.set_default_timeout(15_000)
        page.goto("/searches")
        page.get_by_role("link", name="Entrer avec Maison").click()
        page.locator("input[name=login]").fill("lea-chez-elle")
        page.locator("input[name=password]").fill("x")
        page.get_by_role("button", name="Sign-in").click()
        page.get_by_role("button", name="Continue").click()
        page.wait_for_url(f"{served}/searches")
        assert page.get_by_role("link", name="lea", exact=True).count() == 1
        page.go_back()
        assert "code=" not in page.url  # the address with the code does not stay in the history
