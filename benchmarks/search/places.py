"""Where a benchmark keeps its data: a database of so many posts, beside it an index of one engine."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psycopg
from elasticsearch import Elasticsearch
from sqlalchemy import func, insert, literal, select
from sqlalchemy.engine import make_url

from benchmarks.search.corpus import SEED, VERSION, posts, sources
from store.batches import batches
from store.clock import system_clock
from store.index import Index, open_index
from store.outbox import INDEX
from store.settings import Settings
from store.store import Store, open_store, set_up
from store.tables import AssessmentRow, Post, Source, Work

DATABASE = os.environ.get("VIGIE_TEST_DATABASE_URL", "")
ELASTICSEARCH = os.environ.get("VIGIE_TEST_ELASTICSEARCH_URL", "")
_ROWS = 5_000
"""Posts that are written in one transaction."""
_TELL = 20
"""Batches between two signs of life."""
MARKER = "vigie-bench"
"""File that says that a folder is the benchmark's own."""
_DATA = re.compile(r"(sqlite|postgresql)-\d+-s\d+v\d+")
_MADE = re.compile(
    rf"{_DATA.pattern}|ready-s\d+v\d+|bare|fts5-\d+\.db(-wal|-shm)?|results-s\d+v\d+(-[0-9a-f]+)?|report\.json|{MARKER}"
)
"""What a run makes in its folder."""
_REPOSITORY = Path(__file__).parents[2]
_CODE = ("nlp", "store", "pipeline", "benchmarks")
"""What is measured, and what measures it."""

Json = dict[str, Any]
DatabaseName = Literal["sqlite", "postgresql"]
EngineName = Literal["tantivy", "elasticsearch"]


@dataclass(frozen=True)
class Place:
    """A database with the first `posts` posts of the corpus, and an engine to index them."""

    work: Path
    posts: int
    database: DatabaseName = "sqlite"
    engine: EngineName = "tantivy"

    @property
    def name(self) -> str:
        return f"{self.database}-{self.posts}-s{SEED}v{VERSION}"

    @property
    def settings(self) -> Settings:
        return Settings(
            data_dir=self.work / self.name,
            database_url=_database_url(self.name) if self.database == "postgresql" else "",
            database_password_file=None,
            index_url=ELASTICSEARCH if self.engine == "elasticsearch" else "",
            index_name=f"vigie-bench-{self.name}",
            index_api_key_file=None,
            index_ca_file=None,
        )

    @contextmanager
    def opened(self) -> Iterator[Store]:
        store = open_store(self.settings)
        try:
            yield store
        finally:
            store.database.close()

    @contextmanager
    def index(self, *, writer: bool) -> Iterator[Index]:
        """Open the place's index; a writer makes it where there is none."""
        index = open_index(self.settings)
        try:
            index.set_up() if writer else index.require()
            yield index
        finally:
            index.close()

    def drop_index(self) -> None:
        """Forget the index, so that the next one begins empty."""
        if self.engine == "tantivy":
            shutil.rmtree(self.settings.data_dir / "index", ignore_errors=True)
        else:
            drop_elasticsearch(self.settings.index_name)


def fill(place: Place) -> Json:
    """See that the database holds its posts, read by nobody but assessed; return the seconds that it took."""
    if _is_filled(place):
        return {"seconds": 0.0, "reused": True}
    _begin_anew(place)
    started = time.perf_counter()
    with place.opened() as store:
        with store.database.writing() as session:
            session.execute(insert(Source), sources())
        for number, rows in enumerate(batches(posts(place.posts), _ROWS), 1):
            with store.database.writing() as session:
                # the connection's own: the session's would make an object of every row
                session.connection().execute(insert(Post), [post for post, _ in rows])
                session.connection().execute(insert(AssessmentRow), [read for _, read in rows])
            if number % _TELL == 0:
                say(f"{place.name}: {number * _ROWS:,} posts in the database")
        _settle(store)
    (place.settings.data_dir / "filled").touch()
    return {"seconds": round(time.perf_counter() - started, 1)}


