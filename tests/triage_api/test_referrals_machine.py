"""Whatever happens in whatever order: nobody reads what is not theirs to read now, nothing is lost or sent twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

import hypothesis
import pytest
from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select
from told_house import ASKED, House, body, events, ground_of

from store.errors import Conflict, NotAllowed, NotFound
from store.tables import Disclosure, Notice, Pivot
from triage_api.desk import Desk
from triage_api.referrals import answering, approving, making, reading, sending
from triage_api.referrals.models import ApproveIn, OutcomeIn, ReferralIn, WhyIn
from triage_api.referrals.running import chase
from triage_api.requests.models import RequestIn
from triage_api.requests.service import file_request

ANALYST = st.sampled_from(["une", "deux"])
QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large)
OPEN = ("sent", "acknowledged", "closed")


@dataclass
class Known:
    """What the model knows of a referral."""

    maker: str
    people: int
    consent: str = ""
    withdrawn: bool = False
    state: str = "draft"
    sent: bool = False
    backup: bool = False
    """Whether it went to whoever stands in."""
    token: str = ""
    link_ends: datetime | None = None

    @property
    def stands(self) -> bool:
        return not self.withdrawn


class Town:
    """A house with two analysts, a pivot with a back-up, and the pivot of another organisation."""

    def __init__(self, desk: Desk, make_person: Callable[..., object], clock: object) -> None:
        self.desk, self.store, self.clock, self.house = desk, desk.store, clock, House(desk.store)
        self.analysts = {name: make_person("analyst", name=name) for name in ("une", "deux")}
        self.people = {name: make_person("partner", name=name) for name in ("pivot", "relève", "autre", "ecole")}
        self.organisation, other = self.house.organisation(), self.house.organisation("school")
        backup = self.house.pivot(self.organisation, "relève", days=3000)
        self.pivot = self.house.pivot(self.organisation, "pivot", backup=backup, days=3000)
        self.house.pivot(other, "autre", days=3000)


class Machine(RuleBasedStateMachine):
    """Referrals of one town, whose store all runs share."""

    town: ClassVar[Town]
    referrals = Bundle("referrals")

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, Known] = {}
        self.lapse(lapsed=False)

    def teardown(self) -> None:
        self.lapse(lapsed=False)

    @rule(target=referrals, maker=ANALYST, kind=st.sampled_from(["two", "alone", "consent"]))
    def make(self, maker: str, kind: str) -> str:
        request = file_request(self.town.desk, self.town.people["ecole"], RequestIn(**ASKED)).id
        ground = ground_of("dpj", people=1 if kind == "alone" else 2, consent=kind == "consent")
        consent = self.town.house.consent(request, self.town.organisation, ["plain_summary"], days=3000)
        given = ReferralIn.model_validate(body(request, self.town.pivot, ground))
        made = making.make(self.town.store, self.town.analysts[maker], given).id
        self.known[made] = Known(maker, ground.people, consent if kind == "consent" else "")
        return made

    @rule(one=referrals, who=ANALYST, send=st.booleans())
    def approve(self, one: str, who: str, send: bool) -> None:
        known = self.known[one]
        if self.tried(approving.approve, one, ApproveIn(send=send), who=who):
            assert known.state == "draft"
            assert known.stands
            assert known.people == 1 or known.maker != who
            known.state = "approved"
            if send:
                self.was_sent(one)
        else:
            assert known.state != "draft" or not known.stands or (known.people == 2 and known.maker == who)

    @rule(one=referrals, who=ANALYST)
    def send(self, one: str, who: str) -> None:
        known = self.known[one]
        if self.tried(sending.send, one, who=who):
            assert known.state == "approved"
            assert known.stands
            self.was_sent(one)
        else:
            assert known.state != "approved" or not known.stands

    @rule(one=referrals, refused=st.booleans())
    def end(self, one: str, refused: bool) -> None:
        known = self.known[one]
        act, states = (
            (approving.refuse, ("draft",)) if refused else (approving.withdraw, ("draft", "approved", *OPEN[:2]))
        )
        assert self.tried(act, one, WhyIn(reason="Parce que."), who="une") is (known.state in states)
        if known.state in states:
            known.state = "refused" if refused else "withdrawn"

    @rule(one=referrals)
    def withdraw_consent(self, one: str) -> None:
        if self.known[one].consent:
            self.town.house.withdraw(self.known[one].consent)
            self.known[one].withdrawn = True

    @rule(one=referrals, who=st.sampled_from(["pivot", "relève", "autre", "une"]))
    def acknowledge(self, one: str, who: str) -> None:
        known, fits = self.known[one], self.may_take(one, who) and self.known[one].state == "sent"
        assert self.tried(answering.acknowledge, one, who=who) is fits
        if fits:
            known.state = "acknowledged"

    @rule(one=referrals)
    def press_link(self, one: str) -> None:
        known = self.known[one]
        if known.token:
            self.town.clock.forward(minutes=16)  # whoever tries too often waits
            lasts = known.link_ends is not None and known.link_ends > self.town.clock()
            works = known.state == "sent" and known.stands and lasts
            assert answering.acknowledge_by_link(self.town.store, known.token, "192.0.2.1") is works
            if works:
                known.state = "acknowledged"

    @rule(one=referrals, who=st.sampled_from(["pivot", "relève", "autre", "deux"]))
    def tell_outcome(self, one: str, who: str) -> None:
        known, fits = self.known[one], self.may_take(one, who) and self.known[one].state in OPEN
        assert self.tried(answering.tell_outcome, one, OutcomeIn(outcome="safe", text="Bien."), who=who) is fits
        if fits:
            known.state = "closed"

    @rule(hours=st.integers(1, 24 * 9))
    def wait(self, hours: int) -> None:
        self.town.clock.forward(hours=hours)
        chase(self.town.store)
        assert chase(self.town.store) == 0, "what was told is not told again"

    @rule(lapsed=st.booleans())
    def lapse(self, lapsed: bool) -> None:
        """Let the pivot's validity end, or begin again; whoever stands in stays valid."""
        self.lapsed = lapsed
        with self.town.store.database.writing() as session:
            until = self.town.clock() + timedelta(days=-1 if lapsed else 3000)
            session.get_one(Pivot, self.town.pivot).valid_until = until

    @invariant()
    def nobody_reads_what_is_not_theirs_now(self) -> None:
        for who in ("pivot", "relève", "autre"):
            listed = set(self.listed(who))
            mine = {one for one in self.known if self.may_take(one, who) and self.known[one].state in OPEN}
            assert listed & self.known.keys() == mine, who
        for one in list(self.known)[-2:]:
            for who in ("pivot", "relève", "autre"):
                reads = self.may_take(one, who) and self.known[one].state in OPEN
                assert self.tried(reading.read_referral, one, who=who) is reads, who

    @invariant()
    def what_was_sent_was_sent_once(self) -> None:
        with self.town.store.database.reading() as session:
            lines = Counter(session.scalars(select(Disclosure.about)))
            notices = Counter(session.scalars(select(Notice.about).where(Notice.kind == "referral")))
        entries = Counter(one["about"] for one in events(self.town.store, "referral.sent"))
        for one, known in self.known.items():
            assert [lines[one], notices[one], entries[one]] == [int(known.sent)] * 3

    def listed(self, who: str) -> Iterator[str]:
        """Yield all that somebody's list holds: the runs of one town make more than a page of it."""
        cursor = None
        while True:
            page = reading.list_referrals(self.town.store, self.town.people[who], cursor=cursor, limit=200)
            yield from (one.id for one in page.items)
            cursor = page.next
            if cursor is None:
                return

    def may_take(self, one: str, who: str) -> bool:
        """Tell whether somebody may read and answer a referral that was sent and not taken back."""
        if who in self.town.analysts:
            return True
        known = self.known[one]
        return known.stands and (who == "relève" or (who == "pivot" and not self.lapsed and not known.backup))

    def was_sent(self, one: str) -> None:
        known = self.known[one]
        known.state, known.sent = "sent", True
        known.link_ends = self.town.clock() + timedelta(days=self.town.store.settings.link_days)
        known.backup = self.lapsed
        with self.town.store.database.reading() as session:
            notice = session.scalars(select(Notice).where(Notice.about == one)).one()
            known.token = self.town.store.keys.opened(notice.link, f"notice:{notice.id}").rpartition("/")[2]

    def tried(self, act: Callable[..., object], one: str, *given: object, who: str) -> bool:
        """Do something as somebody; tell whether it was done."""
        person = self.town.analysts.get(who) or self.town.people[who]
        with suppress(Conflict, NotAllowed, NotFound):
            act(self.town.store, person, one, *given)
            return True
        return False


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"public_address": "https://vigie.example"})


@pytest.mark.slow
def test_no_path_leaks_loses_or_sends_twice(desk, make_person, clock):
    machine = type("OfTown", (Machine,), {"town": Town(desk, make_person, clock)})
    long = hypothesis.settings(max_examples=12, stateful_step_count=30, deadline=None, database=None)
    run_state_machine_as_test(machine, settings=hypothesis.settings(long, suppress_health_check=QUIET))
