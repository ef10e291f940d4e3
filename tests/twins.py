"""The two scales that tests run on: embedded (SQLite and tantivy) and team (PostgreSQL and Elasticsearch, both real).

`make test` starts the servers and names them in the environment; without them the team's half is skipped and says so.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from engines import ELASTICSEARCH, engine_settings
from sqlalchemy import make_url

from store.database import Database
from store.settings import Settings
from store.store import set_up

DATABASE = os.environ.get("VIGIE_TEST_DATABASE_URL", "")
TWINS = ("embedded", "team")


def missing() -> str:
    """Return why the team's twin cannot be had, or nothing."""
    absent = [name for name, url in (("PostgreSQL", DATABASE), ("Elasticsearch", ELASTICSEARCH)) if not url]
    return f"no {' and no '.join(absent)} for tests: `make services` starts them" if absent else ""


class Templates:
    """A data folder and a database as `vigie setup-db` makes them, copied for each test: migrating takes longer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = f"vigie_template_{uuid.uuid4().hex[:12]}"
        set_up(Settings(data_dir=folder))
        if DATABASE:
            self._run(f'CREATE DATABASE "{self.name}"')
            made = Database(self.url(self.name))
            made.upgrade()
            made.close()

    def close(self) -> None:
        if DATABASE:
            self._run(f'DROP DATABASE "{self.name}"')

    def copy_folder(self, target: Path, *, database: bool) -> None:
        ignored = None if database else shutil.ignore_patterns("vigie.db*")
        shutil.copytree(self.folder, target, ignore=ignored)

    @contextmanager
    def database(self, template: str = "") -> Iterator[str]:
        """Make a database for one test, with its tables unless another template is named, and drop it after."""
        name = f"vigie_test_{uuid.uuid4().hex[:12]}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template or self.name}"')
        try:
            yield self.url(name)
        finally:
            self._run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def url(self, name: str) -> str:
        return make_url(DATABASE).set(database=name).render_as_string(hide_password=False)

    def _run(self, statement: str) -> None:
        plain = make_url(DATABASE).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def team_settings(templates: Templates, folder: Path, **more: object) -> Iterator[Settings]:
    """Name a database and an index of one test's own; both are gone after."""
    if why := missing():
        pytest.skip(why)
    with templates.database() as url, engine_settings("elasticsearch", folder) as made:
        yield made.model_copy(update={"database_url": url, **more})
