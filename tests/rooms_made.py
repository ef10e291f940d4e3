"""Reading rooms as the worker leaves them: the desk may not import what opens them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta

from disclosure.study import StudyKey
from store.exports import study_key
from store.rooms import seal_words
from store.store import Store
from store.tables import Export, Paraphrase, RoomText, Study

CODEBOOK = {"aide": "demande de l'aide", "lieu": "nomme un lieu"}


def open_room(store: Store, leader: str, posts: Iterable[str], *others: str) -> str:
    """Open a room in which somebody, and others, read these posts; return its study."""
    identity, now = f"st-{secrets.token_hex(10)}", store.clock()
    key = StudyKey(identity, store.keys.new(study_key(identity)))
    study = Study(id=identity, user_id=leader, purpose="Lire les fugues", agreement="E-1", ethics="C-1")
    study.people, study.codebook, study.created_at = [leader, *others], CODEBOOK, now
    study.ends_at = now + timedelta(days=200)
    export = Export(id=f"x-{secrets.token_hex(10)}", study_id=identity, user_id=leader, tier="room", purpose="Lire")
    export.scope, export.progress, export.preview, export.counts, export.report = {}, {}, {}, {}, {}
    export.status, export.created_at, export.ready_at, export.expires_at = "ready", now, now, study.ends_at
    with store.database.writing() as session:
        session.add(study)
        session.flush()
        session.add(export)
        session.flush()
        for post in posts:
            token = key.token("draw", post)
            session.add(RoomText(token=token, study_id=identity, export_id=export.id, post_id=post))
    return identity


def token_of(store: Store, study: str, post: str) -> str:
    """Return under which token a study reads a post."""
    return StudyKey(study, store.keys.key(study_key(study))).token("draw", post)


def paraphrase_of(store: Store, study: str, post: str, author: str, words: str = "Quelqu'un part de la maison.") -> str:
    """Leave a paraphrase that waits for its reviewer."""
    identity = f"pp-{secrets.token_hex(10)}"
    row = Paraphrase(id=identity, study_id=study, token=token_of(store, study, post), user_id=author)
    row.sealed, row.risk = seal_words(store, study, identity, words), {"led_back": False, "lead": 0.0}
    row.created_at = store.clock()
    with store.database.writing() as session:
        session.add(row)
    return identity
