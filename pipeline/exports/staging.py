"""What a corpus is made from, staged on disk beside it: a row a post, until the corpus is written or given up.

A file of SQLite of its own, so that a worker who is killed goes on where it was, memory stays flat whatever the number
of posts, and nothing of it is left in the database once the file is deleted.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path

_AT_ONCE = 1_000
MOST_ROWS = 3
"""So many posts of one person are followed: whoever writes a hundred would stand out by that alone."""


@dataclass(frozen=True, slots=True)
class Staged:
    """A post as it is staged: what may be told of it, and whose it is, under the study's tokens."""

    post: str
    person: str
    draw: str
    """By which its text is drawn into a sample: a token, so that chance is the same when it is asked again."""
    text: str
    """The same for copies of one text."""
    day: str
    month: str
    region: str
    kind: str
    language: str
    source: str
    signals: str
    criteria: str
    codes: str = ""
    """What it was coded as in the reading room, for the corpus of codes alone."""


_COLUMNS = tuple(field.name for field in fields(Staged))
_TABLES = f"""
CREATE TABLE IF NOT EXISTS posts ({", ".join(_COLUMNS)}, PRIMARY KEY (post)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID;
"""
_OPEN = """
SELECT month, region, kind, language, source, CASE WHEN COUNT(*) = 1 THEN '1' WHEN COUNT(*) < 5 THEN '2-4' ELSE '5+' END
AS copies, signals, criteria, MIN(person) AS person FROM posts WHERE draw <= ? GROUP BY text, month, region
"""
_FOLLOWED = """
SELECT person, day, region, kind, language, source, signals, criteria, codes FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY person ORDER BY draw, post) AS place FROM posts WHERE draw <= ?)
WHERE place <= ? ORDER BY person, day, draw, post
"""


class Stage:
    """The staged posts of one corpus."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def keep(self, rows: Iterable[Staged], after: int) -> None:
        """Keep a batch and how far the walk is, together or not at all."""
        with self._connection:
            self._insert(rows)
            self._connection.execute("INSERT OR REPLACE INTO state VALUES ('after', ?)", (after,))

    @property
    def after(self) -> int:
        """Return the `seq` of the last post that was looked at."""
        return self._state("after")

    @property
    def whole(self) -> bool:
        """Tell whether the walk came to its end once: nothing joins what was measured."""
        return bool(self._state("whole"))

    def close(self) -> None:
        """Say that the walk has come to its end."""
        with self._connection:
            self._connection.execute("INSERT OR REPLACE INTO state VALUES ('whole', 1)")

    def replace(self, rows: Collection[Staged], looked_at: Collection[str]) -> None:
        """Put what is told of some posts now in the place of what was; those of which nothing may be told go."""
        gone = set(looked_at).difference(row.post for row in rows)
        with self._connection:
            self._connection.executemany("DELETE FROM posts WHERE post = ?", ((post,) for post in gone))
            self._insert(rows)

    @property
    def size(self) -> int:
        """Return how many posts are staged."""
        return int(self._connection.execute("SELECT COUNT(*) FROM posts").fetchone()[0])

    @property
    def different(self) -> int:
        """Return how many different texts are staged."""
        return int(self._connection.execute("SELECT COUNT(DISTINCT draw) FROM posts").fetchone()[0])

    def posts(self) -> Iterator[list[str]]:
        """Yield the ids of all posts, some at a time."""
        last = ""
        while True:
            query = "SELECT post FROM posts WHERE post > ? ORDER BY post LIMIT ?"
            some = [row[0] for row in self._connection.execute(query, (last, _AT_ONCE))]
            if not some:
                return
            yield some
            last = some[-1]

    def threshold(self, sample: int | None) -> str:
        """Return up to which draw texts are in a sample of a size, with all their copies; all of them without one."""
        if sample is None or sample >= self.different:
            return "~"
        query = "SELECT DISTINCT draw FROM posts ORDER BY draw LIMIT 1 OFFSET ?"
        return str(self._connection.execute(query, (sample - 1,)).fetchone()[0])

    def days(self, threshold: str) -> tuple[str, str] | None:
        """Return the first and the last day of the posts up to a draw; None if there is none."""
        query = "SELECT MIN(day), MAX(day) FROM posts WHERE draw <= ?"
        first, last = self._connection.execute(query, (threshold,)).fetchone()
        return None if first is None else (first, last)

    def different_texts(self, threshold: str) -> Iterator[tuple[str, str]]:
        """Yield the draw of each different text up to one, ascending, and the id of one of its posts."""
        query = "SELECT draw, MIN(post) FROM posts WHERE draw <= ? GROUP BY draw ORDER BY draw"
        yield from self._connection.execute(query, (threshold,))

    def texts(self, threshold: str) -> Iterator[dict[str, str]]:
        """Yield the rows of the open tier: copies of one text in a month and region are one."""
        return self._rows(_OPEN, (threshold,))

    def followed(self, threshold: str) -> Iterator[dict[str, str]]:
        """Yield `MOST_ROWS` posts at most of each person, ascending by token."""
        return self._rows(_FOLLOWED, (threshold, MOST_ROWS))

    def _state(self, name: str) -> int:
        found = self._connection.execute("SELECT value FROM state WHERE name = ?", (name,)).fetchone()
        return int(found[0]) if found else 0

    def _insert(self, rows: Iterable[Staged]) -> None:
        marks = ", ".join("?" * len(_COLUMNS))
        self._connection.executemany(f"INSERT OR REPLACE INTO posts VALUES ({marks})", map(astuple, rows))  # noqa: S608 - names of ours

    def _rows(self, query: str, values: tuple[object, ...]) -> Iterator[dict[str, str]]:
        found = self._connection.execute(query, values)
        names = [column[0] for column in found.description]
        for row in found:
            yield dict(zip(names, row, strict=True))

    @contextmanager
    def persons(self) -> Iterator[Persons]:
        """Count different persons of classes, on disk: with a million posts they would not fit in memory."""
        self._connection.execute("CREATE TEMP TABLE members (class TEXT, person TEXT, PRIMARY KEY (class, person))")
        try:
            yield Persons(self._connection)
        finally:
            self._connection.execute("DROP TABLE members")


class Persons:
    """How many different persons stand in each class."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, members: Iterable[tuple[str, str]]) -> None:
        """Count persons, given with the name of their class."""
        self._connection.executemany("INSERT OR IGNORE INTO members VALUES (?, ?)", members)

    def few(self, least: int) -> set[str]:
        """Return the classes of fewer persons than `least`."""
        query = "SELECT class FROM members GROUP BY class HAVING COUNT(*) < ?"
        return {row[0] for row in self._connection.execute(query, (least,))}


@contextmanager
def opened_stage(path: Path) -> Iterator[Stage]:
    """Open the staged rows of a corpus, made if they are not there; for the owner's eyes alone."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(path)
    try:
        connection.executescript("PRAGMA temp_store = FILE; PRAGMA synchronous = NORMAL;" + _TABLES)
        yield Stage(connection)
    finally:
        connection.close()
