"""The blind index: which earlier searches can be related to a new one, found by keyed hashes and without reading any.

A row's hash is made with the hashing key, so that whoever copies the database cannot try out words or phone numbers.
What is found is still to be opened and compared. See docs/decisions/012-blind-index.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, insert, or_, select
from sqlalchemy.orm import Session, aliased, defer

from nlp.query import BadQuery
from nlp.search_terms import SearchTerms, terms_of
from nlp.searches import NormalScope, SearchScope, normalise
from store.keyring import Keyring
from store.store import Store
from store.tables import Search, SearchTerm
from store.terms import forget_terms, lapsed_before
from triage_api.searches.sealing import open_searches

KEPT = 16
"""Bytes of a hash that are kept."""
_HELD, _MUST, _ANCHOR, _WORDS = "held", "must", "anchor", "words"
"""Roles: what a search holds; of that, what alone meets one of its clauses; its rarest clause; its words."""
COUNTED = 5_000
"""How far a label's rows are counted to tell a rare one from a common one."""
_CLAUSES = 10
"""Clauses that are counted, and held against what is found; the comparison itself looks at all."""
_BATCH = 500

Count = Callable[[frozenset[bytes]], int]
"""Tells how many rows some hashes have, up to `COUNTED`."""
Demands = Sequence[ColumnElement[bool]]
"""What must hold of an earlier search, or of a row that it is found by."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Earlier searches that may be related to a new one."""

    searches: list[Search]
    cut: bool
    """Whether there are more than were asked for, of one kind at least."""


def write_terms(session: Session, keys: Keyring, row: Search, normal: NormalScope) -> None:
    """Write what a search is found by, instead of what it was found by; the caller's transaction holds the search."""
    forget_terms(session, [row.id])
    row.words = words_of(normal)
    made = term_rows(keys, normal, lambda clause: _count(session, clause))
    session.execute(insert(SearchTerm), [{"search_id": row.id, "role": role, "key": key} for role, key in made])


def words_of(normal: NormalScope) -> int:
    """Return how many words a search is compared by."""
    return 0 if normal.contacts else len(normal.words)


def term_rows(keys: Keyring, normal: NormalScope, count: Count) -> list[tuple[str, bytes]]:
    """Return role and hash of each row that a search is found by; `count` says how common a clause is by now."""
    terms = terms_of(normal)
    anchor = _rarest([_hashes(keys, _ANCHOR, clause) for clause in terms.clauses], count)
    held, must = (_hashes(keys, _HELD, labels) for labels in (terms.held, terms.must))
    words = _hashes(keys, _WORDS, terms.words)
    roles = {_ANCHOR: anchor, _MUST: must, _HELD: held - must, _WORDS: words}
    return [(role, key) for role, some in roles.items() for key in sorted(some)]


def candidates(session: Session, keys: Keyring, normal: NormalScope, ran: Demands, limit: int) -> Candidates:
    """Return the searches that meet `ran` and can be related to a new one: newest first, `limit` of a kind at most.

    Kinds are the wider ones, the narrower ones, those for a contact in common and those with words in common.
    """
    terms, found, cut = terms_of(normal), set[str](), False
    for labels, demands in _kinds(session, keys, terms, words_of(normal)):
        some = _newest(session, labels, [*ran, *demands], limit)
        found.update(some[:limit])
        cut = cut or len(some) > limit
    # Their results are long, and those of one at most are needed: they are read when asked for.
    rows = session.scalars(select(Search).where(Search.id.in_(found)).options(defer(Search.results))).all()
    return Candidates(sorted(rows, key=lambda row: (row.opened_at, row.id), reverse=True), cut)


def index_unindexed(store: Store) -> int:
    """Write what the searches are found by that were made before this index stood; return how many there were.

    May be stopped and run again. One whose subject was erased, or that cannot be read any more, is passed over.
    """
    done, last = 0, None
    while True:
        with store.database.writing() as session:
            store.keys.hold_hashing(session)
            rows = list(session.scalars(_unindexed(store, last)))
            told = open_searches(store, session, rows)
            done += sum(_index(session, store.keys, row, told[row.id]) for row in rows if row.id in told)
        if not rows:
            return done
        last = rows[-1]


