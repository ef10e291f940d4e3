"""Counting flagged posts by month, region, signal and criterion."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from nlp.cities import OUTSIDE, gazetteer, key, region_of
from nlp.types import ACTIONABLE
from store.holds import all_held
from store.tables import AssessmentRow, Post
from triage_api.corpora.models import ALL_REGIONS, Cell
from triage_api.corpora.suppress import suppressed

Key = tuple[str, Literal["signal", "criterion"], str]
"""Month, kind of label, label."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The cells of an export and the versions of the models that said what is counted."""

    cells: list[Cell]
    models: list[str]


def count(session: Session, now: datetime) -> Counted:
    """Count the different texts (not the posts: a text posted ten times is one) of all flagged live posts.

    What is under a legal hold is kept for that alone: it counts in no corpus.
    """
    texts: dict[Key, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    models, kept = set(), all_held(session, "post", now)
    for post, row in _flagged(session):
        if post.id in kept:
            continue
        models.add(row.model)
        month = (post.posted_at or post.ingested_at).strftime("%Y-%m")
        for kind, name in _labels(row):
            texts[month, kind, name][_region(post, row)].add(post.same_text)
    cells = (cell for key in sorted(texts) for cell in _cells(key, {r: len(t) for r, t in texts[key].items()}))
    return Counted(list(cells), sorted(models))


def _cells(key: Key, counts: dict[str, int]) -> Iterator[Cell]:
    month, kind, name = key
    parts, total = suppressed(counts)
    for region, told in (*sorted(parts.items()), (ALL_REGIONS, total)):
        yield Cell(month=month, region=region, kind=kind, name=name, count=told)


def _flagged(session: Session) -> Iterator[tuple[Post, AssessmentRow]]:
    """Yield each live post with its newest assessment, if that flags a signal of danger; an adult's ad does not."""
    newest = select(func.max(AssessmentRow.id)).group_by(AssessmentRow.post_id)
    query = (
        select(Post, AssessmentRow)
        .join(AssessmentRow, AssessmentRow.post_id == Post.id)
        .where(AssessmentRow.id.in_(newest), Post.status == "live")
        .execution_options(yield_per=500)
    )
    for post, row in session.execute(query):
        if ACTIONABLE.intersection(row.flagged):
            yield post, row


def _labels(row: AssessmentRow) -> Iterable[tuple[Literal["signal", "criterion"], str]]:
    yield from (("signal", name) for name in row.flagged)
    yield from (("criterion", name) for name in row.criteria)


def _region(post: Post, row: AssessmentRow) -> str:
    """Return the administrative region; what a source calls its region counts only if it is one, or is not told."""
    if post.region:
        return _regions().get(key(post.region), "?")
    cities = [post.city, *(str(city["value"]) for city in row.body["entities"]["cities"])]
    return next((region for region in map(region_of, cities) if region), "?")


@cache
def _regions() -> dict[tuple[str, ...], str]:
    return {key(region): region for region in (*gazetteer().regions.values(), OUTSIDE)}
