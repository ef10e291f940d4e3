"""What is particular to each search engine: locks, crashes, damage, secrets, an engine that does not answer."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from engines import document, engine_settings

from nlp.query import parse
from store.errors import IndexUnavailable, NotSetUp
from store.index import IndexQuery
from store.index.base import digest
from store.index.elastic import ElasticIndex
from store.index.elastic_generations import MAPPING
from store.index.tantivy import TantivyIndex
from store.settings import Settings

WRITER = """
import sys
from pathlib import Path
from store.index.tantivy import TantivyIndex
from store.index import Document
index = TantivyIndex(Path(sys.argv[1]))
index.set_up()
for n in range(10_000):
    index.put([Document(id=f"d{n:05}", version=n, seq=n, source="s", kind="post", lang="fr",
                        ingested_at="2026-03-01T00:00:00Z", text=f"fugue numero {n}")])
    index.commit()
    print(n, flush=True)
"""


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[TantivyIndex]:
    index = TantivyIndex(tmp_path / "index")
    index.set_up()
    yield index
    index.close()


@pytest.fixture
def other_writer(embedded: TantivyIndex) -> Iterator[subprocess.Popen[str]]:
    """Start another process that has committed a document and goes on."""
    command = [sys.executable, "-c", WRITER, str(embedded.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "0\n"
        yield process
        process.kill()


def test_only_one_process_writes_and_others_read_meanwhile(
    embedded: TantivyIndex, other_writer: subprocess.Popen[str]
) -> None:
    with pytest.raises(IndexUnavailable, match="Another process writes the search index") as refused:
        embedded.put([document("mine")])
    assert refused.value.code == "index_locked"
    totals = []
    until = time.monotonic() + 1.0
    while time.monotonic() < until:
        totals.append(embedded.search(IndexQuery(query=parse("fugue"), limit=1000)).total)
    assert totals == sorted(totals)
    assert totals[-1] > totals[0] >= 1


def test_a_killed_writer_leaves_what_it_committed_and_no_lock(
    embedded: TantivyIndex, other_writer: subprocess.Popen[str]
) -> None:
    time.sleep(0.3)
    other_writer.send_signal(signal.SIGKILL)
    last = int(other_writer.communicate()[0].split()[-1])
    ids = [doc_id for doc_id, _, _ in digest(embedded)]
    assert ids == [f"d{n:05}" for n in range(len(ids))]
    assert len(ids) in (last + 1, last + 2)
    embedded.put([document("mine", "la mienne")])
    embedded.commit()
    assert embedded.search(IndexQuery(query=parse("mienne"))).ids == ["mine"]


def test_what_was_not_committed_is_lost_and_not_seen(embedded: TantivyIndex) -> None:
    embedded.put([document("kept")])
    embedded.commit()
    embedded.put([document("lost")])
    embedded.remove({"kept": 1})
    assert embedded.search(IndexQuery()).ids == ["kept"]
    embedded.close()
    assert TantivyIndex(embedded.folder).search(IndexQuery()).ids == ["kept"]


def test_a_damaged_index_is_said_to_be_so(embedded: TantivyIndex) -> None:
    next(embedded.folder.glob("*/meta.json")).write_text("{")
    with pytest.raises(IndexUnavailable, match="cannot be read"):
        TantivyIndex(embedded.folder).search(IndexQuery())


@pytest.mark.parametrize("told", ['{"generation": "000001", "schema": 0}', '{"generation": ', "[]"])
def test_an_index_of_another_version_must_be_built_anew(embedded: TantivyIndex, told: str) -> None:
    (embedded.folder / "current").write_text(told)
    with pytest.raises(NotSetUp, match="index --rebuild"):
        TantivyIndex(embedded.folder).require()


# --- Elasticsearch without a node ----------------------------------------------------------------------------------


def test_an_engine_that_does_not_answer_is_said_so_and_soon(tmp_path: Path) -> None:
    index = ElasticIndex(Settings(data_dir=tmp_path, index_url="http://127.0.0.1:9"))
    for ask in (index.require, index.set_up, index.commit, lambda: index.search(IndexQuery()), lambda: index.get("a")):
        with pytest.raises(IndexUnavailable, match="does not answer"):
            ask()
    with pytest.raises(IndexUnavailable):
        index.put([document("a")])
    with pytest.raises(IndexUnavailable):
        index.remove({"a": 1})
    with pytest.raises(IndexUnavailable):
        list(digest(index))
    index.close()


def test_an_api_key_never_travels_in_clear(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("c2VjcmV0\n")
    with pytest.raises(NotSetUp, match="https://") as refused:
        ElasticIndex(Settings(index_url="http://search.example:9200", index_api_key_file=key))
    assert "c2VjcmV0" not in refused.value.message
    with pytest.raises(NotSetUp, match="https://"):
        ElasticIndex(Settings(index_url="https://a.example:9200,http://b.example:9200", index_api_key_file=key))
    ElasticIndex(Settings(index_url="https://search.example:9200", index_api_key_file=key)).close()
    ElasticIndex(Settings(index_url="http://127.0.0.1:9200", index_api_key_file=key)).close()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"index_api_key_file": Path("/absent/key")}, "INDEX_API_KEY_FILE cannot be read"),
        ({"index_ca_file": Path("/absent/ca.pem")}, "INDEX_CA_FILE names no file"),
        ({"index_url": "search.example"}, "INDEX_URL cannot be used"),
        ({"index_url": "https://[::1"}, "INDEX_URL cannot be used"),
        ({"index_url": ","}, "INDEX_URL cannot be used"),
        ({"index_url": "https://a.example:9200,b.example"}, "INDEX_URL cannot be used"),
        ({"index_ca_file": Path(__file__)}, "INDEX_CA_FILE holds no certificate"),
    ],
)
def test_settings_that_cannot_be_used_are_named(changes: dict[str, object], told: str) -> None:
    with pytest.raises(NotSetUp, match=told):
        ElasticIndex(Settings(**({"index_url": "https://search.example:9200"} | changes)))  # type: ignore[arg-type]


# --- Elasticsearch with a node -------------------------------------------------------------------------------------


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[ElasticIndex]:
    with engine_settings("elasticsearch", tmp_path) as settings:
        index = ElasticIndex(settings)
        index.set_up()
        yield index
        index.close()


def test_a_document_the_engine_refuses_blocks_no_other(cluster: ElasticIndex) -> None:
    poisoned = document("poisoned", source="s" * 40_000)
    refusals = cluster.put([document("before"), poisoned, document("after")])
    cluster.commit()
    assert [refusal.id for refusal in refusals] == ["poisoned"]
    assert refusals[0].reason == "document_parsing_exception"
    assert cluster.search(IndexQuery()).total == 2


def test_fields_that_nobody_declared_are_refused(cluster: ElasticIndex) -> None:
    mapping = cluster.client.indices.get_mapping(index=cluster.generation())
    kept = next(iter(mapping.values()))["mappings"]
    assert (kept["dynamic"], set(kept["properties"])) == ("strict", set(MAPPING["properties"]))


def test_the_write_alias_is_never_made_an_index_by_accident(cluster: ElasticIndex) -> None:
    cluster.client.indices.delete_alias(index=cluster.generation(), name=cluster.write)
    with pytest.raises(NotSetUp):
        cluster.put([document("a")])
    assert not cluster.client.indices.exists(index=cluster.write)


def test_nothing_is_found_before_it_is_committed(cluster: ElasticIndex) -> None:
    cluster.put([document("a")])
    time.sleep(1.2)  # longer than the engine's own refreshing would take
    assert (cluster.search(IndexQuery()).total, cluster.get("a")) == (0, None)
    cluster.commit()
    assert (cluster.search(IndexQuery()).total, cluster.get("a")) == (1, document("a"))


@pytest.mark.parametrize("block", ["write", "read_only_allow_delete"])
def test_an_index_closed_to_changes_refuses_no_document_for_good(cluster: ElasticIndex, block: str) -> None:
    """A full disk closes an index (`read_only_allow_delete`): that is no document's fault."""
    generation = cluster.generation()
    cluster.client.indices.put_settings(index=generation, settings={f"index.blocks.{block}": True})
    with pytest.raises(IndexUnavailable) as told:
        cluster.put([document("a")])
    assert "is its disk full" in told.value.message
    cluster.client.indices.put_settings(index=generation, settings={f"index.blocks.{block}": None})
    assert cluster.put([document("a")]) == []


