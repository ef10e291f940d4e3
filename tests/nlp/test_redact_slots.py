"""Names in small letters that are also words, told by where they stand; what is learnt, and how it is kept."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.redact import found_by_rules, redact
from nlp.redact.gazetteers import names
from nlp.redact.page import Page
from nlp.redact.slots import find_in_slots
from nlp.redact.slots.features import Around
from nlp.redact.slots.training import NoNames, examples_of, learn
from nlp.redact.slots.weights import Weights, shipped, unpacked
from pipeline.train import corpora_folder, read_rows, train_slots, training_files

WHY = "word where names stand"


def weighed(text: str) -> list[str]:
    """Return the words that only their places gave away."""
    return [text[span.start : span.end] for span in redact(text).redactions if span.why == WHY]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("perle a dit que le cours est annulé", "perle"),
        ("jai prêté mon manteau à marguerite hier soir", "marguerite"),
        ("lol destiny texted me at 3am", "destiny"),
        ("cest ambre pis sa soeur qui ont gagné", "ambre"),
    ],
)
def test_a_name_that_is_also_a_word_goes_where_names_stand(text: str, name: str) -> None:
    assert name in names().given_unsure
    assert name not in redact(text).text.split()


@pytest.mark.parametrize(
    "text",
    [
        "une perle de jardinier, appelez-le",
        "elle a effeuillé une marguerite du champ",
        "un collier en ambre, fait à la main",
        "merci pour votre patience et bonne chance à tous",
        "it gets busy in june, hope it helps",
        "السلام عليكم، نبيع طاولة وأربع كراسي",
    ],
)
def test_the_same_words_stay_where_words_stand(text: str) -> None:
    assert weighed(text) == []


def test_rules_are_asked_first_and_again_after() -> None:
    text = "perle a dit que le cours est annulé, texte perle ou Maïka Tremblay"
    said = {text[span.start : span.end]: span.why for span in redact(text).redactions}
    assert said["Maïka Tremblay"] != WHY
    assert "perle" not in redact(text).text
    assert not any(span.why == WHY for span in found_by_rules(text))


def test_the_word_itself_is_no_feature() -> None:
    told = Around(Page("dis à perle de venir")).features(2)
    assert "-2=dis" in told
    assert "-1=a" in told
    assert not any("perle" in feature for feature in told)


def test_examples_hide_each_name_behind_others_that_are_words() -> None:
    text = "dis à Kevens de venir souper, la rose est sur la table"
    examples = list(examples_of(text, random.Random(1)))
    assert [name for _, name in examples].count(True) == 2
    assert all("-1=a" in features and "-2=dis" in features for features, name in examples if name)
    assert any("-1=la" in features for features, name in examples if not name)


def test_nothing_is_learnt_where_nobody_is_named() -> None:
    with pytest.raises(NoNames, match="names"):
        learn(["la rose est sur la table"])


def test_weights_come_back_from_their_file_and_the_same_give_the_same_bytes() -> None:
    some = Weights({"bias": -1.5, "-1=,": 0.25, "+1+2=¶ $": -0.125, "-1=<PERSON>": 2.0})
    assert unpacked(some.packed()) == some
    assert some.packed() == Weights(dict(reversed(some.of.items()))).packed()
    assert shipped().of["bias"] < 0


@given(st.text(max_size=200))
def test_any_text_is_weighed_and_what_is_found_are_whole_words_in_order(text: str) -> None:
    page = Page(text)
    spans = list(find_in_slots(page))
    assert all(one.end <= other.start for one, other in pairwise(spans))
    assert {(span.start, span.end) for span in spans} <= {(word.start, word.end) for word in page.words}


@given(st.lists(st.sampled_from(sorted(shipped().of)), max_size=60))
def test_a_probability_is_one_and_a_feature_counts_once(features: list[str]) -> None:
    told = shipped().probability(features)
    assert 0 < told < 1
    assert shipped().probability(features * 2) == told


@pytest.mark.thorough
def test_the_corpora_teach_the_shipped_weights() -> None:
    assert train_slots(corpora_folder()) == shipped()


@pytest.mark.thorough
def test_writers_never_learnt_from_lose_their_hidden_names_and_keep_their_words() -> None:
    held = [path for path in training_files(corpora_folder()) if path.stem in ("w23_fil", "w26_tour", "w27_round")]
    rest = [path for path in training_files(corpora_folder()) if path not in held]
    weights = learn(row.text for row in read_rows(rest))
    draw = random.Random(2)
    told = [
        (weights.probability(features) > 0.5, name)
        for row in read_rows(held)
        for features, name in examples_of(row.text, draw)
    ]
    hits, words = [hit for hit, name in told if name], [hit for hit, name in told if not name]
    assert len(hits) > 100
    assert sum(hits) / len(hits) > 0.6
    assert sum(words) / len(words) < 0.1
