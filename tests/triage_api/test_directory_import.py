"""A directory from a file: all of it or nothing, one line a mistake, again without harm."""

from __future__ import annotations

import json
from functools import partial

import pytest
import typer
import yaml
from sqlalchemy import func, select
from typer.testing import CliRunner

from fixtures.town.directory import organisations
from store.clock import house_day
from store.errors import BadInput, NotAllowed
from store.store import open_store
from store.tables import Agreement, Organisation, Pivot, RegisterEntry
from triage_api.directory.files import read_raw
from triage_api.directory.flags import warnings
from triage_api.directory.importing import Refused, bring_in
from vigie import directory
from vigie.console import Console
from vigie.town import ACCOUNTS

SHELTER = {
    "name": "Refuge",
    "kind": "shelter",
    "hours": "24/7",
    "pivots": [
        {"name": "Ariane", "email": "a@refuge.example", "valid_until": "2026-12-31", "backup": "Noé"},
        {"name": "Noé", "account": "pivot-refuge", "valid_until": "2026-12-31", "backup": "Ariane"},
    ],
    "agreements": [{"title": "Entente", "signed_on": "2026-01-01", "ends_on": "2026-12-31", "fields": ["age"]}],
}


@pytest.fixture
def keeper(make_person):
    make_person("partner", name="pivot-refuge")
    return make_person("supervisor", name="superviseure")


def given(*entries):
    return [(f"organisation {number}", entry) for number, entry in enumerate(entries, 1)]


def counts(store):
    with store.database.reading() as session:
        tables = (Organisation, Pivot, Agreement, RegisterEntry)
        return [session.scalar(select(func.count()).select_from(table)) for table in tables]


def test_a_file_is_brought_in_whole_and_again_without_harm(store, keeper):
    done = bring_in(store, keeper, given(SHELTER, {"name": "École", "kind": "school"}))
    assert (done.made, done.changed, done.same) == (2, 0, 0)
    with store.database.reading() as session:
        pivots = {row.name: row for row in session.scalars(select(Pivot))}
        assert pivots["Ariane"].backup_id == pivots["Noé"].id
        assert pivots["Noé"].backup_id == pivots["Ariane"].id
        assert pivots["Noé"].user_id
    assert counts(store)[:3] == [2, 2, 1]
    again = bring_in(store, keeper, given(SHELTER))
    assert (again.made, again.changed, again.same) == (0, 0, 1)
    other = bring_in(store, keeper, given({"name": "REFUGE", "kind": "shelter", "hours": "24/7"}))
    assert other.changed == 1, "its name is written otherwise"
    assert counts(store)[:3] == [2, 2, 1], "what the file does not name stays"
    changed = SHELTER | {"agreements": [SHELTER["agreements"][0] | {"ends_on": "2026-11-30"}]}
    assert bring_in(store, keeper, given(changed)).changed == 1


def test_a_file_with_mistakes_writes_nothing_and_tells_each_in_a_line(store, keeper):
    wrong = given(
        SHELTER,
        {"name": "A", "kind": "maison"},
        {"name": "B", "kind": "school", "hours": "toujours ouvert", "phone": "?"},
        {"name": "refuge", "kind": "shelter"},
        {"name": "C", "kind": "school", "pivots": [{"name": "Moi", "valid_until": "2026-12-31"}]},
        {"name": "D", "kind": "school", "telephone": "450 555-0100"},
        {"name": "E", "kind": "school", "pivots": [SHELTER["pivots"][0]]},
        {"name": "F", "kind": "school", "agreements": [SHELTER["agreements"][0] | {"fields": ["everything"]}]},
        {"name": "G", "kind": "school", "confirmed_on": "2026-03-03"},
        "du texte",
    )
    before = counts(store)
    with pytest.raises(Refused) as refused:
        bring_in(store, keeper, wrong)
    told = refused.value.mistakes
    expected = {
        2: "kind",
        3: "hours",
        4: "twice",
        5: "pivot Moi: email",
        6: "telephone",
        7: "no pivot of this organisation is named Noé",
        8: "agreement Entente: fields",
        9: "confirmed_on",
        10: "dictionary",
    }
    for number, words in expected.items():
        (line,) = (line for line in told if line.startswith(f"organisation {number}"))
        assert words in line
        assert "\n" not in line
    assert len(told) == len(expected)
    assert counts(store) == before


def test_what_was_last_checked_long_ago_stays_so(store, keeper, clock):
    bring_in(store, keeper, given({"name": "Vieille", "kind": "community", "confirmed_on": "2025-01-15"}))
    with store.database.reading() as session:
        assert session.scalar(select(Organisation)).confirmed_at.isoformat() == "2025-01-15T17:00:00+00:00"


