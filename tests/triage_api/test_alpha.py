"""Alpha against the worked examples of Krippendorff's "Computing Krippendorff's Alpha-Reliability" (2011)."""

from __future__ import annotations

import numpy as np
import pytest

from triage_api.agreement.alpha import RESAMPLES, Alpha, alpha

MEG_AND_OWEN = ("0100000010", "1110010000")
BEN_AND_GERRY = ("aabbdcccedda", "babbbccceddd")
FOUR_OBSERVERS = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
NOTHING = Alpha(None, None, None)


def counts(readers, values):
    return [[column.count(value) for value in values] for column in zip(*readers, strict=True)]


@pytest.mark.parametrize(
    ("readers", "values", "level", "told"),
    [
        (MEG_AND_OWEN, "01", "nominal", 0.095),
        (BEN_AND_GERRY, "abcde", "nominal", 0.692),
        (FOUR_OBSERVERS, "12345", "nominal", 0.743),
        (FOUR_OBSERVERS, "12345", "ordinal", 0.815),
    ],
)
def test_the_worked_examples(readers, values, level, told):
    assert alpha(counts(readers, values), level).value == pytest.approx(told, abs=0.0005)


def test_agreement_throughout_is_one_and_none_beyond_chance_about_nought():
    assert alpha([[2, 0]] * 30 + [[0, 2]] * 30) == Alpha(1.0, 1.0, 1.0)
    rng = np.random.default_rng(7)
    ones = rng.random((2, 4000)) < 0.4
    found = alpha([[2 - one, one] for one in ones.sum(axis=0)])
    assert found.low <= 0 <= found.high
    assert abs(found.value) < 0.05


def test_two_readers_who_always_say_the_contrary_agree_less_than_chance():
    assert alpha([[1, 1]] * 40).value < 0


@pytest.mark.parametrize("table", [[], [[1, 0], [0, 1]], [[2, 0]] * 60, [[0, 2]] * 60, [[0, 0]]])
def test_where_nothing_varies_there_is_no_alpha(table):
    assert alpha(table) == NOTHING


def test_a_value_that_nobody_gave_changes_nothing():
    assert (
        alpha(counts(FOUR_OBSERVERS, "123456"), "ordinal").value
        == alpha(counts(FOUR_OBSERVERS, "12345"), "ordinal").value
    )


def test_a_verdict_one_step_off_weighs_less_than_one_that_is_far_off():
    same = [[2, 0, 0, 0, 0]] * 10 + [[0, 2, 0, 0, 0]] * 10 + [[0, 0, 2, 0, 0]] * 10 + [[0, 0, 0, 2, 0]] * 10
    near, far = [[1, 1, 0, 0, 0]] * 5, [[1, 0, 0, 1, 0]] * 5
    assert alpha([*same, *near], "ordinal").value > alpha([*same, *far], "ordinal").value


def test_the_interval_holds_alpha_narrows_with_more_posts_and_is_the_same_each_time():
    few = [[2, 0]] * 30 + [[0, 2]] * 12 + [[1, 1]] * 8
    small, large = alpha(few), alpha(few * 10)
    assert small == alpha(few)
    assert small.low < small.value < small.high
    assert large.low < large.value < large.high
    assert large.high - large.low < (small.high - small.low) / 2


def test_the_interval_is_that_of_drawing_posts_anew():
    table = np.array([[2, 0]] * 30 + [[0, 2]] * 12 + [[1, 1]] * 8)
    rng = np.random.default_rng(1)
    drawn = [alpha(table[rng.integers(0, len(table), len(table))], resamples=1).value for _ in range(RESAMPLES)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    found = alpha(table)
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.06)
