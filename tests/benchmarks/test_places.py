"""The benchmark's folder: only what it made itself is deleted, results of other code are not used."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.search import places, plan
from benchmarks.search.places import claim, code_digest, drop_all, results_folder

MADE = [
    "sqlite-1000-s2026v1/vigie.db",
    "postgresql-1000-s2026v1/filled",
    "ready-s2026v1/00000000-01000",
    "bare/meta.json",
    "fts5-1000.db",
    "fts5-1000.db-wal",
    "results-s2026v1/fill.json",
    "results-s2026v1-0123456789ab/fill.json",
    "report.json",
]
OTHERS = ["notes.txt", "sqlite-1000/x", "results/x", "results-2026/x", "report.json.bak", "bare.txt", "my-bare/x"]


@pytest.fixture(autouse=True)
def dropped(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note whose databases and indexes would be dropped; a benchmark may be running on the servers."""
    names: list[str] = []
    monkeypatch.setattr(places, "_drop_servers", names.append)
    return names


def laid(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
    return folder


def left(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_folder_that_no_benchmark_made_is_left_alone(tmp_path: Path, dropped: list[str]) -> None:
    laid(tmp_path, *MADE, *OTHERS)
    with pytest.raises(SystemExit, match="Nothing is deleted"):
        plan.bench(["--work", str(tmp_path), "--clean"])
    with pytest.raises(SystemExit, match="not empty"):
        plan.bench(["--work", str(tmp_path)])
    assert (left(tmp_path), dropped) == ({*MADE, *OTHERS}, [])


def test_in_its_own_folder_only_what_a_benchmark_made_goes(tmp_path: Path, dropped: list[str]) -> None:
    work = tmp_path / "work"
    claim(work)
    laid(work, *MADE, *OTHERS)
    elsewhere = laid(tmp_path / "elsewhere", "kept")
    (work / "ready-s1v1").symlink_to(elsewhere)
    drop_all(work, {"sqlite-5000-s2026v1"})
    assert left(work) == set(OTHERS)
    assert left(elsewhere) == {"kept"}
    assert dropped == ["postgresql-1000-s2026v1", "sqlite-1000-s2026v1", "sqlite-5000-s2026v1"]


def test_a_folder_that_held_nothing_else_goes_too(tmp_path: Path, dropped: list[str]) -> None:
    work = tmp_path / "work"
    claim(work)
    claim(laid(work, *MADE))
    with pytest.raises(SystemExit, match="are gone"):
        plan.bench(["--work", str(work), "--posts", "3000", "--clean"])
    assert not work.exists()
    assert {"sqlite-3000-s2026v1", "sqlite-300-s2026v1"} < set(dropped)


@pytest.mark.parametrize(
    ("changed", "other"),
    [
        ("nlp/query.py", True),
        ("nlp/words.txt", True),
        ("benchmarks/search/new.py", True),
        ("nlp/__pycache__/query.pyc", False),
        ("docs/x.md", False),
    ],
)
def test_other_code_has_other_results(tmp_path: Path, changed: str, other: bool) -> None:
    laid(tmp_path, "nlp/query.py", "store/work.py", "pipeline/index.py")
    before = code_digest(tmp_path)
    assert code_digest(tmp_path) == before
    path = laid(tmp_path, changed) / changed
    path.write_text("changed")
    assert (code_digest(tmp_path) != before) is other


def test_a_file_of_another_name_is_other_code(tmp_path: Path) -> None:
    before = code_digest(laid(tmp_path, "nlp/a.py"))
    (tmp_path / "nlp/a.py").rename(tmp_path / "nlp/b.py")
    assert code_digest(tmp_path) != before


def test_results_are_deleted_with_the_rest(tmp_path: Path) -> None:
    claim(tmp_path / "work")
    results_folder(tmp_path / "work").mkdir()
    drop_all(tmp_path / "work", [])
    assert not (tmp_path / "work").exists()
