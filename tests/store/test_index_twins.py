"""The two engines on the same posts and questions: the same answers to the last one, in nearly the same order."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path

import pytest
from engines import ENGINES, START, document, engine_settings, fill, opened

from nlp.entities import entities
from nlp.query import BadQuery, parse
from nlp.tokens import tokens
from store.index import Document, Index, IndexQuery
from store.index.base import FACETS, digest

POSTS, QUERIES, TOP = 2_000, 200, 50
CORPORA = Path(__file__).parents[2] / "fixtures" / "corpora"


def written() -> list[dict[str, object]]:
    rows = [line for path in sorted(CORPORA.glob("w*.jsonl")) for line in path.read_text("utf-8").splitlines()]
    return [json.loads(line) for line in random.Random(1).sample(rows, POSTS)]


def as_document(number: int, row: dict[str, object]) -> Document:
    found = entities(str(row["text"]))
    values = {kind: [str(one.value) for one in found[kind]] for kind in ("phones", "emails", "handles", "cities")}
    spans = [(one.start, one.end) for kind in ("phones", "emails", "handles") for one in found[kind]]
    return document(
        f"p{number:05}",
        str(row["text"]),
        seq=number + 1,
        kind=row["kind"],
        lang=row["lang"],
        source=f"source-{number % 7}",
        region=("Laval", "Montréal", "")[number % 3],
        urgency=row["urgency"],
        signals=sorted(row["signals"]),
        verdict=("", "dismiss", "refer")[number % 3],
        ingested_at=START + timedelta(hours=number // 2),  # every two tie
        contact_spans=spans,
        **values,
    )


@pytest.fixture(scope="module")
def posts() -> list[Document]:
    return [as_document(number, row) for number, row in enumerate(written())]


@pytest.fixture(scope="module")
def pair(posts: list[Document], tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Index]]:
    """Both engines with the same posts."""
    contexts = [engine_settings(engine, tmp_path_factory.mktemp(engine)) for engine in ENGINES]
    indices = [opened(context.__enter__()) for context in contexts]
    for index in indices:
        for start in range(0, POSTS, 400):
            fill(index, *posts[start : start + 400])
    yield indices
    for index, context in zip(indices, contexts, strict=True):
        index.close()
        context.__exit__(None, None, None)


@dataclass
class Questions:
    """Two hundred different questions of every form, made of the posts' own words."""

    posts: list[Document]

    def __iter__(self) -> Iterator[IndexQuery]:
        dice, asked = random.Random(7), set()
        while len(asked) < QUERIES:
            typed = self.typed(dice)
            try:
                query = parse(typed)
            except BadQuery:
                continue
            if typed not in asked:
                asked.add(typed)
                yield IndexQuery(query=query, facets=FACETS, histogram="week", limit=TOP, **self.beside(dice))

    def typed(self, dice: random.Random) -> str:
        a, b, c = (self.word(dice) for _ in range(3))
        forms = [
            a,
            f"{a} {b}",
            f"{a} OU {b}",
            f"{a} -{b}",
            self.phrase(dice),
            f"{a[:4]}*",
            f"{a}~ {b}",
            f"-{a} -{b} {c}",
        ]
        forms += [
            f"ville:Laval {a}",
            f"signal:mineur {a} OU {b}",
            "signal:détresse",
            f"-signal:mineur {a}",
            f"langue:en {a}*",
        ]
        forms += [
            f"({a} {b}) -{c}",
            f"décision:aucune {a}",
            self.contact(dice),
            f"{a} OU {b}* OU {c}~",
            f"après:2026-03-20 {a}",
        ]
        return dice.choice(forms)

    def word(self, dice: random.Random) -> str:
        return dice.choice(tokens(dice.choice(self.posts).text) or tokens("fugue")).folded

    def phrase(self, dice: random.Random) -> str:
        found = [token.folded for token in tokens(dice.choice(self.posts).text)]
        at = dice.randrange(max(1, len(found) - 2))
        return '"' + " ".join(found[at : at + dice.choice((2, 3))]) + '"'

    def contact(self, dice: random.Random) -> str:
        return dice.choice([phone for post in self.posts for phone in post.phones])

    def beside(self, dice: random.Random) -> dict[str, object]:
        since = date(2026, 3, 1) + timedelta(days=dice.randrange(60))
        return dice.choice([{}, {}, {"since": since}, {"sources": ["source-1", "source-3"]}, {"after_seq": 1500}])


def test_the_same_posts_are_found_and_counted(pair, posts, record_property):
    agreement, found_any = [], 0
    for asked in Questions(posts):
        one, other = (index.search(asked) for index in pair)
        everything = [[found.id for found in index.scan(asked)] for index in pair]
        assert everything[0] == everything[1], asked.query
        assert one.total == other.total == len(everything[0])
        assert one.facets == other.facets
        assert one.histogram == other.histogram
        found_any += one.total > 0
        agreement.append((same_order(one.ids, other.ids), one.ids == other.ids))
    assert found_any > QUERIES * 0.7, "questions that find nothing prove little"
    shares = [share for share, _ in agreement]
    record_property("pairs in the same order, mean", round(sum(shares) / len(shares), 4))
    record_property("pairs in the same order, least", round(min(shares), 4))
    record_property("questions with the very same first 50", sum(same for _, same in agreement))
    assert sum(shares) / len(shares) > 0.95


def same_order(one: list[str], other: list[str]) -> float:
    """Return the share of pairs that both put in the same order, among those that both have in their first results."""
    places = {identity: place for place, identity in enumerate(other)}
    shared = [places[identity] for identity in one if identity in places]
    pairs = list(combinations(shared, 2))
    return sum(first < second for first, second in pairs) / len(pairs) if pairs else 1.0


def test_paging_reaches_the_end_of_both(pair):
    for index in pair:
        asked = [IndexQuery(query=parse("je OU the"), limit=97, offset=at) for at in range(0, POSTS, 97)]
        pages = [index.search(each).ids for each in asked]
        seen = [identity for page in pages for identity in page]
        assert len(seen) == len(set(seen)) == index.search(asked[0]).total > 500


def test_what_was_put_comes_back_the_same_from_both(pair):
    assert list(digest(pair[0])) == list(digest(pair[1]))
