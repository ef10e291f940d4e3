"""The reader: one text in, one assessment out, each flag with its words. Pure once the model is loaded."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import NamedTuple

from nlp.clean import clean
from nlp.entities import entities
from nlp.features import Prepared, prepare
from nlp.grid import Grid, load_grid
from nlp.language import language
from nlp.model_file import Fitted, load_shipped
from nlp.signals import SignalModel, empty_results, flagged, judge
from nlp.space import Point, Space
from nlp.suspension import set_aside, shown_of_each
from nlp.types import (
    ACTIONABLE,
    MAX_TEXT,
    SIGNALS,
    URGENCIES,
    Assessment,
    Entities,
    Evidence,
    Kind,
    Language,
    Signal,
    SignalResult,
    Urgency,
)
from nlp.urgency import UrgencyModel, alarming, urgency_of

WINDOW = 800
"""Characters read at once, about the longest post learnt from. A longer text is read window by window and each signal
keeps its strongest, so that time stays linear and one cry for help is not drowned by the pages around it."""
_BREAKS = ("\n\n", "\n", ". ", " ")
_starts, _ends = attrgetter("start"), attrgetter("end")


class _Model(NamedTuple):
    """What one model reads with."""

    fitted: Fitted
    space: Space
    signals: tuple[SignalModel, ...]
    urgency: UrgencyModel

    @classmethod
    def of(cls, fitted: Fitted) -> _Model:
        return cls(fitted, fitted.space, fitted.signal_models(), fitted.urgency_model())


class Reader:
    """Reads posts and ads with one grid and one model.

    With `follow` the model is whichever that gives; it is asked before each text, which is read by one model whole.
    """

    def __init__(self, fitted: Fitted, grid: Grid, follow: Callable[[], Fitted] | None = None) -> None:
        self.grid = grid
        self._follow = follow
        self._now = _Model.of(fitted)

    @property
    def model_version(self) -> str:
        """Return the version of the model that reads now."""
        return self._model().fitted.version

    def _model(self) -> _Model:
        model = self._now
        if self._follow is not None and (fitted := self._follow()) is not model.fitted:
            model = self._now = _Model.of(fitted)
        return model

    @classmethod
    def load(cls) -> Reader:
        """Return the reader of the shipped grid and model; raises ModelFileError when there is no model."""
        return cls(load_shipped(), load_grid())

    def assess(self, text: str, kind: Kind = "post", without: frozenset[str] = frozenset()) -> Assessment:
        """Read one text of at most `MAX_TEXT` characters; raises ValueError on a longer one, never on any other.

        Offsets are into the text as given; NUL and lone surrogates are read as U+FFFD. `without` names criteria that
        are suspended: their words are told as set aside, and everything else is as if they were not there.
        """
        if len(text) > MAX_TEXT:
            raise ValueError(f"text over {MAX_TEXT} characters")
        text = clean(text)
        model = self._model()
        found = entities(text)
        lang = language(text)
        windowed = ((start, prepare(text[start:end], kind, _within(found, start, end))) for start, end in windows(text))
        parts = [self._window(model, ready, start, found, lang, without) for start, ready in windowed]
        return parts[0] if len(parts) == 1 else _strongest(parts)

    def _window(
        self, model: _Model, whole: Prepared, start: int, found: Entities, lang: Language, without: frozenset[str]
    ) -> Assessment:
        """Assess one window; its spans are told in offsets of the whole text."""
        ready, aside = set_aside(whole, without)
        point = model.space.point(ready)
        results = _signals_of(model, ready, point)
        shown = [name for name in SIGNALS if results[name].flag]
        urgency = urgency_of(model.urgency, ready, shown, point)
        return Assessment(
            lang,
            urgency,
            {name: _moved(result, start) for name, result in results.items()},
            tuple(_counters(ready, start)),
            found,
            self.grid.version,
            model.fitted.version,
            self._criteria(whole),
            tuple(sorted(without)),
            tuple(_later(one, start) for one in aside),
        )

    def _criteria(self, ready: Prepared) -> tuple[str, ...]:
        met = {finding.criterion for finding in ready.findings if "negated" not in finding.context}
        return tuple(one.id for one in self.grid.criteria if one.id in met)


def _signals_of(model: _Model, ready: Prepared, point: Point) -> dict[Signal, SignalResult]:
    results = empty_results()
    for one in model.signals:
        results[one.signal] = judge(one, model.space, ready, point)
    if not any(results[name].flag for name in ACTIONABLE) and alarming(model.urgency, point):
        actionable = (one for one in model.signals if one.signal in ACTIONABLE)
        likeliest = max(actionable, key=lambda one: results[one.signal].score)
        results[likeliest.signal] = flagged(likeliest, model.space, ready, point, results[likeliest.signal].score)
    return results


def windows(text: str) -> Iterator[tuple[int, int]]:
    """Yield half-open spans of at most `WINDOW` characters that cover a text, cut where a line or sentence ends."""
    start = 0
    while len(text) - start > WINDOW:
        end = start + WINDOW
        cuts = (text.rfind(mark, start + WINDOW // 2, end) + len(mark) for mark in _BREAKS)
        cut = next((one for one in cuts if one > start + WINDOW // 2), end)
        yield start, cut
        start = cut
    yield start, len(text)


def _within(found: Entities, start: int, end: int) -> Entities:
    """Return the entities of a window, with offsets into the window.

    They are sorted and never overlap, so those of a window stand together: looking at each would not be linear.
    """
    return {
        kind: tuple(
            one if start == 0 else replace(one, start=one.start - start, end=one.end - start)
            for one in all_[bisect_left(all_, start, key=_starts) : bisect_right(all_, end, key=_ends)]
        )
        for kind, all_ in found.items()
    }


def _moved(result: SignalResult, by: int) -> SignalResult:
    if not by or not result.evidence:
        return result
    return replace(result, evidence=tuple(_later(one, by) for one in result.evidence))


def _later(one: Evidence, by: int) -> Evidence:
    return replace(one, start=one.start + by, end=one.end + by)


def _counters(ready: Prepared, by: int) -> Iterator[Evidence]:
    """Yield the counter-indicators, each once, by place."""
    seen: set[str] = set()
    for one in ready.findings:
        if one.criterion[0] == "N" and one.criterion not in seen:
            seen.add(one.criterion)
            words = ready.text[one.start : one.end]
            yield Evidence(one.start + by, one.end + by, words, one.criterion, -round(one.weight, 3))


def _strongest(parts: Sequence[Assessment]) -> Assessment:
    """Put the windows of one text together: each signal's strongest, the soonest urgency, all criteria."""
    signals: dict[Signal, SignalResult] = {
        name: max((part.signals[name] for part in parts), key=lambda one: (one.flag, one.score)) for name in SIGNALS
    }
    urgency: Urgency = max((part.urgency for part in parts), key=URGENCIES.index)
    counter = tuple({one.criterion: one for part in reversed(parts) for one in part.counter}.values())
    met = {name for part in parts for name in part.criteria}
    criteria = tuple(one.id for one in load_grid().criteria if one.id in met)
    ordered = tuple(sorted(counter, key=lambda one: one.start))
    aside = shown_of_each(one for part in parts for one in part.set_aside)
    return replace(parts[0], signals=signals, urgency=urgency, counter=ordered, criteria=criteria, set_aside=aside)