def announce_all(store: Store) -> None:
    """Have every post wait for the index, as after it was assessed."""
    due = literal(system_clock(), Work.due_at.type)
    every = select(literal(INDEX), Post.id, due, literal(0), literal("")).order_by(Post.seq)
    with store.database.writing() as session:
        session.query(Work).filter(Work.kind == INDEX).delete()
        session.execute(insert(Work).from_select(["kind", "key", "due_at", "attempts", "error"], every))
    _settle(store)


def say(text: str) -> None:
    """Show a sign of life, away from what programs read."""
    print(f"{system_clock():%H:%M:%S} {text}", flush=True)


def drop_elasticsearch(name: str) -> None:
    client = Elasticsearch(ELASTICSEARCH, request_timeout=60)
    if found := list(client.indices.get(index=f"{name}-0*")):
        client.indices.delete(index=found)
    client.close()


def results_folder(work: Path) -> Path:
    """Return where results of this corpus and of this very code are kept: those of other code say nothing of it."""
    return work / f"results-s{SEED}v{VERSION}-{code_digest(_REPOSITORY)}"


def code_digest(repository: Path) -> str:
    """Return a digest over the names and contents of the files that are measured and that measure."""
    found = hashlib.sha256()
    for path in sorted(path for room in _CODE for path in (repository / room).rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            found.update(f"{path.relative_to(repository)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return found.hexdigest()[:12]


def claim(work: Path) -> None:
    """Make the folder the benchmark's own; one that holds anything else stops the run."""
    work.mkdir(parents=True, exist_ok=True)
    if not (work / MARKER).exists():
        if any(work.iterdir()):
            raise SystemExit(
                f"{work} is not empty and not known to be a benchmark's: choose another folder, or make a file "
                f"{MARKER} in it if all that is named as a benchmark names it may be deleted."
            )
        (work / MARKER).touch()


def drop_all(work: Path, planned: Iterable[str]) -> None:
    """Forget what runs made in their own folder, and the databases and indexes of its places and of those planned."""
    if not (work / MARKER).is_file():
        raise SystemExit(f"Nothing is deleted: {work} has no file {MARKER}, so it is no folder of a benchmark.")
    made = [path for path in work.iterdir() if _MADE.fullmatch(path.name)]
    for name in sorted({*planned, *(path.name for path in made if _DATA.fullmatch(path.name))}):
        _drop_servers(name)
    for path in sorted(made, key=lambda path: path.name == MARKER):  # the marker last: stopped, it can be run again
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    if not any(work.iterdir()) and not work.is_symlink():
        work.rmdir()


def _drop_servers(name: str) -> None:
    """Drop the database and the index of one place, if there are any."""
    if DATABASE:
        with _server() as server:
            server.execute(f'DROP DATABASE IF EXISTS "{_database_name(name)}" WITH (FORCE)')
    if ELASTICSEARCH:
        drop_elasticsearch(f"vigie-bench-{name}")


def _is_filled(place: Place) -> bool:
    if not (place.settings.data_dir / "filled").exists():
        return False
    try:
        with place.opened() as store, store.database.reading() as session:
            return session.scalar(select(func.count()).select_from(Post)) == place.posts
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it, it is made anew
        say(f"{place.name} is made anew: {type(error).__name__}")
        return False


def _begin_anew(place: Place) -> None:
    shutil.rmtree(place.settings.data_dir, ignore_errors=True)
    if place.database == "postgresql":
        with _server() as server:
            server.execute(f'DROP DATABASE IF EXISTS "{_database_name(place.name)}" WITH (FORCE)')
            server.execute(f'CREATE DATABASE "{_database_name(place.name)}"')
    set_up(place.settings)


def _settle(store: Store) -> None:
    """Let the database count what it holds, so that it plans well at once."""
    with store.database.engine.connect().execution_options(vigie_bare=True) as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


def _database_name(name: str) -> str:
    return f"vigie_bench_{name.replace('-', '_')}"


def _database_url(name: str) -> str:
    return make_url(DATABASE).set(database=_database_name(name)).render_as_string(hide_password=False)


def _server() -> psycopg.Connection:
    plain = make_url(DATABASE).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)
