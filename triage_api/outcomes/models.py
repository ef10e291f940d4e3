"""Shapes of the report of outcomes: small figures withheld, all others rounded."""

from __future__ import annotations

from datetime import date
from typing import Literal, get_args

from pydantic import BaseModel

TableName = Literal["runaway", "channel", "region", "answer", "organisation", "ground", "acknowledged", "outcome"]
TABLES: tuple[TableName, ...] = get_args(TableName)
"""What requests (the first four) and referrals are counted by: each alone, never one within another."""


class CellOut(BaseModel):
    """A figure; None: withheld."""

    name: str
    count: int | None


class TableOut(BaseModel):
    """Requests or referrals of a quarter by one thing; the total is the same in each table of one kind."""

    name: TableName
    cells: list[CellOut]
    total: int | None


class TimeOut(BaseModel):
    """How long something took, rounded; None where too few cases would tell of one."""

    name: Literal["first_reading", "answer"]
    median_s: int | None
    p90_s: int | None


class OutcomesOut(BaseModel):
    """The report of one quarter."""

    quarter: str
    first: date
    last: date
    quarters: list[str]
    """All that can be asked for."""
    least: int
    """Figures under this are withheld."""
    nearest: int
    """All others are rounded to the nearest multiple of this."""
    tables: list[TableOut]
    alone: list[CellOut]
    """Figures that are no part of another: consents given and withdrawn, meetings proposed."""
    times: list[TimeOut]
    outcome_share: int
    """Of a hundred referrals, so many should have their outcome told."""
    outcome_reached: bool | None
    """Whether they have; None: too few to say."""
