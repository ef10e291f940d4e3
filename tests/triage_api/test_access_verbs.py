"""The command line of accounts and tokens."""

from __future__ import annotations

import json
from functools import partial

import pyotp
import pytest
import typer
from desk_people import PASSWORD
from sqlalchemy import select
from typer.testing import CliRunner

from store.errors import BadInput, NotAllowed, NotFound
from store.store import open_store
from store.tables import RegisterEntry, User
from triage_api.access.factors.models import ConfirmIn
from triage_api.access.factors.service import confirm, offer
from triage_api.access.service import log_in
from triage_api.access.tokens.service import holder
from vigie import accounts
from vigie.console import Console


@pytest.fixture
def run(store, monkeypatch):
    for name in ("data_dir", "database_url", "index_url", "index_name"):
        monkeypatch.setenv(f"VIGIE_{name.upper()}", str(getattr(store.settings, name)))
    monkeypatch.setattr("vigie.opening.open_store", partial(open_store, clock=store.clock))
    app = typer.Typer()
    app.callback()(lambda: None)
    accounts.register(app)

    def invoke(*words, ok=True):
        result = CliRunner().invoke(app, list(words), obj=Console())
        if ok:
            assert result.exit_code == 0, (result.output, result.exception)
        return result

    return invoke


def user_named(store, name):
    with store.database.reading() as session:
        return session.scalars(select(User).where(User.name == name)).one()


def test_who_is_not_trained_is_said_so_and_trained_later(run, store):
    made = run("users", "add", "lea.b", "--role", "analyst", "--full-name", "Léa Exemple", "--shift", "fri 08:00-16:00")
    assert "reads nothing until trained" in made.stderr
    assert len(made.stdout.split()) == 1, "a program that reads the password reads nothing else"
    assert (user_named(store, "lea.b").full_name, user_named(store, "lea.b").trained_on) == ("Léa Exemple", None)
    run("users", "train", "lea.b", "--on", "2026-03-01")
    assert str(user_named(store, "lea.b").trained_on) == "2026-03-01"
    assert "until trained" not in run("users", "add", "ecole", "--role", "partner").stderr
    for words in (("train", "lea.b", "--on", "hier"), ("add", "xy", "--role", "analyst", "--trained", "hier")):
        assert isinstance(run("users", *words, ok=False).exception, BadInput)
    for words in (
        ("train", "lea.b", "--on", "2026-03-03"),
        ("add", "xy", "--role", "analyst", "--trained", "2030-01-01"),
    ):
        assert "to come" in str(run("users", *words, ok=False).exception)
    assert "'analyst'" in str(run("users", "add", "xy", "--role", "analiste", ok=False).exception), "what may be said"
    assert isinstance(run("users", "train", "personne", "--on", "2026-03-01", ok=False).exception, NotFound)


def test_each_change_is_entered_by_the_house(run, store):
    run("users", "add", "lea.b", "--role", "analyst")
    run("users", "train", "lea.b", "--on", "2026-03-01")
    run("users", "password", "lea.b")
    run("users", "totp", "lea.b", "--reset")
    run("users", "disable", "lea.b")
    with store.database.reading() as session:
        rows = session.scalars(select(RegisterEntry).order_by(RegisterEntry.n)).all()
    assert {row.actor for row in rows} == {"house"}
    said = [json.loads(row.public) for row in rows]
    assert [one.get("changed", one.get("roles")) for one in said] == [
        ["analyst"],
        ["trained_on"],
        ["password"],
        ["totp"],
        ["active"],
    ]
    assert all("lea" not in row.public for row in rows)


def test_a_second_factor_is_told_and_taken_away(run, store, make_person):
    person = make_person("analyst", name="lea")
    assert "no second factor" in run("users", "totp", "lea").stdout
    offered = offer(store, person)
    confirm(store, person, ConfirmIn(ticket=offered.ticket, code=pyotp.TOTP(offered.secret).at(store.clock())))
    assert "has a second factor" in run("users", "totp", "lea").stdout
    assert "no second factor" in run("users", "totp", "lea", "--reset").stdout
    assert log_in(store, "lea", PASSWORD, "192.0.2.1").person.name == "lea"
    assert isinstance(run("users", "totp", "personne", ok=False).exception, NotFound)


def test_tokens_are_made_listed_and_ended(run, store, make_person, monkeypatch):
    make_person("analyst", name="lea")
    made = run("tokens", "add", "lea", "--label", "tableau", "--scope", "queue.read", "--days", "30")
    token = made.stdout.strip()
    assert holder(store, token).scopes == {"queue.read"}
    (line,) = run("tokens", "list", "lea", "--json").stdout.splitlines()
    told = json.loads(line)
    assert told["scopes"] == ["queue.read"]
    assert "token" not in told
    assert token not in run("tokens", "list", "lea").stdout
    run("tokens", "end", "lea", told["id"])
    assert run("tokens", "list", "lea").stdout == ""
    assert isinstance(run("tokens", "end", "lea", told["id"], ok=False).exception, NotFound)
    for words in (("--scope", "register.read"), ("--scope", "tout"), ("--scope", "queue.read", "--days", "400")):
        assert isinstance(run("tokens", "add", "lea", "--label", "x", *words, ok=False).exception, BadInput)
    monkeypatch.setenv("VIGIE_HOUSE_PROFILE", "small")
    monkeypatch.setenv("VIGIE_HOUSE_NAME", "Maison Test")
    make_person("auditor", name="verif")
    refused = run("tokens", "add", "verif", "--label", "x", "--scope", "register.read", ok=False)
    assert isinstance(refused.exception, NotAllowed)
