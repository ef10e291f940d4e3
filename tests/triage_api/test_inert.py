from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage_api.shell.inert import Mark, inert, pieces


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://exemple.com/a.html?x=1", "hxxps://exemple[.]com/a.html?x=1"),
        ("HTTP://Exemple.CA", "HxxP://Exemple[.]CA"),
        ("ftp://fichiers.exemple.org:21/x", "fxp://fichiers[.]exemple[.]org:21/x"),
        ("voir exemple.com/x et www.exemple.org.", "voir exemple[.]com/x et www[.]exemple[.]org."),
        ("fin.Ensuite on part. 3.5 km, v1.2", "fin.Ensuite on part. 3.5 km, v1.2"),
        ("lea@courriel.example", "lea@courriel.example"),
        ("a\u202eb", "a[U+202E]b"),
        ("ligne\nautre\ttab", "ligne\nautre\ttab"),
        ("nul\x1b[31m", "nul[U+001B][31m"),
        ("a\u200bb\U000e0041\ufeff", "a[U+200B]b[U+E0041][U+FEFF]"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("", ""),
    ],
)
def test_addresses_are_defanged_and_hidden_marks_are_shown(text, shown):
    assert inert(text) == shown


def test_marks_that_overlap_share_their_words():
    one, two = Mark("minor", "M01"), Mark("distress", None)
    cut = pieces("abcdef", [(1, 4, one), (3, 6, two)])
    assert [(piece.text, piece.marks) for piece in cut] == [
        ("a", ()),
        ("bc", (one,)),
        ("d", (one, two)),
        ("ef", (two,)),
    ]


def test_a_criterion_is_named_once_where_its_mark_ends():
    cut = pieces(
        "abcdef", [(0, 4, Mark("minor", "M01")), (2, 6, Mark("distress", "D01")), (2, 6, Mark("distress", None))]
    )
    assert [(piece.text, piece.criteria, piece.closing) for piece in cut] == [
        ("ab", ("M01",), ()),
        ("cd", ("M01", "D01"), ("M01",)),
        ("ef", ("D01",), ("D01",)),
    ]


def test_a_marked_address_is_defanged_whole():
    text = "va sur https://exemple.com/x"
    cut = pieces(text, [(7, 15, Mark("minor", "M01"))])
    assert "".join(piece.text for piece in cut) == "va sur hxxps://exemple[.]com/x"


SPANS = st.lists(
    st.tuples(st.integers(-5, 60), st.integers(-5, 60), st.sampled_from([Mark("minor", "M01"), Mark("distress", None)]))
)


@given(st.text(max_size=50), SPANS, st.integers(0, 60), st.integers(0, 60))
def test_pieces_are_the_text_whatever_the_marks(text, spans, start, length):
    whole = "".join(piece.text for piece in pieces(text, spans))
    assert whole == inert(text)
    parts = [pieces(text, spans, at, at + 7) for at in range(0, len(text), 7)]
    assert "".join(piece.text for part in parts for piece in part) == inert(text)
    assert "http" not in whole.lower() or "://" not in whole.lower().split("http", 1)[1][:4]
    pieces(text, spans, start, start + length)
