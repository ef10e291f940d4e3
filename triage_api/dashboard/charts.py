"""Which charts the dashboard has, and what each shows; the table beside it on the page says the same in figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from store.counts import BINS
from triage_api.agreement.checking import VERDICT
from triage_api.dashboard.drawing import Theme, bars, columns, lines
from triage_api.dashboard.models import AgreedOut, DriftsOut, FlowOut, WeekOut
from triage_api.queue.models import LaneOut
from triage_api.shell.languages import Lang, say

Name = Literal[
    "waiting",
    "decided",
    "seen",
    "agreement",
    "scores_recruitment",
    "scores_minor",
    "scores_distress",
    "scores_third_party",
]


class Chart(NamedTuple):
    """A chart that is asked for."""

    name: Name
    colours: Theme


def waiting_chart(wanted: Chart, lang: Lang, lanes: Sequence[LaneOut]) -> str:
    """Return how many items wait in each lane."""
    rows = [(say(lang, f"lane.{one.lane}"), float(one.waiting)) for one in lanes]
    return bars(say(lang, "dashboard.chart.waiting"), rows, wanted.colours)


def decided_chart(wanted: Chart, lang: Lang, weeks: Sequence[WeekOut]) -> str:
    """Return how many decisions each week has."""
    rows = [(one.week.strftime("%m-%d"), float(one.total)) for one in weeks]
    return columns(say(lang, "dashboard.chart.decided"), rows, wanted.colours)


def seen_chart(wanted: Chart, lang: Lang, told: FlowOut) -> str:
    """Return how many posts came in each day, and how many a person must read."""
    series = {
        say(lang, "dashboard.seen"): [(place, float(day.seen)) for place, day in enumerate(told.days)],
        say(lang, "dashboard.to_read"): [(place, float(day.to_read)) for place, day in enumerate(told.days)],
    }
    labels = [day.day.strftime("%m-%d") for day in told.days]
    return lines(say(lang, "dashboard.chart.seen"), series, labels, wanted.colours)


def agreement_chart(wanted: Chart, lang: Lang, lines_: Sequence[AgreedOut]) -> str:
    """Return alpha of the verdict and of each criterion that has one."""
    known = [one for one in lines_ if one.alpha is not None]
    verdict = {VERDICT: say(lang, "agreement.verdict")}
    rows = [(verdict.get(one.subject, one.subject), one.alpha or 0.0) for one in known]
    least = min((value for _, value in rows), default=0.0)
    return bars(say(lang, "dashboard.chart.agreement"), rows or [("—", 0.0)], wanted.colours, (least, 1.0))


def scores_chart(wanted: Chart, lang: Lang, told: DriftsOut) -> str:
    """Return the share of texts in each bin of a signal's score, when the model began and now."""
    signal = wanted.name.removeprefix("scores_")
    one = next(each for each in told.signals if each.signal == signal)
    series = {
        say(lang, "dashboard.now"): _shares(one.bins_now),
        say(lang, "dashboard.before"): _shares(one.bins_before),
    }
    title = say(lang, "dashboard.chart.scores", signal=say(lang, f"signal.{signal}"))
    return lines(title, series, [f"{number / BINS:g}" for number in range(BINS)], wanted.colours)


def _shares(counts: Sequence[int]) -> list[tuple[float, float]]:
    whole = max(sum(counts), 1)
    return [(place, each / whole) for place, each in enumerate(counts)]
