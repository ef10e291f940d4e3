"""One capture verified: its file, its record, what its row says of it, and the words in the database."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

from store.captures import Record, SpoiltCapture, as_header, path_of, read_record, words_digest
from store.tables import Capture, Post

FAULTS = {
    "path": "its path is not the one that its digest gives",
    "gone": "its file is gone",
    "unreadable": "its file cannot be read: {}",
    "changed": "its file was changed: its SHA-256 is {}",
    "spoilt": "its record cannot be read: {}",
    "address": "its address is not the one in the database",
    "time": "its time is not the one in the database",
    "response": "its digest of the response is not the one in the database",
    "collector": "its collector is not the one in the database",
    "words": "the words in the database are not those that were read from it",
    "missing_words": "{} words of the text in the database do not stand in it",
    "other_digest": "entry {} of the register names another digest",
    "unsigned": "entry {} does not stand in the signed register: vigie register verify says why",
    "unentered": "its digest stands in no entry of the register",
}
"""What can be wrong with a capture, by its code."""
_TAG = re.compile(r"<[^<>]*>")
_INLINE = re.compile(r"</?(?:a|abbr|b|em|font|i|mark|s|small|span|strong|sub|sup|u)\b[^<>]*>", re.I)
"""What does not end a line."""
_WORD = re.compile(r"\w+")


class Fault(NamedTuple):
    """One thing that is wrong with a capture: a code of `FAULTS`, and what its words leave open."""

    code: str
    detail: str = ""

    def __str__(self) -> str:
        return FAULTS[self.code].format(self.detail)


def faults_of(folder: Path, row: Capture, post: Post) -> list[Fault]:
    """Return all that is wrong with a capture, without any text of the post; nothing if it stands.

    The words are compared if the capture is of the version that the database holds.
    """
    if row.path != str(path_of(row.sha256)):
        return [Fault("path")]
    try:
        data = (folder / row.path).read_bytes()
    except FileNotFoundError:
        return [Fault("gone")]
    except OSError as error:
        return [Fault("unreadable", str(error.strerror))]
    found = hashlib.sha256(data).hexdigest()
    if found != row.sha256:
        return [Fault("changed", found)]
    try:
        record = read_record(data)
    except SpoiltCapture as error:
        return [Fault("spoilt", str(error))]
    current = post.status == "live" and post.version == row.version
    return [*_unlike_its_row(record, row), *(_other_words(record, post) if current else ())]


def _unlike_its_row(record: Record, row: Capture) -> Iterator[Fault]:
    pairs = {
        "address": (record.url, as_header(row.url)),
        "time": (record.fetched_at, row.fetched_at),
        "response": (record.response_sha256, row.response_sha256),
        "collector": (record.collector, " ".join(row.collector.split())),
    }
    yield from (Fault(what) for what, (said, known) in pairs.items() if said != known)


def _other_words(record: Record, post: Post) -> Iterator[Fault]:
    if record.words_sha256 and record.words_sha256 != words_digest(post.title, post.text):
        yield Fault("words")
    held = _held(record.content)
    missing = sum(_squashed(word) not in held for word in set(_WORD.findall(post.text)))
    if missing:
        yield Fault("missing_words", str(missing))


def words_shown(content: bytes) -> str:
    """Return the words that a capture's content shows, whichever form it has; what a tag sets apart is a line."""
    text = _text(content)
    for _ in range(2):  # a feed holds its markup escaped
        text = unescape(_TAG.sub("\n", _INLINE.sub("", text)))
    return text


def _text(content: bytes) -> str:
    text = content.decode("utf-8", "replace")
    with suppress(ValueError, RecursionError):  # not JSON
        text = "\n".join(_strings(json.loads(text)))
    return text


def _held(content: bytes) -> str:
    """Return all letters and digits that a capture's content shows, whichever form it has, without what is between."""
    text = _text(content)
    shown = unescape(text)
    return " ".join(_squashed(part) for part in (_TAG.sub("", shown), unescape(_TAG.sub(" ", text)), shown, text))


def _strings(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += [*one.values(), *one.keys()]
        elif isinstance(one, list):
            waiting += one
        else:
            yield str(one)


def _squashed(text: str) -> str:
    """Return letters and digits alone, without case and accents: how a collector sets them apart is its own affair."""
    return "".join(char for char in unicodedata.normalize("NFKD", text).casefold() if char.isalnum())
