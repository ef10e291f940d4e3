"""Measures against what they are by hand, and against scikit-learn on drawn labels."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, f1_score, roc_auc_score

from pipeline.measures import (
    Measure,
    auroc,
    calibration_error,
    f1,
    kappa,
    mean_of,
    measured,
    precision,
    recall,
    resamples,
)

_LABELLED = st.lists(st.tuples(st.booleans(), st.integers(0, 10)), min_size=1, max_size=40)


def test_auroc_and_calibration_are_what_they_are_by_hand() -> None:
    truth = np.array([True, False, True, False])
    scores = np.array([0.9, 0.1, 0.5, 0.5])
    weights = resamples(4, 10)
    assert auroc(weights, truth, scores)[0] == pytest.approx(0.875)
    assert calibration_error(weights, truth, np.array([1.0, 0.0, 1.0, 0.0]))[0] == 0
    assert calibration_error(weights, truth, np.full(4, 0.9))[0] == pytest.approx(0.4)


@given(_LABELLED)
def test_f1_and_auroc_are_those_of_scikit_learn(drawn: list[tuple[bool, int]]) -> None:
    truth, scores = np.array([one for one, _ in drawn]), np.array([score / 10 for _, score in drawn])
    weights, said = resamples(len(drawn), 5), scores >= 0.5
    own, area = f1(weights, truth, said)[0], auroc(weights, truth, scores)[0]
    assert np.isnan(own) if not truth.any() else own == pytest.approx(f1_score(truth, said, zero_division=0))
    assert np.isnan(area) if truth.all() or not truth.any() else area == pytest.approx(roc_auc_score(truth, scores))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40))
def test_kappa_is_that_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    one, other = (np.array([pair[at] for pair in pairs]) for at in (0, 1))
    steps = np.arange(4)
    for name, apart in (
        (None, 1 - np.eye(4)),
        ("quadratic", (steps[:, None] - steps[None, :]).astype(float) ** 2),
    ):
        own = kappa(resamples(len(pairs), 5), one, other, apart)[0]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = cohen_kappa_score(one, other, weights=name, labels=list(steps))
        assert np.isnan(own) == np.isnan(theirs)
        assert np.isnan(own) or own == pytest.approx(theirs)


def test_where_nothing_is_true_there_is_no_recall_and_no_f1() -> None:
    weights, nothing, said = resamples(3, 10), np.zeros(3, dtype=bool), np.array([True, False, False])
    assert [measured(one(weights, nothing, said)).value for one in (recall, f1)] == [None, None]
    assert measured(precision(weights, nothing, said)).value == 0
    assert measured(precision(weights, ~nothing, nothing)).value is None
    assert str(measured(auroc(weights[:, :0], nothing[:0], np.zeros(0)))) == "none"


def test_the_mean_leaves_out_what_measured_nothing() -> None:
    nothing, some = np.full(3, np.nan), np.array([0.5, 0.7, np.nan])
    assert measured(mean_of([nothing, some])).value == 0.5
    assert measured(mean_of([nothing, nothing])).value is None


def test_an_interval_holds_its_value_and_narrows_with_more_texts() -> None:
    truth = np.array([True, True, False, False] * 100)
    said = np.array([True, False] * 200)
    few = measured(recall(resamples(40), truth[:40], said[:40]))
    many = measured(recall(resamples(400), truth, said))
    for one in (few, many):
        assert one.low <= one.value <= one.high
    assert many.high - many.low < few.high - few.low
    assert str(Measure(value=0.5, low=0.25, high=1.0)) == "0.500 [0.250, 1.000]"


def test_a_very_large_sample_gets_fewer_resamples() -> None:
    assert resamples(10).shape == (1001, 10)
    assert resamples(0).shape == (1, 0)
    assert resamples(400_000).shape == (51, 400_000)
