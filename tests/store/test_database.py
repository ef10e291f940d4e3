import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event, inspect, select, text
from sqlalchemy.exc import DBAPIError, OperationalError, StatementError
from twins import Templates, missing

from store.database import Database, address, alembic_config
from store.erasure import THOROUGH
from store.errors import DatabaseUnavailable, NotSetUp
from store.intake import keep_post
from store.outbox import INDEX
from store.posts import ASSESS
from store.records import PostIn
from store.settings import Settings
from store.store import Store, open_database, open_store, set_up
from store.tables import AssessmentRow, Base, Source
from store.work import add_work, bury_work


@pytest.fixture
def database(tmp_path: Path, twin: str, templates: Templates):
    """A database without tables, on either engine."""
    if twin == "embedded":
        one = Database(f"sqlite:///{tmp_path / 'v.db'}")
        yield one
        one.close()
        return
    if why := missing():
        pytest.skip(why)
    with templates.database(template="template0") as url:
        one = Database(url)
        yield one
        one.close()


def source(identity: str) -> Source:
    return Source(id=identity, title="t", kind="feed", declaration={}, digest="d", created_at=datetime.now(UTC))


def test_a_new_database_is_refused_until_it_is_set_up(database):
    with pytest.raises(NotSetUp, match="setup-db"):
        database.require_current()
    database.upgrade()
    database.require_current()


def test_migrations_make_the_tables_that_the_code_declares(database):
    database.upgrade()
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, Base.metadata) == []


def test_migrations_go_down_and_up_again(database):
    database.upgrade()
    with database.engine.begin() as connection:
        command.downgrade(alembic_config(connection), "base")
    assert set(inspect(database.engine).get_table_names()) == {"alembic_version"}
    database.upgrade()
    database.require_current()


def test_the_outbox_becomes_work_and_back_again(database):
    """What waited for the index before the upgrade waits after it, once for each post, and the other way round."""
    with database.engine.begin() as connection:
        command.upgrade(alembic_config(connection), "0002")
        for post in ("a", "b", "a"):
            connection.execute(
                text("INSERT INTO outbox (post_id, created_at) VALUES (:post, '2026-03-01 10:00:00+00:00')"),
                {"post": post},
            )
        command.upgrade(alembic_config(connection), "head")
        waiting = text("SELECT kind, key, due_at IS NOT NULL FROM work ORDER BY key")
        assert [tuple(row) for row in connection.execute(waiting)] == [("index", "a", 1), ("index", "b", 1)]
        command.downgrade(alembic_config(connection), "0002")
        told = connection.execute(text("SELECT post_id FROM outbox ORDER BY seq")).scalars().all()
    assert sorted(told) == ["a", "b"]


def test_migrations_go_down_with_data_too(store: Store):
    """What points to posts stays; dead letters become due again; the kinds of work that 0002 did not know go."""
    with store.database.writing() as session:
        session.add(source("s"))
        session.flush()
        identity = keep_post(session, store, "s", "import", PostIn(text="bonjour", external_id="1"), None)[0]
        read = {"version": 1, "grid": "g", "model": "m", "lang": "fr", "urgency": "none", "score": 0.0, "body": {}}
        session.add(AssessmentRow(post_id=identity, flagged=[], criteria=[], created_at=store.clock(), **read))
        bury_work(session, ASSESS, identity, "too hard")
        add_work(session, INDEX, [identity], store.clock())
        add_work(session, THOROUGH, ["2026-03-01"], store.clock())
    with store.database.engine.execution_options(vigie_writes=True).begin() as connection:
        command.downgrade(alembic_config(connection), "0002")
        kinds = connection.execute(text("SELECT kind, due_at IS NOT NULL FROM work")).all()
        assert [tuple(row) for row in kinds] == [("assess", 1)]
        assert connection.execute(text("SELECT count(*) FROM assessments")).scalar() == 1
        assert connection.execute(text("SELECT post_id FROM outbox")).scalars().all() == [identity]
    store.database.upgrade()
    store.database.require_current()


@pytest.mark.parametrize("twin", ["team"], scope="session")  # SQLite keeps no samples of columns
def test_after_the_upgrade_no_statistics_hold_texts(store: Store):
    engine, planted = store.database.engine, "Zoraide Plantamour 514-555-0133"
    with engine.begin() as connection:
        command.downgrade(alembic_config(connection), "0002")
    with store.database.writing() as session:
        session.add(source("s"))
        session.flush()
        columns = "id, source_id, external_id, origin, kind, url, title, text, author, city, region, ingested_at"
        values = "'p' || n, 's', n, 'import', 'post', '', '', :planted || n % 5, '', '', '', now()"
        rest = "version, digest, same_text, status, provenance"
        session.execute(
            text(
                f"INSERT INTO posts ({columns}, {rest})"
                f" SELECT {values}, 1, 'd', 's', 'live', '{{}}' FROM generate_series(1, 60) n"
            ),
            {"planted": planted},
        )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE posts"))
        samples = text("SELECT most_common_vals::text FROM pg_stats WHERE tablename = 'posts' AND attname = 'text'")
        assert planted in str(connection.execute(samples).scalars().all()), "nothing was sampled: this shows nothing"
        store.database.upgrade()
        assert connection.execute(samples).scalars().all() == []
        connection.execute(text("ANALYZE posts"))
        assert connection.execute(samples).scalars().all() == []


