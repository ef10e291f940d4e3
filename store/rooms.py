"""Reading rooms between the desk, where texts are read and coded, and the worker, who writes what may leave."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.exports import study_key
from store.keys import seal, unseal
from store.store import Store
from store.tables import Paraphrase, Post, RoomText


def sources_of(session: Session, study: str) -> list[tuple[str, str]]:
    """Return the id and the text, as it was published, of the posts that are read in a study's rooms.

    What is written there is held against these: a search engine knows them, and nobody's redaction.
    """
    in_room = select(RoomText.post_id).where(RoomText.study_id == study)
    texts = select(Post.id, Post.text).where(Post.id.in_(in_room), Post.status == "live").order_by(Post.id)
    return [(post, text or "") for post, text in session.execute(texts)]


def seal_words(store: Store, study: str, identity: str, words: str) -> bytes:
    """Seal a paraphrase under its study's key: it ends with the study."""
    return seal(store.keys.key(study_key(study)), words.encode(), _about(identity))


def open_words(store: Store, row: Paraphrase) -> str:
    """Open a paraphrase; `NotFound` once the key of its study is destroyed."""
    return unseal(store.keys.key(study_key(row.study_id)), row.sealed, _about(row.id)).decode()


def _about(identity: str) -> str:
    return f"paraphrase:{identity}"
