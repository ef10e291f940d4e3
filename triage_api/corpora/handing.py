"""Handing over the files of a corpus that is ready: what its checksums list, each entered before a byte leaves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from store.errors import Conflict, NotFound
from store.exports import export_folder
from store.register import Event
from store.store import Store
from store.tables import Export, ExportCopy, Study
from triage_api.access.models import Person
from triage_api.corpora.models import FileOut
from triage_api.corpora.studies import is_over
from triage_api.shell.recording import enter, recording

SUMS, PROOF = "SHA256SUMS", "proof.json"
_LINE = re.compile(r"[0-9a-f]{64} [ *]([A-Za-z0-9][A-Za-z0-9._-]{0,99})")
_PIECE = 1 << 16


def fetch(store: Store, person: Person, row: Export, study: Study | None, name: str) -> tuple[BinaryIO, int]:
    """Return a file of a corpus, open, and its size in bytes, once the register and the recall list have the copy.

    `Conflict` where the corpus is not, or no longer, handed over (``not_ready``, ``expired``, ``recalled``,
    ``study_over``); `NotFound` for a name that its checksums do not list.
    """
    if why := withheld(row, study, store.clock()):
        raise Conflict("This corpus is not handed over.", code=why)
    folder = export_folder(store.settings, row.id)
    if name not in names_of(folder):
        raise NotFound("No such file.")
    file = _opened(folder / name)
    try:
        size = file.seek(0, 2)
        file.seek(0)
        with recording(store) as session:
            _again(session.get_one(Export, row.id, with_for_update=True), study, store.clock())
            session.add(ExportCopy(export_id=row.id, user_id=person.id, file=name, at=store.clock()))
            enter(session, store, person, Event.EXPORT_READ, {"export": row.id, "file": name})
    except BaseException:
        file.close()
        raise
    return file, size


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """Yield the bytes of an open file, a piece at a time, and close it."""
    with file:
        while piece := file.read(_PIECE):
            yield piece


def files_of(store: Store, row: Export, study: Study | None) -> list[FileOut]:
    """Return the files that can be fetched now; none of a corpus that is not handed over."""
    if withheld(row, study, store.clock()):
        return []
    folder = export_folder(store.settings, row.id)
    return [FileOut(name=name, size=(folder / name).stat().st_size) for name in names_of(folder)]


def withheld(row: Export, study: Study | None, now: datetime) -> str:
    """Return the code of why the files of a corpus are not handed over; empty if they are."""
    if row.status in ("recalled", "expired"):
        return row.status
    if row.status != "ready":
        return "not_ready"
    if row.expires_at is None or row.expires_at <= now:
        return "expired"
    return "study_over" if study is not None and is_over(study, now) else ""


def names_of(folder: Path) -> list[str]:
    """Return the files of a package that are there, those that its checksums list, then the checksums and the proof."""
    try:
        lines = (folder / SUMS).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
    listed = [found[1] for line in lines if (found := _LINE.fullmatch(line))]
    return [name for name in dict.fromkeys([*listed, SUMS, PROOF]) if _is_plain(folder / name)]


def _again(row: Export, study: Study | None, now: datetime) -> None:
    """Look again under the lock: a recall that came meanwhile must have this copy in its list, or stop it."""
    if why := withheld(row, study, now):
        raise Conflict("This corpus is not handed over any more.", code=why)


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise NotFound("No such file.") from None
