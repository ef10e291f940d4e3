"""Count the words of the shipped corpora: `python -m scripts.word_frequencies`.

Writes nlp/data/frequencies.tsv (in how many posts each stem stands) and nlp/data/small_words.txt (every word that was
met in small letters, so that no name is looked for in it).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from nlp.tokens import tokens

_ROOT = Path(__file__).parent.parent
_LEAST_POSTS = 3
"""A stem met less often says as little as one never met."""


def texts() -> Iterator[str]:
    """Yield the text of each post of the corpora and of the demo town; the validation writers stay unseen."""
    corpora = (path for path in (_ROOT / "fixtures/corpora").glob("w*.jsonl") if not path.stem.endswith("_validation"))
    for path in sorted([*corpora, *(_ROOT / "fixtures/town").glob("**/*.jsonl")]):
        for line in path.read_text("utf-8").splitlines():
            yield json.loads(line)["text"]


def main() -> None:
    """Write both files, sorted, so that a rewrite shows only what changed."""
    counts: Counter[str] = Counter()
    small: set[str] = set()
    posts = 0
    for posts, text in enumerate(texts(), start=1):  # noqa: B007 the count is used after the loop
        found = [token for token in tokens(text) if token.stem.isalpha()]
        counts.update({token.stem for token in found})
        small |= {token.folded for token in found if text[token.start].islower()}
    rows = [f"{stem}\t{count}" for stem, count in sorted(counts.items()) if count >= _LEAST_POSTS]
    table = "\n".join([f"posts\t{posts}", *rows]) + "\n"
    (_ROOT / "nlp/data/frequencies.tsv").write_text(table, "utf-8")
    (_ROOT / "nlp/data/small_words.txt").write_text("\n".join(sorted(small)) + "\n", "utf-8")


if __name__ == "__main__":
    main()
