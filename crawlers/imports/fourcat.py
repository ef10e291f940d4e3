"""Exports of 4CAT, the research tool: its CSV, and its NDJSON whose lines are the source's own objects.

Columns and objects as in 4CAT's data sources (github.com/digitalmethodsinitiative/4cat, `map_item` of each). Columns of
images and of counts are never read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from crawlers.imports.rows import Unusable
from crawlers.reading.loose import string_at, value_at

COLUMNS = frozenset({"id", "thread_id", "timestamp", "body"})
"""Columns of every dataset of 4CAT that is posts."""
_TELEGRAM = frozenset({"_type", "_chat", "message"})
_OWN = frozenset({"4cat_metadata", "__import_meta"})
_GONE = frozenset({"[deleted]", "[removed]"})
_ADDRESSES = ("link", "post_url", "permalink")
_NO_SHAPE = 'of a source whose objects are not known here: in 4CAT run "Convert NDJSON file to CSV" and import that'
Values = dict[str, Any]


def is_4cat(names: Iterable[str]) -> bool:
    """Tell whether the names of a row's values, in lower case, are those of a 4CAT export."""
    names = set(names)
    return names >= COLUMNS or names >= _TELEGRAM or not names.isdisjoint(_OWN)


def plain(row: Mapping[str, Any]) -> Values:
    """Return a 4CAT row under the plain names that `crawlers.imports.rows` reads; `Unusable` says why it has none.

    The author stays as the export has it, pseudonymised or not.
    """
    if row.keys() >= COLUMNS:
        values = _from_columns(row)
    elif row.keys() >= _TELEGRAM:
        values = _from_message(row)
    elif string_at(row, "uri").startswith("at://"):
        values = _from_bluesky(row)
    else:
        raise Unusable(_NO_SHAPE)
    if values["text"] in _GONE:
        raise Unusable("text: deleted at its source")
    return values


def _from_columns(row: Mapping[str, Any]) -> Values:
    subject, body = _word(row, "subject"), _word(row, "body")
    # On Reddit `url` is what a thread leads to, not where it stands.
    addresses = _ADDRESSES if "subreddit" in row else (*_ADDRESSES, "url")
    return {
        "external_id": _name(_word(row, "thread_id"), _word(row, "id")),
        "text": body or subject,
        "title": subject,
        "author": _first(row, "author_username", "author", "author_name"),
        "url": _first(row, *addresses),
        # `timestamp` is in the zone of the machine that 4CAT ran on; where there is the other, it is exact.
        "posted_at": _first(row, "unix_timestamp", "timestamp"),
    }


def _from_message(row: Mapping[str, Any]) -> Values:
    """Return the values of a Telegram message as Telethon has it."""
    chat = string_at(row, "_chat", "username") or string_at(row, "_chat", "id")
    sender = (string_at(row, "_sender", name) for name in ("username", "id"))
    number = string_at(row, "id")
    return {
        "external_id": _name(chat, number),
        "text": string_at(row, "message"),
        "author": next(filter(None, sender), ""),
        "url": f"https://t.me/{chat}/{number}" if string_at(row, "_chat", "username") and number else "",
        "posted_at": value_at(row, "date"),
    }


def _from_bluesky(row: Mapping[str, Any]) -> Values:
    uri, handle = string_at(row, "uri"), string_at(row, "author", "handle")
    return {
        "external_id": uri,
        "text": string_at(row, "record", "text"),
        "author": handle,
        "url": f"https://bsky.app/profile/{handle}/post/{uri.rpartition('/')[2]}" if handle else "",
        "posted_at": string_at(row, "record", "created_at") or string_at(row, "record", "createdAt"),
    }


def _name(thread: str, number: str) -> str:
    """Return a post's name within its source: numbers count anew in each chat or thread of some sources."""
    alone = not thread or not number or number == thread or "://" in number
    return number if alone else f"{thread}/{number}"


def _first(row: Mapping[str, Any], *names: str) -> str:
    return next(filter(None, (_word(row, name) for name in names)), "")


def _word(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return str(value).strip() if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""
