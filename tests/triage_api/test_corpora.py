from __future__ import annotations

import csv
import io
import json

import pytest
from desk_words import FUGUE, HARMLESS
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from store.tables import Export, RegisterEntry
from triage_api.corpora import service
from triage_api.corpora.models import CorpusIn
from triage_api.corpora.service import as_csv, open_tier
from triage_api.corpora.suppress import LEAST, suppressed


@pytest.mark.parametrize(
    ("counts", "told", "total"),
    [
        ({"a": 12, "b": 20}, {"a": 12, "b": 20}, 32),
        ({"a": 9}, {"a": None}, None),
        ({"a": 10}, {"a": 10}, 10),
        ({"a": 3, "b": 12, "c": 30}, {"a": None, "b": None, "c": 30}, 45),
        ({"a": 3, "b": 4, "c": 30}, {"a": None, "b": None, "c": None}, 37),
        ({"a": 6, "b": 7, "c": 30}, {"a": None, "b": None, "c": 30}, 43),
        ({"a": 3, "b": 4}, {"a": None, "b": None}, None),
        ({}, {}, None),
    ],
)
def test_small_figures_are_withheld_with_what_would_give_them_away(counts, told, total):
    assert suppressed(counts) == (told, total)


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 40)))
def test_no_small_figure_can_be_worked_out(counts):
    told, total = suppressed(counts)
    hidden = [part for part in counts if told[part] is None]
    assert all(told[part] == counts[part] >= LEAST for part in counts if told[part] is not None)
    if total is not None and hidden:
        assert total == sum(counts.values())
        rest = total - sum(count for count in told.values() if count is not None)
        assert rest >= LEAST
        assert len(hidden) >= 2


@pytest.fixture
def counted(town):
    """Twelve runaways in Montréal, three in Laval, one repeated many times, an adult's ad, a harmless text."""
    for number in range(12):
        town.post(f"{FUGUE} Mot {number}", f"m{number}", city="Montréal", region="Montréal", settle=False)
    for number in range(3):
        town.post(f"{FUGUE} Laval {number}", f"l{number}", city="Laval", region="Laval", settle=False)
    for number in range(15):
        town.post("J'ai 16 ans, chu en fugue, besoin d'un toit", f"r{number}", region="Estrie", settle=False)
    town.post(HARMLESS, "h", region="Montréal", settle=False)
    town.post("Demandez Lia ou Rox, même ligne, 514-555-0166", "ad", kind="ad", region="Montréal", settle=False)
    town.settle()


def entries_of(store, event):
    with store.database.reading() as session:
        told = select(RegisterEntry).where(RegisterEntry.event.startswith(event)).order_by(RegisterEntry.n)
        return list(session.scalars(told))


def cells(corpus, kind="signal"):
    return {(cell.region, cell.name): cell.count for cell in corpus.cells if cell.kind == kind}


def test_the_open_tier_counts_texts_and_withholds_small_cells(counted, store, make_person):
    corpus = open_tier(store, make_person("researcher"), CorpusIn(purpose="Étude 12"))
    assert {cell.month for cell in corpus.cells} == {"2026-03"}
    signals = cells(corpus)
    minors = {region: count for (region, name), count in signals.items() if name == "minor"}
    assert minors["Laval"] is None
    assert minors["Estrie"] is None, "one text posted fifteen times is one"
    assert minors["Montréal"] in (None, 12)
    assert minors["*"] == 16
    assert not any(name == "third_party" for _, name in signals), "an adult's ad counts nowhere"
    assert any(cell.kind == "criterion" for cell in corpus.cells)
    whole = corpus.model_dump_json() + as_csv(corpus).decode()
    for words in ("fugue depuis", "555-0142", "+1514", "p-", "forum"):
        assert words not in whole


