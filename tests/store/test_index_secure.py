"""A node that asks for TLS and a key: what each process may do there, and what it is told when it may not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from engines import document, fill, generations, opened
from index_walk import walk

from nlp.query import parse
from scripts.services import Elasticsearch
from scripts.services.certificates import Authority
from store.errors import IndexUnavailable, NotSetUp
from store.index import IndexQuery, open_index
from store.index.base import FACETS
from store.index.elastic import ElasticIndex
from store.settings import Settings

pytestmark = pytest.mark.slow

NAME = "vigie-posts"
READ = ["read", "view_index_metadata"]
WRITE = [*READ, "write", "maintenance"]
MANAGE = [*WRITE, "manage"]

Reach = Callable[..., Settings]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elasticsearch]:
    if why := Elasticsearch.unavailable():
        pytest.skip(why)
    with Elasticsearch.start(tmp_path_factory.mktemp("secure"), secure=True) as running:
        yield running


@pytest.fixture
def reach(node: Elasticsearch, tmp_path: Path) -> Iterator[Reach]:
    """Return settings with a key of its own that may do what is named, on the indices of one name and nothing else."""

    def settings(*privileges: str, name: str = NAME, **changes: object) -> Settings:
        roles = {"vigie": {"indices": [{"names": [f"{name}*"], "privileges": list(privileges)}]}}
        key = tmp_path / f"key-{len(list(tmp_path.iterdir()))}"
        key.write_text(node.api_key("vigie", roles) + "\n")
        chosen = {"index_url": node.url, "index_name": NAME, "index_ca_file": node.ca_file, "index_api_key_file": key}
        return Settings(data_dir=tmp_path, **(chosen | changes))  # type: ignore[arg-type]

    yield settings
    with node.client() as client:
        if left := list(client.indices.get(index="vigie-*")):
            client.indices.delete(index=left)


def test_each_process_needs_no_more_than_its_own_rights(reach: Reach) -> None:
    with closing(opened(reach(*MANAGE))) as made:
        fill(made, document("first"))
    with closing(opened(reach(*WRITE))) as indexer:
        fill(indexer, document("a", "fugue"), document("b", "fugue", version=3))
        indexer.remove({"b": 3, "first": 1})
        indexer.commit()
        assert indexer.versions(["a", "b"]) == {"a": 1}
    with closing(open_index(reach(*READ))) as searcher:
        searcher.require()
        asked = IndexQuery(query=parse("fugue"), facets=FACETS, histogram="month")
        assert searcher.search(asked).ids == ["a"]
        assert searcher.get("a") == document("a", "fugue")
        assert [doc.id for doc in searcher.scan(IndexQuery())] == ["a"]
        assert searcher.generation() == f"{NAME}-000001"


def test_a_rebuild_needs_to_manage_the_indices_of_its_name_only(reach: Reach) -> None:
    with closing(opened(reach(*MANAGE))) as index:
        fill(index, document("planted", "xylotypographie zoraide"), document("kept", "fugue"))
        beside = index.beside()
        fill(beside, document("kept", "fugue"))
        beside.go_live()
        beside.close()
        assert generations(index) == [f"{NAME}-000002"]
        assert index.search(IndexQuery()).ids == ["kept"]


@pytest.mark.parametrize("rights", [READ, ["view_index_metadata"], ["none"]])
def test_a_key_that_may_not_is_told_which_setting_to_look_at(reach: Reach, rights: list[str]) -> None:
    opened(reach(*MANAGE)).close()
    with closing(ElasticIndex(reach(*rights))) as index:
        for ask in (
            lambda: index.put([document("a", "xylotypographie")]),
            lambda: index.remove({"a": 1}),
            index.commit,
            index.beside,
        ):
            with pytest.raises(IndexUnavailable, match="VIGIE_INDEX_API_KEY_FILE") as told:
                ask()
            assert "xylotypographie" not in told.value.message
        if "read" not in rights:
            for ask in (
                lambda: index.search(IndexQuery()),
                lambda: index.get("a"),
                lambda: list(index.scan(IndexQuery())),
            ):
                with pytest.raises(IndexUnavailable, match="VIGIE_INDEX_API_KEY_FILE"):
                    ask()


def test_an_indexer_may_neither_make_nor_drop_an_index(reach: Reach) -> None:
    with closing(ElasticIndex(reach(*WRITE))) as index:
        with pytest.raises(IndexUnavailable, match="VIGIE_INDEX_API_KEY_FILE"):
            index.set_up()
        opened(reach(*MANAGE)).close()
        index.set_up()
        with pytest.raises(IndexUnavailable, match="VIGIE_INDEX_API_KEY_FILE"):
            index.beside()


def test_a_key_for_another_name_opens_nothing_here(reach: Reach) -> None:
    opened(reach(*MANAGE)).close()
    with pytest.raises(IndexUnavailable, match="VIGIE_INDEX_API_KEY_FILE"):
        open_index(reach(*MANAGE, name="other")).require()


def test_a_wrong_key_and_none_at_all_are_told(reach: Reach, tmp_path: Path) -> None:
    opened(reach(*MANAGE)).close()
    wrong = tmp_path / "wrong"
    wrong.write_text("d3Jvbmc6d3Jvbmc=")
    for key in (wrong, None):
        with pytest.raises(IndexUnavailable, match="VIGIE_INDEX_API_KEY_FILE"):
            open_index(reach(*READ, index_api_key_file=key)).require()


def test_a_certificate_that_nobody_vouches_for_is_refused(reach: Reach, node: Elasticsearch, tmp_path: Path) -> None:
    other = Authority()
    other.write(tmp_path / "other.crt")
    for authority in (tmp_path / "other.crt", None):
        with pytest.raises(IndexUnavailable, match="VIGIE_INDEX_CA_FILE"):
            open_index(reach(*READ, index_ca_file=authority)).require()
    with pytest.raises((IndexUnavailable, NotSetUp)):
        open_index(reach(*READ, index_url=node.url.replace("https", "http"))).require()


PLANTED = ("Zoraide Plantamour", "514-555-0133", "xylotypographie singulière")


def test_the_nodes_files_hold_nothing_of_a_dropped_generation(reach: Reach, node: Elasticsearch) -> None:
    planted = document("planted", ", ".join(PLANTED), phones=["+15145550133"])
    with closing(opened(reach(*MANAGE))) as index:
        fill(index, planted, document("kept", "fugue"))
        held = walk(index, PLANTED, *node.data)
        assert held.terms == held.stored == held.files == set(PLANTED)
        index.remove({"planted": 1})
        index.commit()
        assert walk(index, PLANTED, *node.data).files == set(PLANTED), "a removal alone leaves the bytes"
        beside = index.beside()
        fill(beside, document("kept", "fugue"))
        beside.go_live()
        beside.close()
        until = time.monotonic() + 10  # the node deletes files a moment after it has answered
        while (left := walk(index, PLANTED, *node.data)) and time.monotonic() < until:
            time.sleep(0.2)
        assert not left
