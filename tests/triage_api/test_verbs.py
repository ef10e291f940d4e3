"""The command line of the desks: the same services, the same entries."""

from __future__ import annotations

import json
from functools import partial

import pytest
import typer
from desk_words import FUGUE
from sqlalchemy import select
from typer.testing import CliRunner

from store.errors import BadInput, NotAllowed, NotFound
from store.store import open_store
from store.tables import RegisterEntry, User
from vigie import accounts, desks, exporting, registering
from vigie.console import Console


@pytest.fixture
def in_environment(store, monkeypatch):
    """Name the test's own store as a house names its own."""
    for name in ("data_dir", "database_url", "index_url", "index_name"):
        monkeypatch.setenv(f"VIGIE_{name.upper()}", str(getattr(store.settings, name)))
    monkeypatch.setattr("vigie.opening.open_store", partial(open_store, clock=store.clock))


@pytest.fixture
def run(in_environment, index):
    app = typer.Typer()
    app.callback()(lambda: None)
    for room in (accounts, desks, exporting, registering):
        room.register(app)

    def invoke(*words, ok=True):
        result = CliRunner().invoke(app, list(words), obj=Console())
        if ok:
            assert result.exit_code == 0, (result.output, result.exception)
            return result.stdout
        return result

    return invoke


def entries(store):
    with store.database.reading() as session:
        return [(row.event, row.actor, json.loads(row.public)) for row in session.scalars(select(RegisterEntry))]


def test_accounts_are_made_listed_renewed_and_ended(run, store):
    password = run("users", "add", "lea.b", "--role", "analyst", "--organisation", "Maison X").strip()
    assert len(password.splitlines()[-1]) >= 20
    (line,) = run("users", "list", "--json").splitlines()
    told = json.loads(line)
    assert (told["name"], told["roles"], told["active"]) == ("lea.b", ["analyst"], True)
    assert password not in run("users", "list")
    assert run("users", "password", "lea.b").strip() != password
    run("users", "disable", "lea.b")
    assert "disabled" in run("users", "list")
    assert isinstance(run("users", "password", "lea.b", ok=False).exception, NotFound)
    assert isinstance(run("users", "add", "x y", "--role", "analyst", ok=False).exception, BadInput)
    assert isinstance(run("users", "add", "xy", "--role", "chef", ok=False).exception, BadInput)
    assert isinstance(run("users", "add", "xy", "--role", "analyst", "--language", "de", ok=False).exception, BadInput)


def test_a_search_tells_which_ones_share_a_part_with_it(run, make_person):
    first, second = make_person("analyst", name="lea"), make_person("analyst", name="noe")
    why = ("--purpose", "watch", "--ground", "LPJ 39")
    alone = run("search", "fugue nuit", *why, "--as", first.name, ok=False)
    beside = run("search", "fugue nuit motel", "--again-reason", "x", *why, "--as", second.name, ok=False)
    assert "share a part" not in alone.stderr
    assert "share a part with it: 1." in beside.stderr
    (line,) = [line for line in beside.stderr.splitlines() if first.pseudonym in line]
    assert "covered" in line
    assert "fugue" not in line


