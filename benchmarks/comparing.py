"""`python -m benchmarks comparing`: one new search held against all earlier ones, by the blind index and by a scan.

The searches are made up: seven in ten are about a youth (one to three contacts, some words, a city), the rest are words
alone. Words are drawn as in a language: the n-th most common one n times more rarely than the first. A search that was
made before would be brought back: nine in ten of such are left out, the tenth ran for another purpose or grid.
"""

from __future__ import annotations

import argparse
import random
import secrets
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import insert, select

from benchmarks.report import Report
from nlp.searches import NormalScope, SearchScope, normalise, relation
from store.batches import batches
from store.keys import KEY_BYTES, seal
from store.settings import Settings
from store.store import Store, open_store, set_up
from store.tables import Search, SearchTerm
from triage_api.searches.blind import COUNTED, term_rows, words_of, write_terms
from triage_api.searches.comparing import related_searches
from triage_api.searches.sealing import Told, fingerprint_of, open_searches

_BATCH = 5_000
_CITIES = ("Montréal", "Laval", "Gatineau", "Québec", "Longueuil", "Sherbrooke", "Saguenay", "Trois-Rivières")
_WORDS = 20_000
_OPENED = 500
"""Searches that the scan opens at a time, as it would where their keys are asked for together."""


@dataclass
class Author:
    """Makes searches up, the same ones for the same seed."""

    youths: int
    chance: random.Random
    vocabulary: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        letters = random.Random(1)
        self.vocabulary = ["".join(letters.choices("aeiourstnlpmcdbv", k=4 + n % 6)) + "o" for n in range(_WORDS)]
        self._weights = list(accumulate(1 / rank for rank in range(1, _WORDS + 1)))

    def scope(self) -> SearchScope:
        """Return a search: about a youth, or words alone."""
        if self.chance.random() < 0.7:
            youth = random.Random(self.chance.randrange(self.youths))
            contacts = [_contact(youth) for _ in range(youth.choice((1, 1, 2, 3)))]
            some = self.chance.sample(contacts, self.chance.randint(1, len(contacts)))
            cities = [youth.choice(_CITIES)] if self.chance.random() < 0.4 else []
            return SearchScope(query=self._words((0, 0, 1, 2)), identifiers=some, cities=cities)
        cities = [self.chance.choice(_CITIES)] if self.chance.random() < 0.3 else []
        return SearchScope(query=self._words((1, 2, 2, 3, 3, 4, 6)), cities=cities)

    def distinct(self) -> Iterator[SearchScope]:
        """Yield searches, one in ten of those that were made before again."""
        seen: set[tuple[object, ...]] = set()
        while True:
            scope = self.scope()
            told = (frozenset(scope.query.split()), frozenset(scope.identifiers), *scope.cities)
            if told not in seen or self.chance.random() < 0.1:
                seen.add(told)
                yield scope

    def narrower(self, scope: SearchScope) -> SearchScope:
        """Return a search that lies inside another."""
        return scope.model_copy(update={"query": f"{scope.query} {self._words((1,))}"})

    def _words(self, counts: Sequence[int]) -> str:
        drawn = self.chance.choices(self.vocabulary, cum_weights=self._weights, k=self.chance.choice(counts))
        return " ".join(drawn)


def _contact(youth: random.Random) -> str:
    if youth.random() < 0.3:
        return f"{youth.randint(2, 9)}{youth.randint(0, 9)}{youth.randint(0, 9)}-555-01{youth.randint(0, 99):02}"
    return f"@{youth.choice(('lea', 'mia', 'zoe', 'sam', 'alex', 'max'))}.{youth.randrange(10**7)}"


@dataclass
class Taken:
    """Milliseconds that each took, and what was found."""

    indexed: list[float] = field(default_factory=list)
    scanned_one: list[float] = field(default_factory=list)
    written: list[float] = field(default_factory=list)
    related: list[float] = field(default_factory=list)
    cut: int = 0
    missed: int = 0

    def as_row(self) -> dict[str, object]:
        return {
            "asked": len(self.indexed),
            "p50 ms": round(percentile(self.indexed, 50), 2),
            "p95 ms": round(percentile(self.indexed, 95), 2),
            "worst ms": round(max(self.indexed), 2),
            "scan of one, µs": round(1000 * percentile(self.scanned_one, 50), 1),
            "related, median": percentile(self.related, 50),
            "cut to the newest": self.cut,
            "written p95 ms": round(percentile(self.written, 95), 2),
        }


def percentile(values: Sequence[float], percent: int) -> float:
    """Return a percentile of some values."""
    return quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else values[0]


