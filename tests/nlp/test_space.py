"""Texts as points: blocks of unit length, unknown words nowhere, and what each word added to a score."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.features import prepare
from nlp.model_file import load_shipped
from nlp.space import BLOCKS, Point, Space, fit_space

TEXTS = [
    "chu en fugue depuis hier, g 15 ans, qqn a un divan",
    "y garde mon passeport pis mon argent, y garde mon passeport, aidez-moi",
    "we cover your flight and your room, you settle up once you start",
    "Divan à vendre, 80 $, venez le chercher à Laval. 450-555-0143",
    "papiers argent papiers téléphone papiers",
    "fugue",
]
WORDED = 3
"""Blocks made of words, the first ones of `BLOCKS`."""


@pytest.fixture(scope="module")
def space() -> Space:
    return load_shipped().space


def lengths(space: Space, point: Point) -> dict[str, float]:
    """Return the length of each block of a point, before scaling."""
    squares = dict.fromkeys(BLOCKS, 0.0)
    for place, value in zip(point.places, point.values, strict=True):
        block = space.names[place][0]
        squares[block] += (value / space.scales[block]) ** 2
    return {block: square**0.5 for block, square in squares.items()}


@pytest.mark.parametrize("text", TEXTS)
def test_each_block_of_words_has_unit_length_or_none(space: Space, text: str) -> None:
    found = lengths(space, space.point(prepare(text, "ad")))
    assert found["w"] == pytest.approx(1)
    assert found["c"] == pytest.approx(1)
    assert all(found[block] == pytest.approx(1) or found[block] == 0 for block in BLOCKS[:WORDED])


def test_a_feature_stands_once_and_those_of_words_stand_first(space: Space) -> None:
    for text in TEXTS:
        places = space.point(prepare(text, "ad")).places
        assert len(set(places)) == len(places)
        worded = [space.names[place][0] != "g" for place in places]
        assert worded == sorted(worded, reverse=True)


@pytest.mark.parametrize("text", ["", "zqxvvk", "🔥 🔥", "\0"])
def test_unknown_words_are_nowhere(text: str) -> None:
    small = fit_space([prepare(one, "post") for one in TEXTS], dict.fromkeys(BLOCKS, 1), dict.fromkeys(BLOCKS, 1.0))
    ready = prepare(text, "post")
    point = small.point(ready)
    assert not len(point.met.places)
    assert not small.carried(np.ones(len(small.names)), point, len(ready.words)).any()


def test_an_unknown_word_beside_known_ones_carries_nothing(space: Space) -> None:
    ready = prepare("zqxvvk chu en fugue zqxvvk", "post")
    carried = space.carried(np.ones(len(space.names)), space.point(ready), len(ready.words))
    at = [number for number, word in enumerate(ready.words) if word.text == "zqxvvk"]
    known = [number for number, word in enumerate(ready.words) if word.text == "fugue"]
    assert len(at) == 2
    assert min(carried[known]) > max(carried[at])


def carries_the_words_part(space: Space, text: str) -> None:
    """Check that what the words carried is the linear score less the criteria's part."""
    weights = np.random.default_rng(0).normal(size=len(space.names))
    ready = prepare(text, "ad")
    point = space.point(ready)
    worded = np.array([space.names[place][0] != "g" for place in point.places], dtype=bool)
    part = float(weights[point.places][worded] @ point.values[worded])
    assert space.carried(weights, point, len(ready.words)).sum() == pytest.approx(part)


@pytest.mark.parametrize("text", TEXTS)
def test_what_the_words_carried_is_their_part_of_the_score(space: Space, text: str) -> None:
    carries_the_words_part(space, text)


@given(
    st.lists(st.sampled_from(["y", "garde", "passeport", "fugue", "15", ".", "flight", "Léa", "zqxvvk"]), max_size=40)
)
def test_so_it_is_whatever_the_words(words: list[str]) -> None:
    carries_the_words_part(load_shipped().space, " ".join(words))


def test_a_text_read_after_others_is_the_same_point() -> None:
    texts = [prepare(one, "ad") for one in TEXTS]
    fresh = fit_space(texts, dict.fromkeys(BLOCKS, 1), dict.fromkeys(BLOCKS, 1.0))
    once = [fresh.point(one) for one in texts]
    for before, ready in zip(once, texts, strict=True):
        again = fresh.point(ready)
        assert np.array_equal(before.places, again.places)
        assert np.array_equal(before.values, again.values)
