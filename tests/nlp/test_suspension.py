from __future__ import annotations

import itertools
import json

import pytest

from nlp.reader import Reader, assessment_as_dict, windows
from nlp.suspension import MOST_SHOWN

RUNAWAY = "Je suis en fugue"
SIGNS = (RUNAWAY, "j'ai peur de lui", "I cut myself", "Je veux plus vivre.", "he keeps my passport")


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader.load()


def test_without_suspended_criteria_nothing_is_read_or_told_otherwise(reader):
    for text in SIGNS:
        assert reader.assess(text) == reader.assess(text, without=frozenset())
        assert {"suspended", "set_aside"}.isdisjoint(assessment_as_dict(reader.assess(text)))


def test_a_suspended_criterion_flags_nothing_and_its_words_are_still_shown(reader):
    assert reader.assess(RUNAWAY).flagged == ("minor",)
    assert reader.assess(RUNAWAY).urgency == "soon"
    read = reader.assess(RUNAWAY, without=frozenset({"M05"}))
    assert read.flagged == ()
    assert read.urgency == "none"
    assert read.signals["minor"].score < reader.assess(RUNAWAY).signals["minor"].score
    assert [(one.criterion, one.text) for one in read.set_aside] == [("M05", RUNAWAY)]
    told = json.loads(json.dumps(assessment_as_dict(read)))
    assert told["suspended"] == ["M05"]
    assert told["criteria"] == ["M05"], "it stands in the text all the same"
    assert told["set_aside"][0]["text"] == RUNAWAY
    assert not any(signal["evidence"] for signal in told["signals"].values())


def test_a_suspended_criterion_is_no_evidence_of_what_other_signs_flag(reader):
    text = "Chu en fugue depuis hier, j'ai 15 ans, je cherche une place où dormir à Montréal."
    before, read = reader.assess(text), reader.assess(text, without=frozenset({"M05", "M04"}))
    assert "minor" in before.flagged
    assert "minor" in read.flagged
    shown = {span.criterion for result in read.signals.values() for span in result.evidence}
    assert "M01" in shown
    assert shown.isdisjoint({"M04", "M05"})
    assert {span.criterion for span in read.set_aside} == {"M04", "M05"}
    assert all(text[span.start : span.end] == span.text for span in read.set_aside)


def test_a_criterion_that_raises_no_urgency_any_more(reader):
    confined = "Il m'a enfermée, on me laisse pas sortir de la chambre"
    assert reader.assess(confined).urgency == "immediate"
    read = reader.assess(confined, without=frozenset({"C06", "C08"}))
    assert read.signals["distress"].score < reader.assess(confined).signals["distress"].score


def test_a_criterion_that_a_text_does_not_meet_changes_no_figure(reader):
    for text in SIGNS:
        read = reader.assess(text, without=frozenset({"V04"}))
        assert (read.signals, read.urgency, read.set_aside) == (
            reader.assess(text).signals,
            reader.assess(text).urgency,
            (),
        )
        assert read.suspended == ("V04",)


def test_a_long_text_tells_a_suspended_criterion_where_it_stands_and_not_endlessly(reader):
    text = ("Il fait beau et la neige fond sur le lac. " * 18 + f"{RUNAWAY}. ") * 8
    assert len(list(windows(text))) > 5
    read = reader.assess(text, without=frozenset({"M05"}))
    assert read.flagged == ()
    assert len(read.set_aside) == MOST_SHOWN
    assert all(text[span.start : span.end] == span.text and span.criterion == "M05" for span in read.set_aside)
    places = [(span.start, span.end) for span in read.set_aside]
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(places))
