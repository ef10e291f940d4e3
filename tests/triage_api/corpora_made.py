"""Corpora in the state that the worker leaves them in, for tests of the desk: it may not import what makes them."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from sqlalchemy import select

from store.exports import export_folder
from store.store import Store
from store.tables import Export, Study

SECRET = "jeton-d-une-rangee-preparee"
"""Stands in the staged rows and nowhere else."""
CELLS = b"month,count\n2026-02,25\n"
PREVIEW = {
    "population": 412,
    "rows": 390,
    "suppressed": 22,
    "loss": 0.25,
    "k": 24,
    "l": 3,
    "tokens": 260,
    "levels": {"month": "quarter", "region": "*"},
    "risks": {"prosecutor": 0.0417},
    "sample_row": {"region": SECRET},
}
"""As the worker writes it, with a row that has no business there."""


def previewed(store: Store, identity: str) -> None:
    """Leave a corpus gathered and measured, with its staged rows on disk."""
    folder = export_folder(store.settings, identity)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "stage.sqlite").write_text(SECRET, "utf-8")
    _change(store, identity, status="previewed", preview=PREVIEW, previewed_at=store.clock())


def ready(store: Store, identity: str, days: int = 90) -> None:
    """Leave a corpus written and proved, with a file that its checksums list and one that they do not."""
    previewed(store, identity)
    folder = export_folder(store.settings, identity)
    files = {"cells.csv": CELLS, "proof.json": b'{"passed": true}\n'}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (folder / "notes.txt").write_text(SECRET, "utf-8")
    sums = [f"{hashlib.sha256(CELLS).hexdigest()}  cells.csv", f"{'0' * 64}  ../stage.sqlite", f"{'0' * 64}  gone.csv"]
    (folder / "SHA256SUMS").write_text("".join(f"{line}\n" for line in sums), "utf-8")
    now = store.clock()
    _change(store, identity, status="ready", ready_at=now, expires_at=now + timedelta(days=days))


def refused(store: Store, identity: str) -> None:
    """Leave a corpus that its own proof refused."""
    fault = {"check": "classes", "file": "rows.csv", "row": 17, "why": "12 < 20"}
    _change(store, identity, status="refused", report={"passed": False, "faults": [fault]}, ended_at=store.clock())


def close_study(store: Store, identity: str) -> None:
    """Close the study of a corpus."""
    with store.database.writing() as session:
        row = session.get_one(Export, identity)
        session.get_one(Study, row.study_id).closed_at = store.clock()


def _change(store: Store, identity: str, **values: object) -> None:
    with store.database.writing() as session:
        row = session.scalars(select(Export).where(Export.id == identity)).one()
        for name, value in values.items():
            setattr(row, name, value)