def test_an_organisation_that_has_ended_is_not_brought_back_by_a_file(store, keeper):
    bring_in(store, keeper, given(SHELTER))
    with store.database.writing() as session:
        session.scalar(select(Organisation)).ended_at = store.clock()
    with pytest.raises(Refused) as refused:
        bring_in(store, keeper, given(SHELTER))
    assert "there again" in refused.value.mistakes[0]


@pytest.mark.parametrize("role", ["analyst", "partner", "auditor"])
def test_only_a_supervisor_brings_in(store, make_person, role):
    with pytest.raises(NotAllowed):
        bring_in(store, make_person(role), given(SHELTER))


@pytest.mark.parametrize("name", ["organisations.yaml", "organisations.csv"])
def test_the_examples_can_be_brought_in(store, keeper, pytestconfig, name):
    raw = read_raw(pytestconfig.rootpath / "examples" / "directory" / name)
    assert bring_in(store, keeper, raw).made == 3


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.yaml", "organisations: ["),
        ("a.yaml", "- a"),
        ("a.yaml", "organisations: {}"),
        ("a.yaml", "organisations: []\nautre: 1"),
        ("a.csv", 'name,kind\n"a,b'),
        ("absent.yaml", None),
    ],
)
def test_a_file_that_cannot_be_read_says_so_in_a_line(tmp_path, name, content):
    if content is not None:
        (tmp_path / name).write_text(content, "utf-8")
    with pytest.raises(BadInput) as refused:
        read_raw(tmp_path / name)
    assert "\n" not in refused.value.message


def test_a_csv_tells_the_line_of_a_mistake_and_of_an_unknown_column(tmp_path, store, keeper):
    path = tmp_path / "a.csv"
    path.write_text("﻿name,kind,regions,ages_from,couleur\nA,school,Laval; Estrie,12,\nB,school,,douze,bleu\n", "utf-8")
    with pytest.raises(Refused) as refused:
        bring_in(store, keeper, read_raw(path))
    assert [line.split(":")[0] for line in refused.value.mistakes] == ["line 3 (B)", "line 3 (B)"]
    path.write_text("name,kind,regions\nA,school,Laval; Estrie\n", "utf-8")
    bring_in(store, keeper, read_raw(path))
    with store.database.reading() as session:
        assert session.scalar(select(Organisation.regions)) == ["Estrie", "Laval"]


@pytest.fixture
def run(store, monkeypatch):
    for name in ("data_dir", "database_url", "index_url", "index_name"):
        monkeypatch.setenv(f"VIGIE_{name.upper()}", str(getattr(store.settings, name)))
    monkeypatch.setattr("vigie.opening.open_store", partial(open_store, clock=store.clock))
    app = typer.Typer()
    app.callback()(lambda: None)
    directory.register(app)
    return lambda *words: CliRunner().invoke(app, ["directory", "import", *words], obj=Console())


def test_the_verb_tells_what_it_did_or_each_mistake(run, store, keeper, pytestconfig, tmp_path):
    example = pytestconfig.rootpath / "examples" / "directory" / "organisations.yaml"
    done = run(str(example), "--as", "superviseure")
    assert done.stdout == "3 organisations are new, 0 are different, 0 are as they were\n"
    path = tmp_path / "a.csv"
    path.write_text("name,kind,hours\nA,school,la nuit\nB,maison,24/7\n", "utf-8")
    refused = run(str(path), "--as", "superviseure")
    assert [line.split(":")[0] for line in refused.stderr.splitlines()] == ["line 3 (B)", "line 2 (A)"]
    assert isinstance(refused.exception, Refused)
    assert counts(store)[0] == 3
    with store.database.reading() as session:
        entry = session.scalar(select(RegisterEntry).where(RegisterEntry.event == "organisation.changed").limit(1))
    assert json.loads(entry.public)["via"] == "command line"
    assert entry.actor == keeper.pseudonym


def test_the_demos_directory_can_be_brought_in_and_shows_what_there_is_to_see(store, make_person, keeper):
    for name, roles, _ in ACCOUNTS:
        if name.startswith("pivot-"):
            assert roles == ("partner",)
            make_person("partner", name=name)
    told = organisations(house_day(store.clock()))
    assert bring_in(store, keeper, given(*told)).made == len(told) == 9
    assert {organisation for name, _, organisation in ACCOUNTS if name.startswith("pivot-")} <= {
        one["name"] for one in told
    }
    with store.database.reading() as session:
        warned = "\n".join(warnings(store, session))
    for words in ("Maison des jeunes de la Démo: nobody has asked", "CAVAC de la Démo: agreement", "no pivot is valid"):
        assert words in warned


def test_a_file_as_yaml_gives_days_as_days(store, keeper, tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(yaml.safe_dump({"organisations": [SHELTER]}).replace("'2026-12-31'", "2026-12-31"), "utf-8")
    assert bring_in(store, keeper, read_raw(path)).made == 1
