"""Generations of the search index, on both engines: built beside the live one, swapped in, dropped without a trace."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from engines import ENGINES, document, engine_settings, fill, generations, opened
from index_walk import walk

from nlp.query import parse
from store.errors import IndexUnavailable, NotSetUp
from store.index import Index, IndexQuery, open_index
from store.index.base import digest
from store.index.elastic import ElasticIndex
from store.index.elastic_generations import MAPPING
from store.index.tantivy import TantivyIndex
from store.settings import Settings

PROGRAM = """
import sys
sys.path.insert(0, "tests")
from engines import document
from store.errors import IndexUnavailable
from store.index import IndexQuery, open_index
from store.settings import Settings
index = open_index(Settings.model_validate_json(sys.argv[1]), writer=True)
"""
BUILDER = """
beside = index.beside()
for n in range(10_000):
    beside.put([document(f"d{n:05}")])
    if n % 10 == 9:
        beside.commit()
        print(n, flush=True)
"""
READER = """
print("ready", flush=True)
while True:
    assert index.search(IndexQuery()).total >= 20
    assert index.get("d00") is not None
    assert next(index.scan(IndexQuery(limit=0))).id == "d00"
    print("read", flush=True)
"""
WRITER = """
print("ready", flush=True)
n = 0
while True:
    try:
        index.put([document(f"w{n:05}")])
        index.commit()
    except IndexUnavailable as error:
        assert error.code == "index_swapped", error
        print("swapped", n, flush=True)
        continue
    print("wrote", n, flush=True)
    n += 1
