"""kill -9 while e-mails are sent: each was sent once, or nobody knows and the desk is told; none goes twice."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter

import pytest
from mail_servers import FAULTS, broken_server, mail_server
from sqlalchemy import select
from test_referrals_killed import in_child
from told_house import ASKED, House

from store.tables import Notice
from triage_api.notices.queueing import notify
from triage_api.notices.sending import send_due
from triage_api.requests.models import RequestIn
from triage_api.requests.service import file_request


@pytest.fixture
def queued(make_store, desk, make_person):
    """Queue e-mails to pivots of their own; return the store that sends them, by a mail server's port."""
    asked = file_request(desk, make_person("partner", name="ecole"), RequestIn(**ASKED)).id

    def queue(port, count):
        told = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none"}
        store = make_store(**told, smtp_from="vigie@maison.example")
        house = House(store)
        organisation = house.organisation()
        for number in range(count):
            pivot = house.pivot(organisation, email=f"pivot{number}@dpj.example")
            with store.database.writing() as session:
                notify(session, store, pivot, "answered", asked)
        return store

    return queue


def states(store):
    with store.database.reading() as session:
        return list(session.scalars(select(Notice.state).order_by(Notice.id)))


def kill(child):
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def test_killed_while_the_server_has_the_text_nobody_knows_and_it_never_goes_again(queued, clock):
    with broken_server(FAULTS["stalls after the text"]) as port:
        store = queued(port, 1)
        child, until = in_child(store, lambda own: send_due(own, seconds=30)), time.monotonic() + 20
        while states(store) != ["sending"] and time.monotonic() < until:
            time.sleep(0.02)
        assert kill(child)
    assert states(store) == ["sending"]
    assert send_due(store) == 0
    clock.forward(minutes=4)
    assert (send_due(store), states(store)) == (1, ["uncertain"])
    clock.forward(days=1)
    assert (send_due(store), states(store)) == (0, ["uncertain"])


@pytest.mark.slow
def test_killed_at_any_moment_none_goes_twice_and_the_state_says_what_is_known(queued, clock):
    dice, met = random.Random(8), 0
    with mail_server() as mx:
        store = queued(mx.port, 40)
        for _ in range(25):
            child = in_child(store, send_due)
            time.sleep(dice.uniform(0.02, 0.2))
            met += kill(child)
            clock.forward(minutes=4)
        while send_due(store):
            clock.forward(minutes=4)
        got = Counter(mx.recipients)
        arrived = Counter(to for _, [to], _ in mx.messages)
    assert met
    known = Counter(states(store))
    assert set(known) <= {"sent", "uncertain"}
    assert max(got.values()) == 1, "no address was spoken of to a server twice"
    assert known["sent"] <= sum(arrived.values()) <= known["sent"] + known["uncertain"]
