"""A consent under hypothesis: whatever people do in whatever order, nothing is read that nobody agreed to any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from directory_entries import organisation, pivot
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule
from sqlalchemy import select

from store.errors import TooManyAttempts
from store.settings import Settings
from store.store import Store, open_store, set_up
from store.tables import Consent, Referral, Request
from triage_api.access.accounts import add_user
from triage_api.access.models import AccountIn, Person
from triage_api.access.passwords import hash_password
from triage_api.access.people import person_named
from triage_api.consents.codes import new_code
from triage_api.consents.covering import consent_for, still_given
from triage_api.consents.models import ConsentIn
from triage_api.consents.service import record
from triage_api.consents.withdrawing import withdraw, withdraw_by_code
from triage_api.grounds.catalogue import fields_for
from triage_api.requests.models import RequestIn
from triage_api.requests.service import file_request
from triage_api.shell.forms import BadForm

pytestmark = pytest.mark.slow
KINDS = ("community", "school")
SOME = ("plain_summary", "approach", "first_name", "age", "handles")


@dataclass
class Said:
    """What the model knows of one yes."""

    id: str
    code: str
    request: str
    organisation: str
    fields: frozenset[str]
    ends_at: datetime
    gone: bool = False


class Clock:
    """A clock that moves only when told; noon, so that a day here is one in Québec."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 17, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class OnlyStore:
    """As much of a desk as is needed where nothing is searched."""

    def __init__(self, store: Store) -> None:
        self.store = store


class Consents(RuleBasedStateMachine):
    """Two youths, two organisations, a frozen clock; people say yes, take it back, guess codes, and let time pass."""

    consents = Bundle("consents")

    @initialize()
    def begin(self) -> None:
        self.folder = TemporaryDirectory()
        self.clock = Clock()
        made = Settings(data_dir=Path(self.folder.name), allow_loopback=True)
        set_up(made)
        self.store = open_store(made, self.clock)
        self.desk = OnlyStore(self.store)
        self.partner, self.keeper = self.person("partner"), self.person("supervisor")
        asked = RequestIn(who="TS", why="x")
        self.requests = [file_request(self.desk, self.partner, asked).id for _ in range(2)]
        self.organisations = [organisation(self.desk, self.keeper, kind, kind=kind).id for kind in KINDS]
        self.pivots = {one: pivot(self.desk, self.keeper, one).id for one in self.organisations}
        self.said: list[Said] = []
        self.waiting: dict[str, Said] = {}

    def person(self, role: str) -> Person:
        given = AccountIn(name=role, roles=[role], organisation="Maison", trained_on=self.clock().date())
        with self.store.database.writing() as session:
            add_user(session, self.store, given, hash_password("un-mot-de-passe-long"))
        return person_named(self.store, role)

    @rule(
        target=consents,
        youth=st.integers(0, 1),
        kind=st.integers(0, 1),
        fields=st.sets(st.sampled_from(SOME), min_size=1, max_size=3),
        days=st.integers(0, 30),
        age=st.integers(10, 19),
        giver=st.sampled_from(["youth", "parent"]),
    )
    def say_yes(self, youth, kind, fields, days, age, giver):
        day = (self.clock() + timedelta(days=days)).date()
        given = {"request": self.requests[youth], "organisation": self.organisations[kind], "fields": sorted(fields)}
        given |= {"given_by": giver, "age": age, "ends_on": day, "explained_by": "TS", "how": "in_person"}
        may = fields <= fields_for(KINDS[kind]) and (giver == "youth") == (age >= 14) and age < 18
        try:
            made = record(self.store, self.partner, ConsentIn(**given, understood=True))
        except BadForm as error:
            self.refused(may, error)
            return multiple()
        assert may
        told = Said(made.id, made.code, made.request, made.organisation, frozenset(made.fields), made.ends_at)
        self.said.append(told)
        return told

    def refused(self, may: bool, error: BadForm) -> None:
        """A last day beyond the birthday that an age lets assume is refused too."""
        assert not may or set(error.problems) == {"ends_on"}

    @rule(one=consents, state=st.sampled_from(["draft", "approved", "sent"]))
    def refer(self, one, state):
        if not self.holds(one):
            return
        now, identity = self.clock(), f"o-{len(self.waiting)}"
        with self.store.database.writing() as session:
            row = Referral(id=identity, request_id=one.request, organisation_id=one.organisation)
            row.subject_id = session.get_one(Request, one.request).subject_id
            row.pivot_id, row.ground, row.consent_id = self.pivots[one.organisation], "consent", one.id
            row.stage, row.fields, row.posts, row.sealed = "named", [], [], b"x"
            row.state, row.created_by, row.created_at = state, self.partner.id, now
            session.add(row)
        self.waiting[identity] = one

    @rule(one=consents, by=st.sampled_from(["partner", "desk", "code"]))
    def take_back(self, one, by):
        held = self.holds(one)
        if by == "code":
            assert withdraw_by_code(self.store, one.code, f"10.0.0.{len(self.said) % 250}") is held
        else:
            person = self.partner if by == "partner" else self.keeper
            assert withdraw(self.store, person, one.id).state == ("withdrawn" if held or one.gone else "lapsed")
        if held:
            for other in self.said:
                same = (other.request, other.organisation) == (one.request, one.organisation)
                other.gone = other.gone or (same and self.holds(other))

    @rule()
    def guess(self):
        try:
            assert not withdraw_by_code(self.store, new_code(), "10.9.9.9")
        except TooManyAttempts:
            self.clock.now += timedelta(minutes=16)

    @rule(hours=st.sampled_from([1, 23, 24, 24 * 7]))
    def let_time_pass(self, hours):
        self.clock.now += timedelta(hours=hours)

    def holds(self, one: Said) -> bool:
        return not one.gone and self.clock() < one.ends_at

    @invariant()
    def only_what_holds_is_read(self):
        with self.store.database.reading() as session:
            for one in self.said:
                assert still_given(session, self.store, one.id) is self.holds(one)
            for request in self.requests:
                subject = session.get_one(Request, request).subject_id
                for organisation in self.organisations:
                    for field in ("plain_summary", "first_name", "handles"):
                        mine = [one for one in self.said if (one.request, one.organisation) == (request, organisation)]
                        agreed = any(self.holds(one) and field in one.fields for one in mine)
                        found = consent_for(session, self.store, subject, organisation, [field])
                        assert (found is not None) is agreed

    @invariant()
    def nothing_waits_to_be_sent_on_a_consent_that_was_taken_back(self):
        with self.store.database.reading() as session:
            states = dict(session.execute(select(Referral.id, Referral.state)).all())
        for identity, one in self.waiting.items():
            assert not one.gone or states[identity] in ("withdrawn", "sent")
            assert one.gone or states[identity] != "withdrawn"

    def teardown(self):
        if not hasattr(self, "store"):
            return
        with self.store.database.reading() as session:
            assert len(session.scalars(select(Consent)).all()) == len(self.said), "none is lost"
        self.store.close()
        for path in Path(self.folder.name).rglob("*"):
            data = path.read_bytes() if path.is_file() else b""
            for one in self.said:
                assert one.code.encode() not in data
                assert one.code.replace("-", "").encode() not in data
        self.folder.cleanup()


TestConsents = Consents.TestCase
TestConsents.settings = settings(
    max_examples=15, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
