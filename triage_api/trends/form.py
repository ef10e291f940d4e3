"""The count form: what other organisations count by the same dictionary, without a word about anybody."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, field_validator

from disclosure.figures import LEAST
from disclosure.formulas import plain_cell
from store.errors import BadInput
from triage_api.shell.fields import Cleaned
from triage_api.shell.spreadsheets import as_csv
from triage_api.trends.dictionary import OTHERS, VERSION
from triage_api.trends.figures import ALL, REGIONS, values_of
from triage_api.trends.models import FormOut
from triage_api.trends.months import name_of, newest_over

COLUMNS = ("organisation", "month", "figure", "region", "count")
WITHHELD = f"<{LEAST}"
"""What stands in the place of a small count."""
_MOST_BYTES = 5_000_000
_MONTH = re.compile(r"20\d\d-(?:0[1-9]|1[0-2])")
_Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), Cleaned]


class Row(BaseModel):
    """A row that another organisation filled in; `count` None: they withheld it."""

    model_config = ConfigDict(extra="forbid")

    organisation: Annotated[_Text, StringConstraints(min_length=1)]
    month: str
    figure: str
    region: str
    count: int | None

    @field_validator("month")
    @classmethod
    def _whole(cls, month: str) -> str:
        if not _MONTH.fullmatch(month):
            raise ValueError("a month is written 2026-09")
        return month

    @field_validator("figure")
    @classmethod
    def _in_dictionary(cls, figure: str) -> str:
        if figure not in names():
            raise ValueError("not a figure of the data dictionary")
        return figure

    @field_validator("region")
    @classmethod
    def _known_region(cls, region: str) -> str:
        if region not in (ALL, *REGIONS):
            raise ValueError("not a region of the data dictionary")
        return region

    @field_validator("count", mode="before")
    @classmethod
    def _counted(cls, count: object) -> int | None:
        said = str(count).strip()
        if said == WITHHELD:
            return None
        if not re.fullmatch(r"[0-9]{1,9}", said):
            raise ValueError(f"a whole number of at least {LEAST}, or {WITHHELD}")
        if int(said) < LEAST:
            raise ValueError(f"a count under {LEAST} is written {WITHHELD}")
        return int(said)


def names() -> list[str]:
    """Return the figures of the form as they are written there: ``flagged``, ``signal:minor``."""
    return [f"{name}:{value}" if value else name for name in OTHERS for value in values_of(name)]


def blank(now: datetime) -> FormOut:
    """Return the form for the newest month that is over; rows may be taken out, and added by region."""
    month = name_of(newest_over(now))
    rows = [{"organisation": "", "month": month, "figure": name, "region": ALL, "count": ""} for name in names()]
    return FormOut(dictionary=VERSION, columns=list(COLUMNS), rows=rows)


def blank_csv(now: datetime) -> bytes:
    """Return the form as CSV."""
    return as_csv(COLUMNS, ([row[column] for column in COLUMNS] for row in blank(now).rows))


def read_rows(path: Path) -> tuple[list[Row], list[str]]:
    """Return the rows of a filled-in form, and a line for each bad one: file, line number and what is wrong.

    Rows whose count is empty were not counted, and are passed over. `BadInput` for a file that is no such form.
    """
    rows, wrong = list[Row](), list[str]()
    for number, cells in _lines(path):
        if not cells.get("count") and cells.keys() == set(COLUMNS):
            continue
        try:
            rows.append(Row.model_validate(cells))
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, first["loc"])) or "row"
            wrong.append(f"{path}:{number}: {field}: {first['msg'].removeprefix('Value error, ')}")
    return rows, wrong


def _lines(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BadInput(f"{path} is larger than a count form can be.")
        reader = csv.DictReader(io.StringIO(path.read_text("utf-8-sig")), restkey="more", restval="")
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise BadInput(f"{path} is no count form: its first line is not {','.join(COLUMNS)}.")
        yield from ((reader.line_num, _plain(cells.items())) for cells in reader)
    except (OSError, UnicodeError, csv.Error):
        raise BadInput(f"{path} cannot be read as CSV in UTF-8.") from None


def _plain(cells: Iterable[tuple[str, object]]) -> dict[str, str]:
    return {name: plain_cell(str(value)) for name, value in cells}
