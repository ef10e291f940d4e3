"""Several analysts work a queue at once and things go wrong: requests die, leases lapse, items change hands.

Each works by the services that API and pages stand on, on connections of their own, and notes what they were told. What
died may have happened or not: its analyst does not know, as after a lost answer.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import event, select

from store.decisions import STANDING
from store.errors import Conflict, DatabaseUnavailable, RegisterUnavailable
from store.posts import same_text
from store.tables import Decision, LinkedPost, Post, QueueItem, Skip, Source
from triage_api.access.models import Person
from triage_api.desk import Desk
from triage_api.queue.campaigns import claim_campaign, decide_campaign
from triage_api.queue.claims import claim, release, skip
from triage_api.queue.deciding import decide
from triage_api.queue.handing import hand_over, others, refuse, transfer
from triage_api.queue.models import DecisionIn
from triage_api.queue.ordering import next_item
from triage_api.queue.undoing import undo, undoable
from triage_api.queue.working_models import HandIn, TogetherIn, TransferIn

LANES = (("immediate", 3), ("at_risk", 2), ("recruitment", 2), ("at_risk", 1), ("ads", 1))
URGENCIES = ("none", "routine", "soon", "immediate")
CAMPAIGN = 4
"""Posts of each campaign; every tenth item begins one."""
MOST_STEPS = 40
"""Steps for each item after which something does not come to an end."""
EXPECTED = {"claimed", "decided", "not_held", "not_handed", "no_campaign", "unknown_colleague"}
EXPECTED |= {"undo_late", "undo_not_last", "undo_changed"}


class KilledError(Exception):
    """The request died: its process was ended, or its connection."""


def fill(desk: Desk, count: int) -> None:
    """Put posts and their items in, some in campaigns: what the pipeline would have made of as many texts."""
    now, dice = desk.store.clock(), random.Random(count)
    with desk.store.database.writing() as session:
        session.add(Source(id="s", title="S", kind="import", declaration={}, digest="d", created_at=now))
        session.flush()
        for number in range(count):
            text = f"texte inventé numéro {number}"
            said = {"external_id": str(number), "text": text, "digest": str(number), "same_text": same_text(text)}
            post = Post(id=f"p-{number:04}", source_id="s", origin="import", kind="post", ingested_at=now, **said)
            session.add(post)
            session.flush()
            session.add(_item(post, *dice.choice(LANES), now, dice.random()))
            if number % 10 < CAMPAIGN:
                session.add(_linked(post, number // 10, now))
        session.flush()


def _item(post: Post, lane: str, rank: int, now: datetime, score: float) -> QueueItem:
    told = {"lane": lane, "rank": rank, "urgency": URGENCIES[rank], "signals": ["minor"], "score": score}
    return QueueItem(id=f"q-{post.id[2:]}", post_id=post.id, same_text=post.same_text, created_at=now, **told)


def _linked(post: Post, campaign: int, now: datetime) -> LinkedPost:
    numbers = {"version": 1, "rank": int(post.id[2:]), "component": campaign, "text_group": campaign}
    return LinkedPost(post_id=post.id, stems="", campaign=f"c-{campaign}", because=["text"], at=now, **numbers)


@dataclass
class Deaths:
    """Ends a request at a random statement, before it commits; armed by one thread for itself."""

    left: threading.local = field(default_factory=threading.local)
    count: Counter[str] = field(default_factory=Counter)

    def __call__(self, *_given: Any) -> None:
        left = getattr(self.left, "statements", None)
        if left is not None:
            self.left.statements = left - 1
            if left <= 0:
                self.left.statements = None
                raise KilledError

    @contextmanager
    def within(self, statements: int | None) -> Iterator[None]:
        """Let what is done here die after so many statements; None: not at all."""
        self.left.statements = statements
        try:
            yield
        finally:
            self.left.statements = None


@dataclass
class House:
    """Analysts at one queue, and what each was told."""

    desk: Desk
    people: Sequence[Person]
    clock: Any
    deaths: Deaths = field(default_factory=Deaths)
    told: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def work(self, seed: int) -> None:
        """Let everybody work until nothing is offered to anybody any more."""
        event.listen(self.desk.store.database.engine, "before_cursor_execute", self.deaths)
        try:
            threads = [
                threading.Thread(target=self._day, args=(person, random.Random(f"{seed} {number}")))
                for number, person in enumerate(self.people)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            event.remove(self.desk.store.database.engine, "before_cursor_execute", self.deaths)

    def _day(self, person: Person, dice: random.Random) -> None:
        for _ in range(MOST_STEPS * self.items()):
            try:
                if not self._step(person, dice):
                    return
            except KilledError:
                self.told["died"] += 1
            except Conflict as error:
                self.told[error.code] += 1
                if error.code not in EXPECTED:
                    self.wrong.append(error.code)
            except RegisterUnavailable as error:  # what dies where entries are written is told so
                if not isinstance(error.__cause__, KilledError):
                    self.wrong.append(repr(error.__cause__))
            except DatabaseUnavailable:
                self.told["waited"] += 1  # PostgreSQL ended one of two that waited for each other: tried again
            except Exception as error:  # noqa: BLE001 - told by the test, which would not see a thread end
                self.wrong.append(repr(error))
        self.wrong.append(f"{person.pseudonym} came to no end")

    def _step(self, person: Person, dice: random.Random) -> bool:
        """Take what is offered and do something with it; tell whether anything was offered, to anybody."""
        item = self.offer(person)
        if item is None:
            self.clock.forward(minutes=7)  # what others were handed, or hold and left, lapses
            return self.items() > 0 and self._offered_to_anybody()
        with self.deaths.within(dice.randrange(25) if dice.random() < 0.12 else None):
            self._act(person, dice, item)
        if dice.random() < 0.03:
            self.clock.forward(minutes=dice.choice((1, 35)))
        return True

    def _act(self, person: Person, dice: random.Random, item: str) -> None:
        given = DecisionIn(verdict=dice.choice(("dismiss", "watch", "refer")), reason="lu")
        acts: dict[Callable[[], Any], int] = {
            lambda: decide(self.desk, person, item, given): 50,
            lambda: skip(self.desk, person, item): 4,
            lambda: release(self.desk, person, item): 4,
            lambda: self._hand_over(person, dice, item): 8,
            lambda: refuse(self.desk, person, item): 4,
            lambda: transfer(self.desk, person, item, TransferIn(desk="Estrie")): 2,
            lambda: claim_campaign(self.desk, person, item): 4,
            lambda: decide_campaign(self.desk, person, item, TogetherIn(**given.model_dump())): 8,
            lambda: None: 4,  # goes for lunch: the claim lapses
        }
        claim(self.desk, person, item)
        dice.choices(list(acts), list(acts.values()))[0]()
        if dice.random() < 0.15 and (last := undoable(self.desk, person)):
            undo(self.desk, person, last.item)
            self.told["undone"] += 1

    def _hand_over(self, person: Person, dice: random.Random, item: str) -> None:
        names = others(self.desk, person, item).colleagues
        hand_over(self.desk, person, item, HandIn(to=dice.choice(names)))
        self.told["handed"] += 1

    def offer(self, person: Person) -> str | None:
        """Return what a person is offered, once it was held against what the queue holds at that very moment."""
        with self.desk.store.database.reading() as session:
            before = self.clock()
            found = next_item(self.desk, session, person)
            rows = list(session.scalars(select(QueueItem).where(QueueItem.status == "open")))
            skipped = set(session.scalars(select(Skip.item_id).where(Skip.user_id == person.id)))
            own = select(Decision.item_id).where(Decision.user_id == person.id, STANDING)
            decided = set(session.scalars(own))
            if self.clock() == before:  # else somebody moved the clock, and claims lapsed between two questions
                self._check(person, before, found, {row.id: row for row in rows}, skipped | decided)
        return found

    def _check(
        self, person: Person, now: datetime, found: str | None, rows: dict[str, QueueItem], done: set[str]
    ) -> None:
        held = {key for key, row in rows.items() if row.claimed_until and row.claimed_until > now}
        self.told["checked"] += 1
        mine = {key for key in held if rows[key].claimed_by == person.id}
        free = set(rows) - held - done
        handed = {key for key in free if rows[key].handed_to == person.id}
        wanted = mine or handed or free
        if (found is None) != (not wanted) or (found is not None and found not in wanted):
            self.wrong.append(f"{found} is offered where {len(wanted)} may be")
        elif found is not None:
            lane = [row for key, row in rows.items() if key in wanted and row.lane == rows[found].lane]
            first = min(lane, key=lambda row: (-row.rank, row.hour, -row.score, row.id)).id
            if first != found:
                self.wrong.append(f"{found} is offered before {first} of its lane")
            reserved = rows[found].lane == "at_risk"
            graver = [key for key in wanted if rows[key].rank > rows[found].rank]
            if graver and not reserved:
                self.wrong.append(f"{found} is offered before the more urgent {graver[0]}")

    def items(self) -> int:
        """Return how many items wait."""
        with self.desk.store.database.reading() as session:
            return len(session.scalars(select(QueueItem.id).where(QueueItem.status == "open")).all())

    def _offered_to_anybody(self) -> bool:
        now = self.clock()
        with self.desk.store.database.reading() as session:
            if any(next_item(self.desk, session, person) for person in self.people):
                return True
            held = select(QueueItem.id).where(QueueItem.status == "open", QueueItem.claimed_until > now)
            return session.scalar(held.limit(1)) is not None
