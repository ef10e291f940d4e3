"""Linking ads one by one: that one more costs the same when many are kept, and how long a hundred thousand take.

One store grows through the sizes: all ads are linked through its tables, as the pipeline does, reading included. The
growth of the time per ad from the smallest size to the largest is the figure that matters.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from math import log
from pathlib import Path

from sqlalchemy import func, insert, select

from benchmarks.report import Report
from nlp.frequencies import small_words
from nlp.link import signature
from store.links import Linkable, relink
from store.settings import Settings
from store.store import Store, open_store, set_up
from store.tables import LinkedPost, Post, Source

SIZES = (10_000, 100_000, 200_000)
_BATCH = 32
_LAST = 2_000
"""Ads, the last of a size, whose own time is told: what one more costs when all the others are kept."""
_START = datetime(2026, 1, 1, tzinfo=UTC)
_CITIES = ("Montréal", "Laval", "Gatineau", "Sherbrooke", "Toronto", "Ottawa", "Halifax", "Winnipeg")
_STOCK = (
    "Indépendante, discrète, appelle-moi.",
    "No rush, sweet and friendly.",
    "Sur rendez-vous, pas d'appel masqué.",
)
_INFOSHIELD = {"ads": 4_000_000, "hours": 8}
"""What its authors report (Lee et al., *InfoShield: Generalizable Information-Theoretic Human-Trafficking Detection*,
ICDE 2021): 4 million documents in 8 hours on a laptop, all at once."""


def bench(options: Sequence[str] = ()) -> Report:
    """Link ads into a store that grows through the sizes; return the times and how they grow."""
    parser = argparse.ArgumentParser(prog="benchmarks linking")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="how many ads, ascending")
    sizes = parser.parse_args(options).sizes
    with tempfile.TemporaryDirectory(prefix="vigie-linking-") as folder:
        rows = list(_grow(Path(folder), sizes))
    return Report("linking", rows, _figures(rows), _NOTES)


def _grow(folder: Path, sizes: Sequence[int]) -> Iterator[dict[str, object]]:
    """Link ads into one store, and tell at each size what they took so far; the largest takes most of an hour."""
    settings = Settings(data_dir=folder)
    set_up(settings)
    store = open_store(settings)
    _keep(store, sizes[-1])
    for ads, seconds, last in _link(store, sizes):
        row: dict[str, object] = {
            "ads": ads,
            "processor seconds": round(seconds, 1),
            "ms an ad": round(1000 * seconds / ads, 2),
            "ms an ad, last": round(1000 * last / min(_LAST, ads), 2),
            "campaigns": _campaigns(store),
            "MB": round((folder / "vigie.db").stat().st_size / 1e6),
        }
        print(row, file=sys.stderr, flush=True)
        yield row
    store.close()


def _keep(store: Store, size: int) -> None:
    """Put the rows of posts in, which links point to."""
    common = {"source_id": "s", "origin": "import", "kind": "ad", "text": "", "ingested_at": _START, "digest": ""}
    with store.database.writing() as session:
        session.add(Source(id="s", title="S", kind="import", declaration={}, digest="d", created_at=_START))
        session.flush()
        for start in range(0, size, 5_000):
            numbers = range(start, min(size, start + 5_000))
            rows = [{**common, "id": f"p{n}", "external_id": str(n), "same_text": "", "version": 1} for n in numbers]
            session.execute(insert(Post), [{**row, "status": "live", "provenance": {}} for row in rows])


def _link(store: Store, sizes: Sequence[int]) -> Iterator[tuple[int, float, float]]:
    """Link the ads in batches; yield, at each size, the seconds of processor time that all took, and the last ones."""
    ads, spent, times = ads_of(sizes[-1]), 0.0, deque[tuple[int, float]](maxlen=-(-_LAST // _BATCH))
    for size, before in zip(sizes, (0, *sizes), strict=False):
        for start in range(before, size, _BATCH):
            count, began = min(_BATCH, size - start), time.process_time()
            _link_batch(store, start, list(islice(ads, count)))
            times.append((count, time.process_time() - began))
            spent += times[-1][1]
        last = sum(seconds for _, seconds in times) / sum(count for count, _ in times)
        yield size, spent, last * min(_LAST, size)


def _link_batch(store: Store, first: int, texts: Sequence[str]) -> None:
    with store.database.writing() as session:
        for number, text in enumerate(texts, first):
            at = _START + timedelta(minutes=number)
            relink(session, f"p{number}", Linkable(signature(f"p{number}", text), 1, "", at))


def _campaigns(store: Store) -> int:
    with store.database.reading() as session:
        return session.scalar(select(func.count(func.distinct(LinkedPost.campaign)))) or 0


def ads_of(count: int) -> Iterator[str]:
    """Yield ads: seven in ten of a campaign of 2 to 60, reworded each time, the others of strangers; the same each run.

    Words are drawn as in any language, few of them often: ads of strangers share words and stock phrases.
    """
    dice = random.Random(2026)
    words = sorted(word for word in small_words() if len(word) > 3)
    dice.shuffle(words)
    weights = [1 / (rank + 20) for rank in range(len(words))]
    running: list[tuple[str, list[str], int]] = []
    for number in range(count):
        if dice.random() < 0.3:
            yield _ad(dice, dice.choices(words, weights, k=dice.randint(12, 30)), f"s{number}")
            continue
        if len(running) < 50 or dice.random() < 0.03:
            text = dice.choices(words, weights, k=dice.randint(14, 30))
            running.append((f"c{number}", text, dice.randint(2, 60)))
        which = dice.randrange(len(running))
        name, text, left = running[which]
        yield _ad(dice, _reworded(dice, text, words), name)
        running[which] = (name, text, left - 1)
        if left <= 1:
            running.pop(which)


def _reworded(dice: random.Random, text: list[str], words: list[str]) -> list[str]:
    """Return a text with an eighth of its words changed and its halves swapped now and then."""
    changed = [dice.choice(words) if dice.random() < 0.125 else word for word in text]
    middle = len(changed) // 2
    return changed[middle:] + changed[:middle] if dice.random() < 0.3 else changed


def _ad(dice: random.Random, words: list[str], writer: str) -> str:
    """Return an ad; one in ten names its writer's address (fictional phone numbers are too few for so many writers)."""
    contact = f"{writer}@courriel.example" if dice.random() < 0.1 else ""
    stock = dice.choice(_STOCK) if dice.random() < 0.3 else ""
    return f"{' '.join(words)}. {stock} {dice.choice(_CITIES)} {dice.randint(8, 40) * 10} $ {contact}"


def _figures(rows: list[dict[str, object]]) -> dict[str, object]:
    first, last = rows[0], rows[-1]
    times = Counter({key: float(str(last[key])) / float(str(first[key])) for key in ("ms an ad", "ms an ad, last")})
    more = float(str(last["ads"])) / float(str(first["ads"]))
    a_day = round(86_400_000 / float(str(last["ms an ad"])))
    theirs = _INFOSHIELD["ads"] / (_INFOSHIELD["hours"] * 3600)
    return {
        f"time per ad at {last['ads']:,} as a multiple of that at {first['ads']:,}": round(times["ms an ad"], 2),
        "the same for the last ads alone": round(times["ms an ad, last"], 2),
        "what n log n would allow": round(1 + log(more) / log(float(str(first["ads"]))), 2),
        "ads a second here": round(1000 / float(str(last["ms an ad"])), 1),
        "ads a day here": f"{a_day:,}",
        "InfoShield, as published: 4,000,000 in 8 h, all at once, ads a second": round(theirs, 1),
    }


_NOTES = [
    "SQLite, one process and its processor time; ads one after the other, reading included, committed 32 at a time.",
    "InfoShield's figure is its authors', of another machine and other texts, and of a whole set at once.",
]
