"""The study under which a corpus is asked for: what it says is written once, and then stands as it was approved."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.clock import house_day
from store.errors import BadInput
from store.exports import study_key
from store.store import Store
from store.tables import Export, Study, User
from triage_api.access.models import Person, Role
from triage_api.corpora.models import LONGEST_DAYS, USUAL_DAYS, CorpusIn
from triage_api.sources.approving import end_of

_NEW = "st-{}"


def study_for(store: Store, session: Session, person: Person, given: CorpusIn) -> Study:
    """Return the study that a corpus is asked for under, made or filled in with what was given.

    `BadInput` by field: none of one's own by that id (``unknown_study``), one that is over (``study_over``), something
    that it says otherwise already (``study_stands``), what the tier needs and neither says (``needed``), or codes of
    a study that has no open room (``no_room``). A study that was seen by an approver is never changed under them: only
    what it does not say yet is filled in.
    """
    study = _own(session, person, given.study, store.clock()) if given.study else _new(store, session, person, given)
    _fill(study, "agreement", given.agreement)
    _fill(study, "ethics", given.ethics)
    _fill(study, "codebook", given.codebook)
    _let_in(session, study, given.people)
    _end(store, study, given.ends_on)
    _check(study, given.tier)
    if given.tier == "codes":
        _check_room(session, study)
    return study


def is_over(study: Study, now: datetime) -> bool:
    """Tell whether nothing of a study may be read or fetched any more."""
    return study.closed_at is not None or study.ends_at <= now


def own_studies(session: Session, person: Person, now: datetime) -> list[Study]:
    """Return the studies that somebody leads and may still ask under, newest first."""
    query = select(Study).where(Study.user_id == person.id).order_by(Study.created_at.desc(), Study.id).limit(100)
    return [study for study in session.scalars(query) if not is_over(study, now)]


def _new(store: Store, session: Session, person: Person, given: CorpusIn) -> Study:
    """Make a study; what it cannot be asked for is refused before it has a key of its own."""
    _check(given, given.tier)
    if given.tier == "codes":
        raise _no_room()
    identity = _NEW.format(secrets.token_hex(10))
    store.keys.new(study_key(identity))
    study = Study(id=identity, user_id=person.id, purpose=given.purpose, agreement="", ethics="", people=[person.id])
    study.codebook, study.created_at = {}, store.clock()
    study.ends_at = end_of(house_day(store.clock()) + timedelta(days=USUAL_DAYS))
    if given.ends_on:
        study.ends_at = _checked_end(store, given.ends_on)
    session.add(study)
    return study


def _own(session: Session, person: Person, identity: str, now: datetime) -> Study:
    wanted = select(Study).where(Study.id == identity, Study.user_id == person.id)
    study = session.scalar(wanted.with_for_update())
    if study is None:
        raise BadInput("You lead no such study.", code="unknown_study", field="study")
    if is_over(study, now):
        raise BadInput("This study has ended: ask under a new one.", code="study_over", field="study")
    return study


def _fill(study: Study, name: str, value: object) -> None:
    if not value or getattr(study, name) == value:
        return
    if getattr(study, name):
        raise _stands(name)
    setattr(study, name, value)


def _let_in(session: Session, study: Study, names: Sequence[str]) -> None:
    """Let people read in the room of a study that names nobody but who leads it."""
    if not names:
        return
    known = _researchers(session, names)
    missing = [name for name in names if name not in known]
    if missing:
        told = ", ".join(missing)
        raise BadInput(f"No active researcher is named {told}.", code="unknown_researcher", field="people")
    people = sorted({study.user_id, *known.values()})
    if people == sorted(study.people):
        return
    if study.people != [study.user_id]:
        raise _stands("people")
    study.people = people


def _researchers(session: Session, names: Sequence[str]) -> dict[str, str]:
    """Return the ids of those of some accounts that are open and a researcher's, by name."""
    rows = session.scalars(select(User).where(User.name.in_(names), User.active))
    return {user.name: user.id for user in rows if Role.RESEARCHER in user.roles}


def _end(store: Store, study: Study, day: date | None) -> None:
    if day and _checked_end(store, day) != study.ends_at:
        raise _stands("ends_on")


def _checked_end(store: Store, day: date) -> datetime:
    today = house_day(store.clock())
    if day < today:
        raise BadInput("This day is over: write one that is to come.", code="past", field="ends_on")
    if day > today + timedelta(days=LONGEST_DAYS):
        raise BadInput("An agreement ends within two years.", code="study_long", field="ends_on")
    return end_of(day)


def _stands(field: str) -> BadInput:
    said = "A study stands as it was asked for: leave this empty, or ask under a new study."
    return BadInput(said, code="study_stands", field=field)


def _check(told: Study | CorpusIn, tier: str) -> None:
    """Refuse a tier beyond the open one without its agreement and ethics, and a room without codes."""
    needed: tuple[str, ...] = () if tier == "open" else ("agreement", "ethics")
    needed += ("codebook",) if tier in ("room", "codes") else ()
    for name in needed:
        if not getattr(told, name):
            raise BadInput(f"The {tier} tier needs this: {name}.", code="needed", field=name)


def _check_room(session: Session, study: Study) -> None:
    """Refuse the codes of a study in whose room nothing can have been coded."""
    room = select(Export.id).where(Export.study_id == study.id, Export.tier == "room", Export.status == "ready")
    if session.scalar(room.limit(1)) is None:
        raise _no_room()


def _no_room() -> BadInput:
    said = "Codes come from a reading room: ask for that first, under this study."
    return BadInput(said, code="no_room", field="study")
