import base64
import hashlib
import io
import os
import stat
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from store.captures import (
    SpoiltCapture,
    as_header,
    erase_capture,
    read_record,
    settle_captures,
    words_digest,
    write_capture,
)
from store.records import CaptureIn

CAPTURE = CaptureIn(
    url="https://forum.example/t/1",
    fetched_at=datetime(2026, 3, 1, 8, 0, tzinfo=UTC),
    content="<article>Allô à tous</article>".encode(),
    content_type="text/html; charset=utf-8",
    response_sha256=hashlib.sha256(b"whole page").hexdigest(),
    collector="forum 0.1 policy/1",
)


def headers_of(data: bytes) -> dict[str, str]:
    with closing(ArchiveIterator(io.BytesIO(data), check_digests="raise")) as records:
        (record,) = [(one, one.content_stream().read())[0] for one in records]
    assert record.rec_headers.protocol == "WARC/1.1"
    return dict(record.rec_headers.headers)


def test_a_capture_is_a_warc_record_that_gives_back_what_was_kept(tmp_path):
    words = words_digest("", "Allô à tous")
    path, digest = write_capture(tmp_path, CAPTURE, words)
    data = (tmp_path / path).read_bytes()
    assert hashlib.sha256(data).hexdigest() == digest
    assert read_record((tmp_path / path).read_bytes()).content == CAPTURE.content
    said = headers_of(data)
    assert said["WARC-Type"] == "resource"
    assert said["WARC-Target-URI"] == CAPTURE.url
    assert said["WARC-Date"] == "2026-03-01T08:00:00.000000Z"
    assert said["WARC-Collector"] == CAPTURE.collector
    assert said["WARC-Source-Digest"] == f"sha256:{CAPTURE.response_sha256}"
    own = "sha256:" + base64.b32encode(hashlib.sha256(CAPTURE.content).digest()).decode()
    assert said["WARC-Block-Digest"] == said["WARC-Payload-Digest"] == own
    record = read_record(data)
    assert (record.url, record.fetched_at, record.collector) == (CAPTURE.url, CAPTURE.fetched_at, CAPTURE.collector)
    assert (record.response_sha256, record.words_sha256) == (CAPTURE.response_sha256, words)
    assert record.content == CAPTURE.content


def test_each_capture_is_a_file_of_its_own_whose_digest_tells_nothing_of_the_text(tmp_path):
    """Two posts of one page may have the same words: erasing one must leave the other's file."""
    first, second = write_capture(tmp_path, CAPTURE), write_capture(tmp_path, CAPTURE)
    assert first != second
    erase_capture(tmp_path, first[0])
    assert read_record((tmp_path / second[0]).read_bytes()).content == CAPTURE.content
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [f"{second[1]}.warc.gz"]


def test_nobody_else_on_the_machine_may_read_it(tmp_path):
    path, _ = write_capture(tmp_path, CAPTURE)
    assert stat.S_IMODE((tmp_path / path).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / path).parent.stat().st_mode) == 0o700


def test_captures_and_their_folders_are_put_on_disk(tmp_path, monkeypatch):
    """What a power cut would take cannot be tried here; that every file and folder is asked for can."""
    settled: list[str] = []
    real = os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda handle: (settled.append(str(Path(f"/proc/self/fd/{handle}").readlink())), real(handle))
    )
    paths = [write_capture(tmp_path, CAPTURE)[0] for _ in range(20)]
    settle_captures(tmp_path, paths)
    files = [tmp_path / path for path in paths]
    assert sorted(settled) == sorted({*map(str, files), *(str(file.parent) for file in files), str(tmp_path)})


def test_an_erased_capture_is_gone_and_erasing_it_again_is_no_error(tmp_path):
    path, _ = write_capture(tmp_path, CAPTURE)
    erase_capture(tmp_path, path)
    erase_capture(tmp_path, path)
    assert not (tmp_path / path).exists()


@pytest.mark.parametrize(
    "url",
    ["https://ville.example/été?q=é à\r\nWARC-Collector: autre", "", "urn:x:\ud800", "https://a.example/%C3%A9#x"],
)
def test_an_address_of_any_kind_stays_one_header(tmp_path, url):
    path, _ = write_capture(tmp_path, CAPTURE.model_copy(update={"url": url}))
    record = read_record((tmp_path / path).read_bytes())
    assert record.url == as_header(url)
    assert record.collector == CAPTURE.collector


def test_what_is_no_whole_record_is_said_to_be_spoilt(tmp_path):
    data = (tmp_path / write_capture(tmp_path, CAPTURE)[0]).read_bytes()
    for spoilt in (b"", b"\0", b"WARC/1.1\r\n", data[: len(data) // 2], data + data, b"\x1f\x8b" + bytes(40)):
        with pytest.raises(SpoiltCapture):
            read_record(spoilt)


@given(st.binary(max_size=300))
def test_reading_a_record_raises_nothing_else_whatever_the_bytes(data):
    with pytest.raises(SpoiltCapture):
        read_record(data)