def bench(arguments: Sequence[str] = ()) -> Report:
    """Make the earlier searches, then hold new ones against them in both ways."""
    given = _options(arguments)
    author = Author(max(1, given.searches // 2), random.Random(2))
    if given.work:
        given.work.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=given.work) as folder:
        settings = Settings(data_dir=Path(folder) / "data")
        set_up(settings)
        store = open_store(settings)
        began = time.perf_counter()
        kept = _fill(store, author, given.searches)
        filled = time.perf_counter() - began
        again = islice(Author(author.youths, random.Random(2)).distinct(), given.asked)  # the first of them once more
        asked = [author.narrower(scope) if n % 2 else author.scope() for n, scope in enumerate(again)]
        taken = _measured(store, asked, min(given.scanned, given.searches))
        size = sum(path.stat().st_size for path in settings.data_dir.glob("vigie.db*"))
        store.close()
    per_scan = given.searches * percentile(taken.scanned_one, 50)
    figures: dict[str, object] = {
        "a scan of all against the index, median": f"{per_scan / percentile(taken.indexed, 50):,.0f} times",
        "a scan of all against the index, 95th percentile": f"{per_scan / percentile(taken.indexed, 95):,.0f} times",
        "a scan of all, by the rows that were scanned": f"{per_scan / 1000:,.1f} s",
        "related searches that the scan found and the index did not": taken.missed,
        "rows of the index for one search": round(kept / given.searches, 1),
        "database": f"{size / 1e9:.2f} GB, made in {filled:,.0f} s",
    }
    notes = [
        "The time of a comparison is from the normal form to the relation of every candidate: found, opened, compared.",
        f"The scan looks at {given.scanned:,} of the searches for every tenth new one; for all, that is multiplied.",
        "Where the index compared only the newest of many, what is older is not counted as missed.",
    ]
    return Report("comparing", [{"searches": given.searches} | taken.as_row()], figures, notes)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks comparing", description=__doc__)
    parser.add_argument("--searches", type=int, default=1_000_000, help="earlier searches")
    parser.add_argument("--asked", type=int, default=300, help="new searches that are compared with them")
    parser.add_argument("--scanned", type=int, default=2_000, help="earlier searches that the scan looks at")
    parser.add_argument("--work", type=Path, help="where the database is made, and deleted after")
    return parser.parse_args(arguments)


def _fill(store: Store, author: Author, searches: int) -> int:
    """Keep searches with what they are found by, as `write_terms` would one by one; return the rows of the index."""
    count: Counter[bytes] = Counter()
    rows, every = 0, author.distinct()
    for numbers in batches(range(searches), _BATCH):
        made = [_search(store, next(every), number, count) for number in numbers]
        store.keys.adopt({name: wrapped for _, _, name, wrapped in made})
        terms = [row for _, some, _, _ in made for row in some]
        with store.database.writing() as session:
            session.execute(insert(Search), [row for row, _, _, _ in made])
            session.execute(insert(SearchTerm), terms)
        rows += len(terms)
    return rows


def _search(
    store: Store, scope: SearchScope, number: int, count: Counter[bytes]
) -> tuple[dict[str, Any], list[dict[str, Any]], str, bytes]:
    """Return the row of a search, those that it is found by, and the name and wrapped form of its key."""
    identity, now, normal = f"s-{number:07}", store.clock(), normalise(scope)
    told = Told(**scope.model_dump(), purpose="watch", ground="LPJ 39")
    key, name = secrets.token_bytes(KEY_BYTES), f"search:{identity}"
    terms = term_rows(store.keys, normal, lambda keys: min(COUNTED, sum(count[one] for one in keys)))
    count.update(term for _, term in terms)
    row: dict[str, Any] = dict.fromkeys(("purpose", "ground", "grid", "model", "relation"), "x")
    row |= {"id": identity, "user_id": "u-1", "opened_at": now, "closed_at": now, "words": words_of(normal)}
    row |= {"sources": [], "results": [], "total": 0, "watermark": 0, "fingerprint": fingerprint_of(store.keys, scope)}
    row |= {"scope": seal(key, told.model_dump_json().encode(), name)}
    found_by = [{"search_id": identity, "role": role, "key": term} for role, term in terms]
    return row, found_by, name, seal(store.keys.files.wrapping, key, name)


def _measured(store: Store, asked: list[SearchScope], part: int) -> Taken:
    """Compare each new search by the index, every tenth with a part of all by a scan too; write what it is found by."""
    taken = Taken()
    for number, scope in enumerate(asked):
        normal, hashed = normalise(scope), fingerprint_of(store.keys, scope)
        began = time.perf_counter()
        with store.database.reading() as session:
            related, cut = related_searches(store, session, normal, hashed)
        taken.indexed.append(1000 * (time.perf_counter() - began))
        taken.related.append(len(related))
        taken.cut += cut
        if number % 10 == 0:
            began = time.perf_counter()
            by_scan = _scan(store, normal, part)
            taken.scanned_one.append(1000 * (time.perf_counter() - began) / part)
            taken.missed += 0 if cut else len(by_scan - {one.search.id for one in related})
            taken.written.append(_write(store, normal))
    return taken


def _scan(store: Store, normal: NormalScope, most: int) -> set[str]:
    """Return what comparing with the newest of all, one by one, finds."""
    related: set[str] = set()
    with store.database.reading() as session:
        newest = select(Search).order_by(Search.id.desc()).limit(most)
        for rows in batches(session.scalars(newest), _OPENED):
            told = open_searches(store, session, rows)
            related |= {name for name, one in told.items() if relation(normalise(one), normal) != "different"}
    return related


def _write(store: Store, normal: NormalScope) -> float:
    """Return the milliseconds that writing what a search is found by takes; nothing of it is kept."""
    with store.database.writing() as session:
        row = session.scalars(select(Search).limit(1)).one()
        began = time.perf_counter()
        write_terms(session, store.keys, row, normal)
        took = 1000 * (time.perf_counter() - began)
        session.rollback()
    return took
