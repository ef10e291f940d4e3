"""Charts as SVG documents that a strict policy lets through: attributes only, no style, script or foreign address.

leather draws them. Its look is a module of settings that all charts share, so it is set once, and the colours of the
dark page take the place of the light page's in what it drew.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal
from xml.etree import ElementTree

import leather
from leather import theme

Theme = Literal["light", "dark"]
Row = tuple[str, float]
Point = tuple[float, float]

_LIGHT = {"ink": "#1d2327", "soft": "#545e66", "line": "#c9ced3", "zero": "#7d868d", "one": "#1f5f6b", "two": "#b3540a"}
_DARK = {"ink": "#e6e9eb", "soft": "#aab4bb", "line": "#3a444b", "zero": "#87929a", "one": "#8fd0dc", "two": "#ffb366"}
"""The colours of vigie.css: an image has no access to a page's."""
_WIDTH = 640
_ROW = 30
_ROUND = 100
_HIGH = 300

theme.background_color = "none"
theme.margin = 0.03
theme.title_color = _LIGHT["ink"]
theme.legend_color = theme.label_color = _LIGHT["soft"]
theme.tick_color, theme.zero_color = _LIGHT["line"], _LIGHT["zero"]
theme.title_font_family = theme.legend_font_family = theme.tick_font_family = "system-ui, sans-serif"
theme.tick_font_size = theme.legend_font_size = 13
theme.title_font_size = 15


def bars(title: str, rows: Sequence[Row], colours: Theme, scale: tuple[float, float] | None = None) -> str:
    """Return a bar for each row, from top to bottom; `scale` bounds them where they are no counts."""
    chart = leather.Chart(title)
    ticks = [0.0, 0.25, 0.5, 0.75, 1.0] if scale else count_ticks(max(value for _, value in rows))
    low = min(scale[0], 0.0) if scale else 0.0
    chart.add_x_scale(low, ticks[-1])
    chart.add_x_axis(ticks=[low, *ticks] if low else ticks, tick_formatter=_shown)
    chart.add_bars([(value, name) for name, value in rows], fill_color=_LIGHT["one"])
    return _document(chart, title, _ROUND + _ROW * len(rows), colours)


def columns(title: str, rows: Sequence[Row], colours: Theme) -> str:
    """Return a column for each row, from left to right."""
    chart = leather.Chart(title)
    ticks = count_ticks(max(value for _, value in rows))
    chart.add_y_scale(0, ticks[-1])
    chart.add_y_axis(ticks=ticks, tick_formatter=_shown)
    chart.add_columns(list(rows), fill_color=_LIGHT["one"])
    return _document(chart, title, _HIGH, colours)


def lines(title: str, series: Mapping[str, Sequence[Point]], labels: Sequence[str], colours: Theme) -> str:
    """Return a line for each of two series at most, the second one dashed; `labels` stand under 0, 1, and so on."""
    chart = leather.Chart(title)
    top = max((y for points in series.values() for _, y in points), default=0)
    ticks = count_ticks(top) if top > 1 or not top else share_ticks(top)
    chart.add_x_scale(0, len(labels) - 1)
    step = max(1, math.ceil(len(labels) / 7))
    chart.add_x_axis(ticks=list(range(0, len(labels), step)), tick_formatter=lambda x, _i, _n: labels[int(x)])
    chart.add_y_scale(0, ticks[-1])
    chart.add_y_axis(ticks=ticks, tick_formatter=_shown)
    looks = zip(series.items(), (_LIGHT["one"], _LIGHT["two"]), ("none", "6 4"), strict=False)
    for (name, points), colour, dashes in looks:
        chart.add_line(list(points), name=name, stroke_color=colour, stroke_dasharray=dashes)
    return _document(chart, title, _HIGH, colours)


def count_ticks(top: float) -> list[float]:
    """Return some round whole numbers from 0 to at least `top`."""
    size = 10 ** math.floor(math.log10(max(top / 5, 1)))
    step = next(size * round_ for round_ in (1, 2, 5, 10) if size * round_ * 5 >= top)
    return [step * number for number in range(max(1, math.ceil(top / step)) + 1)]


def share_ticks(top: float) -> list[float]:
    """Return some round shares from 0 to at least `top`, which is 1 at most."""
    step = next(each for each in (0.01, 0.02, 0.05, 0.1, 0.2) if each * 5 >= top - 1e-9)
    return [round(step * number, 2) for number in range(max(1, math.ceil(top / step - 1e-9)) + 1)]


def _shown(value: float, _place: int, _all: int) -> str:
    return f"{value:g}"


def _document(chart: leather.Chart, title: str, height: int, colours: Theme) -> str:
    root = ElementTree.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {_WIDTH} {height}"})
    root.attrib |= {"width": str(_WIDTH), "height": str(height), "role": "img"}
    ElementTree.SubElement(root, "title").text = title
    drawn = chart.to_svg_group(_WIDTH, height)
    if colours == "dark":
        _darken(drawn)
    root.append(drawn)
    return ElementTree.tostring(root, encoding="unicode")


def _darken(drawn: ElementTree.Element) -> None:
    instead = {light: _DARK[name] for name, light in _LIGHT.items()}
    for shape in drawn.iter():
        for name in ("fill", "stroke"):
            if (colour := shape.get(name)) in instead:
                shape.set(name, instead[colour])
