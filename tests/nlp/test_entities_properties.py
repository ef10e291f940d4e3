"""What holds for entities in any text: they are found where they stand, and no text is slow or breaks anything."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.entities import entities
from nlp.fold import fold

pytestmark = pytest.mark.thorough

PHONE = "+15145550123"
PHONES = st.sampled_from(
    ["514-555-0123", "(514) 555-0123", "5145550123", "5️⃣1️⃣4️⃣ 5️⃣5️⃣5️⃣ 0️⃣1️⃣2️⃣3️⃣", "５１４－５５５－０１２３", "5l4.555.O123",
     "cinq un quatre, cinq cinq cinq, zéro un deux trois", "five fourteen triple five oh one twenty-three"]
)  # fmt: skip
ADDRESSES = st.sampled_from(
    ["lea.b@courriel.example", "LEA.B@COURRIEL.EXAMPLE", "lea point b arobase courriel point example",
     "lea.b [at] courriel [dot] example", "lea.b＠courriel．example"]
)  # fmt: skip
AROUND = st.lists(
    st.sampled_from(["🔥", "é", "œuf", "ﬁn", "\u200b", "\u202e", "👩🏽", "İ", "ß", "allo", "\0", "\ud800", "한"]),
    max_size=12,
).map(" ".join)
FUZZ = st.lists(
    st.one_of(
        st.sampled_from(["514", "555", "0123", "cinq", "un", "quatre", "O1", "5️⃣", "-", " ", " 🔥 ", "\u200d",
                         "\u202e", "\0", "lea", "@", " arobase ", "courriel", " point ", ".", "example",
                         "snap: ", "insta ", "_b"]),
        st.characters(categories=["L", "M", "N", "P", "S", "Z", "Cc", "Cf", "Cs", "Co"]),
    ),
    max_size=60,
).map("".join)  # fmt: skip
MEGABYTE = 1_000_000


@given(AROUND, PHONES, AROUND)
def test_a_phone_is_where_it_says(before: str, phone: str, after: str) -> None:
    text = f"{before}\n{phone}\n{after}"
    (found,) = entities(text)["phones"]
    assert found.value == PHONE
    assert text[found.start : found.end].strip() == phone


@given(AROUND, ADDRESSES, AROUND)
def test_an_address_is_where_it_says(before: str, address: str, after: str) -> None:
    text = f"{before}\n{address}\n{after}"
    (found,) = entities(text)["emails"]
    assert found.value == "lea.b@courriel.example"
    assert text[found.start : found.end] == address


@given(FUZZ)
def test_what_was_cut_out_is_still_what_it_was(text: str) -> None:
    for phone in entities(text)["phones"]:
        part = text[phone.start : phone.end]
        digits = fold(part).text.translate(str.maketrans("oilsbz|", "0115821"))
        assert sum(char.isalnum() or char == "1" for char in digits) >= 10
    for handle in entities(text)["handles"]:
        assert str(handle.value) in text or " " in text[handle.start : handle.end]


@given(FUZZ)
def test_folding_first_changes_no_value(text: str) -> None:
    folded = fold(text).text
    assert [one.value for one in entities(folded)["emails"]] == [one.value for one in entities(text)["emails"]]


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    "piece", ["5145550143", "🔥", "5️⃣", "\u202e\u200f", "\u200d", "\0", "@", "a@", "_", ":_", "|", " ", "\ud800"]
)
def test_a_megabyte_takes_four_times_a_quarter(piece: str) -> None:
    def seconds(length: int) -> float:
        text = (piece * (length // len(piece) + 1))[:length]
        began = time.process_time()
        entities(text)
        return time.process_time() - began

    entities("")
    shorter, longer = (min(seconds(length) for _ in range(2)) for length in (MEGABYTE // 4, MEGABYTE))
    assert longer < 11 * max(shorter, 0.02)  # quadratic time would be sixteen times
