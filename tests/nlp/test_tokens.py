"""Words, their places and their stems."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.tokens import plain_words, stem, tokens


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("L’école d'Amélie", ["l", "ecole", "d", "amelie"]),
        ("jusqu'au j't'aime", ["jusqu", "au", "j", "t", "aime"]),
        ("I don't, aujourd'hui", ["i", "dont", "aujourdhui"]),
        ("'oui' dit-elle", ["oui", "dit", "elle"]),
        ("#FilleEnFugue #MTLNord #école", ["fille", "en", "fugue", "mtl", "nord", "ecole"]),
        ("TikTok iPhone", ["tiktok", "iphone"]),  # camel case outside a hashtag is a name
        ("18+ à 3h15", ["18", "a", "3h15"]),
        ("lea_b.22", ["lea", "b", "22"]),
        ("cute💅🇨🇦 non", ["cute", "💅", "🇨🇦", "non"]),
        ("", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert [token.folded for token in tokens(text)] == words


@pytest.mark.parametrize(
    "together",
    [
        ("fille", "filles", "Filles"),
        ("motivé", "motivée", "motivées"),
        ("travailler", "travaille", "travaillent"),
        ("working", "worked", "works"),
        ("foyer", "foyers"),
        ("cheval", "chevaux"),
    ],
)
def test_forms_of_a_word_share_a_stem(together: tuple[str, ...]) -> None:
    assert len({token.stem for form in together for token in tokens(form)}) == 1


@pytest.mark.parametrize(("one", "other"), [("fille", "fils"), ("foyer", "fou"), ("514", "515"), ("class", "clas")])
def test_strangers_do_not(one: str, other: str) -> None:
    assert stem(one) != stem(other)


def test_numbers_and_overlong_words_are_their_own_stem() -> None:
    assert stem("5145550123") == "5145550123"
    assert stem("s" * 5000) == "s" * 5000


@given(st.text(max_size=80))
def test_tokens_stand_where_they_say(text: str) -> None:
    found = tokens(text)
    assert all(0 <= token.start < token.end <= len(text) for token in found)
    assert all(one.start <= other.start for one, other in pairwise(found))
    assert all(token.folded and token.stem for token in found)


@given(st.text(max_size=60) | st.text(alphabet="l'éÉcoles #FilleEnFugue𝓪🍒’d’OR_-09 ", max_size=60))
def test_plain_words_are_those_of_the_tokens(text):
    assert plain_words(text) == [token.folded for token in tokens(text)]
