"""Posts of mixed length for benchmarks: the shipped corpora, joined into longer ones at random but always the same."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parent.parent
_SEED = 2026
_JOINED, _WEIGHTS = (1, 2, 5, 40), (60, 30, 9, 1)
"""How many posts are joined into one, and for how many of a hundred."""


@dataclass(frozen=True)
class BenchPost:
    """One post; `lang` is the corpus's own label: fr, en or mixed."""

    id: str
    text: str
    lang: str
    kind: str

    def as_line(self) -> str:
        return (
            json.dumps({"id": self.id, "text": self.text, "lang": self.lang, "kind": self.kind}, ensure_ascii=False)
            + "\n"
        )


def corpus() -> list[dict[str, str]]:
    paths = sorted((_ROOT / "fixtures/corpora").glob("w*.jsonl"))
    return [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines()]


def mixed_posts(count: int) -> Iterator[BenchPost]:
    """Yield posts whose first ones are the same whatever the count."""
    rows, dice = corpus(), random.Random(_SEED)
    by_lang = {lang: [row for row in rows if row["lang"] == lang] for lang in sorted({row["lang"] for row in rows})}
    for number in range(count):
        first = dice.choice(rows)
        others = dice.choices(by_lang[first["lang"]], k=dice.choices(_JOINED, _WEIGHTS)[0] - 1)
        text = "\n\n".join(row["text"] for row in (first, *others))
        yield BenchPost(f"b{number}", text, first["lang"], first["kind"])


def write_posts(path: Path, count: int) -> Path:
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(post.as_line() for post in mixed_posts(count))
    return path
