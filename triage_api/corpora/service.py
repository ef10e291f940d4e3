"""Making an export: counted, entered in the register, written, and only then handed over."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import select

from nlp.grid import load_grid
from store.errors import NotFound, VigieError
from store.register import Event
from store.store import Store
from store.tables import Export
from triage_api.access.models import Person
from triage_api.access.policy import Action, Reach, require
from triage_api.corpora.counting import count
from triage_api.corpora.models import Corpus, CorpusIn, CorpusLine, CorpusPage
from triage_api.corpora.suppress import LEAST
from triage_api.shell.recording import enter, recording

FILES = ("open.csv", "open.json")


def open_tier(store: Store, person: Person, given: CorpusIn) -> Corpus:
    """Make an open-tier export: counts of labels by month and region, small figures withheld, no text.

    The register has `export.opened` before anything is counted, and `export.closed`, with the digests of the files (or
    the error), before the export is returned.
    """
    require(person, Action.EXPORT_MAKE)
    identity = f"x-{secrets.token_hex(10)}"
    opened = {"export": identity, "tier": "open", "grid": load_grid().version}
    with recording(store) as session:
        purpose = store.keys.sealed(given.purpose, f"export:{identity}")
        enter(session, store, person, Event.EXPORT_OPENED, opened, purpose)
    try:
        corpus = _counted(store, identity, given)
        files = {"open.csv": as_csv(corpus), "open.json": as_json(corpus)}
    except Exception as error:
        code = error.code if isinstance(error, VigieError) else "internal"
        with recording(store) as session:
            enter(session, store, person, Event.EXPORT_CLOSED, {"export": identity, "error": code})
        raise
    _close(store, person, corpus, files)
    for name, data in files.items():
        _write(_folder(store, identity) / name, data)
    return corpus


def _counted(store: Store, identity: str, given: CorpusIn) -> Corpus:
    with store.database.reading() as session:
        counted = count(session, store.clock())
    return Corpus(
        id=identity,
        tier="open",
        purpose=given.purpose,
        grid=load_grid().version,
        models=counted.models,
        least=LEAST,
        made_at=store.clock(),
        cells=counted.cells,
    )


def _close(store: Store, person: Person, corpus: Corpus, files: Mapping[str, bytes]) -> None:
    """Keep what an export holds, with its entry: one is not there without the other."""
    told = {"cells": len(corpus.cells), "withheld": sum(cell.count is None for cell in corpus.cells)}
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    row = Export(id=corpus.id, user_id=person.id, tier=corpus.tier, purpose=corpus.purpose, counts=told)
    row.created_at = corpus.made_at
    with recording(store) as session:
        session.add(row)
        enter(session, store, person, Event.EXPORT_CLOSED, {"export": corpus.id, **told, "sha256": digests})


def list_exports(store: Store, person: Person) -> CorpusPage:
    """Return a researcher's own exports, newest first."""
    granted = require(person, Action.EXPORT_READ)
    query = select(Export).order_by(Export.created_at.desc(), Export.id).limit(200)
    if granted is Reach.OWN:
        query = query.where(Export.user_id == person.id)
    with store.database.reading() as session:
        return CorpusPage(items=[_line(row) for row in session.scalars(query)])


def export_status(store: Store, person: Person, identity: str) -> CorpusLine:
    """Return one export; `NotFound` for another's."""
    return _line(_own(store, person, identity))


def export_file(store: Store, person: Person, identity: str, name: str) -> bytes:
    """Return a file of an export, once the register has the entry; `NotFound` for another's."""
    row = _own(store, person, identity)
    if name not in FILES:
        raise NotFound("No such file.")
    try:
        data = (_folder(store, row.id) / name).read_bytes()
    except FileNotFoundError:
        raise NotFound("No such file.") from None
    with recording(store) as session:
        enter(session, store, person, Event.EXPORT_READ, {"export": row.id, "file": name})
    return data


def as_csv(corpus: Corpus) -> bytes:
    """Return the cells as CSV; an empty count is a withheld figure."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(("month", "region", "kind", "name", "count"))
    for cell in corpus.cells:
        writer.writerow((cell.month, cell.region, cell.kind, cell.name, "" if cell.count is None else cell.count))
    return buffer.getvalue().encode()


def as_json(corpus: Corpus) -> bytes:
    """Return the export as JSON."""
    return (corpus.model_dump_json(indent=2) + "\n").encode()


def _own(store: Store, person: Person, identity: str) -> Export:
    granted = require(person, Action.EXPORT_READ)
    query = select(Export).where(Export.id == identity)
    if granted is Reach.OWN:
        query = query.where(Export.user_id == person.id)
    with store.database.reading() as session:
        row = session.scalar(query)
    if row is None:
        raise NotFound("No such export.")
    return row


def _line(row: Export) -> CorpusLine:
    return CorpusLine(
        id=row.id,
        tier=row.tier,
        purpose=row.purpose,
        cells=row.counts["cells"],
        withheld=row.counts["withheld"],
        files=list(FILES),
        created_at=row.created_at,
    )


def _folder(store: Store, identity: str) -> Path:
    return store.settings.data_dir / "exports" / identity


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_bytes(data)
    partial.rename(path)
