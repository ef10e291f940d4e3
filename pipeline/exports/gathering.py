"""Gathering: which posts a corpus is about, and what may be told of each, post by post in the order they came in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from disclosure.classes import BETWEEN_LABELS
from disclosure.study import StudyKey
from nlp.cities import region_told
from nlp.types import ACTIONABLE, SIGNALS
from pipeline.exports.staging import Stage, Staged
from store.batches import batches
from store.clock import house_day
from store.counts import UNKNOWN
from store.exports import Scope
from store.leaving import may_leave
from store.posts import current_assessments, source_kinds
from store.store import Store
from store.tables import AssessmentRow, Post

_AT_ONCE = 1_000


def gather(store: Store, stage: Stage, scope: Scope, key: StudyKey, progress: Callable[[int], None]) -> None:
    """Stage every post of a scope that may leave; told after each batch up to which `seq` it has come.

    What was staged before is not looked at again: a walk that was cut short goes on where it was.
    """
    while True:
        with store.database.reading() as session:
            posts = _next(session, stage.after)
            if not posts:
                break
            rows = list(_staged(session, posts, scope, key, store.clock()))
        stage.keep(rows, posts[-1].seq)
        progress(posts[-1].seq)
    stage.close()


def gather_coded(store: Store, stage: Stage, scope: Scope, key: StudyKey, codes: Mapping[str, str]) -> None:
    """Stage the posts of a room that were coded, given with their codes: a room is small, so it is done at one go."""
    for some in batches(sorted(codes), _AT_ONCE):
        stage.keep(_coded(_again(store, some, scope, key), codes), 0)
    stage.close()


def recheck(
    store: Store,
    stage: Stage,
    scope: Scope,
    key: StudyKey,
    progress: Callable[[int], None],
    codes: Mapping[str, str] | None = None,
) -> None:
    """Stage again what was staged, as it is now: what may leave no more goes, what reads otherwise now says so.

    `codes` are those of the posts of a room, by post: without one a post goes.
    """
    seen = 0
    for some in stage.posts():
        rows = _again(store, some, scope, key)
        stage.replace(rows if codes is None else _coded(rows, codes), some)
        seen += len(some)
        progress(seen)


def _again(store: Store, ids: Sequence[str], scope: Scope, key: StudyKey) -> list[Staged]:
    with store.database.reading() as session:
        posts = session.scalars(select(Post).where(Post.id.in_(ids), Post.status == "live")).all()
        return list(_staged(session, posts, scope, key, store.clock()))


def _coded(rows: Iterable[Staged], codes: Mapping[str, str]) -> list[Staged]:
    return [replace(row, codes=codes[row.post]) for row in rows if row.post in codes]


def _next(session: Session, after: int) -> Sequence[Post]:
    query = select(Post).where(Post.seq > after, Post.status == "live").order_by(Post.seq).limit(_AT_ONCE)
    return session.scalars(query).all()


def _staged(session: Session, posts: Sequence[Post], scope: Scope, key: StudyKey, now: datetime) -> Iterator[Staged]:
    read = current_assessments(session, [post.id for post in posts])
    wanted = [post for post in posts if post.id in read and ACTIONABLE.intersection(read[post.id].flagged)]
    may = may_leave(session, [post.id for post in wanted], now)
    kinds = source_kinds(session, {post.source_id for post in wanted})
    for post in wanted:
        row = _row(post, read[post.id], key, kinds[post.source_id])
        if post.id in may and _within(row, scope):
            yield row


def _row(post: Post, read: AssessmentRow, key: StudyKey, source_kind: str) -> Staged:
    entities = read.body["entities"]
    cities = [post.city, *(str(city["value"]) for city in entities["cities"])]
    day = house_day(post.posted_at or post.ingested_at).isoformat()
    return Staged(
        post=post.id,
        person=_person(post, entities, key),
        draw=key.token("draw", post.same_text),
        text=post.same_text,
        day=day,
        month=day[:7],
        region=region_told(post.region, cities) or UNKNOWN,
        kind=post.kind,
        language=read.lang,
        source=source_kind,
        signals=BETWEEN_LABELS.join(signal for signal in SIGNALS if signal in read.flagged),
        criteria=BETWEEN_LABELS.join(sorted(set(read.criteria).difference(read.body.get("suspended", ())))),
    )


def _person(post: Post, entities: dict[str, list[dict[str, object]]], key: StudyKey) -> str:
    """Return whose post it is, as far as can be told: its author's, else its first contact's, else nobody else's."""
    if post.author:
        return key.token("author", f"{post.source_id}\0{post.author}")
    for kind in ("phones", "emails", "handles"):
        if entities[kind]:
            return key.token(kind, str(entities[kind][0]["value"]))
    return key.token("post", post.id)


def _within(row: Staged, scope: Scope) -> bool:
    since, until = (day.isoformat() if day else None for day in (scope.since, scope.until))
    return (
        (since is None or since <= row.day)
        and (until is None or row.day <= until)
        and (not scope.regions or row.region in scope.regions)
        and (not scope.languages or row.language in scope.languages)
        and (not scope.kinds or row.kind in scope.kinds)
        and (not scope.signals or not set(row.signals.split(BETWEEN_LABELS)).isdisjoint(scope.signals))
    )
