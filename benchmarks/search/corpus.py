"""The posts of this benchmark, as rows of the database: seeded, the first ones the same whatever their number.

Nobody read them: the assessments are drawn, so that the reader's speed does not count here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from benchmarks.search.texts import words
from nlp.cities import gazetteer, region_of
from nlp.types import SIGNALS
from store.posts import post_id

Row = dict[str, Any]

SEED = 2026
VERSION = 1
"""Grows with every change of what is made here, so that data made earlier is not taken for it."""
CHUNK = 1_000
SOURCES = [f"source-{number:02d}" for number in range(40)]
LAST = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = 400
_AREAS = ["514", "438", "450", "579", "367", "418", "581", "819", "873", "613", "343", "416"]
_CITIES = 80
_LANGS, _LANG_SHARES = ("fr", "en", "mixed"), (60, 30, 10)
_SIGNAL_SHARES = dict(zip(SIGNALS, (0.06, 0.04, 0.03, 0.10), strict=True))
_URGENCY_SHARES = {"routine": 60, "soon": 35, "immediate": 5}
_CRITERIA = [f"{letter}{number:02d}" for letter in "RMD" for number in range(1, 9)]


def posts(count: int, first: int = 0) -> Iterator[tuple[Row, Row]]:
    """Yield rows of `posts` and of `assessments`, from the `first` on, which must begin a chunk."""
    for start in range(first, count, CHUNK):
        dice = Random(SEED * 1_000_000 + start)
        for number in range(start, min(start + CHUNK, count)):
            yield _post(dice, number)


def sources() -> list[Row]:
    made = {"kind": "import", "declaration": {}, "digest": "d", "created_at": LAST - timedelta(days=DAYS)}
    return [{"id": source, "title": source.title(), **made} for source in SOURCES]


def _post(dice: Random, number: int) -> tuple[Row, Row]:
    lang = dice.choices(_LANGS, _LANG_SHARES)[0]
    contacts = _contacts(dice)
    text = " ".join((words().text(dice, lang), *(contact for _, contact, _ in contacts)))
    source = _skewed(dice, SOURCES)
    identity = post_id(source, str(number))
    posted = LAST - timedelta(seconds=dice.randrange(DAYS * 86_400))
    city = _skewed(dice, _cities()) if dice.random() < 0.6 else ""
    digest = hashlib.sha256(text.encode()).hexdigest()
    row = {
        "seq": number + 1,
        "id": identity,
        "source_id": source,
        "external_id": str(number),
        "origin": "import",
        "kind": "ad" if dice.random() < 0.3 else "post",
        "url": f"https://{source}.example/{number}",
        "title": text[:40].rsplit(" ", 1)[0] if dice.random() < 0.3 else "",
        "text": text,
        "author": f"auteur{dice.randrange(50_000)}",
        "city": city,
        "region": region_of(city) if city else "",
        "posted_at": None if dice.random() < 0.05 else posted,
        "ingested_at": posted + timedelta(hours=dice.randrange(1, 36)),
        "version": 1,
        "revision": 1,
        "digest": digest,
        "same_text": digest[:32],
        "status": "live",
        "expires_at": LAST + timedelta(days=3650),
        "provenance": {},
    }
    return row, _assessment(dice, row, lang, contacts)


def _contacts(dice: Random) -> list[tuple[str, str, str]]:
    """Return up to one contact: its kind, how it is written, its value."""
    kind = dice.random()
    if kind < 0.08:
        area, line = _skewed(dice, _AREAS), f"01{dice.randrange(100):02d}"
        return [("phones", dice.choice((f"{area}-555-{line}", f"{area} 555 {line}")), f"+1{area}555{line}")]
    handle = f"{words().by_rank[20_000 + int(5_000 * dice.random() ** 2)]}_{dice.randrange(10)}"
    if kind < 0.12:
        return [("handles", f"@{handle}", handle)]
    if kind < 0.14:
        return [("emails", f"{handle}@courriel.example", f"{handle}@courriel.example")]
    return []


def _assessment(dice: Random, post: Row, lang: str, contacts: list[tuple[str, str, str]]) -> Row:
    flagged = [signal for signal in SIGNALS if dice.random() < _SIGNAL_SHARES[signal]]
    urgency = dice.choices(list(_URGENCY_SHARES), list(_URGENCY_SHARES.values()))[0] if flagged else "none"
    criteria = sorted(dice.sample(_CRITERIA, len(flagged) + 1)) if flagged else []
    evidence = {
        "start": 0,
        "end": 12,
        "text": post["text"][:12],
        "criterion": criteria[0] if criteria else "",
        "weight": 1.0,
    }
    signals = {
        signal: {
            "score": round(dice.random(), 4),
            "flag": signal in flagged,
            "evidence": [evidence] * (signal in flagged),
        }
        for signal in SIGNALS
    }
    entities: dict[str, list[Row]] = {kind: [] for kind in ("phones", "emails", "handles", "ages", "cities", "prices")}
    for kind, written, value in contacts:
        start = len(post["text"]) - len(written)
        entities[kind].append({"value": value, "start": start, "end": len(post["text"])})
    if dice.random() < 0.2:
        entities["cities"].append({"value": _skewed(dice, _cities()), "start": 0, "end": 5})
    marks = {"grid": "0.2.0", "model": "bench"}
    told = {"lang": lang, "urgency": urgency, "criteria": criteria}
    return {
        "post_id": post["id"],
        "version": 1,
        **marks,
        **told,
        "score": dice.random(),
        "flagged": flagged,
        "body": {**told, "signals": signals, "counter": [], "entities": entities, **marks},
        "created_at": post["ingested_at"],
    }


@cache
def _cities() -> list[str]:
    """Return some cities of the gazetteer, the best known first."""
    known = ["Montréal", "Québec", "Laval", "Gatineau", "Longueuil", "Sherbrooke", "Trois-Rivières"]
    return known + [city for city in gazetteer().regions if city not in known][: _CITIES - len(known)]


def _skewed(dice: Random, values: list[str]) -> str:
    """Return one of the values, the n-th n times as rarely as the first."""
    return values[int((len(values) + 1) ** dice.random()) - 1]
