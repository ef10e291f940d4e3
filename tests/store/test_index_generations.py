"""Generations of the search index, on both engines: built beside the live one, swapped in, dropped without a trace."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from engines import document, fill, generations, ids, opened, rebuilt
from index_walk import walk

from nlp.query import parse
from store.errors import IndexUnavailable, NotSetUp
from store.index import Index, IndexQuery, open_index
from store.index.tantivy import TantivyIndex
from store.settings import Settings

PROGRAM = """
import sys
sys.path.insert(0, "tests")
from engines import document
from store.errors import IndexUnavailable
from store.index import IndexQuery, open_index
from store.settings import Settings
index = open_index(Settings.model_validate_json(sys.argv[1]))
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


@contextmanager
def another(chosen: Settings, program: str) -> Iterator[subprocess.Popen[str]]:
    """Run a program with the same index in a process of its own."""
    command = [sys.executable, "-c", PROGRAM + program, chosen.model_dump_json()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


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
    least = len(ids(beside))
    assert least >= 30
    fill(beside, document("last"))
    beside.go_live()
    *kept, last = ids(index)
    assert last == "last"
    assert len(kept) >= least  # what was on its way to the engine when its sender was killed may still come in
    assert kept == [f"d{n:05}" for n in range(len(kept))]
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
    other = open_index(chosen)
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
    rebuilt(open_index(chosen))
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
    index = open_index(chosen)
    beside = index.beside()
    fill(beside, document("a"))
    with pytest.raises(NotSetUp, match="setup-db"):
        index.require()
    beside.go_live()
    index.require()
    assert ids(index) == ["a"]


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
