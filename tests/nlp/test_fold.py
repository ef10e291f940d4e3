"""Folding: one spelling for all disguises, idempotent, and an exact way back."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.fold import fold

ANYTHING = st.text(alphabet=st.one_of(
    st.characters(categories=["L", "M", "N", "P", "S", "Z", "Cc", "Cf", "Cs", "Co"]),
    st.sampled_from("\u200b\u200d\u202e\ufe0f\u20e3\0\ud800İẞœ🔟🇨🇦👩🏽é’"),
), max_size=60)  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("École", "ecole"),
        ("e\u0301cole", "ecole"),
        ("Ｆｉｌｌｅ", "fille"),
        ("𝓜𝓸𝓷𝓽𝓻é𝓪𝓵", "montreal"),
        ("Ｍоntréal", "montreal"),  # a Cyrillic о
        ("ΜΤL", "mtl"),  # Greek capitals
        ("ⓜⓣⓛ 🅼🆃🅻", "mtl mtl"),
        ("5️⃣1️⃣4️⃣", "514"),
        ("①❷⓷⓿🔟", "123010"),
        ("٥١٤", "514"),
        ("l’œuf d‘Anaïs", "l'oeuf d'anais"),
        ("ﬁlle", "fille"),
        ("fi\u200bl\u200dle\u202e", "fille"),
        ("sof­t", "soft"),
        ("a\u00a0b\u3000c\td", "a b c d"),
        ("a\r\nb\u2028c", "a \nb\nc"),
        ("«non» – “oui”", '"non" - "oui"'),
        ("👩🏽", "👩"),  # skin tone is no feature
        ("İSTANBUL ẞ", "istanbul ss"),
        ("a\0b\ud800", "a b\ufffd"),
        ("мы", "mы"),  # what looks like nothing Latin stays
        ("한국어", "한국어"),
        ("", ""),
    ],
)
def test_folds(typed: str, folded: str) -> None:
    assert fold(typed).text == folded


@pytest.mark.parametrize(
    ("typed", "part", "original"),
    [
        ("tel 5️⃣1️⃣4️⃣!", "514", "5️⃣1️⃣4️⃣"),
        ("un œuf dur", "oeuf", "œuf"),
        ("e\u0301cole ici", "ecole", "e\u0301cole"),
        ("x fi\u200blle y", "fille", "fi\u200blle"),
        ("👩🏽 Ｍtl", "mtl", "Ｍtl"),
    ],
)
def test_span_leads_back_to_what_was_typed(typed: str, part: str, original: str) -> None:
    folded = fold(typed)
    start = folded.text.index(part)
    first, last = folded.span(start, start + len(part))
    assert typed[first:last] == original


@given(ANYTHING)
def test_idempotent(text: str) -> None:
    once = fold(text).text
    assert fold(once).text == once


@given(ANYTHING)
def test_every_character_leads_back_to_its_own(text: str) -> None:
    folded = fold(text)
    for at, char in enumerate(folded.text):
        first, last = folded.span(at, at + 1)
        assert 0 <= first < last <= len(text)
        assert char in fold(text[first:last]).text
    assert folded.span(0, len(folded.text))[1] <= len(text)


@given(ANYTHING, st.data())
def test_span_of_whole_characters_folds_to_the_same(text: str, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(text)))
    last = data.draw(st.integers(first, len(text)))
    start, end = len(fold(text[:first]).text), len(fold(text[:last]).text)
    low, high = fold(text).span(start, end)
    assert fold(text[low:high]).text == fold(text[first:last]).text


def test_characters_of_all_alphabets_fold_to_folded_characters() -> None:
    sample = "".join(
        map(
            chr,
            (
                *range(0x3400),
                *range(0xA000, 0xAC10),
                *range(0xD7B0, 0x12000),
                *range(0x1D000, 0x20000),
                *range(0xE0000, 0xE0200),
            ),
        )
    )
    folded = fold(sample).text
    assert fold(folded).text == folded
    assert not any(unicodedata.category(char) in {"Cf", "Cs"} for char in folded)


@pytest.mark.unmeasured
@pytest.mark.parametrize("char", ["a", "é", "\u200b", "🔟", "\ud800", "\0", "😀"])
def test_time_grows_with_length_only(char: str) -> None:
    def seconds(length: int) -> float:
        began = time.process_time()
        folded = fold(char * length)
        folded.span(0, len(folded.text))
        return time.process_time() - began

    fold(char)
    shorter, longer = (min(seconds(length) for _ in range(2)) for length in (250_000, 1_000_000))
    assert longer < 11 * max(shorter, 0.02)  # four times the text; sixteen times the time would be quadratic
