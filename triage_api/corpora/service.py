"""Asking for a corpus and following it: the worker makes it, another person lets it leave."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, BinaryIO, get_args

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from nlp.cities import regions
from nlp.grid import load_grid
from nlp.types import ACTIONABLE, Language
from store.clock import house_day
from store.errors import BadInput, NotFound
from store.exports import Scope, ask_worker
from store.register import Event
from store.store import Store
from store.tables import Export, ExportCopy, Study
from triage_api.access.house import profile_of
from triage_api.access.models import Person
from triage_api.access.policy import Action, Reach, may, require
from triage_api.access.pseudonyms import pseudonyms
from triage_api.corpora.handing import fetch, files_of
from triage_api.corpora.models import CopyOut, CorpusIn, CorpusOut, CorpusPage, FaultOut, PreviewOut, StudyOut
from triage_api.corpora.studies import is_over, own_studies, study_for
from triage_api.shell.recording import enter, recording
from triage_api.trends.months import last_of, newest_over

REGIONS = regions()
LANGUAGES: tuple[str, ...] = get_args(Language)
SIGNALS = tuple(sorted(ACTIONABLE))
_KNOWN: dict[str, tuple[str, ...]] = {"regions": REGIONS, "languages": LANGUAGES, "signals": SIGNALS}
_LISTED = 200
_FAULTS = 200


def ask(store: Store, person: Person, given: CorpusIn) -> CorpusOut:
    """Ask for a corpus: entered in the register with the study and handed to the worker, all of it or nothing.

    `BadInput` by field: see `studies.study_for`; ``unknown_choice`` for a region, language or signal that is none;
    ``whole_months`` for days of the open tier that are not those of whole months that are over, ``to_come`` for a first
    day after today, ``no_room`` for the codes of a study that has no open room.
    """
    require(person, Action.EXPORT_MAKE)
    scope = _whole_months(given.scope, store.clock()) if given.tier == "open" else given.scope
    _check_scope(store, scope)
    identity, now = f"x-{secrets.token_hex(10)}", store.clock()
    with recording(store) as session:
        study = study_for(store, session, person, given)
        session.flush()
        row = Export(id=identity, study_id=study.id, user_id=person.id, tier=given.tier, purpose=given.purpose)
        row.scope, row.status, row.created_at = scope.model_dump(mode="json"), "asked", now
        row.progress, row.preview, row.counts, row.report = {}, {}, {}, {}
        session.add(row)
        ask_worker(session, identity, now)
        said = {"export": identity, "tier": given.tier, "study": study.id, "grid": load_grid().version}
        enter(session, store, person, Event.EXPORT_OPENED, said, store.keys.sealed(given.purpose, f"export:{identity}"))
    return export_status(store, person, identity)


def list_exports(store: Store, person: Person) -> CorpusPage:
    """Return the corpora that somebody may see, newest first."""
    granted = require(person, Action.EXPORT_READ)
    query = select(Export).order_by(Export.created_at.desc(), Export.id).limit(_LISTED)
    with store.database.reading() as session:
        rows = session.scalars(_seen(query, granted, person)).all()
        return CorpusPage(items=_told(store, session, person, rows))


def export_status(store: Store, person: Person, identity: str) -> CorpusOut:
    """Return one corpus; `NotFound` for another's."""
    with store.database.reading() as session:
        return told_of(store, session, person, seen_export(session, person, identity))


def open_file(store: Store, person: Person, identity: str, name: str) -> tuple[BinaryIO, int]:
    """Return a file of a corpus, open, and its size, once the register has the entry: see `handing.fetch`."""
    with store.database.reading() as session:
        row = seen_export(session, person, identity)
        study = session.get(Study, row.study_id) if row.study_id else None
    return fetch(store, person, row, study, name)


def studies_of(store: Store, person: Person) -> list[StudyOut]:
    """Return the studies that somebody may ask under."""
    require(person, Action.EXPORT_MAKE)
    with store.database.reading() as session:
        studies = own_studies(session, person, store.clock())
        names = pseudonyms(session, (one for study in studies for one in study.people))
        return [_study(study, names, store.clock()) for study in studies]


def seen_export(session: Session, person: Person, identity: str, *, lock: bool = False) -> Export:
    """Return the row of a corpus that somebody may see; `NotFound` for any other."""
    granted = require(person, Action.EXPORT_READ)
    query = _seen(select(Export).where(Export.id == identity), granted, person)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound("No such export.")
    return row


def told_of(store: Store, session: Session, person: Person, row: Export) -> CorpusOut:
    """Return what is told of one corpus."""
    return _told(store, session, person, [row])[0]


def _seen(query: Select[Export], granted: Reach, person: Person) -> Select[Export]:
    return query.where(Export.user_id == person.id) if granted is Reach.OWN else query


