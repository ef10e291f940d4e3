"""The reading room: which texts of a corpus are read in it, and what was said of them there.

No text is kept here: a text of the room is the post itself, redacted each time that it is opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from disclosure.classes import BETWEEN_LABELS
from disclosure.phrases import exact_phrases, resemblances
from pipeline.exports.package.shapes import Fault
from pipeline.exports.planning import TooFew
from pipeline.exports.shapes import PARAPHRASES
from pipeline.exports.staging import Stage
from store.exports import MOST_IN_ROOM, Scope
from store.leaving import may_leave
from store.rooms import open_words, sources_of
from store.store import Store
from store.tables import Export, Paraphrase, RoomCode, RoomText

Words = list[tuple[str, str]]
"""The post that words are of, and the words."""


def texts_of(stage: Stage, scope: Scope) -> list[tuple[str, str]]:
    """Return the token of each text that is read in the room, and one of its posts; `TooFew` if there is none."""
    threshold = stage.threshold(min(scope.sample or MOST_IN_ROOM, MOST_IN_ROOM))
    texts = list(stage.different_texts(threshold))
    if not texts:
        raise TooFew("There is no post that may be read.", code="no_post")
    return texts


def room_preview(stage: Stage, scope: Scope) -> dict[str, Any]:
    """Return how many different texts would be read, drawn from how many posts."""
    return {"population": stage.size, "rows": len(texts_of(stage, scope))}


def open_room(session: Session, export: Export, texts: Iterable[tuple[str, str]]) -> None:
    """Let the study of a corpus read these texts; one that it read before is the same text still."""
    for token, post in texts:
        session.merge(RoomText(token=token, study_id=export.study_id, export_id=export.id, post_id=post))


def shut_rooms(session: Session, exports: Sequence[str]) -> None:
    """Forget which posts were read in rooms that are over; codes stay until the study is closed."""
    session.execute(delete(RoomText).where(RoomText.export_id.in_(exports)))


def forget_study(session: Session, study: str) -> None:
    """Delete what was said in the room of a study whose key is gone."""
    for table in (RoomText, RoomCode, Paraphrase):
        session.execute(delete(table).where(table.study_id == study))


def codes_of(session: Session, study: str) -> dict[str, str]:
    """Return the codes that anybody gave to the posts of a study's open rooms, by post."""
    rows = session.execute(
        select(RoomText.post_id, RoomCode.code)
        .join(RoomCode, RoomCode.token == RoomText.token)
        .join(Export, Export.id == RoomText.export_id)
        .where(RoomText.study_id == study, Export.status == "ready")
        .distinct()
        .order_by(RoomCode.code)
    )
    given: dict[str, list[str]] = {}
    for post, code in rows:
        given.setdefault(post, []).append(code)
    return {post: BETWEEN_LABELS.join(codes) for post, codes in given.items()}


def released_words(store: Store, study: str) -> Words:
    """Return the paraphrases of a study that were released, each with its post, if that may leave still."""
    query = (
        select(RoomText.post_id, Paraphrase)
        .join(RoomText, RoomText.token == Paraphrase.token)
        .join(Export, Export.id == RoomText.export_id)
        .where(Paraphrase.study_id == study, Paraphrase.status == "released", Export.status == "ready")
        .order_by(Paraphrase.id)  # their ids are by chance: nothing tells when one was written
    )
    with store.database.reading() as session:
        found = session.execute(query).all()
        may = may_leave(session, [post for post, _ in found], store.clock())
        return [(post, open_words(store, row)) for post, row in found if post in may]


def phrase_faults(store: Store, study: str, words: Words) -> tuple[list[Fault], dict[str, float]]:
    """Return which paraphrases repeat a phrase of their text, and how many a search by rare words leads back to it."""
    with store.database.reading() as session:
        sources = sources_of(session, study)
    risks, near = exact_phrases(words, sources), resemblances(words, lambda: sources)
    faults = [
        Fault(check="phrases", file=f"{PARAPHRASES}.jsonl", row=risk.row, why="it repeats a phrase of its text")
        for risk in risks
        if risk.own
    ]
    told: dict[str, float] = {"paraphrases": len(words), "phrases": sum(risk.phrases for risk in risks)}
    told |= {"repeated": sum(risk.own for risk in risks), "led_back": sum(one.confirmed for one in near)}
    return faults, told
