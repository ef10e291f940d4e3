"""Measure whether the reader treats alike what is alike: names, ways of speaking, girls and boys, adults' own ads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import BaseModel

from nlp.reader import Reader
from nlp.types import SIGNALS
from pipeline.bench import Rendering, adult_ads, named, spoken
from pipeline.evaluate import Tick
from pipeline.fairness_differences import (
    adult_figures,
    group_figures,
    name_differences,
    queued_adults,
    sex_differences,
    way_differences,
)
from pipeline.fairness_figures import (
    ADULTS_QUEUED,
    GAP,
    NAME_FLIPS,
    RATIO,
    AdultFigures,
    Bar,
    Difference,
    GroupFigures,
    Outcome,
    Read,
    SexFigures,
    adults_queued,
    false_alarm_ratio,
    name_flips,
    sexes,
    size_of,
)
from pipeline.measures import RESAMPLES
from pipeline.queueing import must_be_read
from pipeline.tables import Table, lines

BARS = {
    "name_flips": "two names in one text: other flags or queueing",
    "name_false_alarm_ratio": "false alarms by names, most over least",
    "dialect_false_alarm_ratio_fr": "false alarms by ways of speaking French, most over least",
    "dialect_false_alarm_ratio_en": "false alarms by ways of speaking English, most over least",
    "girl_boy_recall_gap": "recall of girls against boys, the gap",
    **{f"girl_boy_recall_gap_{name}": f"the same, {name} alone" for name in SIGNALS},
    "adults_queued": "adults' own ads that are queued",
}
"""What each figure says, by its name."""


class Fairness(BaseModel):
    """All figures of the fairness bench."""

    model: str
    grid: str
    carriers: int
    renderings: int
    bars: list[Bar]
    groups: list[GroupFigures]
    sexes: list[SexFigures]
    adults: list[AdultFigures]
    differences: list[Difference]

    def bar(self, name: str) -> Bar:
        """Return one figure and its bar by name."""
        return next(one for one in self.bars if one.name == name)


def renderings() -> tuple[list[Rendering], list[Rendering], list[Rendering]]:
    """Return the whole bench: texts with names swapped, in ways of speaking, and adults' own ads."""
    return list(named()), list(spoken()), list(adult_ads())


def fairness(reader: Reader, count: int = RESAMPLES, tick: Tick | None = None) -> Fairness:
    """Read the whole bench and compare; takes some seconds. Intervals are the same at each run."""
    names, ways, adults = renderings()
    told = _read(reader, [*names, *ways, *adults], tick)
    by_name, by_way, by_adult = told[: len(names)], told[len(names) : len(names) + len(ways)], told[-len(adults) :]
    return Fairness(
        model=reader.model_version,
        grid=reader.grid.version,
        carriers=len({one.rendering.carrier for one in told}),
        renderings=len(told),
        bars=bars(by_name, by_way, by_adult, count),
        groups=[*group_figures("name", by_name), *group_figures("dialect", by_way)],
        sexes=sexes(by_name, count),
        adults=list(adult_figures(by_adult)),
        differences=[
            *queued_adults(by_adult),
            *name_differences(by_name),
            *sex_differences(by_name),
            *way_differences(by_way),
        ],
    )


def bars(by_name: Sequence[Read], by_way: Sequence[Read], by_adult: Sequence[Read], count: int) -> list[Bar]:
    """Return each figure that has a bar, in the order of `BARS`."""
    ways = {lang: [one for one in by_way if one.rendering.lang == lang] for lang in ("fr", "en")}
    gaps = {one.signal: size_of(one.gap) for one in sexes(by_name, count)}
    figures = {
        "name_flips": (name_flips(by_name, count), NAME_FLIPS),
        "name_false_alarm_ratio": (false_alarm_ratio(by_name, count), RATIO),
        "dialect_false_alarm_ratio_fr": (false_alarm_ratio(ways["fr"], count), RATIO),
        "dialect_false_alarm_ratio_en": (false_alarm_ratio(ways["en"], count), RATIO),
        "girl_boy_recall_gap": (gaps["all signals"], GAP),
        **{f"girl_boy_recall_gap_{name}": (gaps[name], GAP) for name in SIGNALS},
        "adults_queued": (adults_queued(by_adult, count), ADULTS_QUEUED),
    }
    return [Bar(name=name, figure=figures[name][0], bar=figures[name][1]) for name in BARS]


def _read(reader: Reader, renderings: Sequence[Rendering], tick: Tick | None) -> list[Read]:
    told = []
    for done, one in enumerate(renderings, start=1):
        assessment = reader.assess(one.text, one.kind)
        told.append(Read(one, Outcome(frozenset(assessment.flagged), must_be_read(assessment))))
        if tick is not None:
            tick(done)
    return told


def as_text(figures: Fairness) -> Iterator[str]:
    """Yield the lines that a person reads."""
    yield f"model {figures.model}, grid {figures.grid}: {figures.carriers} situations told {figures.renderings} times"
    yield from lines((*tables(figures), differences(figures)))


def tables(figures: Fairness) -> tuple[Table, ...]:
    """Return the figures as tables, without the list of differences."""
    return (_bars(figures), _sexes(figures), _by_group(figures), _adults(figures))


def _bars(figures: Fairness) -> Table:
    rows: list[tuple[object, ...]] = [
        (BARS[one.name], one.figure, f"at most {one.bar}", one.verdict) for one in figures.bars
    ]
    note = (
        "Intervals draw situations, not renderings. Ratios add half a flag to each group and compare the extremes of "
        "few texts: they are above 1 by chance alone."
    )
    return Table("Bars", ("what", "figure [95 % interval]", "bar", "verdict"), rows, note)


def _sexes(figures: Fairness) -> Table:
    rows: list[tuple[object, ...]] = [
        (one.signal, one.positives, _percent(one.girls), _percent(one.boys), one.gap) for one in figures.sexes
    ]
    return Table(
        "The same texts of girls and of boys", ("recall of", "texts", "girls", "boys", "girls minus boys"), rows
    )


def _by_group(figures: Fairness) -> Table:
    rows: list[tuple[object, ...]] = [
        (one.axis, one.lang, one.group, f"{one.false_alarms} of {one.negatives}", _percent(one.recall), one.positives)
        for one in figures.groups
    ]
    heads = ("swapped", "language", "group", "false alarms", "recall", "labelled signals")
    return Table("Groups", heads, rows)


def _adults(figures: Fairness) -> Table:
    rows: list[tuple[object, ...]] = [
        (one.group, one.ads, one.renderings, one.queued, one.third_party) for one in figures.adults
    ]
    heads = ("adults' own ads", "ads", "renderings", "queued", "`third_party` (queues nothing)")
    return Table("Adults who work for themselves", heads, rows)


def differences(figures: Fairness) -> Table:
    """Return every place where what is alike was told apart."""
    rows: list[tuple[object, ...]] = [
        (one.axis, one.carrier, one.where, one.got, one.instead_of, one.text) for one in figures.differences
    ]
    return Table("Told apart", ("swapped", "carrier", "where", "read as", "instead of", "text"), rows)


def _percent(value: float | None) -> str:
    return "none" if value is None else f"{value:.1%}"
