"""The command line of keeping: the same services, the same entries."""

from __future__ import annotations

import json

import pytest
import typer
from sqlalchemy import select
from typer.testing import CliRunner

from store.errors import BadInput, NotAllowed, NotFound
from store.keys import load_key
from store.tables import RegisterEntry
from vigie import keeping
from vigie.console import Console

TOLD = {"who": "Mme T., école Test", "why": "Elle ne vient plus.", "handles": ["lea.b"]}


@pytest.fixture
def run(store, monkeypatch):
    for name in ("data_dir", "database_url", "index_url", "index_name"):
        monkeypatch.setenv(f"VIGIE_{name.upper()}", str(getattr(store.settings, name)))
    app = typer.Typer()
    app.callback()(lambda: None)
    keeping.register(app)
    return lambda *words: CliRunner().invoke(app, list(words), obj=Console())


def entries(store, event):
    with store.database.reading() as session:
        rows = session.scalars(select(RegisterEntry).where(RegisterEntry.event == event).order_by(RegisterEntry.n))
        return [json.loads(row.public) for row in rows]


def test_a_subject_is_erased_as_on_the_pages(run, store, person_in, make_person):
    request, other = (
        person_in("partner", name=name).api("POST", "/requests", json=TOLD).json()["id"] for name in ("aa", "bb")
    )
    make_person("supervisor", name="chef")
    make_person("analyst", name="lea")
    asked = ("subjects", "erase", request, "--as", "chef", "--reason", "fin de la conservation")
    done = run(*asked)
    assert done.exit_code == 0, done.exception
    assert other in done.stdout
    assert entries(store, "subject.erased") == [{"request": request, "via": "command line"}]
    assert isinstance(run(*asked).exception, NotFound)
    assert isinstance(run("subjects", "erase", other, "--as", "chef", "--reason", " ").exception, BadInput)
    assert isinstance(run("subjects", "erase", other, "--as", "lea", "--reason", "x").exception, NotAllowed)
    assert run("subjects", "unreadable", "--as", "chef").stdout == ""
    told = run("subjects", "erase", other, "--as", "chef", "--reason", "fin", "--json")
    assert json.loads(told.stdout)["request"] == other


def test_keys_are_changed_by_an_administrator_and_entered(run, store, person_in, make_person):
    partner = person_in("partner")
    request = partner.api("POST", "/requests", json=TOLD).json()["id"]
    make_person("administrator", name="admin")
    make_person("supervisor", name="chef")
    before = [load_key(store.settings.keys, name) for name in ("wrapping", "hashing", "signing")]
    assert isinstance(run("keys", "rotate", "--as", "admin").exception, BadInput)
    assert isinstance(run("keys", "rotate", "--wrapping", "--as", "chef").exception, NotAllowed)
    assert isinstance(run("keys", "rotate", "--hashing", "--as", "chef").exception, NotAllowed)
    assert entries(store, "keys.rotated") == []
    done = run("keys", "rotate", "--wrapping", "--hashing", "--as", "admin")
    assert done.exit_code == 0, done.exception
    after = [load_key(store.settings.keys, name) for name in ("wrapping", "hashing", "signing")]
    assert [old == new for old, new in zip(before, after, strict=True)] == [False, False, True]
    assert [entry["key"] for entry in entries(store, "keys.rotated")] == ["wrapping", "hashing"]
    assert partner.api("GET", f"/requests/{request}").json()["details"]["handles"] == ["lea.b"]