def test_a_removal_that_the_engine_refuses_is_never_taken_for_done(cluster: ElasticIndex) -> None:
    cluster.client.indices.delete(index=cluster.generation())
    aliases = {cluster.generations.read: {}, cluster.generations.write: {}}
    strict = MAPPING | {"_routing": {"required": True}}  # each change must say more than ours do
    cluster.client.indices.create(index=f"{cluster.settings.index_name}-000001", mappings=strict, aliases=aliases)
    with pytest.raises(IndexUnavailable, match="take a document out: routing_missing_exception"):
        cluster.remove({"a": 1})


def test_the_newest_version_stays_whoever_writes_last(cluster: ElasticIndex) -> None:
    """Four indexers say the same posts' versions in different orders, removals among them."""
    ids = [f"d{n:02}" for n in range(40)]

    def write(seed: int) -> None:
        random = Random(seed)
        said = [(doc_id, version) for doc_id in ids for version in range(1, 8)]
        random.shuffle(said)
        with closing(ElasticIndex(cluster.settings)) as index:
            for start in range(0, len(said), 20):
                some = said[start : start + 20]
                index.put([document(i, f"version {v}", version=v) for i, v in some if not removal(i, v)])
                index.remove({i: v for i, v in some if removal(i, v)})
                index.commit()

    def removal(doc_id: str, version: int) -> bool:
        return version == (3 if int(doc_id[1:]) % 2 else 7)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    left = {doc.id: (doc.version, doc.text) for doc in cluster.scan(IndexQuery())}
    assert left == {doc_id: (7, "version 7") for doc_id in ids if int(doc_id[1:]) % 2}


