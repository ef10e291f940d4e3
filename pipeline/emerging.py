"""Once a week, find which words rise in flagged posts, and let go of those that posts no longer support.

The work is one lease: whoever is killed under way leaves the last list as it was, and another begins again.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, func, select
from sqlalchemy.orm import Session

from nlp.emerging import MOST_READ, FlaggedPost, Rise, UnflaggedPost, Window, WordList, emerging, least_of, voices
from nlp.grid import load_grid
from nlp.tokens import plain_words
from nlp.types import ACTIONABLE, Signal
from store.decisions import STANDING
from store.store import Store
from store.tables import AssessmentRow, Decision, EmergingWord, LinkContact, LinkedPost, Post
from store.work import add_work_once, held_work, postpone_work, take_work

EMERGING = "emerging-words"
"""The kind of work that the lists wait for; there is one such work, `WEEKLY`."""
WEEKLY = "weekly"
EVERY = timedelta(days=7)
RECENT = timedelta(days=14)
"""Posts of these last days are compared with those before."""
EARLIEST = timedelta(days=70)

_LEASE = timedelta(hours=2)
_RETRY = timedelta(hours=1)
_CHUNK = 500
_POST = (
    *(Post.id, Post.seq, Post.source_id, Post.kind, Post.title, Post.author, Post.city, Post.same_text, Post.version),
    *(Post.posted_at, Post.ingested_at, func.substr(Post.text, 1, MOST_READ).label("text")),
)
_Row = Row[tuple[Any, ...]]


def find_emerging(store: Store, owner: str) -> int:
    """Write the lists of emerging words anew if a week has passed; return 1 if they were, 0 if not."""
    with store.database.writing() as session:
        add_work_once(session, EMERGING, [WEEKLY], store.clock())
        if not take_work(session, EMERGING, owner, now=store.clock(), lease=_LEASE, limit=1):
            return 0
    try:
        before = _states(store)
        found = emerging(*_posts(store), kept={entry for entry, state in before.items() if state != "candidate"})
    except Exception as error:
        _finish(store, owner, _RETRY, type(error).__name__)
        raise
    with store.database.writing() as session:
        if held_work(session, EMERGING, owner, [WEEKLY]):
            _keep(session, store.clock(), found, before)
            postpone_work(session, EMERGING, WEEKLY, store.clock() + EVERY)
    return 1


def _finish(store: Store, owner: str, wait: timedelta, error: str) -> None:
    with store.database.writing() as session:
        if held_work(session, EMERGING, owner, [WEEKLY]):
            postpone_work(session, EMERGING, WEEKLY, store.clock() + wait, error)


def _states(store: Store) -> dict[tuple[str, str], str]:
    """Return what was decided on each word so far, by its list and term."""
    with store.database.reading() as session:
        return {(row.list, row.term): row.state for row in session.scalars(select(EmergingWord))}


def _keep(session: Session, now: datetime, found: Sequence[Rise], before: dict[tuple[str, str], str]) -> None:
    """Bring the table in line with what was found; what was decided on meanwhile stays until the next time."""
    rows = session.scalars(select(EmergingWord).order_by(EmergingWord.id).with_for_update())
    known: dict[tuple[str, str], EmergingWord] = {(row.list, row.term): row for row in rows}
    ranks: dict[WordList, int] = {}
    for one in found:
        rank = ranks[one.list] = ranks.get(one.list, 0) + 1
        row = known.pop((one.list, one.term), None)
        if row is None:
            row = EmergingWord(id=f"w-{secrets.token_hex(10)}", list=one.list, term=one.term, state="candidate")
            row.first_seen_at = now
            session.add(row)
        row.shown, row.fresh, row.rank, row.seen_at = one.shown, one.fresh, rank, now
        row.least_posts = least_of(one.posts)
    for entry, row in known.items():
        if row.state == before.get(entry):
            session.delete(row)


@dataclass(frozen=True, slots=True)
class _Flagged:
    """A flagged post and what ties it to others."""

    row: _Row
    signals: frozenset[Signal]
    window: Window
    cities: tuple[str, ...]
    ties: frozenset[str]


def _posts(store: Store) -> tuple[list[FlaggedPost], Iterator[UnflaggedPost], set[str]]:
    """Return the flagged posts, the background, which is read as it is asked for, and the names of all authors."""
    flagged: list[_Flagged] = []
    authors: set[str] = set()
    for chunk in _chunks(store):
        authors.update(row.author for row in chunk.rows if row.author)
        flagged += _flagged(chunk, store.clock())
    spoken = voices([one.ties for one in flagged])
    posts = [
        FlaggedPost(_text(one.row), one.row.same_text, one.window, one.signals, voice, one.cities)
        for one, voice in zip(flagged, spoken, strict=True)
    ]
    return posts, _unflagged(store), authors


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Some live posts that the reader has read, without those that somebody dismissed or whose copies they did."""

    rows: list[_Row]
    decided: dict[str, frozenset[Signal]]
    """By post that somebody found to matter: the signals of the criteria that they named."""
    components: dict[str, int]
    """By linked post: what it may belong together with."""
    reachable: frozenset[str]
    """Posts with a contact that may tie them to others."""

    def signals(self, row: _Row) -> frozenset[Signal]:
        """Return the signals of danger of a post, by the reader or by a person; none for the background."""
        return ACTIONABLE.intersection(row.flagged) | self.decided.get(row.id, frozenset())


