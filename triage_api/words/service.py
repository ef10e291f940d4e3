"""Reading the lists, and deciding which words are shared."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal, cast

from sqlalchemy import Select, select

from nlp.emerging import LISTS, WordList, most_of
from store.errors import NotFound
from store.register import Event
from store.store import Store
from store.tables import EmergingWord
from triage_api.access.models import Person
from triage_api.access.policy import Action, may, require
from triage_api.shell.recording import enter, recording
from triage_api.words.models import Posts, SharedWord, State, Word, WordsPage

Verdict = Literal["share", "hide"]

_OUTDATED = timedelta(days=15)
"""Lists that were not found anew for two weeks are not shown: what stood behind them may be erased."""
_STATE: dict[Verdict, State] = {"share": "shared", "hide": "hidden"}


def list_words(store: Store, person: Person) -> WordsPage:
    """Return the lists: all words to whoever decides on them, the shared ones, without figures, to everybody else."""
    require(person, Action.WORD_READ)
    decides = may(person, Action.WORD_DECIDE)
    query = _in_force(store)
    with store.database.reading() as session:
        rows = session.scalars(query if decides else query.where(EmergingWord.state == "shared")).all()
    rows = sorted(rows, key=lambda row: (LISTS.index(_list(row)), row.rank, row.term))
    found_at = max((row.seen_at for row in rows), default=None)
    return WordsPage(items=_all(rows) if decides else _shared(rows), found_at=found_at)


def decide(store: Store, person: Person, identity: str, verdict: Verdict) -> Word:
    """Share a word or hide it, with an entry that seals it; `NotFound` for one that is listed no more.

    Deciding the same again changes nothing and leaves no entry.
    """
    require(person, Action.WORD_DECIDE)
    with recording(store) as session:
        row = session.scalar(_in_force(store).where(EmergingWord.id == identity).with_for_update())
        if row is None:
            raise NotFound("No such word.")
        if row.state != _STATE[verdict]:
            row.state, row.decided_by, row.decided_at = _STATE[verdict], person.pseudonym, store.clock()
            told = {"word": row.id, "list": row.list, "verdict": verdict}
            enter(session, store, person, Event.WORD_DECIDED, told, store.keys.sealed(row.term, f"word:{row.id}"))
    return _word(row)


def _in_force(store: Store) -> Select[EmergingWord]:
    return select(EmergingWord).where(EmergingWord.seen_at > store.clock() - _OUTDATED)


def _all(rows: Sequence[EmergingWord]) -> list[Word]:
    return [_word(row) for row in rows]


def _shared(rows: Sequence[EmergingWord]) -> list[SharedWord]:
    return [SharedWord(list=_list(row), term=row.shown, fresh=row.fresh, since=row.first_seen_at) for row in rows]


def _word(row: EmergingWord) -> Word:
    return Word(
        id=row.id,
        list=_list(row),
        term=row.shown,
        fresh=row.fresh,
        since=row.first_seen_at,
        posts=Posts(least=row.least_posts, most=most_of(row.least_posts)),
        rank=row.rank,
        state=cast("State", row.state),
        decided_by=row.decided_by,
        decided_at=row.decided_at,
    )


def _list(row: EmergingWord) -> WordList:
    return cast("WordList", row.list)
