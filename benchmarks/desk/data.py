"""What the desk's benchmark works on: the search benchmark's posts and index, and a queue of items among them.

Rows are written in bulk, as the pipeline would leave them; texts, dates and signs are those of the posts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Select, Text, cast, func, select
from sqlalchemy.orm import Session

from benchmarks.desk.around import put, put_all, users_of
from benchmarks.search.ingest import outbox
from benchmarks.search.places import Place, fill, say
from nlp.types import ACTIONABLE, URGENCIES
from store.clock import house_day
from store.store import Store
from store.tables import AssessmentRow, Decision, Post, QueueItem
from triage_api.access.accounts import create_user
from triage_api.access.models import AccountIn, Role
from triage_api.queue.models import VERDICTS

Row = dict[str, Any]

VERSION = 1
"""Grows with every change of what is made here, so that data made earlier is not taken for it."""
_WAITING = timedelta(days=30)
"""Within so much the items came."""
_DOUBLE = 0.1


def filled(place: Place, items: int, analysts: int) -> Path:
    """See that a place holds posts, index, queue and accounts; return the file of names and passwords.

    Stopped, it goes on with the next of these that is missing.
    """
    fill(place)
    indexed = place.settings.data_dir / f"indexed-{place.engine}"
    if not indexed.exists():
        outbox(place)
        indexed.touch()
    people = place.settings.data_dir / f"people-{items}-{analysts}-v{VERSION}.json"
    if not people.exists():
        with place.opened() as store:
            passwords = _desk(store, items, analysts)
        people.write_text(json.dumps(passwords))
    return people


def _desk(store: Store, items: int, analysts: int) -> dict[str, str]:
    """Put everything in that a desk finds, in one transaction: stopped, nothing of it is there."""
    passwords, dice, now = _accounts(store, analysts), Random(2026), store.clock()
    with store.database.writing() as session:
        if session.scalar(select(QueueItem.id).limit(1)):
            raise SystemExit("This folder holds a queue of another size: choose another --folder.")
        users = users_of(session, passwords)
        signs = _signs(session)
        if len(signs) < items:
            raise SystemExit(f"Only {len(signs):,} of these posts have a sign: ask for fewer --items.")
        dice.shuffle(signs)
        waiting, decided = signs[:items], signs[items : 2 * items]
        put(session, QueueItem, [_item(dice, sign, now, "open") for sign in waiting])
        put(session, QueueItem, items_decided := [_item(dice, sign, now, "decided") for sign in decided])
        put(session, Decision, [_decision(dice, item, users) for item in items_decided])
        say(f"{len(waiting):,} items wait, {len(decided):,} are decided")
        put_all(session, store, dice, [*waiting, *decided], items_decided, users)
    _settle(store)
    return passwords


def _settle(store: Store) -> None:
    """Let PostgreSQL count what it holds, as it does by itself; SQLite does not, so what it counted is taken away."""
    asked = "DELETE FROM sqlite_stat1" if store.database.is_sqlite else "ANALYZE"
    with store.database.engine.connect() as connection:
        connection.exec_driver_sql(asked)
        connection.commit()


def _accounts(store: Store, count: int) -> dict[str, str]:
    """Make analysts; return their passwords. Those of a run that was stopped stay, and log in no more."""
    made: dict[str, str] = {}
    mark = f"{store.clock():%H%M%S}"
    for number in range(count):
        name = f"banc-{mark}-{number:02}"
        given = AccountIn(name=name, roles=[Role.ANALYST], trained_on=house_day(store.clock()))
        made[name] = create_user(store, given).password
    return made


def _signs(session: Session) -> list[Row]:
    """Return the posts that must be read, as the reader found them."""
    told = session.execute(_flagged()).mappings()
    return [dict(row) for row in told if row["urgency"] != "none" and not ACTIONABLE.isdisjoint(row["flagged"])]


def _flagged() -> Select[*tuple[Any, ...]]:
    said = (AssessmentRow.urgency, AssessmentRow.flagged, AssessmentRow.score)
    own = (Post.id, Post.seq, Post.kind, Post.city, Post.region, Post.same_text, Post.ingested_at)
    query = select(*own, *said, func.substr(Post.text, 1, 200).label("text"))
    joined = query.join(AssessmentRow, AssessmentRow.post_id == Post.id)
    return joined.where(cast(AssessmentRow.flagged, Text) != "[]").order_by(Post.seq)


def _item(dice: Random, sign: Row, now: datetime, status: str) -> Row:
    came = now - _WAITING * dice.random()
    return {
        "id": f"q-{sign['id'][2:]}",
        "post_id": sign["id"],
        "lane": lane_of(sign["urgency"], sign["kind"], sign["flagged"]),
        "urgency": sign["urgency"],
        "rank": URGENCIES.index(sign["urgency"]),
        "score": sign["score"],
        "signals": sign["flagged"],
        "region": sign["region"],
        "desk": sign["region"],
        "same_text": sign["same_text"],
        "status": status,
        "created_at": came,
        "hour": int(came.timestamp()) // 3600,
        "taken_at": came + timedelta(hours=dice.expovariate(0.1)) if status == "decided" else None,
        "double": dice.random() < _DOUBLE,
    }


def lane_of(urgency: str, kind: str, flagged: Sequence[str]) -> str:
    """Return the lane that `pipeline.queueing` gives such a post."""
    if urgency == "immediate":
        return "immediate"
    if kind == "ad":
        return "ads"
    return "recruitment" if "recruitment" in flagged else "at_risk"


def _decision(dice: Random, item: Row, users: Sequence[str]) -> Row:
    shares = (70, 15, 10, 5)  # dismissed, watched, referred, escalated
    return {
        "item_id": item["id"],
        "post_id": item["post_id"],
        "user_id": dice.choice(users),
        "verdict": dice.choices(VERDICTS[: len(shares)], shares)[0],
        "criteria": [],
        "sealed": b"",
        "grid": "bench",
        "created_at": item["taken_at"],
        "act": "",
    }
