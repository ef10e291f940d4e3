"""Running a collection: approval first, then a child process, then the report."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Literal

from sqlalchemy import update

import crawlers
from crawlers.alerting import raise_alerts, tell_once
from crawlers.policy.contact import require_contact
from crawlers.sources.approvals import require_approved, standing
from crawlers.sources.declaration import SourceDeclaration
from store.alerts import AlertKind
from store.lexicon import require_lexicon
from store.settings import Settings
from store.store import Store
from store.tables import Run, Source

log = logging.getLogger(__name__)

Status = Literal["done", "stopped", "failed"]
"""``stopped``: by a wall, an expiry or a bound; ``failed``: nothing could be fetched, or it broke."""
_GRACE_SECONDS = 60
_LOOK_SECONDS = 0.2
_KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "HOME", "SYSTEMROOT", "SSL_CERT_FILE", "SSL_CERT_DIR")


@dataclass(frozen=True, slots=True)
class RunReport:
    """What one collection did. `robots` counts pages that robots.txt forbade; `dropped` and `errors` count by kind."""

    source_id: str
    run_id: int | None
    """None when the collection was refused before it began."""
    status: Status
    message: str = ""
    pages: int = 0
    new: int = 0
    edited: int = 0
    same: int = 0
    unchanged: int = 0
    gone: int = 0
    robots: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    errors: dict[str, int] = field(default_factory=dict)
    alerts: tuple[tuple[AlertKind, str], ...] = ()
    """What the supervisors are told."""
    peak_bytes: int = 0
    """Most memory that the collecting process held; 0 where that is not known."""

    @property
    def counts(self) -> dict[str, Any]:
        """Return the counts as plain data."""
        told = asdict(self)
        return {
            name: told[name]
            for name in ("pages", "new", "edited", "same", "unchanged", "gone", "robots", "dropped", "errors")
        }

    def __str__(self) -> str:
        parts = [f"{self.pages} pages", f"{self.new} new", f"{self.edited} edited", f"{self.same} known"]
        parts += [f"{self.unchanged} pages unchanged"] if self.unchanged else []
        parts += [f"{self.gone} deleted at the source"] if self.gone else []
        parts += [f"{self.robots} forbidden by robots.txt"] if self.robots else []
        parts += [f"{count} {kind}" for kind, count in sorted((self.dropped | self.errors).items())]
        return f"{self.source_id}: {self.status}: {', '.join(parts)}" + (f" ({self.message})" if self.message else "")


def collect(
    store: Store,
    source_id: str,
    progress: Callable[[int], None] | None = None,
    stop: threading.Event | None = None,
) -> RunReport:
    """Collect one source now and report.

    Raises `SourceNotApproved` before anything else if there is no valid approval, `BadInput` if the house does not say
    who it is. `progress` is called with the number of pages read so far. Setting `stop` ends it within a second.
    Running it again, also after a kill, keeps no post twice.
    """
    _tell_expiry(store, source_id)
    with store.database.reading() as session:
        require_approved(session, source_id, store.clock())
        source = session.get_one(Source, source_id)
    declaration = SourceDeclaration.model_validate(source.declaration)
    require_contact(store.settings, declaration)
    require_lexicon(store.settings)
    run_id = _open_run(store, source_id)
    report = RunReport(source_id, run_id, "failed", "the collection was interrupted")
    try:
        report = _collect(
            store.settings, declaration, run_id, progress or (lambda _pages: None), stop or threading.Event()
        )
    finally:
        _close_run(store, report)
    return report


def _open_run(store: Store, source_id: str) -> int:
    now = store.clock()
    with store.database.writing() as session:
        session.execute(
            update(Run)
            .where(Run.source_id == source_id, Run.status == "running")
            .values(status="failed", finished_at=now, message="the collection was interrupted")
        )
        run = Run(source_id=source_id, started_at=now, status="running", counts={})
        session.add(run)
        session.flush()
        return run.id


def _tell_expiry(store: Store, source_id: str) -> None:
    """Tell the supervisors of a leave that came to its end: what is no longer collected is missed by nobody else."""
    now = store.clock()
    with store.database.reading() as session:
        found = standing(session, source_id, now)
    if found.state == "expired":
        with store.database.writing() as session:
            tell_once(session, source_id, AlertKind.EXPIRED, f"The source {source_id} {found.problem}.", now)


def _close_run(store: Store, report: RunReport) -> None:
    with store.database.writing() as session:
        run = session.get_one(Run, report.run_id)
        run.status, run.message, run.counts = report.status, report.message, report.counts
        run.finished_at = store.clock()
        raise_alerts(session, report.source_id, report.alerts, run.finished_at)
    _tell_expiry(store, report.source_id)


def _collect(
    settings: Settings,
    declaration: SourceDeclaration,
    run_id: int,
    progress: Callable[[int], None],
    stop: threading.Event,
) -> RunReport:
    final: dict[str, Any] = {}
    pages = 0
    with TemporaryFile() as errors, _child(settings, declaration, errors, stop) as child:
        for told in _lines(child):
            final = told if "tally" in told else final
            pages = told.get("pages", pages)
            progress(pages)
        status = child.wait()
        last = _last_line(errors)
    if not final and stop.is_set():
        return RunReport(declaration.id, run_id, "stopped", "Vigie was stopped", pages=pages)
    if not final:
        message = last or f"the collecting process ended with status {status}"
        return RunReport(declaration.id, run_id, "failed", message, pages=pages)
    return _report(declaration.id, run_id, final)


def _report(source_id: str, run_id: int, final: dict[str, Any]) -> RunReport:
    tally, stopped, notes = final["tally"], final["stopped"], final["notes"]
    alerts = tuple((AlertKind(kind), message) for kind, message in final["alerts"])
    if tally["robots"] and not tally["pages"] and not alerts:
        alerts = ((AlertKind.ROBOTS, "robots.txt forbids every page that was to be read"),)
    nothing = tally["pages"] == 0 and (tally["robots"] or tally["errors"] or tally["dropped"])
    status: Status = "stopped" if stopped else "failed" if nothing else "done"
    message = "; ".join(filter(None, (stopped, *notes)))
    return RunReport(source_id, run_id, status, message, **tally, alerts=alerts, peak_bytes=final["peak_bytes"])


@contextmanager
def _child(
    settings: Settings, declaration: SourceDeclaration, errors: IO[bytes], stop: threading.Event
) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-P", "-m", "crawlers.child", declaration.id, str(os.getpid())]
    child = subprocess.Popen(  # noqa: S603 - our own module; the source's id is checked when declared
        command, env=_environment(settings), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors
    )
    seconds = declaration.max_minutes * 60 + declaration.timeout + _GRACE_SECONDS
    threading.Thread(target=_kill_in_time, args=(child, seconds, stop), daemon=True).start()
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        if child.stdout:
            child.stdout.close()


def _kill_in_time(child: subprocess.Popen[bytes], seconds: float, stop: threading.Event) -> None:
    end = time.monotonic() + seconds
    while child.poll() is None and time.monotonic() < end and not stop.wait(_LOOK_SECONDS):
        pass
    child.kill()


def _environment(settings: Settings) -> dict[str, str]:
    chosen = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    values = settings.model_copy(update={"data_dir": settings.data_dir.resolve()}).model_dump(mode="json")
    chosen |= {f"VIGIE_{name.upper()}": str(value) for name, value in values.items() if value is not None}
    return chosen | {"PYTHONPATH": str(Path(crawlers.__file__).parent.parent), "PYTHONUTF8": "1"}


def _lines(child: subprocess.Popen[bytes]) -> Iterator[dict[str, Any]]:
    for line in child.stdout or ():
        try:
            told = json.loads(line)
        except ValueError:
            continue
        if isinstance(told, dict):
            yield told


def _last_line(errors: IO[bytes]) -> str:
    errors.seek(0, os.SEEK_END)
    errors.seek(max(0, errors.tell() - 4000))
    lines = errors.read().decode("utf-8", "replace").strip().splitlines()
    for line in lines:
        log.debug("collecting process: %s", line)
    return lines[-1][:300] if lines else ""
