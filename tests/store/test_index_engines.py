"""What is particular to each search engine: locks, crashes, damage, secrets, an engine that does not answer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nlp.query import parse
from store.errors import IndexUnavailable, NotSetUp
from store.index import Document, IndexQuery, open_index
from store.index.elastic import MAPPING, ElasticIndex
from store.index.tantivy import TantivyIndex
from store.settings import Settings

ELASTICSEARCH = os.environ.get("VIGIE_TEST_ELASTICSEARCH_URL", "")

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


def document(doc_id: str, text: str = "fugue", **fields: object) -> Document:
    known: dict[str, object] = {"version": 1, "seq": 1, "source": "s", "kind": "post", "lang": "fr"}
    known |= {"ingested_at": datetime(2026, 3, 1, tzinfo=UTC), "text": text} | fields
    return Document(id=doc_id, **known)  # type: ignore[arg-type]


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
    ids = [doc_id for doc_id, _, _ in embedded.digest()]
    assert ids == [f"d{n:05}" for n in range(len(ids))]
    assert len(ids) in (last + 1, last + 2)
    embedded.put([document("mine", "la mienne")])
    embedded.commit()
    assert embedded.search(IndexQuery(query=parse("mienne"))).ids == ["mine"]


def test_what_was_not_committed_is_lost_and_not_seen(embedded: TantivyIndex) -> None:
    embedded.put([document("kept")])
    embedded.commit()
    embedded.put([document("lost")])
    embedded.remove(["kept"])
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
    with pytest.raises(NotSetUp, match="build it anew"):
        TantivyIndex(embedded.folder).require()


def test_a_reader_follows_to_a_new_generation(embedded: TantivyIndex, tmp_path: Path) -> None:
    embedded.put([document("old")])
    embedded.commit()
    beside = TantivyIndex(tmp_path / "beside")
    beside.set_up()
    beside.put([document("new")])
    beside.commit()
    beside.close()
    (tmp_path / "beside" / "000001").rename(embedded.folder / "000002")
    (embedded.folder / "current").write_text(json.dumps({"generation": "000002", "schema": 1}))
    assert embedded.search(IndexQuery()).ids == ["new"]


# --- Elasticsearch without a node ----------------------------------------------------------------------------------


def test_an_engine_that_does_not_answer_is_said_so_and_soon(tmp_path: Path) -> None:
    index = ElasticIndex(Settings(data_dir=tmp_path, index_url="http://127.0.0.1:9"))
    for ask in (index.require, index.set_up, index.commit, lambda: index.search(IndexQuery()), lambda: index.get("a")):
        with pytest.raises(IndexUnavailable, match="does not answer"):
            ask()
    with pytest.raises(IndexUnavailable):
        index.put([document("a")])
    with pytest.raises(IndexUnavailable):
        index.remove(["a"])
    with pytest.raises(IndexUnavailable):
        list(index.digest())
    index.close()


def test_an_api_key_never_travels_in_clear(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("c2VjcmV0\n")
    with pytest.raises(NotSetUp, match="https://") as refused:
        ElasticIndex(Settings(index_url="http://search.example:9200", index_api_key_file=key))
    assert "c2VjcmV0" not in refused.value.message
    ElasticIndex(Settings(index_url="https://search.example:9200", index_api_key_file=key)).close()
    ElasticIndex(Settings(index_url="http://127.0.0.1:9200", index_api_key_file=key)).close()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"index_api_key_file": Path("/absent/key")}, "INDEX_API_KEY_FILE cannot be read"),
        ({"index_ca_file": Path("/absent/ca.pem")}, "INDEX_CA_FILE names no file"),
        ({"index_url": "search.example"}, "INDEX_URL cannot be used"),
        ({"index_url": "https://[::1"}, "INDEX_URL cannot be used"),
    ],
)
def test_settings_that_cannot_be_used_are_named(changes: dict[str, object], told: str) -> None:
    with pytest.raises(NotSetUp, match=told):
        ElasticIndex(Settings(**({"index_url": "https://search.example:9200"} | changes)))  # type: ignore[arg-type]


# --- Elasticsearch with a node -------------------------------------------------------------------------------------


@pytest.fixture
def cluster() -> Iterator[ElasticIndex]:
    if not ELASTICSEARCH:
        pytest.skip("no Elasticsearch: VIGIE_TEST_ELASTICSEARCH_URL names no node")
    name = f"vigie-test-{uuid.uuid4().hex[:12]}"
    index = ElasticIndex(Settings(index_url=ELASTICSEARCH, index_name=name))
    index.set_up()
    yield index
    index.client.indices.delete(index=list(index.client.indices.get(index=f"{name}-0*")))
    index.close()


def test_a_document_the_engine_refuses_blocks_no_other(cluster: ElasticIndex) -> None:
    poisoned = document("poisoned", source="s" * 40_000)
    refusals = cluster.put([document("before"), poisoned, document("after")])
    cluster.commit()
    assert [refusal.id for refusal in refusals] == ["poisoned"]
    assert refusals[0].reason == "document_parsing_exception"
    assert cluster.search(IndexQuery()).total == 2


def test_fields_that_nobody_declared_are_refused(cluster: ElasticIndex) -> None:
    mapping = cluster.client.indices.get_mapping(index=cluster.read)
    kept = next(iter(mapping.values()))["mappings"]
    assert (kept["dynamic"], set(kept["properties"])) == ("strict", set(MAPPING["properties"]))


def test_the_write_alias_is_never_made_an_index_by_accident(cluster: ElasticIndex) -> None:
    generation = f"{cluster.read}-000001"
    cluster.client.indices.delete_alias(index=generation, name=cluster.write)
    with pytest.raises(NotSetUp):
        cluster.put([document("a")])
    assert not cluster.client.indices.exists(index=cluster.write)


def test_a_new_generation_is_swapped_in_behind_the_aliases(cluster: ElasticIndex) -> None:
    cluster.put([document("old")])
    cluster.commit()
    first, second = (f"{cluster.read}-00000{n}" for n in (1, 2))
    cluster.client.indices.create(index=second, mappings=MAPPING)
    aliases = (cluster.read, cluster.write)
    actions = [
        {kind: {"index": index, "alias": alias}}
        for kind, index in (("remove", first), ("add", second))
        for alias in aliases
    ]
    cluster.client.indices.update_aliases(actions=actions)
    cluster.put([document("new")])
    cluster.commit()
    assert cluster.search(IndexQuery()).ids == ["new"]
    assert open_index(Settings(index_url=ELASTICSEARCH, index_name=cluster.read), writer=False).get("old") is None
