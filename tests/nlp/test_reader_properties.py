"""What holds for an assessment of any text: it stands where it says, says why it flags, and no text is slow."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.clean import clean
from nlp.entities import entities
from nlp.reader import Reader, _within, assessment_as_dict, windows
from nlp.types import SIGNALS, Entities, Kind

pytestmark = pytest.mark.thorough

SIGNS = [
    "chu en fugue, g 15 ans", "y garde mon passeport", "i want to die", "500 par jour, job facile, dm moi",
    "he locked the door", "demandez Lia ou Rox, même ligne", "mdr", "atelier de prévention", "I'm not 18",
    "il y a dix ans",
]  # fmt: skip
HOSTILE = [
    "\0",
    "\ud800",
    "\u200d",
    "\u202e",
    "\u200f",
    "👩🏽\u200d🚒",
    "5️⃣",
    "e\u0301",
    "ﷺ",
    "İ",
    "ẞ",
    "ﬁ",
    "🔟",
    "한",
    "\u2028",
    "\r\n",
    ". ",
    "«",
]
FUZZ = st.lists(
    st.one_of(
        st.sampled_from(SIGNS),
        st.sampled_from(HOSTILE),
        st.characters(categories=["L", "M", "N", "P", "S", "Z", "Cc", "Cf", "Cs", "Co"]),
        st.sampled_from([" ", "\n", "514-555-0123 ", " lea@courriel.example ", " @lea.b "]),
    ),
    max_size=80,
).map("".join)  # fmt: skip
KINDS = st.sampled_from(["post", "ad"])
READER = Reader.load()


def holds(text: str, kind: Kind) -> None:
    """Check what an assessment of any text must be."""
    read = READER.assess(text, kind)
    shown = clean(text)
    for name in SIGNALS:
        result = read.signals[name]
        assert 0 <= result.score <= 1
        assert bool(result.evidence) == result.flag
    spans = [*read.counter, *(one for result in read.signals.values() for one in result.evidence)]
    assert all(0 <= one.start < one.end <= len(text) and one.text == shown[one.start : one.end] for one in spans)
    assert (read.urgency == "none") or read.flagged
    assert read.entities == entities(shown)
    told = assessment_as_dict(read)
    assert json.loads(json.dumps(told, allow_nan=False)) == told


@settings(max_examples=150, deadline=None)
@given(FUZZ, KINDS)
def test_any_text_is_read_and_each_flag_says_why(text: str, kind: Kind) -> None:
    holds(text, kind)


@settings(max_examples=20, deadline=None)
@given(FUZZ, st.sampled_from(SIGNS), KINDS)
def test_a_text_of_many_windows_too(piece: str, sign: str, kind: Kind) -> None:
    holds((piece + "\n") * (1 + 2000 // (len(piece) + 1)) + sign, kind)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(["15 ans ", "lea@courriel.example ", "@lea.b ", "🔟$ ", "80 $\n", "mot " * 40]), max_size=120
    )
)
def test_each_window_has_the_entities_that_stand_in_it(pieces: list[str]) -> None:
    text = "".join(pieces)
    found = entities(text)
    for start, end in windows(text):
        here = {
            kind: [
                (one.value, one.start - start, one.end - start) for one in all_ if start <= one.start and one.end <= end
            ]
            for kind, all_ in found.items()
        }
        own = _within(found, start, end)
        assert {kind: [(one.value, one.start, one.end) for one in all_] for kind, all_ in own.items()} == here


def words(count: int) -> list[str]:
    drawn = random.Random(0)
    return ["".join(drawn.choices("abcdefghij", k=7)) for _ in range(count)]


SHAPES: dict[str, Callable[[int], str]] = {
    "emoji": lambda size: "😭" * size,
    "right-to-left marks": lambda size: "\u202e\u200fab" * (size // 4),
    "joiners": lambda size: "\u200d" * size,
    "accents": lambda size: "e" + "\u0301" * size,
    "NUL": lambda size: "\0" * size,
    "one word": lambda size: "a" * size,
    "digits": lambda size: "5 " * (size // 2),
    "addresses begun": lambda size: "a@" * (size // 2),
    "capitals": lambda size: "Aa " * (size // 3),
    "signs": lambda size: "y garde mon argent, papiers " * (size // 28),
    "ages": lambda size: "chu en fugue g 15 ans, " * (size // 23),
    "words never met": lambda size: " ".join(words(size // 8)),
}


def seconds(text: str, kind: Kind = "ad") -> float:
    began = time.process_time()
    READER.assess(text, kind)
    return time.process_time() - began


@pytest.mark.unmeasured
@pytest.mark.parametrize("shape", SHAPES)
def test_four_times_the_text_takes_four_times_as_long(shape: str) -> None:
    size = 25_000
    seconds(SHAPES[shape](4 * size))  # the longer text has the shorter's words: what is remembered is the same for both
    shorter = min(seconds(SHAPES[shape](size)) for _ in range(2))
    assert seconds(SHAPES[shape](4 * size)) < 11 * max(shorter, 0.02)  # quadratic time would be sixteen times


@pytest.mark.unmeasured
def test_a_megabyte_in_one_line_is_read() -> None:
    cry = "j'ai peur de rentrer, il garde mon passeport pis y me laisse pas sortir"
    text = "la la \u200d\u202e " * 99_990 + cry
    (shown, *_) = READER.assess(text).signals["distress"].evidence
    assert len(text) > 890_000
    assert shown.end > len(text) - len(cry)


def test_entities_of_a_window_are_not_looked_for_among_all() -> None:
    def cut(size: int) -> float:
        text = " ".join(f"@{word}" for word in words(size // 9))
        found: Entities = entities(text)
        assert len(found["handles"]) > size // 20
        began = time.process_time()
        for start, end in windows(text):
            _within(found, start, end)
        return time.process_time() - began

    shorter = min(cut(60_000) for _ in range(2))
    assert cut(480_000) < 24 * max(shorter, 0.005)  # quadratic time would be sixty-four times
