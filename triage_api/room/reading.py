"""Reading and coding in the room: each text that is opened is an entry first, and counts as reading time."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from store.errors import BadInput
from store.register import Event
from store.rooms import open_words
from store.store import Store
from store.tables import Paraphrase, RoomCode, RoomText, Study
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.desk import Desk
from triage_api.exposure.ticking import read
from triage_api.room.agreeing import agreement_in
from triage_api.room.entering import entered, open_studies, redacted, text_in, texts_of
from triage_api.room.models import CodeAgreement, CodesIn, LineOut, OwnWords, RoomOut, TextOut
from triage_api.shell.recording import enter, recording


def rooms(store: Store, person: Person) -> list[RoomOut]:
    """Return the rooms that somebody may enter."""
    require(person, Action.ROOM_READ)
    with store.database.reading() as session:
        return [_room(session, person, study) for study in open_studies(session, person, store.clock())]


def room(store: Store, person: Person, identity: str) -> tuple[RoomOut, list[LineOut], list[CodeAgreement]]:
    """Return a room, the list of its texts, and how far its coders agree; `NotFound` if it is not open to somebody."""
    require(person, Action.ROOM_READ)
    with store.database.reading() as session:
        study = entered(session, person, identity, store.clock())
        given = _codes_of(session, person, study.id)
        lines = [
            LineOut(token=row.token, place=place, codes=sorted(given.get(row.token, ())))
            for place, row in enumerate(texts_of(session, study.id), 1)
        ]
        agreed = agreement_in(session, study.id, study.codebook, {line.token for line in lines})
        return _room(session, person, study), lines, agreed


def open_text(desk: Desk, person: Person, token: str) -> TextOut:
    """Return a text of a room, redacted, once the register has the entry; `NotFound` if it may not be read."""
    require(person, Action.ROOM_READ)
    store = desk.store
    with recording(store) as session:
        study, row = text_in(session, person, token, store.clock())
        shown = redacted(store, session, row)
        enter(session, store, person, Event.ROOM_READ, {"study": study.id, "text": row.token})
        told = _text(store, session, person, study, row, shown)
    read(desk, person)
    return told


def give_codes(store: Store, person: Person, token: str, given: CodesIn) -> tuple[str, str]:
    """Keep the codes that somebody gives a text; return its study and the token of the text after it, empty: none.

    `BadInput` (``unknown_choice``) for a code that the study's codebook has not.
    """
    require(person, Action.ROOM_READ)
    with recording(store) as session:
        study, row = text_in(session, person, token, store.clock())
        if not set(given.codes) <= study.codebook.keys():
            raise BadInput("Choose among the codes of the study.", code="unknown_choice", field="codes")
        own = (RoomCode.token == row.token, RoomCode.user_id == person.id)
        session.execute(delete(RoomCode).where(*own))
        for code in sorted(set(given.codes)):
            session.add(RoomCode(token=row.token, study_id=study.id, user_id=person.id, code=code, at=store.clock()))
        said = {"study": study.id, "text": row.token, "codes": len(set(given.codes))}
        enter(session, store, person, Event.ROOM_CODED, said)
        return study.id, _beside([one.token for one in texts_of(session, study.id)], row.token)[1]


def _room(session: Session, person: Person, study: Study) -> RoomOut:
    texts = {row.token for row in texts_of(session, study.id)}
    coded = len(texts & _codes_of(session, person, study.id).keys())
    return RoomOut(study=study.id, purpose=study.purpose, ends_at=study.ends_at, texts=len(texts), coded=coded)


def _codes_of(session: Session, person: Person, study: str) -> dict[str, list[str]]:
    query = select(RoomCode.token, RoomCode.code).where(RoomCode.study_id == study, RoomCode.user_id == person.id)
    given: dict[str, list[str]] = {}
    for token, code in session.execute(query):
        given.setdefault(token, []).append(code)
    return given


def _text(store: Store, session: Session, person: Person, study: Study, row: RoomText, shown: str) -> TextOut:
    tokens = [one.token for one in texts_of(session, study.id)]
    before, after = _beside(tokens, row.token)
    return TextOut(
        token=row.token,
        study=study.id,
        place=tokens.index(row.token) + 1,
        before=before,
        after=after,
        text=shown,
        codebook=study.codebook,
        codes=sorted(_codes_of(session, person, study.id).get(row.token, ())),
        paraphrases=[_own(store, one) for one in _written(session, person, row)],
        opened_at=store.clock(),
    )


def _beside(tokens: Sequence[str], token: str) -> tuple[str, str]:
    """Return the tokens before and after one in a room, empty where there is none."""
    around = ["", *tokens, ""]
    at = around.index(token)
    return around[at - 1], around[at + 1]


def _written(session: Session, person: Person, row: RoomText) -> Sequence[Paraphrase]:
    own = select(Paraphrase).where(Paraphrase.token == row.token, Paraphrase.user_id == person.id)
    return session.scalars(own.order_by(Paraphrase.created_at, Paraphrase.id)).all()


def _own(store: Store, row: Paraphrase) -> OwnWords:
    told = {name: getattr(row, name) for name in ("status", "reason", "created_at")}
    return OwnWords(words=open_words(store, row), **told)
