"""Labelled texts to judge the reader by, and plain posts to mix them into: one JSON object a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from nlp.types import MAX_TEXT, SIGNALS, URGENCIES, Kind, Signal, Urgency
from store.errors import BadInput


class _Identified(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str


class PlainRow(_Identified):
    """One text without a label."""

    text: str
    kind: Kind = "post"

    @model_validator(mode="after")
    def _not_too_long(self) -> PlainRow:
        if len(self.text) > MAX_TEXT:
            raise ValueError(f"the text is over {MAX_TEXT} characters")
        return self


class GoldRow(PlainRow):
    """One labelled text; `signals` holds the exact words that show each signal."""

    lang: Literal["fr", "en", "mixed", "other"]
    signals: dict[Signal, list[str]]
    urgency: Urgency

    @model_validator(mode="after")
    def _evidence_stands_in_the_text(self) -> GoldRow:
        for name, spans in self.signals.items():
            for words in spans:
                if not words or words not in self.text:
                    raise ValueError(f"the evidence of {name} does not stand in the text: {words[:60]!r}")
        return self


class SecondLabels(_Identified):
    """What was labelled on a text of the corpora a second time."""

    signals: frozenset[Signal]
    urgency: Urgency


Row = TypeVar("Row", bound=_Identified)


def read_gold(path: Path) -> list[GoldRow]:
    """Return the rows of a labelled file; raises BadInput naming the first line that is none."""
    return _read(path, GoldRow, "labelled row")


def read_plain(path: Path) -> list[PlainRow]:
    """Return the rows of a file of posts without labels; raises BadInput naming the first line that is none."""
    return _read(path, PlainRow, "post")


def read_second_labels(path: Path) -> list[SecondLabels]:
    """Return a second labelling; raises BadInput naming the first line that is none."""
    return _read(path, SecondLabels, "second labelling")


def _read(path: Path, model: type[Row], what: str) -> list[Row]:
    rows, places = [], dict[str, int]()
    for number, line in _lines(path):
        try:
            row = model.model_validate_json(line)
        except ValidationError as error:
            raise BadInput(f"{path}:{number} is no {what}: {_reason(error)}") from None
        if row.id in places:
            raise BadInput(f"{path}:{number} is no {what}: id {row.id!r} stands on line {places[row.id]} too")
        places[row.id] = number
        rows.append(row)
    if not rows:
        raise BadInput(f"{path} holds no {what}.")
    return rows


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines that hold something, cut at line feeds alone: a text may hold other separators."""
    try:
        content = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8 at byte {error.start}.") from None
    yield from ((number, line) for number, line in enumerate(content.split("\n"), start=1) if line.strip())


def _reason(error: ValidationError) -> str:
    """Return what is wrong in a few words: the field and, for a label, what was met and what may stand there."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part != "[key]")
    if first["type"] == "literal_error" and first["loc"][0] in ("signals", "urgency"):
        allowed = SIGNALS if first["loc"][0] == "signals" else URGENCIES
        return f"{first['loc'][0]}: {first['input']!r} is none of {', '.join(allowed)}"
    return f"{where}: {first['msg']}" if where else str(first["msg"]).removeprefix("Value error, ")
