"""Taking a file's posts into the store: once each, however often it is run, with the refused lines kept aside."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from crawlers.imports.reading import Form, read_rows
from crawlers.imports.rows import Reject, Row, reject
from crawlers.sources.register import upsert_source
from nlp.quarantine import Lexicon
from nlp.types import Kind
from store.errors import BadInput
from store.intake import Intake, take_in
from store.lexicon import lexicon_of
from store.records import PostIn
from store.store import Store

_BATCH = 200
"""Posts kept in one transaction."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did; `rejects_path` is None when no line was refused."""

    source_id: str
    new: int
    edited: int
    same: int
    rejected: int
    rejects_path: Path | None
    quarantined: int = 0
    """Posts that were sealed at the door: see `store.door`."""
    unplaced: int = 0
    """Posts that name a region that is none, and were taken without it."""


def import_file(
    store: Store,
    path: Path | str,
    source_name: str,
    kind: Kind = "post",
    progress: Callable[[int], None] = lambda _done: None,
    form: Form = "auto",
) -> ImportReport:
    """Take a file's posts in, under a source of kind ``import`` that is declared with the first of them.

    Run twice, or again after a kill, it adds nothing: a post is known by its id, else its address, else its words.
    Refused lines go to ``FILE.rejects.jsonl`` with number and reason, and what stood there unless a quarantine lexicon
    is in force; that file is written anew each time. `progress` is called with the number of rows read so far.
    """
    file = Path(path)
    lexicon = lexicon_of(store.settings)
    rows = read_rows(file, kind, form)
    source_id = _identity(source_name)
    counts: Counter[Intake | Literal["unplaced"]] = Counter()
    with TemporaryDirectory(prefix="vigie-import-") as scratch:
        rejects = _Rejects(Path(scratch) / "rejects.jsonl", lexicon)
        with closing(_Known(Path(scratch) / "known.db")) as known, closing(rejects):
            for number, batch in enumerate(_batches(_sorted_out(rows, known, rejects, progress))):
                if number == 0:
                    _declare_import(store, source_id, source_name)
                found = take_in(store, source_id, "import", [(row.post, None) for row in batch])
                counts.update(intake for _, intake in found)
                counts["unplaced"] += sum(row.unplaced for row in batch)
        kept = rejects.keep(file, store.settings.data_dir / "rejects")
    kinds = counts["new"], counts["edited"], counts["same"]
    return ImportReport(source_id, *kinds, rejects.count, kept, counts["quarantined"], counts["unplaced"])


def _identity(name: str) -> str:
    """Return the id of the source that an import of this name is of."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    identity = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")
    if not identity:
        raise BadInput("The source needs a name with letters or digits.", field="source")
    return identity


def _declare_import(store: Store, identity: str, name: str) -> None:
    data = {"id": identity, "title": name.strip()[:500], "kind": "import"}
    digest = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
    upsert_source(store, identity, data["title"], "import", data, digest)


def _sorted_out(
    rows: Iterator[Row | Reject], known: _Known, rejects: _Rejects, progress: Callable[[int], None]
) -> Iterator[Row]:
    for done, row in enumerate(rows, start=1):
        if isinstance(row, Reject):
            rejects.add(row)
        elif known.agrees(row.post):
            yield row
        else:
            # Taking both would make each run an edit of the other.
            rejects.add(reject(row.line, "an earlier line has the same id and another text", row.raw))
        progress(done)


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


class _Known:
    """The posts of this file so far, on disk, so that memory does not grow with the file."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode=OFF", "synchronous=OFF"):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.execute("CREATE TABLE known (key BLOB PRIMARY KEY, digest BLOB) WITHOUT ROWID")

    def agrees(self, post: PostIn) -> bool:
        """Note a post; tell whether no earlier line gave its key another text."""
        key = hashlib.sha256(post.key.encode()).digest()
        digest = bytes.fromhex(post.digest)
        self._database.execute("INSERT OR IGNORE INTO known VALUES (?, ?)", (key, digest))
        found = self._database.execute("SELECT digest FROM known WHERE key = ?", (key,)).fetchone()
        return bool(found[0] == digest)

    def close(self) -> None:
        """Forget them."""
        self._database.close()


class _Rejects:
    """The refused lines, written aside as they come."""

    def __init__(self, path: Path, lexicon: Lexicon | None) -> None:
        self._path = path
        self._lexicon = lexicon
        self._file = path.open("w", encoding="utf-8", errors="backslashreplace")
        self.count = 0

    def add(self, row: Reject) -> None:
        """Keep one aside; with a lexicon, only where it stood: what was not read as a post was not held against it."""
        self.count += 1
        if self._lexicon is not None:
            row = Reject(row.line, "unusable" if self._lexicon.hits(row.reason) else row.reason, "")
        self._file.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")

    def close(self) -> None:
        """Finish writing."""
        self._file.close()

    def keep(self, source: Path, fallback: Path) -> Path | None:
        """Put the refused lines beside the file, or into `fallback` where that cannot be written; return where."""
        beside = source.with_name(f"{source.name}.rejects.jsonl")
        if not self.count:
            beside.unlink(missing_ok=True)
            return None
        try:
            return _private_copy(self._path, beside)
        except OSError:
            fallback.mkdir(parents=True, exist_ok=True, mode=0o700)
            return _private_copy(self._path, fallback / beside.name)


def _private_copy(source: Path, target: Path) -> Path:
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file, source.open("rb") as written:
        while chunk := written.read(1 << 20):
            file.write(chunk)
    return partial.replace(target)
