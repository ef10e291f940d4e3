"""The quarantine lexicon: how its lines are read, and in which texts their terms stand. Markers stand for terms."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.quarantine import read_lexicon

LINES = """
# un commentaire : zzcommentaire
zzmarqueur-un
zzdeux zztrois
"zzquatre zzcinq"
zzsix*
"zzsept zzhuit*" zzneuf
«zzdix zzonze»
"""


@pytest.fixture(scope="module")
def lexicon():
    return read_lexicon(LINES)


@pytest.mark.parametrize(
    "text",
    [
        "voici zzmarqueur-un ici",
        "ZZMARQUEUR UN",
        "ẒẒmårqueur­-ùn",
        "zz\u200bmarqueur un",
        "zztrois, puis zzdeux",
        "Rien. Et zzdeux avec zztrois! Rien.",
        "un zzquatre  zzcinq",
        "un zzquatre, zzcinq",
        "zzsix",
        "zzsixième",
        "zzneuf vient avant zzsept zzhuitante",
        "zzdix zzonze",
        "#zzdeux #zztrois",
    ],
)
def test_a_term_stands_in_a_text_however_it_is_written(lexicon, text):
    assert lexicon.hits(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "zzcommentaire",
        "zzmarqueur",
        "zzmarqueur deux un",
        "zzdeux. zztrois",
        "zzdeux\nzztrois",
        "zzcinq zzquatre",
        "zzquatre zzcinquante",
        "lezzsix",
        "zzsept zzhuit",
        "zzsept zzneuf zzhuit",
        "une annonce tout à fait ordinaire",
    ],
)
def test_no_term_stands_in_others(lexicon, text):
    assert not lexicon.hits(text)


def test_terms_are_counted(lexicon):
    assert len(lexicon) == 6


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no term"),
        ("# rien\n\n  \n", "no term"),
        ("zzun\n***", "line 2"),
        ("zz*un", "line 1"),
        ("zzun *", "line 1"),
        ('zzun "zzdeux', "line 1 has a quote"),
        ('zzun ""', "line 1"),
        ("zzun\n!!!", "line 2"),
    ],
)
def test_a_line_that_says_nothing_is_told_by_its_number_alone(text, said):
    with pytest.raises(ValueError, match=said) as refused:
        read_lexicon(text)
    assert "zz" not in str(refused.value)


def test_a_byte_order_mark_is_no_part_of_a_term():
    assert read_lexicon("\ufeffzzun\r\nzzdeux\r\n").hits("zzun")


@given(st.text(max_size=300))
def test_it_never_raises_on_a_text(text):
    read_lexicon(LINES).hits(text)


@given(st.text(max_size=60))
def test_a_lexicon_is_read_or_refused(text):
    with suppress(ValueError):
        assert len(read_lexicon(text)) > 0


@pytest.mark.unmeasured
def test_a_long_text_and_many_terms_take_no_more_than_reading_it():
    many = read_lexicon("\n".join(f"zzmot{n} zzfin{n}" for n in range(5000)))
    text = " ".join(f"zzmot{n % 5000}" for n in range(100_000))
    start = time.perf_counter()
    assert not many.hits(text)
    assert time.perf_counter() - start < 10


@pytest.mark.unmeasured
def test_a_term_that_any_word_may_begin_takes_no_longer():
    lexicon = read_lexicon("zz* yyfin")
    text = " ".join(f"zz{n}" for n in range(50_000))
    start = time.perf_counter()
    assert not lexicon.hits(text)
    assert lexicon.hits(f"{text} yyfin")
    assert time.perf_counter() - start < 10