def test_a_search_is_entered_as_on_the_pages(run, store, make_person, town):
    identity = town.post(FUGUE)
    make_person("analyst", name="lea")
    why = ("--as", "lea", "--purpose", "watch", "--ground", "LPJ 39")
    shown = run("search", "fugue", *why)
    assert identity in shown
    assert "fugue" not in shown
    told = json.loads(run("search", "FUGUES", *why, "--json"))
    assert told["relation"] == "same"
    with store.database.reading() as session:
        pseudonym = session.scalar(select(User.pseudonym))
    assert [(event, actor) for event, actor, _ in entries(store)] == [
        (event, pseudonym) for event in ("search.opened", "search.closed", "search.reused", "search.closed")
    ]
    assert all(public["via"] == "command line" for _, _, public in entries(store))


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("search", "x", "--as", "nul", "--purpose", "p", "--ground", "g"), NotFound),
        (("search", "x", "--as", "ecole", "--purpose", "p", "--ground", "g"), NotAllowed),
        (("search", "x", "--as", "lea", "--purpose", " ", "--ground", "g"), BadInput),
        (("search", "--as", "lea", "--purpose", "p", "--ground", "g"), BadInput),
        (("search", "x", "--as", "lea", "--purpose", "p", "--ground", "g", "--since", "hier"), BadInput),
        (("register", "list", "--as", "lea"), NotAllowed),
        (("export", "ask", "--as", "lea", "--purpose", "x"), NotAllowed),
        (("export", "ask", "--as", "chercheuse", "--purpose", " "), BadInput),
        (("export", "ask", "--as", "chercheuse", "--purpose", "x", "--tier", "all"), BadInput),
        (("export", "ask", "--as", "chercheuse", "--purpose", "x", "--tier", "tabular"), BadInput),
        (("export", "list", "--as", "ecole"), NotAllowed),
        (("export", "verify", "/nulle/part"), BadInput),
    ],
)
def test_who_may_not_is_refused_by_the_same_table(run, store, make_person, words, error):
    make_person("analyst", name="lea")
    make_person("partner", name="ecole")
    make_person("researcher", name="chercheuse")
    assert isinstance(run(*words, ok=False).exception, error)


def test_a_usage_error_is_exit_2(run):
    assert run("search", "x", ok=False).exit_code == 2


def test_the_register_is_listed_and_verified(run, store, make_person, town, tmp_path):
    make_person("researcher", name="chercheuse")
    make_person("auditor", name="verif")
    town.post(FUGUE)
    asked = json.loads(run("export", "ask", "--as", "chercheuse", "--purpose", "Étude", "--json"))
    assert (asked["tier"], asked["status"]) == ("open", "asked")
    run("export", "run")
    assert asked["id"] in run("export", "list", "--as", "chercheuse"), "one post hides nobody, and it says so"
    assert "refused" in run("export", "list", "--as", "chercheuse")
    run("export", "ask", "--as", "chercheuse", "--purpose", "Étude")
    run("export", "run")
    told = [json.loads(line)["event"] for line in run("register", "list", "--as", "verif", "--json").splitlines()]
    assert told == ["export.opened", "export.closed"] * 2
    assert "register.read" in run("register", "list", "--as", "verif", "--after", "4")
    assert "as it was written" in run("register", "verify")
    with store.database.writing() as session:
        from sqlalchemy import text

        session.execute(text("DROP TRIGGER register_no_UPDATE" + ("" if store.database.is_sqlite else " ON register")))
        session.execute(text("UPDATE register SET actor = 'autre' WHERE n = 2"))
    broken = run("register", "verify", ok=False)
    assert broken.exit_code == 1
    assert "entry 2: changed" in broken.stdout


def test_pages_are_served_on_a_free_port_with_the_work_beside(in_environment, store, reader, index, town):
    """The real server in a child thread is stopped by its own signal handling in `vigie serve`; here, by a process."""
    import os
    import signal
    import subprocess
    import sys
    import time
    import urllib.request

    identity = town.post(FUGUE, settle=False)
    index.close()
    environment = {**os.environ, "VIGIE_PORT": "0"}
    program = (
        "import typer; from vigie import serving; from vigie.console import Console;"
        "app = typer.Typer(); app.callback()(lambda: None); serving.register(app);"
        "app(['serve', '--work'], obj=Console())"
    )
    child = subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        line = child.stdout.readline()
        address = line.split()[-1]
        with urllib.request.urlopen(f"{address}/healthz", timeout=20) as answer:
            assert answer.status == 200
            assert answer.headers["Content-Security-Policy"]
            assert "server" not in {name.lower() for name in answer.headers}
        end = time.monotonic() + 30
        while time.monotonic() < end:
            with urllib.request.urlopen(f"{address}/metrics", timeout=20) as answer:
                told = answer.read().decode()
            if "vigie_queue_items" in told and "vigie_outbox_lag 0" in told:
                break
            time.sleep(0.2)
        assert "vigie_queue_items" in told, (identity, told)
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(40)
        child.stdout.close()
    assert child.returncode in (0, -signal.SIGTERM)
