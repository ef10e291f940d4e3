"""What would change if another model were put in force: on fictional texts, on decided posts, and in the queue.

Posts and texts are named by their ids alone: a report holds nothing that anybody wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import BaseModel

from nlp.reader import Reader
from nlp.types import ACTIONABLE, SIGNALS, URGENCIES, Assessment, Kind, Signal, Urgency

EXAMPLES = 5
"""Ids told of each kind of change."""
LEAST_IMMEDIATE_RECALL = 0.92
MOST_NEGATIVES_FLAGGED = 0.08
MOST_LOST = 0.03
"""Bars on the validation writer: a model under the first, over the second, or that finds so much less than the shipped
one of a signal or of what is immediate (there one text of thirty), is put in force only with a reason. Held against the
shipped model and not the one in force: many small steps down are one."""


@dataclass(frozen=True, slots=True)
class Read:
    """One text to be read by both models; `signals` and `urgency` are None where nobody has labelled it."""

    id: str
    text: str
    kind: Kind
    signals: frozenset[Signal] | None = field(default=None)
    urgency: Urgency | None = field(default=None)
    unsaid: frozenset[Signal] = field(default=frozenset())
    """Signals that its labels leave open."""


class Moved(BaseModel):
    """How many texts move one way, and the ids of some."""

    count: int
    ids: list[str]


class Change(BaseModel):
    """Texts that one signal would flag newly, and no more."""

    signal: Signal
    newly: Moved
    no_more: Moved


class Figures(BaseModel):
    """Shares of labelled texts by one model; None where there is nothing to measure."""

    immediate_recall: float | None
    negatives_flagged: float | None
    signs_found: float | None
    """Of all labelled signals, those that are flagged."""
    flags_right: float | None
    """Of all flags, those that are labelled."""
    found: dict[Signal, float]
    """Of the texts labelled with each signal, those flagged with it."""


class Compared(BaseModel):
    """What changes on one set of texts; figures are None for a set without labels."""

    name: str
    texts: int
    signals: list[Change]
    flagged: Moved
    """Texts with any flag that had none."""
    unflagged: Moved
    sooner: Moved
    later: Moved
    before: Figures | None
    after: Figures | None


class Report(BaseModel):
    """A candidate beside the model that was in force when it was trained."""

    version: str
    digest: str
    beside: str
    made_at: datetime
    learnt: int
    """Decided posts that it was trained on."""
    held_out: int
    queue_unread: int
    """Posts of the queue that were too many to be read by both."""
    sets: list[Compared]
    broken: list[str]
    """Bars that the candidate breaks, in words."""


def compared(
    name: str, texts: Sequence[Read], before: Reader, after: Reader, without: frozenset[str] = frozenset()
) -> Compared:
    """Read texts with both models and tell what changes."""
    ids = [one.id for one in texts]
    old = [before.assess(one.text, one.kind, without) for one in texts]
    new = [after.assess(one.text, one.kind, without) for one in texts]

    def moved(how: Callable[[Assessment, Assessment], bool]) -> Moved:
        found = [one for one, was, now in zip(ids, old, new, strict=True) if how(was, now)]
        return Moved(count=len(found), ids=found[:EXAMPLES])

    return Compared(
        name=name,
        texts=len(ids),
        signals=[_change(signal, moved) for signal in SIGNALS],
        flagged=moved(lambda was, now: bool(now.flagged) and not was.flagged),
        unflagged=moved(lambda was, now: bool(was.flagged) and not now.flagged),
        sooner=moved(lambda was, now: URGENCIES.index(now.urgency) > URGENCIES.index(was.urgency)),
        later=moved(lambda was, now: URGENCIES.index(now.urgency) < URGENCIES.index(was.urgency)),
        before=figures(texts, old),
        after=figures(texts, new),
    )


def _change(signal: Signal, moved: Callable[[Callable[[Assessment, Assessment], bool]], Moved]) -> Change:
    return Change(
        signal=signal,
        newly=moved(lambda was, now: now.signals[signal].flag and not was.signals[signal].flag),
        no_more=moved(lambda was, now: was.signals[signal].flag and not now.signals[signal].flag),
    )


def figures(texts: Sequence[Read], read: Sequence[Assessment]) -> Figures | None:
    """Return the figures of labelled texts, None where they have no labels."""
    pairs = [(one.signals, one, said) for one, said in zip(texts, read, strict=True) if one.signals is not None]
    if not pairs:
        return None
    immediate = [said.urgency == "immediate" for _, one, said in pairs if one.urgency == "immediate"]
    negatives = [bool(said.flagged) for signals, one, said in pairs if not signals and not one.unsaid]
    hits = {name: [said.signals[name].flag for signals, _, said in pairs if name in signals] for name in SIGNALS}
    flags = [name in signals for signals, one, said in pairs for name in said.flagged if name not in one.unsaid]
    return Figures(
        immediate_recall=_share(immediate),
        negatives_flagged=_share(negatives),
        signs_found=_share([hit for own in hits.values() for hit in own]),
        flags_right=_share(flags),
        found={name: share for name, own in hits.items() if (share := _share(own)) is not None},
    )


def _share(yes: Sequence[bool]) -> float | None:
    return round(sum(yes) / len(yes), 4) if yes else None


def broken_bars(name: str, found: Figures, shipped: Figures) -> Iterator[str]:
    """Yield the bars that a model breaks on a set of texts, in words; what cannot be measured is a broken bar too."""
    recall, flagged = found.immediate_recall, found.negatives_flagged
    if recall is None or flagged is None:
        yield f"{name}: holds nothing immediate, or nothing without a sign, to measure by"
    if recall is not None and recall < LEAST_IMMEDIATE_RECALL:
        yield f"{name}: `immediate` is read as immediate in {recall:.3f}, under {LEAST_IMMEDIATE_RECALL}"
    elif recall is not None and (then := shipped.immediate_recall or 0.0) - recall > MOST_LOST:
        yield f"{name}: `immediate` is read as immediate in {recall:.3f}, by the shipped model in {then:.3f}"
    if flagged is not None and flagged > MOST_NEGATIVES_FLAGGED:
        yield f"{name}: {flagged:.3f} of the texts without a sign are flagged, over {MOST_NEGATIVES_FLAGGED}"
    for signal in SIGNALS:
        now, then = found.found.get(signal, 0.0), shipped.found.get(signal, 0.0)
        if signal in ACTIONABLE and then - now > MOST_LOST:
            yield f"{name}: {now:.3f} of `{signal}` is found, the shipped model finds {then:.3f}"


def as_text(report: Report) -> Iterator[str]:
    """Yield the lines of a report."""
    yield f"model {report.version} beside {report.beside}: learnt from {report.learnt} decided posts"
    for one in report.sets:
        yield f"{one.name}: {one.texts} texts"
        if one.before and one.after:
            yield from _figures_text(one.before, one.after)
        for change in one.signals:
            yield f"  {change.signal}: {_moved_text('newly flagged', change.newly)}; " + _moved_text(
                "no more", change.no_more
            )
        yield f"  any signal: {_moved_text('newly flagged', one.flagged)}; {_moved_text('no more', one.unflagged)}"
        yield f"  urgency: {_moved_text('sooner', one.sooner)}; {_moved_text('later', one.later)}"
    if report.queue_unread:
        yield f"{report.queue_unread} more posts wait in the queue and were not read for this"
    yield from [f"BROKEN: {one}" for one in report.broken] or ["no bar is broken"]


def _figures_text(before: Figures, after: Figures) -> Iterator[str]:
    for name, was in before.model_dump(exclude={"found"}).items():
        now = getattr(after, name)
        if was is not None and now is not None:
            yield f"  {name.replace('_', ' ')}: {was:.3f} -> {now:.3f}"
    for signal, share in before.found.items():
        yield f"  {signal} found: {share:.3f} -> {after.found[signal]:.3f}"


def _moved_text(what: str, moved: Moved) -> str:
    return f"{moved.count} {what}" + (f" ({', '.join(moved.ids)})" if moved.ids else "")
