"""Shapes of trends: figures of whole months, small ones withheld, all others rounded."""

from __future__ import annotations

from pydantic import BaseModel

from triage_api.sources.covering import Coverage


class TrendCell(BaseModel):
    """A figure of a month; `count` None: withheld, it is under `least` or would give such a figure away.

    `rate` is per `per` of the figure `of` of the same region, only where both are told.
    """

    figure: str
    value: str
    region: str
    """``*``: all together. ``?``: texts that name none. Of moves, the region reached."""
    count: int | None
    rate: float | None = None
    of: str = ""
    per: int | None = None


class TrendMonth(BaseModel):
    """What is told of a month; nothing, if nothing was counted for trends yet."""

    month: str
    cells: list[TrendCell]


class TrendsOut(BaseModel):
    """Figures by something over some months, and what they cannot say."""

    by: list[str]
    since: str
    until: str
    least: int
    """Figures under this are withheld."""
    nearest: int
    """All others are rounded to a multiple of this, up or down by chance."""
    dictionary: str
    """Version of the data dictionary: /api/trends/dictionary says what each figure counts."""
    months: list[TrendMonth]
    coverage: Coverage
    """Of today, without names: what is read, and what nobody reads. A figure says nothing of the rest."""


class FormOut(BaseModel):
    """The count form: which rows another organisation fills in."""

    dictionary: str
    columns: list[str]
    rows: list[dict[str, str]]


class SumRow(BaseModel):
    """A figure of a month over all that counted it; None: at least one of them withheld theirs."""

    month: str
    figure: str
    region: str
    count: int | None
    organisations: int
    """So many counted it, this house included."""