def _whole_months(scope: Scope, now: datetime) -> Scope:
    """Return a scope of whole months that are over, up to the newest one if no last day is said.

    Two corpora that anybody may have and that differ by a day would tell that day.
    """
    newest = last_of(newest_over(now))
    until = scope.until or newest
    fits = until <= newest and until == last_of(until.replace(day=1))
    begins = scope.since is None or (scope.since.day == 1 and scope.since < until)
    for name, right in (("since", begins), ("until", fits)):
        if not right:
            said = f"The open tier is of whole months up to {newest}: from a first day to a last one."
            raise BadInput(said, code="whole_months", field=f"scope.{name}")
    return scope.model_copy(update={"until": until})


def _check_scope(store: Store, scope: Scope) -> None:
    today = house_day(store.clock())
    if scope.since and scope.since > today:
        raise BadInput("This day is to come: there is nothing of it yet.", code="to_come", field="scope.since")
    for name, known in _KNOWN.items():
        if not set(getattr(scope, name)) <= set(known):
            said = f"Choose among {', '.join(known)}."
            raise BadInput(said, code="unknown_choice", field=f"scope.{name}")


def _told(store: Store, session: Session, person: Person, rows: Collection[Export]) -> list[CorpusOut]:
    """Return what is told of some corpora, with a few queries for all of them."""
    wanted = select(Study).where(Study.id.in_({row.study_id for row in rows}))
    studies = {study.id: study for study in session.scalars(wanted)}
    copies = _copies(session, person, {row.id for row in rows})
    people = {one for row in rows for one in (row.user_id, row.approved_by)}
    people |= {one for study in studies.values() for one in study.people}
    names = pseudonyms(session, people | {copy.user_id for some in copies.values() for copy in some})
    return [_line(store, person, row, studies.get(row.study_id or ""), copies.get(row.id, []), names) for row in rows]


def _copies(session: Session, person: Person, ids: Collection[str]) -> dict[str, list[ExportCopy]]:
    query = select(ExportCopy).where(ExportCopy.export_id.in_(ids)).order_by(ExportCopy.id)
    if not may(person, Action.EXPORT_DECIDE):
        query = query.where(ExportCopy.user_id == person.id)
    found: dict[str, list[ExportCopy]] = {}
    for copy in session.scalars(query):
        found.setdefault(copy.export_id, []).append(copy)
    return found


def _line(
    store: Store, person: Person, row: Export, study: Study | None, copies: list[ExportCopy], names: dict[str, str]
) -> CorpusOut:
    told = {name: getattr(row, name) for name in CorpusOut.model_fields if hasattr(Export, name)}
    told |= {"progress": _plain(row.progress), "report": _faults(row.report), "why": row.report.get("why", "")}
    return CorpusOut.model_validate(
        told
        | {
            "asked_by": names.get(row.user_id, ""),
            "by_me": row.user_id == person.id,
            "study": _study(study, names, store.clock()) if study else None,
            "preview": PreviewOut.model_validate(_figures(row.preview)) if row.preview else None,
            "files": files_of(store, row, study),
            "copies": [_copy(copy, names) for copy in copies],
            "decided_by": names.get(row.approved_by or ""),
            "alone_at": _alone_at(store, row),
        }
    )


def _study(study: Study, names: dict[str, str], now: datetime) -> StudyOut:
    told = {name: getattr(study, name) for name in StudyOut.model_fields if hasattr(Study, name)}
    people = [names[one] for one in study.people if one in names]
    return StudyOut.model_validate(told | {"people": people, "over": is_over(study, now)})


def _copy(copy: ExportCopy, names: dict[str, str]) -> CopyOut:
    return CopyOut(by=names.get(copy.user_id, ""), file=copy.file, at=copy.at, destroyed_at=copy.destroyed_at)


def _figures(preview: dict[str, Any]) -> dict[str, Any]:
    """Return those of a preview's figures that are told: numbers by known names, whatever else it holds."""
    told = _numbers({name: preview.get(name) for name in PreviewOut.model_fields})
    return told | {"levels": preview.get("levels") or {}, "risks": _numbers(preview.get("risks") or {})}


def _plain(progress: dict[str, Any]) -> dict[str, Any]:
    step = {"step": progress["step"]} if isinstance(progress.get("step"), str) else {}
    return step | _numbers({name: progress.get(name) for name in ("done", "of")})


def _numbers(values: dict[str, Any]) -> dict[str, Any]:
    numbers = {name: value for name, value in values.items() if isinstance(value, int | float)}
    return {name: value for name, value in numbers.items() if not isinstance(value, bool)}


def _faults(report: dict[str, Any]) -> list[FaultOut]:
    return [FaultOut.model_validate(fault) for fault in report.get("faults", [])[:_FAULTS]]


def _alone_at(store: Store, row: Export) -> datetime | None:
    hours = profile_of(store.settings).alone_after_hours
    waits = row.status == "previewed" and hours is not None
    return row.created_at + timedelta(hours=hours or 0) if waits else None
