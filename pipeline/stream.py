"""Where labelled posts would stand in the queue of a stream: the question an analyst with little time asks.

The posts of the stream count as unlabelled: most show nothing, and what they do to the queue is take room in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from pydantic import BaseModel

from nlp.types import URGENCIES, Assessment, Urgency
from pipeline.gold import GoldRow, PlainRow
from pipeline.queueing import must_be_read
from pipeline.tables import Table, lines
from store.posts import same_text

TOP = 200
"""Queue items that are looked at first, unless told otherwise."""
_DRAWS = 10_000


class Standing(BaseModel):
    """How many posts of one labelled urgency stand among the first items; copies of one text count once.

    `first_by_score`: had all come within one hour. `first_expected` with its 95 % interval: had each come in an hour of
    its own, in an order that says nothing.
    """

    labelled: str
    posts: int
    queued: int
    first_by_score: int
    first_expected: float
    low: int
    high: int


class QueueFigures(BaseModel):
    """A simulated queue; `items` counts copies of one text once, as the queue does."""

    posts: int
    items: int
    items_by_urgency: dict[Urgency, int]
    stream_posts: int
    stream_queued: int
    top: int
    standings: list[Standing]


class _Item(NamedTuple):
    rank: int
    score: float
    digest: str


def simulate(
    gold: Sequence[GoldRow], gold_read: Sequence[Assessment], stream: Sequence[PlainRow],
    stream_read: Sequence[Assessment], top: int = TOP,
) -> QueueFigures:  # fmt: skip
    """Mix labelled posts into a stream, queue all, and tell who stands among the first `top` items."""
    rows, read = [*gold, *stream], [*gold_read, *stream_read]
    digests = [same_text(row.text) for row in rows]
    items: dict[str, _Item] = {}
    for digest, one in zip(digests, read, strict=True):
        if must_be_read(one) and digest not in items:
            score = max(one.signals[name].score for name in one.flagged)
            items[digest] = _Item(URGENCIES.index(one.urgency), score, digest)
    order = sorted(items.values(), key=lambda one: (-one.rank, -one.score, one.digest))
    by_rank = {urgency: sum(one.rank == at for one in order) for at, urgency in enumerate(URGENCIES)}
    wanted: dict[str, tuple[Urgency, ...]] = {
        "immediate": ("immediate",),
        "soon": ("soon",),
        "soon or immediate": ("soon", "immediate"),
    }
    return QueueFigures(
        posts=len(rows),
        items=len(order),
        items_by_urgency=by_rank,
        stream_posts=len(stream),
        stream_queued=sum(digest in items for digest in digests[len(gold) :]),
        top=top,
        standings=[
            _standing(
                name, {own for own, row in zip(digests, gold, strict=False) if row.urgency in urgencies}, order, top
            )
            for name, urgencies in wanted.items()
        ],
    )


def _standing(name: str, texts: set[str], order: list[_Item], top: int) -> Standing:
    """Tell how many of some labelled posts, by the digests of their texts, stand first."""
    queued = [item for item in order if item.digest in texts]
    first = {item.digest for item in order[:top]}
    cut = order[min(top, len(order)) - 1].rank if order else 0
    above = sum(item.rank > cut for item in order)
    tied = sum(item.rank == cut for item in order)
    sure = sum(item.rank > cut for item in queued)
    ours = sum(item.rank == cut for item in queued)
    room = min(top - above, tied)
    drawn = np.random.default_rng(0).hypergeometric(ours, tied - ours, room, size=_DRAWS)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Standing(
        labelled=name,
        posts=len(texts),
        queued=len(queued),
        first_by_score=sum(item.digest in first for item in queued),
        first_expected=round(sure + room * ours / max(tied, 1), 2),
        low=sure + int(low),
        high=sure + int(high),
    )


def as_text(figures: QueueFigures) -> Iterator[str]:
    """Yield the lines that a person reads."""
    yield ""
    yield (
        f"{figures.posts} posts, {figures.stream_posts} of them from the stream, give {figures.items} queue items: "
        + ", ".join(f"{name} {count}" for name, count in figures.items_by_urgency.items() if name != "none")
    )
    yield f"of the stream {figures.stream_queued} are queued ({_share(figures.stream_queued, figures.stream_posts)})"
    yield from lines([table(figures)])


def table(figures: QueueFigures) -> Table:
    """Return who stands among the first items."""
    top = f"first {figures.top}"
    heads = ("labelled", "posts", "queued", f"{top}, by score", f"{top}, by waiting", "95 % interval")
    rows: list[tuple[object, ...]] = [
        (
            one.labelled,
            one.posts,
            f"{one.queued} ({_share(one.queued, one.posts)})",
            f"{one.first_by_score} ({_share(one.first_by_score, one.posts)})",
            f"{one.first_expected:.1f} ({_share(one.first_expected, one.posts)})",
            f"{one.low} to {one.high}",
        )
        for one in figures.standings
    ]
    note = (
        "By score: urgency, then score, as the queue orders posts that came within one hour. By waiting: urgency, then "
        "waiting time, as the queue orders posts that each came in another hour, in any order."
    )
    return Table("Labelled posts among the first items of the queue", heads, rows, note)


def _share(part: float, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "none"