def _unindexed(store: Store, after: Search | None) -> Select[Search]:
    """Return the query of the next searches that should be found and are not, the oldest first."""
    later = Search.opened_at > lapsed_before(store.settings, store.clock())
    if after is not None:
        same_moment = and_(Search.opened_at == after.opened_at, Search.id > after.id)
        later &= or_(Search.opened_at > after.opened_at, same_moment)
    found = exists().where(SearchTerm.search_id == Search.id)
    ran = select(Search).where(Search.reused_from.is_(None), Search.error.is_(None), Search.fingerprint != "")
    return ran.where(~found, later).order_by(Search.opened_at, Search.id).limit(_BATCH)


def _index(session: Session, keys: Keyring, row: Search, told: SearchScope) -> bool:
    with suppress(BadQuery):  # an older version of the query language could read it
        write_terms(session, keys, row, normalise(told))
        return True
    return False


# --- rows ----------------------------------------------------------------------------------------------------------


def _hashes(keys: Keyring, use: str, labels: Iterable[str]) -> frozenset[bytes]:
    """Return the hashes of labels for one use: an anchor's is not the one of the same label that is held."""
    return frozenset(bytes.fromhex(keys.blind(f"search-{use}", label))[:KEPT] for label in labels)


def _rarest(clauses: list[frozenset[bytes]], count: Count) -> frozenset[bytes]:
    """Return the clause with the fewest rows; of equals the first."""
    rarest, least = clauses[0], COUNTED + 1
    for clause in clauses[:_CLAUSES]:
        if least and (found := count(clause)) < least:
            rarest, least = clause, found
    return rarest


def _count(session: Session, keys: frozenset[bytes]) -> int:
    some = select(SearchTerm.id).where(SearchTerm.key.in_(sorted(keys))).limit(COUNTED).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


# --- kinds of candidates -------------------------------------------------------------------------------------------

Kind = tuple[frozenset[bytes], Demands]
"""The hashes that searches are found by, and what else must hold of them."""


def _kinds(session: Session, keys: Keyring, terms: SearchTerms, words: int) -> Iterator[Kind]:
    """Yield the wider ones, the narrower ones, those for a contact in common and those with words in common."""
    held = _hashes(keys, _HELD, terms.held)
    yield _hashes(keys, _ANCHOR, terms.held), [_asks_no_other(held)]
    clauses = [_hashes(keys, _HELD, clause) for clause in terms.clauses]
    rarest = _rarest(clauses, lambda clause: _count(session, clause))
    yield rarest, [_meets(clause) for clause in clauses[:_CLAUSES] if clause != rarest]
    yield _hashes(keys, _HELD, terms.contacts), []
    yield _hashes(keys, _WORDS, terms.word_probes), [Search.words.between((words + 1) // 2, 2 * words)]


def _asks_no_other(held: frozenset[bytes]) -> ColumnElement[bool]:
    """Demand that an earlier search asks for nothing that the new one does not hold: else it is not the wider one."""
    other = aliased(SearchTerm)
    return ~exists().where(other.search_id == Search.id, other.role == _MUST, other.key.not_in(sorted(held)))


def _meets(clause: frozenset[bytes]) -> ColumnElement[bool]:
    """Demand that an earlier search holds what meets one clause of the new one."""
    other = aliased(SearchTerm)
    return exists().where(other.search_id == Search.id, other.role.in_((_HELD, _MUST)), other.key.in_(sorted(clause)))


def _newest(session: Session, labels: Iterable[bytes], demands: Demands, limit: int) -> list[str]:
    """Return the newest searches with one of some hashes, one more than the limit at most."""
    found: dict[int, str] = {}
    join = select(SearchTerm.id, Search.id).join(Search, Search.id == SearchTerm.search_id).where(*demands)
    newest = join.where(SearchTerm.key == bindparam("label")).order_by(SearchTerm.id.desc()).limit(limit + 1)
    for key in sorted(labels):  # one by one: each is a range of the index, which is left after so many
        found |= dict(session.execute(newest, {"label": key}).all())
    return list(dict.fromkeys(found[at] for at in sorted(found, reverse=True)))[: limit + 1]
