"""The fairness bench itself: enough of everything, told as the labelling rules allow, each slot filled."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from fixtures.corpora.check import content_errors
from nlp.entities import entities
from nlp.types import SIGNALS
from pipeline import bench
from pipeline.train import corpora_files, corpora_folder, read_rows

_ALL = [*bench.named(), *bench.spoken(), *bench.adult_ads()]
_WAYS = {
    "fr": {"standard", "joual", "haitian_french", "maghrebi_french", "texto"},
    "en": {"standard", "african_american", "texto"},
}


def test_there_is_enough_of_everything() -> None:
    carriers, spoken, adults = bench.carriers(), bench.ways_of_speaking(), bench.adults()
    assert len(carriers) >= 60
    for lang in ("fr", "en"):
        own = [one for one in carriers if one.lang == lang]
        assert {name for one in own for name in one.signals} == set(SIGNALS)
        assert sum(not one.signals for one in own) >= 10
    assert len(spoken) >= 25
    assert sum(not one.signals for one in spoken) >= 25
    assert len(bench.names()) >= 15
    assert Counter(ad.group for ad in adults) == {"self_run": 20, "shared_phone": 20, "touring": 20}
    assert len({one.text for one in bench.adult_ads()}) >= 100


@pytest.mark.parametrize("spoken", bench.ways_of_speaking(), ids=lambda one: one.id)
def test_every_situation_is_told_in_every_way_of_its_language(spoken: bench.Spoken) -> None:
    assert set(spoken.versions) == _WAYS[spoken.lang]
    assert len(set(spoken.versions.values())) == len(spoken.versions)


def test_ids_and_names_stand_once() -> None:
    ids = [one.id for one in (*bench.carriers(), *bench.ways_of_speaking(), *bench.adults())]
    names = [name for own in bench.names().values() for name in (*own.girls, *own.boys)]
    for things in (ids, names):
        assert [one for one, count in Counter(things).items() if count > 1] == []
    assert all(len(own.girls) == len(own.boys) >= 6 for own in bench.names().values())


@pytest.mark.parametrize("carrier", bench.carriers(), ids=lambda one: one.id)
def test_a_carrier_has_a_name_and_words_of_both_sexes(carrier: bench.Carrier) -> None:
    assert re.search(r"\{(name|lower)\}", carrier.text)
    assert bench.fill(carrier.text, "girl", "X") != bench.fill(carrier.text, "boy", "X")
    assert ("third_party" not in carrier.signals) or carrier.kind == "ad"


def test_no_slot_is_left_and_the_content_rules_hold() -> None:
    for one in _ALL:
        assert not re.search(r"[\[\]{}|]", one.text), one.text
        assert list(content_errors(one.text)) == [], one.text


@pytest.mark.parametrize("ad", bench.adults(), ids=lambda one: one.id)
def test_an_adult_is_one(ad: bench.AdultAd) -> None:
    text = bench.fill(ad.text, "girl", "Ana", "Bea")
    assert all(float(age.value) >= 22 for age in entities(text)["ages"])


def test_no_text_of_the_bench_is_learnt_from() -> None:
    learnt = {" ".join(row.text.lower().split()) for row in read_rows(corpora_files(corpora_folder()))}
    assert learnt.isdisjoint(" ".join(one.text.lower().split()) for one in _ALL)


def test_slots_are_filled_by_sex() -> None:
    text = "[Elle|Il] est [|tout ]là, {name} ou {lower} et {other}"
    assert bench.fill(text, "girl", "Léa", "Kim") == "Elle est là, Léa ou léa et Kim"
    assert bench.fill(text, "boy", "Jo", "Al") == "Il est tout là, Jo ou jo et Al"
