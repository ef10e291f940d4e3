"""The disk is full: what cannot be written is said so, what was written stays, and work goes on once there is room."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from whole_house import within

from nlp.query import parse
from pipeline.rebuild import compare
from store.errors import VigieError
from store.index import IndexQuery
from store.register import Event, append
from store.register.verifying import verify

SIZE = 24_000_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB, in memory; mounting one needs root."""
    folder = tmp_path / "data"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", folder], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.decode().strip()[:100]}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_the_embedded_scale(make_house, small_disk):
    house = make_house(data_dir=small_disk)
    house.take("chu en fugue, 15 ans, avant")
    ballast = small_disk / "ballast"
    with house.working("assess", "index"):
        assert within(30, lambda: house.index.search(IndexQuery()).total == 1)
        fill(ballast)
        refused, kept = [], 0
        for n in range(60):
            try:
                house.take(*(f"en fugue {n} {m} " + "mot " * 2000 for m in range(5)))
                kept += 5
            except VigieError as error:
                refused.append(error)
        assert {error.status for error in refused} == {503}
        assert all("disk" in error.message for error in refused)
        with pytest.raises(VigieError), house.store.database.writing() as session:
            for _ in range(200):
                append(session, event=Event.POST_OPENED, actor="a", at=house.store.clock(), public={"x": "y" * 5000})
        assert house.index.search(IndexQuery(query=parse("avant"))).total == 1, "what is there is still found"
        ballast.unlink()
        house.take("chu en fugue, 15 ans, après")
        assert within(90, house.settled)
    assert house.posts() == kept + 2
    assert verify(house.store).findings == []
    assert house.index.search(IndexQuery(query=parse("après"))).total == 1
    assert not compare(house.store, house.index)


def fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(100_000))
        except OSError:
            pass
