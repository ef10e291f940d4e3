"""Comparing searches: pairs labelled from the rules of a search, most before the code was read; other writings."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.contacts import Contact, read_identifier
from nlp.searches import SearchScope, compare, normalise

LINES = Path(__file__).with_name("search_pairs.jsonl").read_text("utf-8").splitlines()
PAIRS: list[dict[str, Any]] = [json.loads(line) for line in LINES]


@pytest.mark.parametrize("pair", PAIRS, ids=[f"{pair['id']}: {pair['why']}" for pair in PAIRS])
def test_every_pair_compares_as_its_label_says(pair: dict[str, Any]) -> None:
    assert compare(SearchScope(**pair["a"]), SearchScope(**pair["b"])) == pair["relation"]


def test_the_pairs_hold_each_relation_and_no_pair_twice() -> None:
    assert min(Counter(pair["relation"] for pair in PAIRS).values()) >= 65
    assert len({json.dumps([pair["a"], pair["b"]]) for pair in PAIRS}) == len(PAIRS) >= 260


# --- other writings of the same words and contacts ------------------------------------------------------------------

WORDS = ["fugue", "Léa", "sœur", "aujourd'hui", "l'école", "qu'elle", "Noël", "girl", "garçon", "foyer", "hôtel", "15"]
HANDLES = st.from_regex(r"[a-z]{2,5}[._]?[a-z]{2,5}[0-9]{2}", fullmatch=True)
PHONE_WRITINGS = ["{}-{}-{}", "({}) {}.{}", "{}{}{}", "+1 {} {} {}", "1-{}-{}-{}", "tel:+1-{}-{}-{}", "{} - {} - {}"]
HANDLE_WRITINGS = [
    "{}",
    "@{}",
    "insta: {}",
    "Snap {}",
    "ig:{}",
    "https://www.instagram.com/{}/?hl=fr",
    "tiktok.com/@{}",
]
LINE_NUMBERS = st.integers(100, 199)


def _rewritten(word: str, random: Random) -> str:
    """Write a word another way that does not count."""
    ways = [
        word.upper(),
        f" {word}\u00a0",
        f"{word} {word}",
        word.replace("'", "’"),
        word.replace("'", ""),
        word.replace("œ", "oe"),
        "".join(char for char in unicodedata.normalize("NFD", word) if not unicodedata.combining(char)),
        f"{word}s" if word.isalpha() else word,
    ]
    return random.choice(ways)


@given(st.lists(st.sampled_from(WORDS), max_size=6), st.randoms(use_true_random=False))
def test_words_written_another_way_are_the_same_search(words: list[str], random: Random) -> None:
    again = [_rewritten(word, random) for word in words]
    random.shuffle(again)
    assert compare(SearchScope(query=" ".join(words)), SearchScope(query=" ".join(again))) == "same"


@given(line=LINE_NUMBERS, writing=st.sampled_from(PHONE_WRITINGS), in_query=st.booleans())
def test_a_phone_is_the_same_however_it_is_written(line: int, writing: str, *, in_query: bool) -> None:
    typed = writing.format(514, 555, f"0{line}")
    later = SearchScope(query=f"fugue {typed}") if in_query else SearchScope(query="fugue", identifiers=[typed])
    assert compare(SearchScope(query="fugue", identifiers=[f"514-555-0{line}"]), later) == "same"


@given(HANDLES, st.sampled_from(HANDLE_WRITINGS))
def test_a_handle_is_the_same_however_it_is_written(handle: str, writing: str) -> None:
    assert read_identifier(writing.format(handle)) == [Contact("handle", handle)]


@given(HANDLES, st.sampled_from(HANDLE_WRITINGS), st.integers(0, 30), st.sampled_from("abcxyz0189"))
def test_one_changed_character_makes_another_handle(handle: str, writing: str, at: int, char: str) -> None:
    at %= len(handle)
    other = f"{handle[:at]}{char}{handle[at + 1 :]}"
    found = compare(SearchScope(identifiers=[handle]), SearchScope(identifiers=[writing.format(other)]))
    assert found == ("same" if other == handle else "different")


@given(LINE_NUMBERS, LINE_NUMBERS, st.sampled_from(PHONE_WRITINGS))
def test_one_changed_digit_makes_another_phone_whatever_else_is_asked(one: int, other: int, writing: str) -> None:
    earlier = SearchScope(query="fugue Léa", identifiers=[f"514-555-0{one}"])
    later = SearchScope(query="fugue Léa", identifiers=[writing.format(514, 555, f"0{other}")])
    assert compare(earlier, later) == ("same" if one == other else "different")


# --- any-of -----------------------------------------------------------------------------------------------------------


@given(
    st.lists(HANDLES, min_size=1, max_size=4, unique=True), HANDLES, st.sampled_from(["", "fugue", "fugue OR foyer"])
)
def test_one_more_identifier_in_a_list_is_wider_and_one_fewer_narrower(held: list[str], more: str, query: str) -> None:
    fewer = SearchScope(query=query, identifiers=held)
    wider = SearchScope(query=query, identifiers=[*held, more])
    assert compare(fewer, wider) == ("same" if more in held else "overlap")
    assert compare(wider, fewer) == ("same" if more in held else "covered")


@given(HANDLES, st.lists(st.sampled_from(WORDS), max_size=3))
def test_a_first_identifier_narrows(handle: str, words: list[str]) -> None:
    open_to_all = SearchScope(query=" ".join(words))
    assert compare(open_to_all, open_to_all.model_copy(update={"identifiers": [handle]})) == "covered"


@given(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=5), st.lists(st.sampled_from(WORDS), min_size=1, max_size=5)
)
def test_words_overlap_from_half_of_their_union_on(one: list[str], other: list[str]) -> None:
    a, b = (SearchScope(query=" ".join(words), sources=[name]) for words, name in ((one, "a"), (other, "b")))
    shared, either = normalise(a).words & normalise(b).words, {*one, *other}
    assert compare(a, b) == ("overlap" if 2 * len(shared) >= len(either) else "different")


# --- what an entry of the list of identifiers names -------------------------------------------------------------------

ENTRIES = [
    ("reddit.com/user/lea_b17/", ["handle:lea_b17"]),
    ("u/lea_b17", ["handle:lea_b17"]),
    ("https://www.youtube.com/@lea.b17?si=x", ["handle:lea.b17"]),
    ("https://www.forum.example/membres/12/", ["handle:forum.example/membres/12"]),
    ("facebook.com/profile.php?id=555010100000001", ["handle:555010100000001"]),
    ("instagram.com/p/Cabc12/", ["handle:instagram.com/p/cabc12"]),
    ("FB: Mia Gagnon", ["handle:miagagnon"]),
    ("snap lea point b", ["handle:lea.b"]),
    ("Snap: @mia_x (Laval)", ["handle:mia_x"]),
    ("snapchat", ["handle:snapchat"]),
    ("whatsapp 514-555-0123 poste 2", ["phone:+15145550123"]),
    ("@@mia_x", ["handle:mia_x"]),
    ("lea#1234", ["handle:lea#1234"]),
    ("lea@courriel", ["email:lea@courriel"]),
    ("011 33 6 39 98 00 12", ["phone:+33639980012"]),
    ("00 33 6 39 98 00 12", ["phone:+33639980012"]),
    ("514-555-0123, 438-555-0142", ["phone:+15145550123", "phone:+14385550142"]),
    (" @ ", []),
]


@pytest.mark.parametrize(("entry", "named"), ENTRIES)
def test_an_entry_names_whom_a_person_would_say(entry: str, named: list[str]) -> None:
    assert list(map(str, read_identifier(entry))) == named
