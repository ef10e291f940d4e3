"""Text of web pages in WARC files: the title, and the main words of the page without navigation."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lxml import etree
from parsel import Selector
from w3lib.encoding import html_to_unicode
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from crawlers.imports.lines import Packed, open_bytes
from crawlers.imports.rows import Reject, Row, read_row, reject
from crawlers.reading.markup import text_of, tidy
from nlp.types import Kind

_TYPES = ("text/html", "application/xhtml+xml", "text/plain")
_RECORDS = ("response", "resource", "conversion")
_MAX_BODY = 8_000_000
_CHUNK = 1 << 16
_DAMAGED = "the WARC file is cut off or damaged here; all before was read: import a whole copy to have the rest"
_MAIN = ("//article", "//main | //*[@role='main']", "//body", "/*")
_ASIDES = ("nav", "aside", "footer", "form")


def read_warc(path: Path, kind: Kind) -> Iterator[Row | Reject]:
    """Yield a post for each record that holds a text or a web page; records of other types are no posts.

    A `Reject`'s line is the number of the record.
    """
    number = 0
    with open_bytes(path) as file:
        reads = _ShortReads(file)
        try:
            for number, record in enumerate(ArchiveIterator(reads), start=1):
                found = _read_record(record, kind, number) if record.rec_type in _RECORDS else None
                if not _is_whole(record):
                    # Half of a text must not stand for the whole of it.
                    yield reject(number, _DAMAGED, record.rec_headers.get_header("WARC-Target-URI") or "")
                    return
                if found:
                    yield found
            # warcio takes a file that is cut off within a record's header, or packed, for one that ends there.
            if not reads.ended_well() and number:
                yield reject(number + 1, _DAMAGED, "")
        except (ArchiveLoadFailed, EOFError, OSError, zlib.error, ValueError, KeyError, AttributeError):
            # warcio lets all of these out on damaged files, in words of its own code; what follows the damage cannot
            # be found again.
            yield reject(number + 1, _DAMAGED, "")
            return
    if not number:
        yield reject(1, "no WARC record can be read in this file", "")


class _ShortReads:
    """Hands out what can be read at once, so that damage to a packed file costs only what is damaged."""

    def __init__(self, file: Packed) -> None:
        self._file = file
        self._last = b""
        self.tell = file.tell

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes, none at the end."""
        found = self._file.read1(size)
        self._last = (self._last + found)[-4:]
        return found

    def ended_well(self) -> bool:
        """Read on to the end; tell whether the file ends as each record does, in two line ends."""
        while self.read(_CHUNK):
            pass
        return self._last.endswith((b"\r\n\r\n", b"\n\n"))


def _is_whole(record: Any) -> bool:
    """Read what is left of a record; tell whether as many bytes stood there as its header says."""
    while record.raw_stream.read(_CHUNK):
        pass
    told = record.rec_headers.get_header("Content-Length")
    return told is not None and getattr(record.raw_stream, "limit", 0) <= 0


def _read_record(record: Any, kind: Kind, number: int) -> Row | Reject | None:
    headers = record.http_headers if record.rec_type == "response" else None
    holder = headers or record.rec_headers
    content_type = holder.get_header("Content-Type") or ""
    if content_type.partition(";")[0].strip().lower() not in _TYPES:
        return None
    if headers is not None and headers.get_statuscode() != "200":
        return None
    url = record.rec_headers.get_header("WARC-Target-URI") or ""
    body = record.content_stream().read(_MAX_BODY + 1)
    if len(body) > _MAX_BODY:
        return reject(number, f"longer than {_MAX_BODY} bytes", url)
    title, text = _words(body, content_type)
    row = {"title": title[:500], "text": text, "url": url, "posted_at": _moment(record)}
    return read_row(row, kind, number, url)


def _moment(record: Any) -> str:
    value = record.rec_headers.get_header("WARC-Date") or ""
    try:
        return datetime.fromisoformat(value).astimezone(UTC).isoformat()
    except ValueError:
        return ""


def _words(body: bytes, content_type: str) -> tuple[str, str]:
    _, decoded = html_to_unicode(content_type, body, default_encoding="utf-8")
    if content_type.lower().startswith("text/plain"):
        return "", tidy(decoded)
    page = Selector(text=decoded, type="html")
    title = next(map(text_of, page.xpath("//title")), "") or next(map(text_of, page.xpath("//h1")), "")
    return " ".join(title.split()), _main_text(page)


def _main_text(page: Selector) -> str:
    etree.strip_elements(page.root, *_ASIDES, with_tail=False)
    for path in _MAIN:
        parts = [text_of(node) for node in page.xpath(path) if not node.xpath("ancestor::article")]
        text = "\n\n".join(filter(None, parts))
        if text:
            return text
    return ""