def assessment_as_dict(assessment: Assessment) -> dict[str, object]:
    """Return an assessment in the contract's shape, without the id; made of plain JSON values.

    Only one that was read while criteria were suspended names them (`suspended`), with their words (`set_aside`).
    """
    told = _as_told(assessment)
    if assessment.suspended:
        told["suspended"] = list(assessment.suspended)
        told["set_aside"] = [_evidence_as_dict(one) for one in assessment.set_aside]
    return told


def _as_told(assessment: Assessment) -> dict[str, object]:
    return {
        "lang": assessment.lang,
        "urgency": assessment.urgency,
        "signals": {name: _signal_as_dict(assessment.signals[name]) for name in SIGNALS},
        "counter": [_evidence_as_dict(one) for one in assessment.counter],
        "criteria": list(assessment.criteria),
        "entities": {kind: [one.as_dict() for one in found] for kind, found in assessment.entities.items()},
        "grid": assessment.grid,
        "model": assessment.model,
    }


def _signal_as_dict(result: SignalResult) -> dict[str, object]:
    return {
        "score": round(result.score, 4),
        "flag": result.flag,
        "evidence": [_evidence_as_dict(one) for one in result.evidence],
    }


def _evidence_as_dict(one: Evidence) -> dict[str, object]:
    return {"start": one.start, "end": one.end, "text": one.text, "criterion": one.criterion, "weight": one.weight}
