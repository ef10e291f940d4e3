"""Directory files, YAML or CSV: what they hold, and what in them cannot be."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from pydantic import ConfigDict, Field, ValidationError

from store.errors import BadInput
from triage_api.directory.models import AgreementChange, OrganisationIn, PivotFields

MOST_BYTES = 5_000_000
_STRICT = ConfigDict(extra="forbid", frozen=True)


class PivotLine(PivotFields):
    """A pivot in a file; who stands in is named as the file names them."""

    model_config = _STRICT
    backup: str = Field("", max_length=300)


class AgreementLine(AgreementChange):
    """An agreement in a file."""

    model_config = _STRICT


class Entry(OrganisationIn):
    """An organisation in a file, with its pivots and agreements."""

    model_config = _STRICT
    confirmed_on: date | None = None
    """Day on which somebody last asked whether it is so; none: today."""
    pivots: list[PivotLine] = Field(default_factory=list, max_length=100)
    agreements: list[AgreementLine] = Field(default_factory=list, max_length=100)

    @property
    def plain(self) -> OrganisationIn:
        """Return the organisation alone."""
        return OrganisationIn.model_validate(self.model_dump(include=set(OrganisationIn.model_fields)))


def read_raw(path: Path) -> list[tuple[str, Any]]:
    """Return what a file holds, each with its place; `BadInput` if it cannot be read at all."""
    try:
        content = path.read_bytes()
        if len(content) > MOST_BYTES:
            raise BadInput(f"{path} is larger than {MOST_BYTES} bytes.")
        text = content.decode("utf-8-sig")
        return _from_csv(text) if path.suffix.lower() == ".csv" else _from_yaml(text)
    except (OSError, UnicodeError, yaml.YAMLError, csv.Error) as error:
        raise BadInput(f"{path} cannot be read: {' '.join(str(error).split())[:200]}.") from None


def entries_of(raw: Sequence[tuple[str, Any]]) -> tuple[list[tuple[str, Entry]], list[str]]:
    """Return the entries that have the right shape, each with its place, and a line for each mistake in the others."""
    entries: list[tuple[str, Entry]] = []
    mistakes: list[str] = []
    names: set[str] = set()
    for place, one in raw:
        named = _named(place, one)
        try:
            entry = Entry.model_validate(one)
        except ValidationError as error:
            mistakes += [f"{named}: {_told(each)}" for each in error.errors()]
            continue
        if entry.name.casefold() in names:
            mistakes.append(f"{named}: stands twice in the file")
        names.add(entry.name.casefold())
        entries.append((named, entry))
    return entries, mistakes


def _from_yaml(text: str) -> list[tuple[str, Any]]:
    told = yaml.safe_load(text)
    listed = told.get("organisations") if isinstance(told, dict) else None
    if not isinstance(listed, list) or len(told) > 1:
        raise BadInput("The file holds one list, `organisations:` (see examples/directory/organisations.yaml).")
    return [(f"organisation {number}", one) for number, one in enumerate(listed, 1)]


def _from_csv(text: str) -> list[tuple[str, Any]]:
    rows = csv.DictReader(io.StringIO(text), strict=True)
    return [(f"line {rows.line_num}", _row(row)) for row in rows]


def _row(row: dict[str | Any, str | Any]) -> dict[str, Any]:
    """Return a line of a CSV: regions are parted by semicolons, and an empty cell was not written."""
    told: dict[str, Any] = {str(name).strip(): value for name, value in row.items() if value not in ("", None)}
    if isinstance(regions := told.get("regions"), str):
        told["regions"] = [name.strip() for name in regions.split(";") if name.strip()]
    return told


def _named(place: str, raw: object) -> str:
    name = raw.get("name") if isinstance(raw, dict) else None
    return f"{place} ({name[:100]})" if isinstance(name, str) else place


def _told(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"])
    return f"{where}: {error['msg']}" if where else str(error["msg"])