def _chunks(store: Store) -> Iterator[_Chunk]:
    """Yield all posts that count, in the order in which they came in, each chunk from one state of the database."""
    after = 0
    with store.database.reading() as session:
        dismissed = _dismissed(session)
    while True:
        with store.database.reading() as session:
            seqs = list(session.scalars(select(Post.seq).where(Post.seq > after).order_by(Post.seq).limit(_CHUNK)))
            if not seqs:
                return
            yield _chunk(session, after, seqs[-1], dismissed)
        after = seqs[-1]


def _chunk(session: Session, after: int, last: int, dismissed: Collection[str]) -> _Chunk:
    query = (
        select(*_POST, AssessmentRow.flagged, AssessmentRow.body["entities"]["cities"].label("cities"))
        .join(AssessmentRow, and_(AssessmentRow.post_id == Post.id, AssessmentRow.version == Post.version))
        .where(Post.seq > after, Post.seq <= last, Post.status == "live")
        .order_by(Post.seq, AssessmentRow.id)
    )
    rows = {row.id: row for row in session.execute(query) if row.same_text not in dismissed}
    linked = select(LinkedPost.post_id, LinkedPost.version, LinkedPost.component).where(LinkedPost.post_id.in_(rows))
    reachable = session.scalars(select(LinkContact.post_id).where(LinkContact.post_id.in_(rows)))
    return _Chunk(
        list(rows.values()),
        _decided(session, rows),
        {one.post_id: one.component for one in session.execute(linked) if one.version == rows[one.post_id].version},
        frozenset(reachable),
    )


def _dismissed(session: Session) -> frozenset[str]:
    """Return the texts that somebody dismissed, as digests that their copies share; asked once, not for each chunk."""
    newest = select(func.max(Decision.id)).where(Decision.post_id.is_not(None), STANDING).group_by(Decision.post_id)
    dismissed = select(Decision.post_id).where(Decision.id.in_(newest), Decision.verdict == "dismiss")
    return frozenset(session.scalars(select(Post.same_text).where(Post.id.in_(dismissed))))


def _decided(session: Session, ids: Collection[str]) -> dict[str, frozenset[Signal]]:
    query = select(Decision.post_id, Decision.criteria).where(Decision.post_id.in_(ids), STANDING)
    return {str(post): _signals_of(criteria) for post, criteria in session.execute(query.order_by(Decision.id))}


def _signals_of(criteria: Collection[str]) -> frozenset[Signal]:
    """Return the signals of danger that some criteria raise."""
    grid = load_grid()
    return frozenset(signal for signal in ACTIONABLE if any(one.id in criteria for one in grid.raising(signal)))


def _flagged(chunk: _Chunk, now: datetime) -> Iterator[_Flagged]:
    for row in chunk.rows:
        at = min(row.posted_at or row.ingested_at, row.ingested_at)
        if (signals := chunk.signals(row)) and at >= now - EARLIEST:
            window: Window = "recent" if at >= now - RECENT else "earlier"
            yield _Flagged(row, signals, window, _cities(row), frozenset(_ties(chunk, row)))


def _ties(chunk: _Chunk, row: _Row) -> Iterator[str]:
    """Yield what a post shares with others of one hand; a source, if nothing else could tell its posts apart."""
    component = chunk.components.get(row.id)
    yield f"text:{row.same_text}"
    if row.author:
        yield f"author:{''.join(plain_words(row.author)) or row.author}"
    if component is not None:
        yield f"component:{component}"
    if component is None or not (row.author or row.id in chunk.reachable):
        yield f"source:{row.source_id}"


def _unflagged(store: Store) -> Iterator[UnflaggedPost]:
    """Yield the background: posts without a sign of danger; an adult's advertisement counts nowhere."""
    for chunk in _chunks(store):
        for row in chunk.rows:
            if not chunk.signals(row) and row.kind != "ad":
                yield UnflaggedPost(_text(row), row.author or f"text:{row.same_text}", _cities(row))


def _text(row: _Row) -> str:
    return f"{row.title}\n{row.text}" if row.title else row.text


def _cities(row: _Row) -> tuple[str, ...]:
    return tuple(filter(None, (row.city, *(str(city["value"]) for city in row.cities))))
