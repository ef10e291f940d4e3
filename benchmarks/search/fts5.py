"""The peer of searches: SQLite FTS5 over the same tokens, with the indexes that its user would make.

The peer is given every help: tokens are ready, the full-text index is contentless, has a prefix index and is merged
into one piece, filters have covering indexes, the page cache holds everything, each query is asked in the quickest of
several ways, and ties of rank are broken among the first fifty only, where Vigie breaks them among all matches.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.search.queries import LIMIT
from nlp.query import Atom, Clause, Phrase, Prefix, Term, Word
from store.index import IndexQuery
from store.index.document import KEYWORDS

_CACHE_KIB = 4_000_000
_TABLES = """
CREATE VIRTUAL TABLE found USING fts5(
    words, stems, content='', prefix='3', tokenize="unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'"
);
CREATE TABLE docs (seq INTEGER PRIMARY KEY, id TEXT NOT NULL, at INTEGER NOT NULL);
CREATE TABLE keywords (field TEXT, value TEXT, seq INTEGER, PRIMARY KEY (field, value, seq)) WITHOUT ROWID;
"""
_LOOKED_UP = "EXISTS (SELECT 1 FROM keywords WHERE {{}} AND seq = {key})"
_INDEXES = "CREATE INDEX docs_at ON docs (at DESC, id); ANALYZE;"


def build(path: Path, pieces: Iterable[Sequence[dict[str, Any]]]) -> sqlite3.Connection:
    """Make the peer's database of documents as `ready` has them."""
    path.unlink(missing_ok=True)
    connection = connect(path)
    connection.executescript(_TABLES)
    for piece in pieces:
        with connection:
            connection.executemany(
                "INSERT INTO found (rowid, words, stems) VALUES (:seq, :words, :stems)", _only(piece, "words", "stems")
            )
            connection.executemany("INSERT INTO docs VALUES (:seq, :id, :at)", _only(piece, "id", "at"))
            connection.executemany("INSERT INTO keywords VALUES (?, ?, ?)", sorted(_keywords(piece)))
    with connection:
        connection.execute("INSERT INTO found (found) VALUES ('optimize')")
    connection.executescript(_INDEXES)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return connection


def connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", f"cache_size=-{_CACHE_KIB}", "mmap_size=30000000000"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _only(piece: Sequence[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
    return [{name: doc[name] for name in ("seq", *names)} for doc in piece]


def _keywords(piece: Sequence[dict[str, Any]]) -> Iterable[tuple[str, str, int]]:
    return ((field, value, doc["seq"]) for doc in piece for field in KEYWORDS for value in doc[field])


class Peer:
    """FTS5 as somebody would use it who tried every way of asking: each query is asked in the quickest one."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._quickest: dict[int, Way] = {}

    def search(self, query: IndexQuery) -> tuple[int, list[str]]:
        """Return what `Index.search` does: the exact total, and the ids of the best fifty."""
        way = self._quickest.get(id(query))
        if way is None:
            known = ways(query)
            self._ask(known[0])  # from here on out of the page cache
            way = self._quickest[id(query)] = min(known, key=self._seconds)
        return self._ask(way)

    def _seconds(self, way: Way) -> float:
        started = time.perf_counter()
        self._ask(way)
        return time.perf_counter() - started

    def _ask(self, way: Way) -> tuple[int, list[str]]:
        if way.count:
            total = self.connection.execute(way.count, way.values).fetchone()[0]
            return total, [row[0] for row in self.connection.execute(way.best, way.values)]
        rows = self.connection.execute(way.best, way.values).fetchall()
        return rows[0][1] if rows else 0, [row[0] for row in rows]


@dataclass(frozen=True)
class Way:
    """Statements that answer one query; without one to count by, the second column of `best` is the total."""

    count: str
    best: str
    values: tuple[Any, ...]


def ways(query: IndexQuery) -> list[Way]:
    """Return the ways to ask: filters as sets or looked up for each match, in two statements or in one."""
    match = _match(query)
    made = []
    for key in ("docs.seq", "+docs.seq") if not match else ("+found.rowid",):
        for form in (f"{key} IN (SELECT seq FROM keywords WHERE {{}})", _LOOKED_UP.format(key=key.strip("+"))):
            where, values = _filters(query, form)
            made += _ways(match, where, values) if match else [_newest(where, values)]
    return made


def _ways(match: str, where: str, values: list[Any]) -> list[Way]:
    table = "found CROSS JOIN docs ON docs.seq = found.rowid" if "docs.at" in where else "found"
    source = f"FROM {table} WHERE found MATCH ? AND {where}"
    twice, once = (
        f"SELECT id{total} FROM (SELECT found.rowid AS seq, rank AS score{counted} {source} ORDER BY rank LIMIT {LIMIT}"
        ") JOIN docs USING (seq) ORDER BY score, docs.at DESC, id"
        for total, counted in (("", ""), (", total", ", count(*) OVER () AS total"))
    )
    bound = (match, *values)
    return [Way(f"SELECT count(*) {source}", twice, bound), Way("", once, bound)]


def _newest(where: str, values: list[Any]) -> Way:
    newest = f"SELECT id FROM docs WHERE {where} ORDER BY at DESC, id LIMIT {LIMIT}"
    return Way(f"SELECT count(*) FROM docs WHERE {where}", newest, tuple(values))


def _match(query: IndexQuery) -> str:
    """Return the words of a query in FTS5's own language; every word is quoted."""
    clauses = query.query.clauses if query.query else ()
    wanted = [clause for clause in clauses if not _is_negated(clause)]
    unwanted = [term.atom for clause in clauses if _is_negated(clause) for term in clause.any_of]
    found = " AND ".join(f"({_any(clause)})" for clause in wanted)
    return found + "".join(f" NOT ({_atom(atom)})" for atom in unwanted)


def _is_negated(clause: Clause) -> bool:
    return all(term.negated for term in clause.any_of)


def _any(clause: Clause) -> str:
    return " OR ".join(_term(term) for term in clause.any_of)


def _term(term: Term) -> str:
    if term.negated:
        raise NotImplementedError("FTS5 has no NOT inside OR")
    return _atom(term.atom)


def _atom(atom: Atom) -> str:
    if isinstance(atom, Word):
        return f"(stems : {_quoted(atom.stem)} OR words : {_quoted(atom.key)})"
    if isinstance(atom, Phrase):
        return f"words : {_quoted(' '.join(atom.keys))}"
    if isinstance(atom, Prefix):
        return f"words : {_quoted(atom.key)} *"
    raise NotImplementedError(f"FTS5 cannot look for {type(atom).__name__}")


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _filters(query: IndexQuery, form: str) -> tuple[str, list[Any]]:
    """Return the conditions of a query's filters, each on a keyword in the given form, and the values they name."""
    conditions: list[str] = []
    values: list[Any] = []
    for field, wanted in query.keyword_filters.items():
        marks = ", ".join("?" * len(wanted))
        conditions.append(form.format(f"field = ? AND value IN ({marks})"))
        values += [field, *wanted]
    for comparison, moment in ((">=", query.first_moment), ("<=", query.last_moment)):
        if moment is not None:
            conditions.append(f"docs.at {comparison} ?")
            values.append(moment)
    return " AND ".join(conditions) or "1", values
