"""Months of figures for trends, as the pipeline would have counted them."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta

from store.counts import count_all, trend_name
from store.store import Store
from triage_api.trends.figures import ATTRIBUTES, REGIONS, values_of


def drawn(seed: int, texts: int, flagged: float = 0.1) -> Counter[str]:
    """Return figures of a month by their names, of texts drawn by chance."""
    draw, found = random.Random(seed), Counter[str]()
    weights = [draw.random() ** 3 for _ in REGIONS]
    for _ in range(texts):
        region = draw.choices(REGIONS, weights)[0]
        found[trend_name("read", "", region)] += 1
        if draw.random() >= flagged:
            continue
        found[trend_name("flagged", "", region)] += 1
        signals = [one for one in values_of("signal") if draw.random() < 0.5] or ["minor"]
        labels = [("signal", one) for one in signals]
        labels += [("criterion", one) for one in values_of("criterion") if draw.random() < 0.05]
        labels += [(one, draw.choice(values_of(one))) for one in ATTRIBUTES]
        found.update(trend_name(figure, value, region) for figure, value in labels)
    for _ in range(texts // 100):
        found[trend_name("moved", *draw.sample(REGIONS, 2))] += 1
    return found


def keep(store: Store, month: date, figures: Counter[str], days: int = 20) -> None:
    """Keep figures of a month, spread over its days."""
    with store.database.writing() as session:
        for at in range(days):
            part = {name: number // days + (at < number % days) for name, number in figures.items()}
            count_all(session, month + timedelta(days=at), part)