def test_an_export_is_entered_before_it_is_handed_over(counted, person_in, store):
    researcher = person_in("researcher")
    made = researcher.api("POST", "/corpora", json={"purpose": "Étude 12"})
    assert made.status_code == 201, made.text
    line = made.json()
    assert line["status"] == "ready"
    opened, closed = entries_of(store, "export.")
    told = json.loads(closed.public)
    assert [entry.event for entry in (opened, closed)] == ["export.opened", "export.closed"]
    assert [json.loads(entry.public)["export"] for entry in (opened, closed)] == [line["id"]] * 2
    assert "Étude" not in opened.public
    assert store.keys.opened(opened.sealed, f"export:{line['id']}") == "Étude 12"
    assert researcher.api("GET", f"/corpora/{line['id']}/status").json() == line
    import hashlib

    for name in line["files"]:
        file = researcher.api("GET", f"/corpora/{line['id']}/files/{name}")
        assert hashlib.sha256(file.content).hexdigest() == told["sha256"][name]
        assert "attachment" in file.headers["content-disposition"]
    table = list(csv.reader(io.StringIO(researcher.api("GET", f"/corpora/{line['id']}/files/open.csv").text)))
    assert table[0] == ["month", "region", "kind", "name", "count"]
    assert len(table) == 1 + line["cells"]


def test_fetching_a_file_is_an_entry(counted, person_in, store, no_register):
    researcher = person_in("researcher")
    path = f"/corpora/{researcher.api('POST', '/corpora', json={'purpose': 'x'}).json()['id']}/files/open.csv"
    assert researcher.api("GET", path).status_code == 200
    assert json.loads(entries_of(store, "export.read")[0].public)["file"] == "open.csv"
    no_register()
    assert researcher.api("GET", path).status_code == 503


def test_an_export_that_fails_is_closed_with_its_error(counted, make_person, store, monkeypatch):
    def fail(_session, _now):
        raise OSError("no")

    monkeypatch.setattr(service, "count", fail)
    with pytest.raises(OSError, match="no"):
        open_tier(store, make_person("researcher"), CorpusIn(purpose="x"))
    assert json.loads(entries_of(store, "export.closed")[0].public)["error"] == "internal"


def test_nothing_is_exported_without_an_entry(counted, person_in, store, no_register):
    researcher = person_in("researcher")
    no_register()
    assert researcher.api("POST", "/corpora", json={"purpose": "x"}).status_code == 503
    assert not (store.settings.data_dir / "exports").exists()
    with store.database.reading() as session:
        assert session.scalar(select(Export)) is None


def test_a_researcher_sees_their_own_exports_only(person_in):
    one, other = person_in("researcher", name="un"), person_in("researcher", name="deux")
    identity = one.api("POST", "/corpora", json={"purpose": "x"}).json()["id"]
    assert other.api("GET", "/corpora").json()["items"] == []
    for path in ("status", "files/open.csv"):
        hidden = other.api("GET", f"/corpora/{identity}/{path}")
        missing = other.api("GET", f"/corpora/x-none/{path}")
        assert (hidden.status_code, hidden.text) == (404, missing.text)
    for name in ("autre.csv", "..%2F..%2Fvigie.db", ".open.csv.1"):
        assert one.api("GET", f"/corpora/{identity}/files/{name}").status_code == 404


@pytest.mark.parametrize(
    ("region", "told"),
    [
        ("=HYPERLINK(1)", "?"),
        ("Léa T., 514-555-0142", "?"),
        ("laurentides", "Laurentides"),
        ("hors quebec", "Hors Québec"),
    ],
)
def test_only_administrative_regions_are_told(town, store, make_person, region, told):
    for number in range(12):
        town.post(f"{FUGUE} Mot {number}", str(number), region=region, settle=False)
    town.settle()
    corpus = open_tier(store, make_person("researcher"), CorpusIn(purpose="x"))
    assert {cell.region for cell in corpus.cells} == {told, "*"}


def test_the_page_makes_an_export(counted, person_in):
    researcher = person_in("researcher")
    assert researcher.send("/corpora", purpose=" ").status_code == 422
    assert researcher.send("/corpora", purpose="Étude <12>").status_code == 303
    page = researcher.page("/corpora").text
    assert "Étude &lt;12&gt;" in page
    assert "files/open.csv" in page
    assert researcher.page("/queue").status_code == 403
