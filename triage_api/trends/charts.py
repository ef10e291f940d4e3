"""Charts of trends: what is told, as bars of the newest month or as a line over the months."""

from __future__ import annotations

from triage_api.dashboard.drawing import Theme, bars, columns
from triage_api.shell.languages import Lang, say
from triage_api.trends.dictionary import value_words
from triage_api.trends.figures import ALL
from triage_api.trends.models import TrendsOut
from triage_api.trends.service import by_value

CHOSEN = "signal"
"""What the page shows first."""
CHARTED = frozenset({"signal", "region", "criterion", "kind", "language", "place", "source", "side", "moved", "sample"})
"""What has a chart: of something by region, the table alone is read."""


def chart(told: TrendsOut, colours: Theme, lang: Lang) -> str:
    """Return what is told of the newest month that has figures as bars; what is withheld has none.

    By signal, it is the number of texts flagged in each month instead.
    """
    if told.by == ["signal"]:
        return _over_months(told, colours, lang)
    month = next((one for one in reversed(told.months) if one.cells), told.months[-1])
    regions = told.by == ["region"]
    cells = month.cells if regions else by_value(month.cells)
    rows = [
        (words(lang, cell.figure, cell.value, cell.region), float(cell.count))
        for cell in cells
        if cell.count is not None
    ]
    title = f"{say(lang, f'trend_by.{told.by[0]}')} {month.month}"
    return bars(title, rows or [("—", 0.0)], colours)


def _over_months(told: TrendsOut, colours: Theme, lang: Lang) -> str:
    flagged = [
        (one.month, float(next((cell.count for cell in one.cells if cell.figure == "flagged"), None) or 0))
        for one in told.months
    ]
    return columns(say(lang, "trend_figure.flagged"), flagged, colours)


def words(lang: Lang, figure: str, value: str, region: str = ALL) -> str:
    """Return what a row is called: its figure or value, and its region where that is not all."""
    if figure == "moved":
        return " → ".join(_place(lang, place) for place in (value or ALL, region))
    what = value_words(lang, figure, value) if value else say(lang, f"trend_figure.{figure}")
    return what if region == ALL else f"{what} · {_place(lang, region)}"


def _place(lang: Lang, region: str) -> str:
    return {ALL: say(lang, "trends.all"), "?": say(lang, "trends.unknown")}.get(region, region)
