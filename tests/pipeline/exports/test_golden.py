"""What a corpus looks like, to the letter: files that change only when somebody asks for it.

`pytest tests/pipeline/exports/test_golden.py --rewrite-golden` writes them anew; the change is then read in the diff.
Parquet is left out: its bytes are those of the library's version, and other tests compare its rows.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from populations import about, counts, counts_shape, generalised, population, table

from pipeline.exports.package.shapes import CROISSANT, DATASHEET, DICTIONARY, Table
from pipeline.exports.package.writing import write_package

GOLDEN = Path(__file__).parent / "golden"
NAMES = ("posts.jsonl", "posts.csv", "counts.jsonl", "counts.csv", DICTIONARY, DATASHEET, CROISSANT)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("corpus") / "x-0123"
    _, rows = generalised(list(population(150)))
    write_package(folder, about(), [table(rows), Table(counts_shape(), counts("minor", 20, 35, 15, 40, total=110))])
    return folder


def told(path: Path) -> str:
    """Return a file without digests and sizes: those of Parquet change with the library that writes it."""
    lines = path.read_bytes().decode().splitlines(keepends=True)
    return "".join(line for line in lines if not ('"sha256"' in line or '"contentSize"' in line))


@pytest.mark.parametrize("name", NAMES)
def test_a_corpus_is_to_the_letter_what_it_was(corpus, name, request):
    golden = GOLDEN / name
    if request.config.getoption("--rewrite-golden"):
        GOLDEN.mkdir(exist_ok=True)
        golden.write_bytes(told(corpus / name).encode())
    assert told(corpus / name) == golden.read_bytes().decode()
