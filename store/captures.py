"""Captures: one WARC 1.1 record per version of a post, in a file of its own, so that each can be erased alone.

The file's SHA-256 names it and stands in the database and in the register (`store.evidence.anchors`). A random salt in
the record keeps that digest from telling anything of a text that was erased.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import string
import uuid
import zlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.utils import Digester
from warcio.warcwriter import WARCWriter

from store.records import CaptureIn

_AT_ONCE = 8
_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
_MOMENT = "%Y-%m-%dT%H:%M:%S.%fZ"
_UNREADABLE = (
    ArchiveLoadFailed,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    ValueError,
    zlib.error,
)
"""What reading a spoilt file can raise, from gzip up to the digests of the record."""


class SpoiltCapture(ValueError):
    """A capture file that does not hold one whole record whose digests hold."""


@dataclass(frozen=True, slots=True)
class Record:
    """What one capture file says."""

    url: str
    """As `as_header` writes it."""
    fetched_at: datetime
    response_sha256: str
    collector: str
    content_type: str
    content: bytes
    words_sha256: str
    """SHA-256 of title and text as they were read from it; empty in captures that were kept before this was."""


def words_digest(title: str, text: str) -> str:
    """Return the SHA-256 of a post's title and text: it ties the words in the database to their capture."""
    return hashlib.sha256(f"{title}\0{text}".encode()).hexdigest()


def as_header(text: str) -> str:
    """Return a text as a record's header can hold it: what is not printable ASCII is percent-encoded."""
    return quote(text, safe=string.punctuation, errors="replace")


def path_of(digest: str) -> Path:
    """Return where a capture whose file has this SHA-256 is kept, below the captures' folder."""
    return Path(digest[:2]) / f"{digest}.warc.gz"


def write_capture(folder: Path, capture: CaptureIn, words: str = "") -> tuple[str, str]:
    """Keep a capture and return its path below `folder` and its file's SHA-256.

    `words` is the `words_digest` of what was read from it. Each call makes a file of its own, so that no two posts
    ever share one. It is sure to outlast a power cut only after `settle_captures`.
    """
    return keep_warc(folder, as_warc(capture, words))


def keep_warc(folder: Path, data: bytes) -> tuple[str, str]:
    """Keep the bytes of a capture's file and return its path below `folder` and their SHA-256.

    Nothing points to its name before it is whole: what a crash leaves half written is an orphan like any other.
    """
    digest = hashlib.sha256(data).hexdigest()
    relative = path_of(digest)
    try:
        handle = os.open(folder / relative, _NEW, 0o600)
    except FileNotFoundError:
        (folder / relative).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(folder / relative, _NEW, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    return str(relative), digest


def settle_captures(folder: Path, paths: Iterable[str]) -> None:
    """Have captures on disk with their names, before anything says that they are kept.

    All at once: a file system that is told of many together writes its journal once for them, which takes a tenth of
    the time.
    """
    files = [folder / path for path in paths]
    every = [*files, *{file.parent for file in files}, folder]
    list(_pool(os.getpid()).map(_settle, (every[start::_AT_ONCE] for start in range(min(_AT_ONCE, len(every))))))


def read_record(data: bytes) -> Record:
    """Return what the bytes of a capture file say; `SpoiltCapture` unless they are one record whose digests hold."""
    try:
        with closing(ArchiveIterator(io.BytesIO(data), check_digests="raise")) as records:
            found = [_record(record) for record in records]
    except _UNREADABLE as error:
        raise SpoiltCapture(f"{type(error).__name__}: {error}".splitlines()[0][:200]) from None
    if len(found) != 1:
        raise SpoiltCapture(f"{len(found)} records instead of one")
    return found[0]


def erase_capture(folder: Path, path: str) -> None:
    """Delete a capture's file; one that is gone already is no error."""
    (folder / path).unlink(missing_ok=True)


@lru_cache(maxsize=1)
def _pool(_process: int) -> ThreadPoolExecutor:
    # One for each process: a forked one has none of its parent's threads.
    return ThreadPoolExecutor(_AT_ONCE)


def _settle(paths: Iterable[Path]) -> None:
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _record(record: Any) -> Record:
    if record.rec_type != "resource" or record.rec_headers.protocol != "WARC/1.1":
        raise SpoiltCapture(f"a record {record.rec_headers.protocol} {record.rec_type} instead of a WARC/1.1 resource")
    said = {name.lower(): value for name, value in record.rec_headers.headers}
    if not {"warc-block-digest", "warc-payload-digest"} <= said.keys():
        raise SpoiltCapture("the record has no digests of its own")
    return Record(
        url=said.get("warc-target-uri", ""),
        fetched_at=datetime.strptime(said["warc-date"], _MOMENT).replace(tzinfo=UTC),
        response_sha256=said["warc-source-digest"].removeprefix("sha256:"),
        collector=said["warc-collector"],
        content_type=said["content-type"],
        content=bytes(record.content_stream().read()),
        words_sha256=said.get("warc-words-digest", "").removeprefix("sha256:"),
    )


def as_warc(capture: CaptureIn, words: str) -> bytes:
    """Return the bytes of a capture's file, which is written nowhere; `words` as for `write_capture`."""
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=True, warc_version="1.1")
    digester = Digester("sha256")
    digester.update(capture.content)
    headers = {
        "WARC-Record-ID": f"<urn:uuid:{uuid.uuid4()}>",
        "WARC-Date": capture.fetched_at.astimezone(UTC).strftime(_MOMENT),
        "WARC-Block-Digest": str(digester),
        "WARC-Payload-Digest": str(digester),
        "WARC-Source-Digest": f"sha256:{capture.response_sha256}",
        "WARC-Collector": " ".join(capture.collector.split()),
        "WARC-Salt": secrets.token_hex(16),
    } | ({"WARC-Words-Digest": f"sha256:{words}"} if words else {})
    record = writer.create_warc_record(
        as_header(capture.url),
        "resource",
        payload=io.BytesIO(capture.content),
        length=len(capture.content),
        warc_content_type=" ".join(capture.content_type.split()),
        warc_headers_dict=headers,
    )
    writer.write_record(record)
    return buffer.getvalue()
