"""Attempts: which cases one holds, where a person is in it, whether it is passed. All of it follows from the answers.

An attempt is drawn by the person, its number and the version of the cases: nobody can have another drawn but by
answering the one they are at.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from nlp.types import SIGNALS
from store.tables import Lesson
from triage_api.teaching.cases import Case, Cases

SIZE = 12
"""Cases of an attempt."""
PASS = 10
"""Right answers from which an attempt is passed, if nothing immediate was missed."""
TRAPS = 4
"""Cases without any sign that an attempt holds at least."""
_OPEN = timedelta(days=30)
"""After so long without an answer an attempt is not gone on with."""


@dataclass(frozen=True, slots=True)
class Course:
    """One attempt, begun or done."""

    id: str
    answered: tuple[str, ...]
    """Ids of its cases, in the order in which they were answered."""
    right: int
    missed: int
    """Immediate cases that were not escalated; a wrong answer to a case that is gone counts as one."""
    last: datetime | None

    @property
    def number(self) -> int:
        """Return which attempt of the person it is, from 1."""
        return int(self.id.partition("-")[0])

    @property
    def done(self) -> bool:
        """Return whether every case is answered."""
        return len(self.answered) >= SIZE

    @property
    def passed(self) -> bool:
        """Return whether it was enough."""
        return self.done and self.right >= PASS and not self.missed


def courses(cases: Cases, rows: Sequence[Lesson]) -> list[Course]:
    """Return the attempts that a person's answers, oldest first, belong to."""
    return [_course(cases, name, list(own)) for name, own in groupby(rows, key=lambda row: row.course)]


def current(cases: Cases, before: Sequence[Course], now: datetime) -> Course:
    """Return the attempt that a person is at: the last one if it can be gone on with, else a new one."""
    last = before[-1] if before else None
    if last and last.last and not last.done and last.id.endswith(cases.version) and now - last.last < _OPEN:
        return last
    return Course(f"{last.number + 1 if last else 1}-{cases.version}", (), 0, 0, None)


def next_case(cases: Cases, user: str, course: Course, before: Sequence[Course]) -> Case | None:
    """Return the case to answer; None if the attempt is done."""
    if course.done:
        return None
    drawn = draw(cases, user, course.id, Counter(one for each in before if each != course for one in each.answered))
    return next(case for case in drawn if case.id not in course.answered)


def draw(cases: Cases, user: str, course: str, seen: Counter[str]) -> list[Case]:
    """Return the cases of an attempt in their order; what the person was shown less often comes first to be chosen."""
    chance = random.Random(f"{user}/{course}")  # noqa: S311 - the same each time, from what is known
    pool = cases.of("course")
    chance.shuffle(pool)
    pool.sort(key=lambda case: seen[case.id])
    picked = [next(case for case in pool if case.urgency == "immediate")]
    for signal in SIGNALS:
        if not any(signal in case.signals for case in picked):
            picked.append(next(case for case in pool if signal in case.signals))
    picked += [case for case in pool if case.trap][:TRAPS]
    picked += [case for case in pool if case not in picked][: SIZE - len(picked)]
    chance.shuffle(picked)
    return picked


def _course(cases: Cases, name: str, rows: Sequence[Lesson]) -> Course:
    return Course(
        name,
        tuple(row.case for row in rows),
        sum(row.right for row in rows),
        sum(_missed(cases.by_id.get(row.case), row) for row in rows),
        max(row.at for row in rows),
    )


def _missed(case: Case | None, row: Lesson) -> bool:
    if case is None:
        return not row.right
    return case.urgency == "immediate" and row.verdict not in case.verdicts
