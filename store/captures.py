"""Captures: one WARC 1.1 record per version of a post, in a file of its own, so that each can be erased alone."""

from __future__ import annotations

import hashlib
import io
import os
from contextlib import closing
from datetime import UTC
from pathlib import Path

from warcio.archiveiterator import ArchiveIterator
from warcio.warcwriter import WARCWriter

from store.records import CaptureIn


def write_capture(folder: Path, capture: CaptureIn) -> tuple[str, str]:
    """Keep a capture and return its path below `folder` and its file's SHA-256.

    The name is the digest of the content, the write is atomic: writing the same twice leaves one file.
    """
    data = _warc(capture)
    digest = hashlib.sha256(data).hexdigest()
    relative = Path(digest[:2]) / f"{digest}.warc.gz"
    target = folder / relative
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.{os.getpid()}")
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(target)
    return str(relative), digest


def read_capture(folder: Path, path: str) -> bytes:
    """Return the content that a capture holds."""
    with (folder / path).open("rb") as file, closing(ArchiveIterator(file)) as records:
        for record in records:
            return bytes(record.content_stream().read())
    raise ValueError(f"{path} holds no record")


def erase_capture(folder: Path, path: str) -> None:
    """Delete a capture's file; one that is gone already is no error."""
    (folder / path).unlink(missing_ok=True)


def _warc(capture: CaptureIn) -> bytes:
    # Record ids and gzip times are taken from the content, so that the same capture is the same file.
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=True, warc_version="1.1")
    moment = capture.fetched_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    identity = hashlib.sha256(capture.url.encode() + moment.encode() + capture.content).hexdigest()
    headers = {
        "WARC-Record-ID": f"<urn:sha256:{identity}>",
        "WARC-Date": moment,
        "WARC-Source-Digest": f"sha256:{capture.response_sha256}",
        "WARC-Collector": capture.collector,
    }
    record = writer.create_warc_record(
        capture.url,
        "resource",
        payload=io.BytesIO(capture.content),
        length=len(capture.content),
        warc_content_type=capture.content_type,
        warc_headers_dict=headers,
    )
    writer.write_record(record)
    return buffer.getvalue()
