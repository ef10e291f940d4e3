"""The model card: what stands in it, in which order, and what it says where nothing was measured."""

from __future__ import annotations

import re

import numpy as np
import pytest

from nlp.model_file import load_shipped
from nlp.reader import Reader
from nlp.training import Labelled, Trained, tasks_of
from pipeline import agreement, fairness
from pipeline.card import Measured, card_lines
from pipeline.evaluate import evaluate
from pipeline.gold import GoldRow, SecondLabels

_ROWS = [
    GoldRow(id="a", text="chu en fugue, qqn a un divan?", lang="fr", signals={"minor": ["en fugue"]}, urgency="soon"),
    GoldRow(id="b", text="Bike for sale, 80 $", kind="ad", lang="en", signals={}, urgency="none"),
]


@pytest.fixture(scope="module")
def told() -> Measured:
    reader = Reader.load()
    names, ways, adults = fairness.renderings()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(fairness, "renderings", lambda: (names[:80], ways[:10], adults[:10]))
        fair = fairness.fairness(reader, count=20)
    unseen = {name: evaluate(reader, _ROWS, count=20) for name in ("w22_validation", "w6_validation")}
    return Measured(unseen, fair, None)


@pytest.fixture(scope="module")
def trained() -> Trained:
    rows = tuple(Labelled(row.text, row.kind, frozenset(row.signals), row.urgency, "w1") for row in _ROWS)
    return Trained(load_shipped(), rows, {name: np.array([0.9, 0.1]) for name in tasks_of(rows)})


def test_the_newest_writer_stands_first_and_the_one_looked_at_says_so(trained: Trained, told: Measured) -> None:
    card = "\n".join(card_lines(trained, told))
    newest, older = card.index("never trained on: w22_validation"), card.index("never trained on: w6_validation")
    assert newest < older < card.index("## One writer left out at a time")
    assert "looked at a few times" in card[newest:older]
    assert "looked at several times" in card[older:]


def test_the_card_tells_misuse_fairness_limits_and_languages(trained: Trained, told: Measured) -> None:
    card = "\n".join(card_lines(trained, told))
    for words in ("must not be used", "## Fairness", "adults' own ads that are queued", "## Limits", "haitian_french"):
        assert words in card
    assert re.search(r"^\| minor \| fr \| 1 \| 1 \|", card, re.M)
    assert re.search(r"^\| recruitment \| en \| 1 \| 0 \|", card, re.M)
    assert "nan" not in re.findall(r"[a-z]+", card)


def test_what_was_not_labelled_twice_is_said(trained: Trained, told: Measured) -> None:
    assert "labelled once only" in "\n".join(card_lines(trained, told))
    both = agreement.agreement(
        {row.id: row for row in _ROWS}, [SecondLabels(id="a", signals=frozenset({"minor"}), urgency="soon")], count=20
    )
    card = "\n".join(card_lines(trained, told._replace(agreement=both)))
    assert "labelled once only" not in card
    assert "authors of one kind" in card


def test_every_table_of_the_card_has_as_many_cells_as_heads(trained: Trained, told: Measured) -> None:
    widths: list[int] = []
    for line in "\n".join(card_lines(trained, told)).split("\n"):
        widths = [*widths, line.replace("\\|", "").count("|")] if line.startswith("|") else []
        assert len(set(widths)) <= 1, line
