import hashlib
import io
from datetime import UTC, datetime

from warcio.archiveiterator import ArchiveIterator

from store.captures import erase_capture, read_capture, write_capture
from store.records import CaptureIn

CAPTURE = CaptureIn(
    url="https://forum.example/t/1",
    fetched_at=datetime(2026, 3, 1, 8, 0, tzinfo=UTC),
    content="<article>Allô à tous</article>".encode(),
    content_type="text/html; charset=utf-8",
    response_sha256=hashlib.sha256(b"whole page").hexdigest(),
    collector="forum 0.1",
)


def test_a_capture_is_a_warc_record_that_gives_back_what_was_kept(tmp_path):
    path, digest = write_capture(tmp_path, CAPTURE)
    data = (tmp_path / path).read_bytes()
    assert hashlib.sha256(data).hexdigest() == digest
    assert read_capture(tmp_path, path) == CAPTURE.content
    record = next(iter(ArchiveIterator(io.BytesIO(data))))
    assert record.rec_headers.protocol == "WARC/1.1"
    assert record.rec_headers.get_header("WARC-Target-URI") == CAPTURE.url
    assert record.rec_headers.get_header("WARC-Source-Digest") == f"sha256:{CAPTURE.response_sha256}"


def test_the_same_capture_written_twice_is_one_file(tmp_path):
    assert write_capture(tmp_path, CAPTURE) == write_capture(tmp_path, CAPTURE)
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_an_erased_capture_is_gone_and_erasing_it_again_is_no_error(tmp_path):
    path, _ = write_capture(tmp_path, CAPTURE)
    erase_capture(tmp_path, path)
    erase_capture(tmp_path, path)
    assert not (tmp_path / path).exists()
