"""A row of a file, whatever its format, to a post; what cannot be one is a `Reject` with its line and reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast, get_args

from pydantic import ValidationError

from crawlers.reading.dates import read_moment
from nlp.cities import canonical_region
from nlp.types import Kind
from store.records import PostIn

_ALIASES: dict[str, tuple[str, ...]] = {
    "text": ("text", "body", "content", "texte", "message", "contenu"),
    "external_id": ("external_id", "id", "post_id", "guid"),
    "url": ("url", "link", "lien", "permalink"),
    "title": ("title", "titre", "subject", "sujet"),
    "author": ("author", "auteur", "user", "username"),
    "city": ("city", "ville"),
    "region": ("region", "région"),
    "posted_at": ("posted_at", "date", "created_at", "published_at", "published", "timestamp", "datetime"),
}
TEXT_NAMES = frozenset(_ALIASES["text"])
"""Names under which a file may give the text; a file without one of them cannot be imported."""
Shape = Callable[[Mapping[str, Any]], dict[str, Any]]
"""Brings a row's names to ours; `Unusable` where the row is no post."""
_KINDS = frozenset(get_args(Kind))
_RAW_CHARACTERS = 2_000_000
_AHEAD = timedelta(days=1)
"""How far ahead a moment may be: one without a zone is read as UTC, and clocks differ."""


class Unusable(Exception):
    """A row that is no post; the text is the reason, for the person who imports."""


@dataclass(frozen=True, slots=True)
class Reject:
    """A line (or WARC record) that is no post: its number from 1, why, and what stood there."""

    line: int
    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line (or WARC record) that is a post."""

    line: int
    post: PostIn
    raw: str
    unplaced: bool = False
    """It names a region that is none, and was read without it."""


def reject(line: int, reason: str, raw: str) -> Reject:
    """Return a `Reject` whose raw part is bounded."""
    return Reject(line, reason, raw[:_RAW_CHARACTERS])


def read_row(row: Mapping[str, Any], kind: Kind, line: int, raw: str, shape: Shape = dict) -> Row | Reject:
    """Return the post that a row of named values holds; unknown names are ignored, empty values are as none.

    `shape` brings the names of another program to ours first.
    """
    try:
        values = shape({str(name).strip().lower(): value for name, value in row.items()})
    except Unusable as reason:
        return reject(line, str(reason), raw)
    fields = {field: _value(values, names) for field, names in _ALIASES.items()}
    fields = {field: value for field, value in fields.items() if value is not None}
    try:
        fields["kind"] = _kind(values, kind)
        if "posted_at" in fields:
            fields["posted_at"] = _published(fields["posted_at"])
        named = str(fields.pop("region", ""))
        fields["region"] = canonical_region(named) or ""
        return Row(line, PostIn.model_validate(fields), raw, unplaced=bool(named.strip() and not fields["region"]))
    except ValidationError as error:
        return reject(line, _reason(error), raw)
    except Unusable as reason:
        return reject(line, str(reason), raw)


def _kind(values: Mapping[str, Any], kind: Kind) -> Kind:
    """Return what a row says it is, else `kind`.

    What stands under ``kind`` was meant for us, and is refused when unknown. ``type`` is a word of many programs
    ("tweet", "reply"): where it says anything else, it says nothing to us.
    """
    told = _word(values.get("kind"))
    if told and told not in _KINDS:
        raise Unusable(f"kind: {told[:60]!r} is neither post nor ad")
    said = told or _word(values.get("type"))
    return cast("Kind", said) if said in _KINDS else kind


def _word(value: Any) -> str:
    return "" if value is None else str(value).strip().lower()


def _published(value: Any) -> datetime:
    moment = _moment(value)
    if moment is None:
        raise Unusable(f"posted_at: {str(value)[:60]!r} is no date")
    if moment > datetime.now(UTC) + _AHEAD:
        raise Unusable(f"posted_at: {str(value)[:60]!r} is to come")
    return moment


def _value(values: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    found = (values[name] for name in names if name in values)
    return next((value for value in found if value is not None and value != ""), None)


def _moment(value: Any) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return read_moment(text, zone="UTC", now=datetime.now(UTC))


def _reason(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    return f"{field}: {'no text' if field == 'text' and first['type'] == 'missing' else first['msg']}"
