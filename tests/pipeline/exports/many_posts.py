"""A house with many posts that were read, put into its database directly: what a corpus is made from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import insert

from store.exports import Scope, ask_worker, export_folder, study_key
from store.store import Store
from store.tables import AssessmentRow, Export, Post, Source, Study, User

CITIES = ("Montréal", "Montréal", "Montréal", "Laval", "Québec", "Québec", "Sherbrooke", "Gatineau", "")
FLAGGED = (["minor"], ["recruitment"], ["distress"], ["minor", "recruitment"], ["minor", "distress"], ["third_party"])
CRITERIA = ([], ["M01"], ["R01"], ["R01", "R02"], ["D01"], ["M01", "D01"])
_AT_ONCE = 2_000


def fill(store: Store, size: int, *, days: int = 400, authors: int = 0, seed: int = 1) -> None:
    """Put posts of some days into a store, by so many authors; 0: each by somebody else."""
    chance, now = Random(seed), store.clock()
    with store.database.writing() as session:
        if session.get(Source, "forum") is None:
            session.add(Source(id="forum", title="F", kind="forum", declaration={}, digest="d", created_at=now))
    for start in range(0, size, _AT_ONCE):
        posts = [_post(chance, number, authors, now, days) for number in range(start, min(size, start + _AT_ONCE))]
        with store.database.writing() as session:
            session.execute(insert(Post), posts)
            session.execute(insert(AssessmentRow), [_read(chance, post, now) for post in posts])


def _post(chance: Random, number: int, authors: int, now: Any, days: int) -> dict[str, Any]:
    return {
        "id": f"p-{number:07}",
        "source_id": "forum",
        "external_id": str(number),
        "origin": "collect",
        "kind": chance.choice(("post", "ad")),
        "text": f"Texte fictif {number}.",
        "author": f"auteur{chance.randrange(authors) if authors else number}",
        "city": chance.choice(CITIES),
        "posted_at": now - timedelta(days=chance.randrange(days)),
        "ingested_at": now,
        "digest": f"{number:064}",
        "same_text": f"{number - number % 10 * (number % 7 == 0):032}",
        "status": "live",
        "provenance": {},
    }


def _read(chance: Random, post: Mapping[str, Any], now: Any) -> dict[str, Any]:
    return {
        "post_id": post["id"],
        "version": 1,
        "grid": "0.3.0",
        "model": "2026.11.0",
        "lang": chance.choices(("fr", "en", "mixed"), (6, 3, 1))[0],
        "urgency": "soon",
        "score": 0.9,
        "flagged": chance.choice(FLAGGED),
        "criteria": chance.choice(CRITERIA),
        "body": {"entities": {"phones": [], "emails": [], "handles": [], "cities": []}},
        "created_at": now,
    }


def ask(store: Store, tier: str = "open", identity: str = "x-0001", study: str = "st-1", **scope: object) -> str:
    """Ask for a corpus as the desk does; return its id."""
    now = store.clock()
    store.keys.new(study_key(study))
    with store.database.writing() as session:
        if session.get(User, "u-r") is None:
            who = {"id": "u-r", "name": "chercheuse", "pseudonym": "A-R", "password": "x", "roles": ["researcher"]}
            session.add(User(**who, created_at=now))
            session.flush()
        if session.get(Study, study) is None:
            row = Study(id=study, user_id="u-r", purpose="Compter.", people=["u-r"], codebook={}, created_at=now)
            row.ends_at = now + timedelta(days=365)
            session.add(row)
            session.flush()
        made = Export(id=identity, study_id=study, user_id="u-r", tier=tier, purpose="Compter.", status="asked")
        made.scope = Scope.model_validate(scope).model_dump(mode="json")
        made.progress, made.preview, made.counts, made.report, made.created_at = {}, {}, {}, {}, now
        session.add(made)
        ask_worker(session, identity, now)
    return identity


def approve(store: Store, identity: str) -> None:
    """Approve a corpus as the desk does."""
    with store.database.writing() as session:
        row = session.get_one(Export, identity)
        row.status, row.approved_by, row.approved_at = "approved", "u-s", store.clock()
        ask_worker(session, identity, store.clock())


def row_of(store: Store, identity: str) -> Export:
    with store.database.reading() as session:
        return session.get_one(Export, identity)


def files_of(store: Store, identity: str) -> dict[str, bytes]:
    folder = export_folder(store.settings, identity)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())} if folder.exists() else {}
