"""The register's disk is full, or its role may only read: no search without an entry, and nothing else is lost."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import make_url, select
from test_full_disk import fill, small_disk  # noqa: F401 - a fixture
from whole_house import within

from pipeline.rebuild import compare
from store.errors import RegisterUnavailable, VigieError
from store.register.sequencing import copy_path, sequence
from store.register.verifying import verify
from store.settings import Settings
from store.store import set_up
from store.tables import RegisterEntry, Search
from triage_api.posts.service import open_post
from triage_api.searches.models import SearchIn
from triage_api.searches.service import search

ASKED = {"purpose": "watch", "ground": "LPJ 39"}


def asks(house, words: str):
    return search(house.desk, house.analyst, SearchIn(query=words, **ASKED))


@pytest.fixture
def counted(monkeypatch):
    """Count what an index is asked from now on."""
    calls: list[object] = []

    def count(index):
        real = index.search
        monkeypatch.setattr(index, "search", lambda query: calls.append(query) or real(query))
        return calls

    return count


def entries(house) -> int:
    with house.store.database.reading() as session:
        return len(session.scalars(select(RegisterEntry.n)).all())


def test_a_full_disk_closes_the_searches(make_house, small_disk, counted):  # noqa: F811
    house = make_house(data_dir=small_disk)
    (post,) = house.take("chu en fugue, 15 ans, avant")
    with house.working("assess", "index", "sequence"):
        assert within(60, house.settled)
        assert asks(house, "avant").total == 1
        assert within(30, lambda: sequence(house.store) == 0)
    ballast = small_disk / "ballast"
    fill(ballast)
    exhaust(house)
    asked, before = counted(house.index), entries(house)
    for refused in (lambda: asks(house, "fugue"), lambda: open_post(house.desk, house.analyst, post)):
        with pytest.raises(VigieError) as error:
            refused()
        assert error.value.status == 503
    assert asked == []
    assert entries(house) == before
    ballast.unlink()
    (later,) = house.take("chu en fugue, 15 ans, après")
    with house.working("assess", "index", "sequence"):
        assert within(90, house.settled)
        assert [hit.id for hit in asks(house, "après").items] == [later]
        assert open_post(house.desk, house.analyst, post).text.endswith("avant")
    sequence(house.store)
    assert verify(house.store).findings == []
    assert copy_path(house.store).exists()
    assert not compare(house.store, house.index)


def exhaust(house) -> None:
    """Write entries until there is no room for one more: SQLite's files have some inside."""
    from store.register import Event, append

    for _ in range(2000):
        try:
            with house.store.database.writing() as session:
                append(session, event=Event.POST_OPENED, actor="a", at=house.store.clock(), public={"x": "y" * 3000})
        except VigieError:
            return
    raise AssertionError("the disk was never full")


def test_a_role_that_may_only_read_the_register_closes_the_searches(make_house, database_url, counted, tmp_path):
    set_up(Settings(data_dir=tmp_path / "data", database_url=database_url))
    owner = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    role = f"reader_{make_url(database_url).database}"
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'x'")
        connection.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")
        connection.execute(f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role}")
        house = make_house(database_url=make_url(database_url).set(username=role, password="x").render_as_string(False))
        (post,) = house.take("chu en fugue, 15 ans, avant")
        connection.execute(f"REVOKE INSERT ON register FROM {role}")
        asked, before = counted(house.index), entries(house)
        with house.working("assess", "index", "sequence"):
            house.take(*(f"chu en fugue, 15 ans, fois {n}" for n in range(20)))
            assert within(60, house.settled), "what needs no entry goes on"
            for refused in (lambda: asks(house, "fugue"), lambda: open_post(house.desk, house.analyst, post)):
                with pytest.raises(RegisterUnavailable):
                    refused()
        assert (asked, entries(house)) == ([], before)
        with house.store.database.reading() as session:
            assert session.scalars(select(Search.id)).all() == []
        connection.execute(f"GRANT INSERT ON register TO {role}")
        assert asks(house, "fois").total == 20
    assert open_post(house.desk, house.analyst, post).text.endswith("avant")
    sequence(house.store)
    assert verify(house.store).findings == []
    assert not compare(house.store, house.index)
