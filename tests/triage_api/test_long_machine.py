"""A request under hypothesis: in whatever order, it is seen by its own alone, waits once, and is not lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

import hypothesis
import pytest
from asked_requests import ASKED, FACTS, URGENT, rows
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select
from told_house import House, events

from store.errors import BadInput, Conflict, NotAllowed, NotFound
from store.tables import Disclosure, Notice, QueueItem, StandingSearch, SubjectHash
from triage_api.cases.holding import close_case, write_step
from triage_api.cases.models import CloseIn, StepIn
from triage_api.desk import Desk
from triage_api.requests.answering import answer
from triage_api.requests.found import tell_found
from triage_api.requests.messages import add_message
from triage_api.requests.models import AnswerIn, FoundIn, MessageIn, RenewIn, RequestIn
from triage_api.requests.runaway import renew
from triage_api.requests.running import look
from triage_api.requests.service import file_request, list_requests, read_request
from triage_api.retention.running import erase_over
from triage_api.searches.models import SearchIn
from triage_api.searches.service import search

QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large)
FOUND = (Phase.explicit, Phase.generate)
"""A story that goes wrong is told as it is: to shorten it takes many minutes."""
KINDS = ("act", "passed", "nothing_found", "call_us")
REFUSED = (BadInput, Conflict, NotAllowed, NotFound)


@dataclass
class Known:
    """What the model knows of a request."""

    runaway: bool
    waits: bool = True
    """Whether it is in the queue."""
    answered: bool = False
    """Whether the desk has answered what was asked last."""
    answers: int = 0
    acts: int = 0
    searched: bool = False
    found: bool = False
    closed: bool = False
    asked_to_close: str = ""
    reported: bool = False
    wrote: bool = False
    """Whether who asked wrote since the desk last did."""
    gone: bool = False

    @property
    def open(self) -> bool:
        return not (self.closed or self.gone)


class Town:
    """A desk of two analysts, a school's pivot who asks, and another one who is curious."""

    def __init__(self, desk: Desk, make_person: Callable[..., object], clock: object) -> None:
        self.desk, self.store, self.clock, house = desk, desk.store, clock, House(desk.store)
        self.people = {name: make_person("analyst", name=name) for name in ("une", "deux")}
        self.people |= {name: make_person("partner", name=name) for name in ("ecole", "autre")}
        house.pivot(house.organisation("school"), "ecole", days=9000)
        house.pivot(house.organisation("school"), "autre", days=9000)


