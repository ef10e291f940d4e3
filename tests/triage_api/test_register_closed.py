"""The register cannot be written: nothing is searched, opened or exported on any path, and everything else goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import typer
from breaking import fill_register, free_register
from desk_people import Browser
from desk_words import FUGUE
from sqlalchemy import func, select
from typer.testing import CliRunner

from store.errors import RegisterUnavailable
from store.register.sequencing import sequence
from store.register.verifying import verify
from store.tables import AssessmentRow, Export, Post, QueueItem, RegisterEntry, Search
from triage_api.standing.running import run_due
from vigie import desks, exporting, registering
from vigie.console import Console

WHY = {"purpose": "watch", "ground": "LPJ 39"}
REQUEST = {"who": "Mme T., école Test", "why": "Elle ne vient plus.", "handles": ["lea.b"]}
SAYS = {"fr": "Le registre ne peut pas être écrit", "en": "The register cannot be written"}


@dataclass
class House:
    """People at every desk, with something for each to ask for; `asked` is what the index was asked since."""

    analyst: Browser
    chief: Browser
    researcher: Browser
    auditor: Browser
    post: str
    item: str
    run: Callable[..., object]
    asked: list[object]


@pytest.fixture
def house(person_in, town, desk, store, clock, monkeypatch):
    post = town.post(FUGUE, origin="collect")
    analyst, partner = person_in("analyst"), person_in("partner", name="ecole")
    request = partner.api("POST", "/requests", json=REQUEST).json()["id"]
    found = analyst.api("POST", "/searches", json={**WHY, "purpose": "request", "query": "fugue", "request": request})
    assert analyst.api("POST", "/standing", json={"search": found.json()["id"]}).status_code == 201
    item = analyst.api("GET", "/queue").json()["items"][0]["id"]
    people = (analyst, person_in("supervisor"), person_in("researcher"), person_in("auditor"))
    for name in ("data_dir", "database_url", "index_url", "index_name"):
        monkeypatch.setenv(f"VIGIE_{name.upper()}", str(getattr(store.settings, name)))
    clock.forward(minutes=11)  # the standing search is due
    asked: list[object] = []
    for name in ("search", "scan"):
        real = getattr(desk.index, name)
        monkeypatch.setattr(desk.index, name, lambda *given, real=real: asked.append(given) or real(*given))
    return House(*people, post, item, _run, asked)


def _run(*words: str):
    app = typer.Typer()
    app.callback()(lambda: None)
    desks.register(app)
    exporting.register(app)
    registering.register(app)
    return CliRunner().invoke(app, list(words), obj=Console())


def paths(house: House):
    """Return every call that shows stored text, searches or exports: who asks, and what."""
    search = {**WHY, "query": "fugue ailleurs"}
    return {
        "search": lambda: house.analyst.api("POST", "/searches", json=search),
        "search again": lambda: house.analyst.api("POST", "/searches", json={**WHY, "query": "fugue"}),
        "search page": lambda: house.analyst.send("/searches", **search),
        "post": lambda: house.analyst.api("GET", f"/posts/{house.post}"),
        "post page": lambda: house.analyst.page(f"/posts/{house.post}?open=1"),
        "reveal": lambda: house.analyst.api(
            "POST", f"/posts/{house.post}/reveal", json={"what": "address", "why": "Pour vérifier."}
        ),
        "export": lambda: house.researcher.api("POST", "/corpora", json={"purpose": "Étude"}),
        "export page": lambda: house.researcher.send("/corpora", purpose="Étude"),
        "register": lambda: house.auditor.api("GET", "/register"),
        "register page": lambda: house.auditor.page("/register"),
        "proof": lambda: house.auditor.api("GET", "/register/proof/1"),
    }


def count(store, table) -> int:
    with store.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


def test_nothing_is_shown_searched_or_exported_on_any_path_and_the_index_is_not_asked(house, store, desk):
    kept = {table: count(store, table) for table in (RegisterEntry, Search, Export)}
    fill_register(store)
    for what, ask in paths(house).items():
        for lang, words in SAYS.items():
            for one in (house.analyst, house.researcher, house.auditor):
                one.client.cookies.set("vigie_lang", lang)
            answer = ask()
            assert answer.status_code == 503, (what, answer.status_code, answer.text[:300])
            assert FUGUE not in answer.text, what
            if answer.headers["content-type"].startswith("application/json"):
                assert answer.json()["error"]["code"] == "register_unavailable", what
            else:
                assert words in answer.text, what
    assert house.asked == []
    assert {table: count(store, table) for table in kept} == kept


def test_the_command_line_and_standing_searches_fail_closed_too(house, store, desk):
    fill_register(store)
    why = ("--as", "analyst", "--purpose", "watch", "--ground", "LPJ 39")
    for words in (
        ("search", "fugue", *why),
        ("export", "ask", "--as", "researcher", "--purpose", "Étude"),
        ("register", "list", "--as", "auditor"),
        ("register", "proof", "1", "--as", "auditor"),
    ):
        result = house.run(*words)
        assert isinstance(result.exception, RegisterUnavailable), (words, result.output, result.exception)
        assert FUGUE not in result.output
    with pytest.raises(RegisterUnavailable):
        run_due(desk)
    assert house.asked == []


def test_everything_else_goes_on_and_nothing_is_lost(house, store, town, desk, clock):
    fill_register(store)
    taken = [town.post(f"{FUGUE}, fois {n}", f"k{n}") for n in range(5)]
    with store.database.reading() as session:
        assert set(taken) <= set(session.scalars(select(Post.id)))
        assert set(taken) <= set(session.scalars(select(AssessmentRow.post_id)))
        assert set(taken) <= set(session.scalars(select(QueueItem.post_id)))
    assert house.chief.api("GET", "/queue").status_code == 200
    assert house.auditor.api("GET", "/register/checkpoint").status_code == 200, "what was written is signed and proved"
    refused = house.analyst.api("POST", f"/queue/{house.item}/decision", json={"verdict": "dismiss", "reason": "r"})
    assert refused.status_code == 503
    free_register(store)
    for what, ask in paths(house).items():
        assert ask().status_code < 400, what
    clock.forward(minutes=15)  # the standing search was given back, and is due again
    found = house.analyst.api("POST", "/searches", json={**WHY, "query": "fois"}).json()
    assert {hit["id"] for hit in found["items"]} == set(taken)
    assert house.asked
    sequence(store)
    assert verify(store).findings == []


def test_verifying_works_on_a_register_that_cannot_be_written(house, store):
    fill_register(store)
    result = house.run("register", "verify", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout.splitlines()[-1])["findings"] == []
