"""A house whose settings name a real mail server on this machine."""

from __future__ import annotations

import pytest
from letters import SITE
from mail_servers import mail_server
from told_house import ASKED, House

from triage_api.requests.models import RequestIn
from triage_api.requests.service import file_request


@pytest.fixture(scope="module")
def mx():
    with mail_server() as taken:
        yield taken


@pytest.fixture
def taken(mx):
    mx.messages.clear()
    mx.recipients.clear()
    mx.rcpt = mx.data = ""
    return mx


@pytest.fixture
def mailing(make_store):
    """Return a store whose settings name a mail server."""

    def of(port, **more):
        told = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none"}
        return make_store(**told | {"smtp_from": "vigie@maison.example", "public_address": SITE, **more})

    return of


@pytest.fixture
def store(mailing, taken):
    return mailing(taken.port)


@pytest.fixture
def house(store):
    return House(store)


@pytest.fixture
def asked(desk, make_person):
    """Return a request that a partner made, which a notice can be about."""
    return file_request(desk, make_person("partner", name="ecole"), RequestIn(**ASKED)).id


@pytest.fixture
def pivot(house):
    return house.pivot(house.organisation(), email="camille@dpj.example")