class Machine(RuleBasedStateMachine):
    """Requests of one town, whose store all runs share."""

    town: ClassVar[Town]
    requests = Bundle("requests")

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, Known] = {}

    @precondition(lambda self: len(self.known) < 2)
    @rule(target=requests, runaway=st.booleans())
    def ask(self, runaway: bool) -> str:
        made = file_request(self.town.desk, self.town.people["ecole"], RequestIn(**ASKED, runaway=runaway)).id
        self.known[made] = Known(runaway)
        return made

    @rule(one=requests, who=st.sampled_from(["une", "ecole"]))
    def read(self, one: str, who: str) -> None:
        assert self.did(read_request, who, one) is not self.known[one].gone

    @rule(one=requests, who=st.sampled_from(["une", "ecole", "autre"]))
    def write(self, one: str, who: str) -> None:
        known = self.known[one]
        fits = known.open and who != "autre"
        assert self.did(add_message, who, one, MessageIn(text="Du nouveau.")) is fits
        if fits:
            known.wrote = who == "ecole"
            if who == "ecole" and (known.answered or known.found):
                known.answered, known.waits = False, True

    @rule(one=requests)
    def look_for(self, one: str) -> None:
        asked = {"query": "laval", "purpose": "request", "ground": "LPJ 39", "request": one, "again_reason": "x"}
        known = self.known[one]
        with suppress(*REFUSED):
            search(self.town.desk, self.town.people["une"], SearchIn.model_validate(asked))
            assert known.open
            assert not known.found
            known.searched = True

    @rule(one=requests, who=st.sampled_from(["une", "deux"]), kind=st.sampled_from(KINDS))
    def answer(self, one: str, who: str, kind: str) -> None:
        known = self.known[one]
        given = {"kind": kind, "text": "Appelez-nous."} | ({"ground": URGENT, "facts": FACTS} if kind == "act" else {})
        fits = known.open and not known.answered and (kind != "nothing_found" or known.searched)
        assert self.did(answer, who, one, AnswerIn.model_validate(given)) is fits
        if fits:
            known.answered, known.waits, known.wrote = True, False, False
            known.answers, known.acts = known.answers + 1, known.acts + (kind == "act")

    @rule(one=requests, who=st.sampled_from(["une", "ecole", "autre"]))
    def find(self, one: str, who: str) -> None:
        known = self.known[one]
        fits = known.open and not known.found and who != "autre"
        assert self.did(tell_found, who, one, FoundIn(confirm=True)) is fits
        if fits:
            known.found, known.waits = True, known.waits and known.wrote

    @rule(one=requests)
    def go_on(self, one: str) -> None:
        known = self.known[one]
        fits = known.open and known.runaway and not known.found
        assert self.did(renew, "une", one, RenewIn(why="Toujours introuvable.")) is fits

    @rule(one=requests)
    def report(self, one: str) -> None:
        known, given = self.known[one], StepIn(step="report", on=self.town.clock().date())
        with suppress(*REFUSED):
            write_step(self.town.store, self.town.people["une"], one, given)
            assert known.open
            known.reported = True

    @rule(one=requests, who=st.sampled_from(["une", "deux"]))
    def close(self, one: str, who: str) -> None:
        known = self.known[one]
        second = bool(known.asked_to_close) and known.asked_to_close != who
        fits = known.open and known.answered and (known.reported or second or not known.asked_to_close)
        person = self.town.people[who]
        with suppress(*REFUSED):
            close_case(self.town.store, person, one, CloseIn(reason="" if known.asked_to_close else "Fausse alerte."))
            assert fits
            known.closed = known.reported or second
            known.asked_to_close = known.asked_to_close or who
            return
        assert not fits

    @rule(days=st.sampled_from([0, 1, 7, 30, 91]))
    def wait(self, days: int) -> None:
        self.town.clock.forward(days=days, seconds=1)
        look(self.town.store)
        erase_over(self.town.store)
        listed = self.seen("une")
        for one, known in self.known.items():
            if one not in listed:
                assert not known.waits, "what waits for its answer is not lost"
                known.gone, known.waits = True, False

    @invariant()
    def time_goes_on(self) -> None:
        self.town.clock.forward(seconds=1)

    @invariant()
    def everybody_sees_their_own_and_nobody_elses(self) -> None:
        mine = self.seen("ecole")
        assert mine & self.known.keys() == {one for one, known in self.known.items() if not known.gone}
        assert not self.seen("autre")
        for one in list(self.known)[-2:]:
            assert not self.did(read_request, "autre", one)

    @invariant()
    def who_asked_is_shown_no_more_than_the_answer(self) -> None:
        for one in [one for one, known in self.known.items() if not known.gone][-2:]:
            shown, known = read_request(self.town.desk, self.town.people["ecole"], one), self.known[one]
            assert shown.status in ("received", "in_progress", "answered")
            assert (shown.beside, shown.grounds, shown.fields, shown.item) == (None, None, None, None)
            assert (shown.answer is not None) is (known.answers > 0)
            if shown.answer is not None:
                assert shown.answer.basis is None
                assert shown.answer.kind != "nothing_found" or shown.answer.coverage.not_covered

    @invariant()
    def each_waits_once_and_as_long_as_somebody_must_read_it(self) -> None:
        with self.town.store.database.reading() as session:
            found = session.execute(select(QueueItem.request_id, QueueItem.status)).all()
        items, waiting = (
            Counter(row.request_id for row in found),
            {row.request_id for row in found if row.status == "open"},
        )
        for one, known in self.known.items():
            assert items[one] <= 1
            assert (one in waiting) is known.waits, one

    @invariant()
    def what_was_told_stands_in_ledger_and_register_as_often(self) -> None:
        lines = Counter(row.about for row in rows(self.town.store, Disclosure))
        entries = Counter(one["request"] for one in events(self.town.store, "request.answered"))
        for one, known in self.known.items():
            assert (lines[one], entries[one]) == (known.acts, known.answers)
        queued = Counter((row.kind, row.about) for row in rows(self.town.store, Notice) if row.state == "queued")
        assert all(count == 1 for count in queued.values())

    @invariant()
    def nothing_is_matched_with_who_is_found_or_gone(self) -> None:
        over = {one for one, known in self.known.items() if known.found or known.gone}
        running = [row.request_id for row in rows(self.town.store, StandingSearch) if row.ended_at is None]
        assert not over.intersection(running)
        matched = len({row.subject_id for row in rows(self.town.store, SubjectHash)})
        assert matched <= self.before + len(self.known) - len(over)

    @property
    def before(self) -> int:
        return self.town.__dict__.setdefault("earlier", 0)

    def teardown(self) -> None:
        """Let what this run left be no other run's."""
        self.town.earlier = len({row.subject_id for row in rows(self.town.store, SubjectHash)})

    def seen(self, who: str) -> set[str]:
        """Return every request that somebody finds in their list."""
        listed, cursor = set(), None
        while True:
            page = list_requests(self.town.desk, self.town.people[who], cursor=cursor, limit=200)
            listed |= {one.id for one in page.items}
            cursor = page.next
            if cursor is None:
                return listed

    def did(self, act: Callable[..., object], who: str, one: str, *given: object) -> bool:
        """Do something as somebody; tell whether it was done."""
        with suppress(*REFUSED):
            act(self.town.desk, self.town.people[who], one, *given)
            return True
        return False


@pytest.mark.slow
def test_no_path_leaks_loses_or_answers_twice(desk, make_person, clock, town):
    town.post("Fille à Laval, 514-555-0142, pas d'expérience, gros cash rapide.")
    machine = type("OfTown", (Machine,), {"town": Town(desk, make_person, clock)})
    long = hypothesis.settings(max_examples=300, stateful_step_count=30, deadline=None, database=None, phases=FOUND)
    run_state_machine_as_test(machine, settings=hypothesis.settings(long, suppress_health_check=QUIET))