@pytest.mark.parametrize("twin", ["embedded"], scope="session")  # PostgreSQL's log is its server's
def test_a_log_that_is_being_read_is_not_said_to_be_emptied(store: Store):
    @event.listens_for(store.database.engine, "checkout")
    def _impatient(connection, *_):
        connection.execute("PRAGMA busy_timeout = 200").close()

    with store.database.reading() as session:
        session.scalars(select(Source)).all()
        with store.database.writing() as other:
            other.add(source("s"))
        with pytest.raises(DatabaseUnavailable, match="log"):
            store.database.forget_deleted(thorough=True)
        store.database.forget_deleted()
    store.database.forget_deleted(thorough=True)


def test_a_transaction_that_fails_leaves_nothing(database):
    database.upgrade()
    with pytest.raises(RuntimeError), database.writing() as session:
        session.add(source("a"))
        session.flush()
        raise RuntimeError
    with database.reading() as session:
        assert session.scalars(select(Source)).all() == []


def test_writers_wait_for_one_another_and_none_is_lost(database):
    database.upgrade()

    def write(number: int) -> None:
        for each in range(10):
            with database.writing() as session:
                session.add(source(f"s{number}-{each}"))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert len(session.scalars(select(Source)).all()) == 40


def test_whoever_reads_sees_one_state_although_others_write(database):
    database.upgrade()
    with database.reading() as session:
        assert session.scalars(select(Source)).all() == []
        with database.writing() as other:
            other.add(source("late"))
        assert session.scalars(select(Source)).all() == []
    with database.reading() as session:
        assert [row.id for row in session.scalars(select(Source))] == ["late"]


def test_a_database_that_does_not_answer_is_said_so_without_its_words(tmp_path, twin):
    url = "postgresql://vigie:secret@127.0.0.1:9/vigie" if twin == "team" else f"sqlite:///{tmp_path}"
    one = Database(url)
    for ask in (one.require_current, one.upgrade, one.forget_deleted, lambda: one.reading().__enter__().connection()):
        with pytest.raises((DatabaseUnavailable, OperationalError)) as refused:
            ask()
    assert isinstance(refused.value, OperationalError) or "secret" not in refused.value.message
    one.close()


@pytest.mark.parametrize("url", ["nonsense", "mysql://a@b/c", ""])
def test_an_address_that_cannot_be_used_is_said_so(url):
    with pytest.raises(NotSetUp, match="VIGIE_DATABASE_URL"):
        address(url)


def test_the_password_comes_from_a_file(tmp_path):
    secret = tmp_path / "password"
    secret.write_text("s3same\n")
    chosen = Settings(
        database_url="postgres://vigie@db.example/vigie?sslmode=verify-full", database_password_file=secret
    )
    one = open_database(chosen)
    assert (one.url.password, one.url.drivername, "s3same" in str(one.url)) == ("s3same", "postgresql+psycopg", False)
    with pytest.raises(NotSetUp, match="VIGIE_DATABASE_PASSWORD_FILE"):
        open_database(chosen.model_copy(update={"database_password_file": tmp_path / "absent"}))


def test_sqlite_runs_in_wal_and_overwrites_what_is_deleted(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'v.db'}")
    database.upgrade()
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    database.close()


def test_moments_keep_their_zone_and_a_naive_one_is_refused(database):
    database.upgrade()
    moment = datetime.fromisoformat("2026-03-01T23:30:00-05:00")
    with database.writing() as session:
        row = source("z")
        row.created_at = moment
        session.add(row)
    with database.reading() as session:
        assert session.get_one(Source, "z").created_at == moment
    with pytest.raises(StatementError, match="time zone"), database.writing() as session:
        row = source("naive")
        row.created_at = datetime(2026, 1, 1)  # noqa: DTZ001 - the case under test
        session.add(row)


def test_set_up_twice_keeps_keys_and_data(settings):
    set_up(settings)
    before = {path.name: path.read_text() for path in settings.keys.glob("*.key")}
    set_up(settings)
    assert {path.name: path.read_text() for path in settings.keys.glob("*.key")} == before
    assert all(path.stat().st_mode & 0o077 == 0 for path in settings.keys.iterdir())
    open_store(settings).database.close()


def test_register_rows_cannot_be_changed_even_by_sql(store: Store):
    from store.register import Event, append

    with store.database.writing() as session:
        append(session, event=Event.SEARCH_OPENED, actor="loutre-1", at=store.clock(), public={"purpose": "x"})
    statements = ["UPDATE register SET actor='other'", "DELETE FROM register"]
    statements += [] if store.database.is_sqlite else ["TRUNCATE register"]
    for statement in statements:
        with pytest.raises(DBAPIError, match="append-only"), store.database.engine.begin() as connection:
            connection.execute(text(statement))


@pytest.mark.parametrize("twin", ["team"], scope="session")
@pytest.mark.parametrize("change", [{"database": "nowhere"}, {"username": "nobody", "password": "faux"}])
def test_a_database_that_refuses_us_names_the_settings(database, change):
    one = Database(database.url.set(**change))
    with pytest.raises(DatabaseUnavailable, match="VIGIE_DATABASE") as refused:
        one.require_current()
    assert "faux" not in refused.value.message
    one.close()
