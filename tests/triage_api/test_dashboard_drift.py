"""Score drift against a plain reckoning: which days are compared, when it is too soon or too little, a new model."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

import numpy as np
import pytest
from desk_words import HARMLESS

from nlp.types import SIGNALS
from store.clock import house_day
from store.counts import BINS, count_all, model_name, score_name
from store.tables import AssessmentRow
from triage_api.dashboard.drift import drift, index_of

MODEL = "2026.1.0-abc"


@pytest.fixture
def in_force(store, town, clock):
    """Have a model be the one that read last, as if it had been for good."""

    def make(model=MODEL):
        identity = town.post(HARMLESS, model, settle=False)
        with store.database.writing() as session:
            row = AssessmentRow(
                post_id=identity, version=1, grid="1", model=model, lang="fr", urgency="none", score=0.0
            )
            row.flagged, row.criteria, row.body, row.created_at = [], [], {}, clock()
            session.add(row)

    return make


def days(store, since, until, shape, seed, each=60, model=MODEL):
    """Count `each` texts a day from `since` to `until` days before today; return all scores by signal and day."""
    draw, today = random.Random(seed), house_day(store.clock())
    told = {}
    with store.database.writing() as session:
        for back in range(since, until - 1, -1):
            figures = Counter({model_name(model): each})
            for signal in SIGNALS:
                told[signal, back] = [min(draw.betavariate(*shape), 1.0) for _ in range(each)]
                figures.update(score_name(signal, score, model) for score in told[signal, back])
            count_all(session, today - timedelta(days=back), figures)
    return told


def read(store, clock):
    with store.database.reading() as session:
        return drift(session, clock())


def reckoned(told, signal, backs):
    scores = [score for back in backs for score in told.get((signal, back), [])]
    return np.histogram(scores, bins=BINS, range=(0, 1))[0]


def plain_psi(before, now):
    old = (before + 0.5) / (before.sum() + 0.5 * len(before))
    new = (now + 0.5) / (now.sum() + 0.5 * len(now))
    return float(np.sum((new - old) * np.log(new / old)))


@pytest.mark.parametrize(("later", "state"), [((2, 8), "steady"), ((2.2, 6.6), "shifting"), ((5, 5), "shifted")])
def test_the_last_28_days_are_compared_with_the_first_28_whole_ones(store, clock, in_force, later, state):
    in_force()
    told = days(store, 70, 35, (2, 8), 1) | days(store, 34, 0, later, 2)
    found = read(store, clock)
    assert (found.model, len(found.signals)) == (MODEL, 4)
    today = house_day(clock())
    backs = [(today - day).days for day in (found.since, found.until, found.now_since, found.now_until)]
    assert backs == [69, 42, 28, 1], "not the day it began on, nor today"
    for one in found.signals:
        before, now = reckoned(told, one.signal, range(42, 70)), reckoned(told, one.signal, range(1, 29))
        assert one.bins_before == before.tolist()
        assert one.bins_now == now.tolist()
        assert (one.before, one.now) == (28 * 60, 28 * 60)
        assert one.psi == round(plain_psi(before, now), 3)
        assert one.state == state


@pytest.mark.parametrize(("began", "state", "compared"), [(35, "new", None), (36, "steady", 7), (50, "steady", 21)])
def test_it_takes_28_days_and_then_a_week_and_the_periods_do_not_overlap(
    store, clock, in_force, began, state, compared
):
    in_force()
    days(store, began, 0, (2, 8), 3, each=200)
    found = read(store, clock)
    assert {one.state for one in found.signals} == {state}
    if compared:
        assert (found.now_until - found.now_since).days + 1 == compared
        assert found.now_since == found.until + timedelta(days=1)
    else:
        assert found.now_since is None
        assert {one.psi for one in found.signals} == {None}
        assert {one.before for one in found.signals} == {28 * 200}


def test_of_too_few_texts_no_index_is_given(store, clock, in_force):
    in_force()
    days(store, 70, 0, (2, 8), 4, each=35)
    assert {(one.state, one.psi, one.before) for one in read(store, clock).signals} == {("few", None, 980)}
    days(store, 69, 42, (2, 8), 5, each=1)
    assert {(one.state, one.before) for one in read(store, clock).signals} == {("few", 1008)}


def test_a_new_model_begins_anew_and_its_figures_are_its_own(store, clock, in_force):
    in_force()
    days(store, 90, 10, (2, 8), 6)
    told = days(store, 10, 0, (8, 2), 7, model="2026.2.0-def")
    in_force("2026.2.0-def")
    found = read(store, clock)
    assert found.model == "2026.2.0-def"
    assert found.since == house_day(clock()) - timedelta(days=9)
    assert {one.state for one in found.signals} == {"new"}
    assert found.signals[0].bins_before == reckoned(told, "recruitment", range(10)).tolist()


def test_the_index_is_nothing_for_the_same_shape_and_the_same_both_ways():
    assert index_of([10, 20, 30], [10, 20, 30]) == 0
    assert index_of([1000, 0], [0, 1000]) > 5
    assert index_of([5, 90], [60, 10]) == pytest.approx(index_of([60, 10], [5, 90]))
    # (0.5 - 0.3) * ln(0.5 / 0.3) + (0.5 - 0.7) * ln(0.5 / 0.7), with enough texts for the half ones not to matter
    assert index_of([3_000_000, 7_000_000], [5_000_000, 5_000_000]) == pytest.approx(0.169460, abs=1e-6)


def test_the_page_says_it_in_words(analyst, store, clock, in_force):
    in_force()
    days(store, 70, 35, (2, 8), 1)
    days(store, 34, 0, (5, 5), 2)
    page = analyst.page("/dashboard").text
    assert "a changé : faites relire un échantillon" in page
    assert f"<code>{MODEL}</code>" in page
    analyst.send("/language", lang="en")
    assert "changed: have a sample read" in analyst.page("/dashboard").text
