"""Paraphrases: what somebody writes of a text in their own words leaves only once somebody else has read it.

Words that name somebody, or repeat a phrase of the text, are refused at once: a search engine finds a post by four of
its words, and many a post by its rare words alone (Reagle 2022), which is what the reviewer is told.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from math import isfinite

from sqlalchemy import select
from sqlalchemy.orm import Session

from disclosure.leaks import scan_text
from disclosure.phrases import WORDS, exact_phrases, resemblances
from store.errors import BadInput, Conflict, NotAllowed, NotFound
from store.register import Event
from store.rooms import open_words, seal_words, sources_of
from store.store import Store
from store.tables import Paraphrase, RoomText, Study
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.access.pseudonyms import pseudonyms
from triage_api.corpora.studies import is_over
from triage_api.desk import Desk
from triage_api.exposure.ticking import read
from triage_api.room.entering import redacted, text_in
from triage_api.room.models import JudgeIn, ParaphraseIn, ReviewOut, WaitingOut
from triage_api.shell.recording import enter, recording

_LISTED = 200
_FAR = 1_000.0
"""Told in the place of a lead without end: nothing else of the room shares a word with it."""
_BECOMES = {"release": "released", "refuse": "refused"}


def write_paraphrase(store: Store, person: Person, token: str, given: ParaphraseIn) -> None:
    """Keep what somebody wrote of a text for a reviewer.

    `BadInput` for ``words``: ``names_somebody`` if a detector sees somebody in it, ``verbatim`` if it repeats a phrase.
    """
    require(person, Action.ROOM_READ)
    if any(True for _ in scan_text("words", [given.words])):
        raise BadInput("A detector sees a person, a contact or a place in it.", code="names_somebody", field="words")
    with recording(store) as session:
        study, row = text_in(session, person, token, store.clock())
        risk = _risk(sources_of(session, study.id), row, given.words)
        identity = f"pp-{secrets.token_hex(10)}"
        made = Paraphrase(id=identity, study_id=study.id, token=row.token, user_id=person.id, risk=risk)
        made.sealed, made.created_at = seal_words(store, study.id, identity, given.words), store.clock()
        session.add(made)
        said = {"study": study.id, "text": row.token, "paraphrase": identity}
        enter(session, store, person, Event.PARAPHRASE_WRITTEN, said)


def waiting(store: Store, person: Person) -> list[WaitingOut]:
    """Return the paraphrases that wait for somebody who did not write them, oldest first; none of their words."""
    require(person, Action.PARAPHRASE_REVIEW)
    with store.database.reading() as session:
        lasting = (Study.closed_at.is_(None), Study.ends_at > store.clock())
        asked = (Paraphrase.status == "asked", Paraphrase.user_id != person.id)
        query = select(Paraphrase, Study).join(Study, Study.id == Paraphrase.study_id).where(*lasting, *asked)
        rows = session.execute(query.order_by(Paraphrase.created_at, Paraphrase.id).limit(_LISTED)).all()
        names = pseudonyms(session, (row.user_id for row, _ in rows))
        return [WaitingOut(**_line(row, study, names)) for row, study in rows]


def open_paraphrase(desk: Desk, person: Person, identity: str) -> ReviewOut:
    """Return a paraphrase beside its text, redacted, once the register has the entry."""
    require(person, Action.PARAPHRASE_REVIEW)
    store = desk.store
    with recording(store) as session:
        row, study = _found(session, store, person, identity)
        text = session.get(RoomText, row.token)
        if text is None:
            raise NotFound("The text that it is of may not be read any more.", code="gone")
        shown = redacted(store, session, text)
        enter(session, store, person, Event.ROOM_READ, {"study": study.id, "text": row.token, "paraphrase": row.id})
        told = _line(row, study, pseudonyms(session, [row.user_id]))
        told |= {"words": open_words(store, row), "text": shown, "status": row.status}
        told |= {"led_back": row.risk["led_back"], "lead": row.risk["lead"], "opened_at": store.clock()}
    read(desk, person)
    return ReviewOut.model_validate(told)


def judge(store: Store, person: Person, identity: str, given: JudgeIn) -> None:
    """Let a paraphrase leave with the next corpus of codes, or not.

    `BadInput` (``needed``) for a refusal without its reason, `Conflict` (``paraphrase_decided``) once it was decided.
    """
    require(person, Action.PARAPHRASE_REVIEW)
    if given.decision == "refuse" and not given.reason:
        raise BadInput("Say why: whoever wrote it reads it.", code="needed", field="reason")
    with recording(store) as session:
        row, study = _found(session, store, person, identity, lock=True)
        if row.status != "asked":
            raise Conflict("This paraphrase was decided already.", code="paraphrase_decided")
        row.status, row.reason = _BECOMES[given.decision], given.reason
        row.reviewed_by, row.reviewed_at = person.id, store.clock()
        said = {"study": study.id, "paraphrase": row.id, "decision": row.status}
        enter(session, store, person, Event.PARAPHRASE_REVIEWED, said)


def _risk(sources: Sequence[tuple[str, str]], row: RoomText, words: str) -> dict[str, float | bool]:
    """Return how near words are to the text that they are of; `BadInput` if they repeat a phrase of it."""
    released = [(row.post_id, words)]
    if exact_phrases(released, sources)[0].own:
        said = f"{WORDS} words in a row stand in the text: say it otherwise."
        raise BadInput(said, code="verbatim", field="words")
    near = resemblances(released, lambda: sources)[0]
    return {"led_back": near.confirmed, "lead": round(near.lead, 2) if isfinite(near.lead) else _FAR}


def _found(
    session: Session, store: Store, person: Person, identity: str, *, lock: bool = False
) -> tuple[Paraphrase, Study]:
    """Return a paraphrase that somebody may review; `NotAllowed` for one's own, `NotFound` once its study is over."""
    row = session.get(Paraphrase, identity, with_for_update=lock)
    study = session.get(Study, row.study_id) if row else None
    if row is None or study is None or is_over(study, store.clock()):
        raise NotFound("No such paraphrase.")
    if row.user_id == person.id:
        raise NotAllowed("Somebody else reviews what you wrote.", code="own_words")
    return row, study


def _line(row: Paraphrase, study: Study, names: dict[str, str]) -> dict[str, object]:
    by = names.get(row.user_id, "")
    return {"id": row.id, "purpose": study.purpose, "by": by, "created_at": row.created_at}
