"""Lines of a text file of any size: encoding found by reading, lines bounded, gzip opened."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

Packed = gzip.GzipFile | io.BufferedReader
MAX_LINE = 8_000_000
"""Characters; a longer line is refused unread."""
_CHUNK = 1 << 16
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its end; `problem` says why it cannot be used."""

    number: int
    text: str
    problem: str = ""


def open_bytes(path: Path) -> Packed:
    """Open a file for reading, through gzip if its content is gzip."""
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    # The caller closes it.
    return gzip.open(path) if packed else path.open("rb")


def encoding_of(path: Path) -> str:
    """Return the encoding of a text file: by its mark, else UTF-8, unless more of its lines are not UTF-8 than are.

    Lines in ASCII say nothing. A file of the other kind is taken for Windows-1252, as spreadsheets write it.
    """
    with open_bytes(path) as file:
        start = file.read1(4)
        marked = next((name for mark, name in _BOMS if start.startswith(mark)), "")
        return marked or _counted(start, file)


def _counted(start: bytes, file: Packed) -> str:
    valid = broken = 0
    held = start
    with suppress(EOFError, OSError, zlib.error):  # damage is told where it stands, when the lines are read
        while chunk := file.read1(_CHUNK):
            *lines, held = (held[-_CHUNK:] + chunk).split(b"\n")
            valid, broken = _tally(lines, valid, broken)
    valid, broken = _tally([held], valid, broken)
    return "utf-8" if valid >= broken else "cp1252"


def _tally(lines: list[bytes], valid: int, broken: int) -> tuple[int, int]:
    for line in lines:
        if not line.isascii():
            good = _is_utf8(line)
            valid, broken = valid + good, broken + (not good)
    return valid, broken


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def read_lines(path: Path, encoding: str) -> Iterator[Line]:
    """Yield a file's lines in bounded memory; a line that cannot be decoded or is too long says so."""
    number = 0
    with open_bytes(path) as raw, io.TextIOWrapper(raw, encoding, "surrogateescape", newline=None) as file:
        try:
            while text := file.readline(MAX_LINE):
                number += 1
                if len(text) == MAX_LINE and not text.endswith("\n"):
                    _skip_rest(file)
                    yield Line(number, text[:1000], f"longer than {MAX_LINE} characters")
                else:
                    yield _decoded(number, text.removesuffix("\n"), encoding)
        except (EOFError, OSError, zlib.error) as error:
            yield Line(number + 1, "", f"the file is damaged from here on ({error})")
        except UnicodeDecodeError:
            yield Line(number + 1, "", f"not {encoding} from here on")


def _skip_rest(file: io.TextIOWrapper) -> None:
    while (rest := file.readline(_CHUNK)) and not rest.endswith("\n"):
        pass


def _decoded(number: int, text: str, encoding: str) -> Line:
    if text.isprintable() or not any("\udc80" <= char <= "\udcff" for char in text):
        return Line(number, text)
    readable = text.encode(encoding, "surrogateescape").decode(encoding, "backslashreplace")
    return Line(number, readable, f"not {encoding}")