def test_a_removal_outlives_a_slow_writer_of_an_older_version(cluster: ElasticIndex) -> None:
    cluster.remove({"never-seen": 5})
    cluster.put([document("seen", version=4)])
    cluster.remove({"seen": 5})
    cluster.commit()
    assert cluster.put([document("never-seen", version=4), document("seen", version=4)]) == []
    cluster.commit()
    assert cluster.search(IndexQuery()).ids == []


def test_a_dead_node_among_several_stops_nothing(cluster: ElasticIndex) -> None:
    address = cluster.settings.index_url
    several = f"http://127.0.0.1:9, {address} ,http://127.0.0.1:11"
    with closing(ElasticIndex(cluster.settings.model_copy(update={"index_url": several}))) as index:
        for n in range(6):
            assert index.put([document(f"d{n}")]) == []
            index.commit()
            assert index.search(IndexQuery()).total == n + 1
        assert len(list(index.scan(IndexQuery()))) == 6


def test_a_scan_left_early_leaves_nothing_open(cluster: ElasticIndex) -> None:
    cluster.put([document(f"d{n}") for n in range(3)])
    cluster.commit()

    def contexts() -> int:
        stats = cluster.client.indices.stats(index=cluster.generation(), metric="search")
        return int(stats["_all"]["total"]["search"]["open_contexts"])

    scanning = cluster.scan(IndexQuery())
    next(scanning)
    assert contexts() == 1
    scanning.close()  # type: ignore[attr-defined]  # it is a generator
    assert contexts() == 0


def test_large_documents_go_in_several_chunks(cluster: ElasticIndex) -> None:
    large = [document(f"d{n}", f"{n} " + "x" * 900_000) for n in range(20)]
    assert cluster.put(large) == []
    cluster.commit()
    assert [doc.id for doc in cluster.scan(IndexQuery())] == sorted(doc.id for doc in large)
