"""What stands around the items of a queue: campaigns, copies, notes, tags, day counts, register, judgements."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from benchmarks.search.places import say
from nlp.types import SIGNALS, URGENCIES
from store.batches import batches
from store.clock import house_day
from store.counts import BINS, flagged_name, model_name, score_name, urgency_name
from store.keys import seal
from store.notes import NoteBody, key_name
from store.register import Event, canonical, entry_content, leaf_hash
from store.store import Store
from store.tables import (
    Approval,
    DayCount,
    Duty,
    Judgement,
    LinkContact,
    LinkedPost,
    Note,
    Post,
    RegisterEntry,
    Run,
    SavedView,
    Source,
    Tag,
    User,
)

Row = dict[str, Any]

_ROWS = 5_000
_LINKED, _CAMPAIGN = 0.7, (2, 60)
"""Share of the posts that are of a campaign, and how many it has: as in the benchmark of linking."""
_COPIED, _COPIES = 0.2, 8
_NOTED, _TAGGED = 0.02, 0.1
_COLLECTED = 30
"""Sources that are collected; the others are imports."""
_DAYS = 400
_ENTRIES = 100_000
_JUDGED = 1_000


def put(session: Session, table: type[Any], rows: Iterable[Row]) -> None:
    """Insert rows some at a time: the connection's own way, as the session's would make an object of each."""
    for some in batches(rows, _ROWS):
        session.connection().execute(insert(table), some)


def users_of(session: Session, names: Iterable[str]) -> list[str]:
    """Return the ids of accounts, in the order of their names."""
    return list(session.scalars(select(User.id).where(User.name.in_(names)).order_by(User.name)))


def put_all(
    session: Session, store: Store, dice: Random, posts: Sequence[Row], decided: Sequence[Row], users: Sequence[str]
) -> None:
    """Put all of it around some posts, of which the items of some are decided."""
    now = store.clock()
    put(session, LinkedPost, linked := list(_linked(dice, posts)))
    put(session, LinkContact, _contacts(dice, linked))
    _copy(session, dice, posts)
    say(f"{len(linked):,} posts are of campaigns")
    _note(session, store, dice, posts, users)
    tags = [post["id"] for post in posts if dice.random() < _TAGGED]
    put(
        session,
        Tag,
        ({"post_id": one, "tag": f"banc-{dice.randrange(20)}", "user_id": users[0], "at": now} for one in tags),
    )
    put(session, DayCount, _day_counts(dice, now))
    put(session, RegisterEntry, _entries(session, dice, posts, now))
    put(session, Judgement, _judgements(dice, decided, users))
    _collect(session, now)
    put(session, SavedView, [_view(user, number, now) for user in users for number in range(3)])
    watch = {"starts_at": now - timedelta(hours=1), "ends_at": now + timedelta(days=30)}
    put(session, Duty, [{"id": "d-bench", "user_id": users[0], "backup_id": users[-1], **watch}])


def _linked(dice: Random, posts: Sequence[Row]) -> Iterator[Row]:
    left, campaign = 0, 0
    for number, post in enumerate(posts):
        if left == 0:
            left, campaign = dice.randint(*_CAMPAIGN) if dice.random() < _LINKED else 1, number
            alone = left == 1
        left -= 1
        yield {
            "post_id": post["id"],
            "version": 1,
            "rank": number,
            "stems": post["text"],
            "component": campaign,
            "text_group": campaign,
            "campaign": None if alone else f"c-{campaign:016x}",
            "because": [] if alone else ["text"],
            "city": post["city"],
            "at": post["ingested_at"],
        }


def _contacts(dice: Random, linked: Iterable[Row]) -> Iterator[Row]:
    """Yield a contact that all posts of some campaigns share."""
    shared: dict[int, str] = {}
    for row in linked:
        name = row["component"]
        if name not in shared:
            shared[name] = f"email:banc{name}@courriel.example" if dice.random() < 0.2 else ""
        if shared[name]:
            yield {"contact": shared[name], "rank": row["rank"], "post_id": row["post_id"]}


def _copy(session: Session, dice: Random, posts: Sequence[Row]) -> None:
    """Let other posts, of which nothing waits, say what some of these say."""
    own = {post["seq"] for post in posts}
    last = max(own)
    changed = []
    for post in posts:
        if dice.random() < _COPIED:
            others = {dice.randint(1, last) for _ in range(dice.randint(1, _COPIES))} - own
            changed += [{"which": other, "said": post["same_text"]} for other in others]
    copy = update(Post.__table__).where(Post.seq == bindparam("which")).values(same_text=bindparam("said"))  # type: ignore[arg-type]
    for some in batches(changed, _ROWS):
        session.connection().execute(copy, some)


def _note(session: Session, store: Store, dice: Random, posts: Sequence[Row], users: Sequence[str]) -> None:
    noted = [post["id"] for post in posts if dice.random() < _NOTED]
    wrapping, names = store.keys.files.wrapping, [key_name(post) for post in noted]
    store.keys.adopt({name: seal(wrapping, secrets.token_bytes(32), name) for name in names})
    keys = store.keys.keys(names)
    words = NoteBody(text="Note fictive du banc d'essai.").model_dump_json().encode()
    sealed = ({"post_id": post, "sealed": seal(keys[key_name(post)], words, key_name(post))} for post in noted)
    put(session, Note, [{**row, "user_id": dice.choice(users), "created_at": store.clock()} for row in sealed])


def _day_counts(dice: Random, now: datetime) -> Iterator[Row]:
    plain = ["seen", "assessed", "to_read", "spared", "dropped", model_name("bench")]
    of_signs = [*map(flagged_name, SIGNALS), *map(urgency_name, URGENCIES)]
    scores = [score_name(signal, number / BINS, "bench") for signal in SIGNALS for number in range(BINS)]
    for back in range(_DAYS):
        day = house_day(now - timedelta(days=back))
        for name in (*plain, *of_signs, *scores):
            yield {"day": day, "name": name, "count": dice.randrange(1, 2_500)}


def _entries(session: Session, dice: Random, posts: Sequence[Row], now: datetime) -> Iterator[Row]:
    """Yield openings of posts, the newest last, as the register would have them."""
    actors = list(session.scalars(select(User.pseudonym).order_by(User.id)))
    for number in range(_ENTRIES):
        at = now - timedelta(seconds=10 * (_ENTRIES - number))
        public = canonical({"post": dice.choice(posts)["id"], "version": 1})
        event, actor = Event.POST_OPENED.value, dice.choice(actors)
        leaf = leaf_hash(entry_content(at, event, actor, public, None))
        yield {"at": at, "event": event, "actor": actor, "public": public, "sealed": None, "leaf": leaf}


def _judgements(dice: Random, decided: Sequence[Row], users: Sequence[str]) -> Iterator[Row]:
    for item in [row for row in decided if row["double"]][:_JUDGED]:
        for user in dice.sample(list(users), 2):
            verdict = "dismiss" if dice.random() < 0.7 else "watch"
            made = {"verdict": verdict, "criteria": [], "grid": "bench", "at": item["taken_at"]}
            yield {"item_id": item["id"], "user_id": user, **made}


def _collect(session: Session, now: datetime) -> None:
    """Let most sources be collected, each under a leave, with some runs."""
    some = list(session.scalars(select(Source.id).order_by(Source.id).limit(_COLLECTED)))
    session.execute(update(Source).where(Source.id.in_(some)).values(kind="feed"))
    facts = {
        "assessment": "EFVP-BANC",
        "mandate": "M-BANC",
        "ground": "LPJ 2.3",
        "digest": "d",
        "approvers": ["a", "b"],
    }
    days = {"created_at": now, "granted_at": now, "expires_at": now + timedelta(days=365)}
    put(session, Approval, [{"source_id": source, **facts, **days} for source in some])
    runs = [(source, now - timedelta(hours=6 * back)) for source in some for back in reversed(range(100))]
    done = {"status": "done", "counts": {"pages": 20, "posts": 40}}
    put(session, Run, [{"source_id": source, "started_at": at, "finished_at": at, **done} for source, at in runs])


def _view(user: str, number: int, now: datetime) -> Row:
    identity = f"w-{user}-{number}"
    return {"id": identity, "user_id": user, "name": f"vue {number}", "filters": {"lane": "ads"}, "created_at": now}
