"""Queue items without posts, put where a test wants them, and the order told plainly."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from itertools import count

from nlp.types import URGENCIES
from store.store import Store
from store.tables import QueueItem
from triage_api.queue.models import LANES

_NUMBERS = count()


def row(lane: str, came: datetime, **more: object) -> QueueItem:
    """Return an open item; its urgency is the lane's usual one unless another is given."""
    urgency = str(more.pop("urgency", "immediate" if lane == "immediate" else "soon"))
    given = {"id": f"q-{next(_NUMBERS):024x}", "signals": ["minor"], "score": 0.5, "status": "open"} | more
    return QueueItem(lane=lane, urgency=urgency, rank=URGENCIES.index(urgency), created_at=came, **given)


def put(store: Store, *rows: QueueItem) -> list[str]:
    """Keep items and return their ids."""
    with store.database.writing() as session:
        session.add_all(rows)
    return [one.id for one in rows]


def some(seed: int, how_many: int, now: datetime) -> list[QueueItem]:
    """Return items of every lane, urgency, age and score, many of them tied."""
    draw = random.Random(seed)
    rows = []
    for _ in range(how_many):
        lane = draw.choice(LANES)
        came = now - timedelta(minutes=draw.choice([0, 1, 14, 15, 16, 60, 61, 1439, 1440, 1441, 7199, 7200, 9000]))
        urgency = "immediate" if lane == "immediate" else draw.choice(URGENCIES[:3])
        region = draw.choice(["", "Montréal", "Estrie"])
        rows.append(row(lane, came, urgency=urgency, score=draw.choice([0.1, 0.5, 0.9]), desk=region, region=region))
    return rows


def plain_order(rows: list[QueueItem], step: int, run: int = 0) -> list[str]:
    """Return ids as the house's rule has them, told without haste: look at all that is left, take one, begin again."""
    left = sorted(rows, key=lambda one: (-one.rank, int(one.created_at.timestamp()) // 3600, -one.score, one.id))
    told = []
    while left:
        theirs = [one for one in left if one.lane == "at_risk"]
        taken = theirs[0] if theirs and step and run >= step - 1 else left[0]
        run = 0 if taken.lane == "at_risk" else run + 1
        left.remove(taken)
        told.append(taken.id)
    return told