"""


@pytest.fixture(params=ENGINES)
def chosen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    with engine_settings(request.param, tmp_path) as settings:
        yield settings


@pytest.fixture
def index(chosen: Settings) -> Iterator[Index]:
    made = opened(chosen)
    yield made
    made.close()


@contextmanager
def another(chosen: Settings, program: str) -> Iterator[subprocess.Popen[str]]:
    """Run a program with the same index in a process of its own."""
    command = [sys.executable, "-c", PROGRAM + program, chosen.model_dump_json()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def ids(index: Index) -> list[str]:
    return [doc.id for doc in index.scan(IndexQuery())]


def rebuilt(index: Index) -> None:
    """Copy everything into a new generation and swap it in."""
    beside = index.beside()
    fill(beside, *index.scan(IndexQuery()))
    beside.go_live()
    beside.close()


def test_a_generation_is_built_beside_while_the_live_one_is_written_and_searched(index: Index) -> None:
    fill(index, document("old", version=4))
    first = index.generation()
    beside = index.beside()
    assert ids(beside) == []
    fill(beside, document("new"))
    fill(index, document("meanwhile"))
    assert (ids(index), ids(beside)) == (["meanwhile", "old"], ["new"])
    assert (index.generation(), index.get("new"), beside.get("old")) == (first, None, None)
    beside.go_live()
    assert ids(index) == ids(beside) == ["new"]
    assert index.generation() == beside.generation() > first
    assert generations(index) == [index.generation()]
    fill(index, document("after"))
    assert ids(beside) == ["after", "new"]
    beside.close()


def test_what_was_put_goes_live_though_nobody_committed(index: Index) -> None:
    beside = index.beside()
    beside.put([document("new")])
    beside.go_live()
    assert ids(index) == ["new"]


def test_a_build_that_crashed_is_resumed(index: Index, chosen: Settings) -> None:
    fill(index, document("old"))
    with another(chosen, BUILDER) as builder:
        assert builder.stdout is not None
        while int(builder.stdout.readline()) < 29:
            pass
        builder.send_signal(signal.SIGKILL)
    assert ids(index) == ["old"]
    beside = index.beside()
    kept = ids(beside)
    assert len(kept) >= 30
    assert kept == [f"d{n:05}" for n in range(len(kept))]
    fill(beside, document("last"))
    beside.go_live()
    assert ids(index) == [*kept, "last"]
    assert generations(index) == [index.generation()]


def test_what_is_read_and_written_elsewhere_goes_over(index: Index, chosen: Settings) -> None:
    with closing(opened(chosen)) as first:
        fill(first, *(document(f"d{n:02}") for n in range(20)))
    with another(chosen, READER) as reader, another(chosen, WRITER) as writer:
        for process in (reader, writer):
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for _ in range(4):
            time.sleep(0.4)
            rebuilt(index)
        after_the_swap = written_after(index)
        ended = (reader.poll(), writer.poll())
        for process in (reader, writer):
            process.kill()
        (read, *read_errors), (wrote, *write_errors) = reader.communicate(), writer.communicate()
    assert (ended, read_errors, write_errors) == ((None, None), [""], [""])
    assert read.count("read") > 5
    said = [f"w{int(line.split()[1]):05}" for line in wrote.splitlines() if line.startswith("wrote")]
    assert {doc_id for doc_id in said if doc_id >= after_the_swap} <= set(ids(index))
    assert generations(index) == [index.generation()]


def written_after(index: Index) -> str:
    """Wait until the other process has written more to the generation that is live now; return the first it wrote."""
    before, until = set(ids(index)), time.monotonic() + 30
    while len(new := set(ids(index)) - before) < 5:
        assert time.monotonic() < until, "the writer writes no more"
        time.sleep(0.1)
    return min(new)


def test_a_writer_is_told_that_what_it_had_not_committed_is_lost(index: Index, chosen: Settings) -> None:
    fill(index, document("a", version=1))
    index.put([document("b")])
    index.remove({"a": 1})
    other = open_index(chosen, writer=True)
    beside = other.beside()
    beside.go_live()
    with pytest.raises(IndexUnavailable) as lost:
        index.commit()
    assert lost.value.code == "index_swapped"
    assert ids(index) == []
    fill(index, document("b"))
    assert ids(index) == ["b"]
    other.close()
    beside.close()


def test_a_writer_that_holds_nothing_goes_over_unharmed(index: Index, chosen: Settings) -> None:
    fill(index, document("a"))
    rebuilt(open_index(chosen, writer=True))
    index.commit()
    fill(index, document("b"))
    assert ids(index) == ["a", "b"]


def test_going_live_again_changes_nothing(index: Index) -> None:
    beside = index.beside()
    fill(beside, document("a"))
    beside.go_live()
    name = beside.generation()
    beside.go_live()
    index.go_live()
    assert (index.generation(), ids(index), generations(index)) == (name, ["a"], [name])


def test_a_generation_that_was_dropped_never_goes_live(index: Index) -> None:
    fill(index, document("a"))
    stale = index.beside()
    rebuilt(index)
    rebuilt(index)
    with pytest.raises((IndexUnavailable, NotSetUp)):
        stale.put([document("x")])
        stale.go_live()
    with pytest.raises(IndexUnavailable) as refused:
        stale.go_live()
    assert refused.value.code == "index_swapped"
    assert ids(index) == ["a"]


def test_two_builders_build_the_same_generation(index: Index) -> None:
    one, two = index.beside(), index.beside()
    assert one.generation() == two.generation()
    fill(one, document("a"))
    one.go_live()
    two.go_live()
    assert (ids(index), generations(index)) == (["a"], [index.generation()])


def test_a_rebuild_makes_an_index_where_there_is_none(chosen: Settings) -> None:
    index = open_index(chosen, writer=True)
    beside = index.beside()
    fill(beside, document("a"))
    with pytest.raises(NotSetUp, match="setup-db"):
        index.require()
    beside.go_live()
    index.require()
    assert ids(index) == ["a"]


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
    for ask in (index.require, index.set_up, lambda: open_index(chosen, writer=False)):
        with pytest.raises(NotSetUp, match="vigie index --rebuild") as told:
            ask()
        assert told.value.code == "index_old"
    beside = open_index(chosen, writer=True).beside()
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


PLANTED = ("Zoraide Plantamour", "514-555-0133", "une phrase singulière que nulle autre ne contient: xylotypographie")


def test_nothing_of_an_old_generation_is_left(index: Index) -> None:
    """The walk finds what was planted, finds it still after a removal, and nothing after a rebuild."""
    planted = document("planted", f"{PLANTED[0]}, {PLANTED[1]}: {PLANTED[2]}", phones=["+15145550133"])
    fill(index, planted, *(document(f"d{n:02}", f"fugue numero {n}") for n in range(30)))
    held = walk(index, PLANTED)
    assert held.terms == held.stored == set(PLANTED)
    if isinstance(index, TantivyIndex):
        assert held.files == set(PLANTED)
    index.remove({"planted": 1})
    index.commit()
    removed = walk(index, PLANTED)
    assert (removed.terms, removed.stored) == (set(PLANTED), set()), "engines keep the terms of what is removed"
    rebuilt(index)
    assert not walk(index, PLANTED)
    assert index.search(IndexQuery(query=parse("fugue"))).total == 30


# --- what is particular to each engine -----------------------------------------------------------------------------


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


@pytest.mark.parametrize("told", ["", "[]", '{"generation": "000002"', '{"generation": "000007", "schema": 2}'])
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
