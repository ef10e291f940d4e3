"""Generations that were damaged, lost or made by another version, and what is particular to each engine."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from engines import document, engine_settings, fill, generations, ids, rebuilt

from store.errors import IndexUnavailable, NotSetUp
from store.index import Index, IndexQuery, open_index
from store.index.base import SCHEMA_VERSION, digest
from store.index.elastic import ElasticIndex
from store.index.elastic_generations import MAPPING
from store.index.tantivy import TantivyIndex
from store.settings import Settings


def spoil(index: Index, generation: str) -> None:
    """Make a generation one of another version."""
    if isinstance(index, ElasticIndex):
        index.client.indices.put_mapping(index=generation, meta={"schema": 1})
    elif isinstance(index, TantivyIndex):
        file = "current" if generation == index.generation() else "building"
        (index.folder / file).write_text(json.dumps({"generation": generation, "schema": 1}))


def test_an_index_of_another_version_is_built_anew(index: Index, chosen: Settings) -> None:
    fill(index, document("old"))
    old = index.generation()
    spoil(index, old)
    for ask in (index.require, index.set_up, open_index(chosen).require):
        with pytest.raises(NotSetUp, match="vigie index --rebuild") as told:
            ask()
        assert told.value.code == "index_old"
    beside = open_index(chosen).beside()
    fill(beside, document("new"))
    beside.go_live()
    index.require()
    assert (ids(index), generations(index)) == (["new"], [index.generation()])
    assert index.generation() > old


def test_what_another_version_was_building_is_dropped(index: Index) -> None:
    unfinished = index.beside()
    fill(unfinished, document("half"))
    spoil(index, unfinished.generation())
    beside = index.beside()
    assert beside.generation() > unfinished.generation()
    assert (ids(beside), generations(index)) == ([], [index.generation(), beside.generation()])


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[TantivyIndex]:
    made = TantivyIndex(tmp_path / "index")
    made.set_up()
    yield made
    made.close()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[ElasticIndex]:
    with engine_settings("elasticsearch", tmp_path) as settings:
        made = ElasticIndex(settings)
        made.set_up()
        yield made
        made.close()


def test_a_crash_between_going_live_and_dropping_is_made_good(
    embedded: TantivyIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(embedded, document("old"))
    beside = embedded.beside()
    fill(beside, document("new"))
    with monkeypatch.context() as crashing:
        crashing.setattr("store.index.tantivy_generations.Path.unlink", lambda *_, **__: os._exit)
        crashing.setattr("store.index.tantivy_generations._drop", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            beside.go_live()
    assert ids(embedded) == ["new"]
    assert len(generations(embedded)) == 2
    assert (embedded.folder / "building").exists()
    again = TantivyIndex(embedded.folder)
    again.set_up()
    assert generations(again) == [again.generation()]
    next_one = again.beside()
    assert next_one.generation() > again.generation()
    assert ids(next_one) == []


@pytest.mark.parametrize(
    "told", ["", "[]", '{"generation": "000002"', f'{{"generation": "000007", "schema": {SCHEMA_VERSION}}}']
)
def test_a_damaged_note_of_what_is_built_stops_no_rebuild(embedded: TantivyIndex, told: str) -> None:
    fill(embedded, document("a"))
    (embedded.folder / "building").write_text(told)
    rebuilt(embedded)
    assert (ids(embedded), generations(embedded)) == (["a"], [embedded.generation()])


def test_a_damaged_unfinished_generation_is_begun_again(embedded: TantivyIndex) -> None:
    beside = embedded.beside()
    fill(beside, document("half"))
    beside.close()
    (embedded.folder / beside.generation() / "meta.json").write_text("{")
    again = embedded.beside()
    assert (again.generation(), ids(again)) == (beside.generation(), [])


def test_a_damaged_live_generation_is_replaced(embedded: TantivyIndex) -> None:
    (embedded.folder / embedded.generation() / "meta.json").write_text("{")
    fresh = TantivyIndex(embedded.folder)
    with pytest.raises(IndexUnavailable, match="cannot be read"):
        fresh.require()
    beside = fresh.beside()
    fill(beside, document("a"))
    beside.go_live()
    assert ids(fresh) == ["a"]


def test_a_scan_under_way_is_finished_though_its_generation_is_dropped(embedded: TantivyIndex) -> None:
    fill(embedded, *(document(f"d{n:03}") for n in range(300)))
    scanning = embedded.scan(IndexQuery())
    assert next(scanning).id == "d000"
    embedded.beside().go_live()
    assert len(list(scanning)) == 299
    assert ids(embedded) == []


def test_a_scan_whose_generation_is_dropped_says_so(cluster: ElasticIndex) -> None:
    fill(cluster, *(document(f"d{n:03}") for n in range(600)))
    scanning = cluster.scan(IndexQuery())
    assert next(scanning).id == "d000"
    cluster.beside().go_live()
    with pytest.raises(IndexUnavailable) as told:
        list(scanning)
    assert told.value.code == "index_swapped"


def test_the_aliases_name_one_generation_each(cluster: ElasticIndex) -> None:
    def aliases() -> dict[str, set[str]]:
        found = cluster.client.indices.get_alias(index=f"{cluster.settings.index_name}-0*")
        return {name: set(each["aliases"]) for name, each in found.items()}

    name = cluster.settings.index_name
    first = cluster.generation()
    beside = cluster.beside()
    second = beside.generation()
    assert aliases() == {first: {name, f"{name}-write"}, second: {f"{name}-build"}}
    beside.go_live()
    assert aliases() == {second: {name, f"{name}-write"}}
    settings = cluster.client.indices.get_settings(index=second)[second]["settings"]["index"]
    assert (settings["auto_expand_replicas"], settings["gc_deletes"]) == ("0-1", "1h")


def test_generations_that_no_alias_names_are_dropped(cluster: ElasticIndex) -> None:
    name = cluster.settings.index_name
    cluster.client.indices.create(index=f"{name}-000000", mappings=MAPPING)
    cluster.client.indices.create(index=f"{name}-0-elsewhere", mappings=MAPPING)  # of another house
    cluster.set_up()
    assert generations(cluster) == [f"{name}-0-elsewhere", f"{name}-000001"]


@pytest.mark.parametrize("missing", ["read", "write"])
def test_a_lost_alias_is_made_good_by_a_rebuild(cluster: ElasticIndex, missing: str) -> None:
    fill(cluster, document("a"))
    alias = getattr(cluster.generations, missing)
    cluster.client.indices.delete_alias(index=cluster.generation(), name=alias)
    beside = cluster.beside()
    fill(beside, document("a"))
    beside.go_live()
    fill(cluster, document("b"))
    assert (ids(cluster), generations(cluster)) == (["a", "b"], [cluster.generation()])


def test_an_index_that_somebody_changed_is_said_to_be_so_and_no_document_is_to_blame(cluster: ElasticIndex) -> None:
    name = cluster.generation()
    cluster.client.indices.delete(index=name)
    changed = MAPPING | {"properties": MAPPING["properties"] | {"at": {"type": "boolean"}}}
    aliases = {cluster.generations.read: {}, cluster.generations.write: {}}
    cluster.client.indices.create(index=name, mappings=changed, aliases=aliases)
    for ask in (cluster.require, cluster.set_up, lambda: cluster.put([document("a")])):
        with pytest.raises(NotSetUp, match="vigie index --rebuild") as told:
            ask()
        assert told.value.code == "index_old"
    beside = cluster.beside()
    fill(beside, document("a"))
    beside.go_live()
    cluster.require()
    assert list(digest(cluster)) == [("a", 1, document("a").sha256())]
