"""kill -9 while a referral is sent: it was sent once or not at all, and its state says which."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from sqlalchemy import event, select
from told_house import ASKED, House, body, events, ground_of

from store.errors import Conflict
from store.store import Store, open_store
from store.tables import Disclosure, Notice, Referral
from triage_api.access.models import Person
from triage_api.referrals.approving import approve
from triage_api.referrals.making import make
from triage_api.referrals.models import ApproveIn, ReferralIn
from triage_api.referrals.sending import send
from triage_api.requests.models import RequestIn
from triage_api.requests.service import file_request

POINTS = ("UPDATE referrals", "INSERT INTO notices", "INSERT INTO register", "INSERT INTO disclosures", "commit")
"""At which statement of the sending its process dies; it is not committed at any of them."""


@pytest.fixture
def people(make_person) -> list[Person]:
    return [make_person("analyst", name=name) for name in ("une", "deux")]


@pytest.fixture
def approved(desk, people, make_person) -> Callable[[], str]:
    """Make a referral and approve it; return its id."""
    partner, house = make_person("partner", name="ecole"), House(desk.store)
    pivot = house.pivot(house.organisation())

    def one() -> str:
        request = file_request(desk, partner, RequestIn(**ASKED)).id
        given = ReferralIn.model_validate(body(request, pivot, ground_of("dpj", people=2)))
        made = make(desk.store, people[0], given).id
        approve(desk.store, people[1], made, ApproveIn())
        return made

    return one


def in_child(store: Store, act: Callable[[Store], object]) -> int:
    """Do something in a forked process with a store of its own; return the process's id."""
    store.close()  # no connection is shared; the next use opens new ones
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            act(open_store(store.settings, store.clock))
        os._exit(0)
    return child


def dies_at(point: str, store: Store) -> None:
    """Kill this process once a statement of a kind was executed, or when a transaction is about to commit."""

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def look(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(point):
            die()

    engines = {store.database._writer.engine, store.database.engine}
    for engine in engines:
        if point == "commit":
            event.listen(engine, "commit", die)
        else:
            event.listen(engine, "after_cursor_execute", look)


def kept(store: Store, made: str) -> tuple[str, int, int, int]:
    """Return a referral's state, and how many lines, notices and entries say that it was sent."""
    with store.database.reading() as session:
        state = session.get_one(Referral, made).state
        lines = session.scalars(select(Disclosure.id).where(Disclosure.about == made)).all()
        notices = session.scalars(select(Notice.id).where(Notice.about == made)).all()
    entries = [one for one in events(store, "referral.sent") if one["about"] == made]
    return state, len(lines), len(notices), len(entries)


@pytest.mark.parametrize("point", POINTS)
def test_killed_in_the_middle_it_was_not_sent_and_can_be(store, people, approved, point):
    made = approved()

    def dying(own: Store) -> None:
        dies_at(point, own)
        send(own, people[0], made)

    _, status = os.waitpid(in_child(store, dying), 0)
    assert os.WIFSIGNALED(status), "it did not come to that point"
    assert kept(store, made) == ("approved", 0, 0, 0)
    send(store, people[0], made)
    assert kept(store, made) == ("sent", 1, 1, 1)


def test_killed_after_it_was_sent_it_is_known_and_not_sent_again(store, people, approved):
    made = approved()

    def dying(own: Store) -> None:
        send(own, people[0], made)
        os.kill(os.getpid(), signal.SIGKILL)

    _, status = os.waitpid(in_child(store, dying), 0)
    assert os.WIFSIGNALED(status)
    with pytest.raises(Conflict, match="sent"):
        send(store, people[0], made)
    assert kept(store, made) == ("sent", 1, 1, 1)


@pytest.mark.slow
def test_killed_at_any_moment_each_is_sent_once(store, people, approved):
    wanted, dice, met = [approved() for _ in range(12)], random.Random(8), 0

    def all_of_them(own: Store) -> None:
        for one in wanted:
            with suppress(Conflict):
                send(own, people[0], one)

    for _ in range(30):
        child = in_child(store, all_of_them)
        time.sleep(dice.uniform(0.02, 0.25))
        os.kill(child, signal.SIGKILL)
        met += os.WIFSIGNALED(os.waitpid(child, 0)[1])
        assert {kept(store, one) for one in wanted} <= {("approved", 0, 0, 0), ("sent", 1, 1, 1)}
    assert met
    all_of_them(store)
    assert [kept(store, one) for one in wanted] == [("sent", 1, 1, 1)] * 12
