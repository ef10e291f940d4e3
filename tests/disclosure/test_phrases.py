"""Released words that lead back to their source, verbatim or reworded, and those that do not."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from disclosure.phrases import exact_phrases, resemblances

SOURCES = [
    ("a", "chu en fugue depuis trois jours pis je dors dans le métro Longueuil"),
    ("b", "je cherche une place où dormir en fin de semaine à Laval"),
    ("c", "je cherche une place où dormir en fin de semaine à Québec"),
    ("d", "mon chum veut que je fasse des danses privées pour payer sa dette"),
]
TEXT = st.lists(st.sampled_from(["un", "deux", "trois", "quatre", "cinq"]), max_size=7).map(" ".join)


def test_a_phrase_that_stands_once_is_found() -> None:
    risk = exact_phrases([("a", "Elle écrit : « CHU EN FUGUE, depuis trois jours »")], SOURCES)[0]
    assert (risk.row, risk.confirmed) == (1, True)
    assert risk.unique == risk.own == 3


def test_a_phrase_that_several_wrote_hides_its_writer() -> None:
    risk = exact_phrases([("b", "je cherche une place où dormir")], SOURCES)[0]
    assert (risk.confirmed, risk.own, risk.unique) == (False, 3, 0)


def test_copies_of_a_text_hide_nothing() -> None:
    copies = [*SOURCES, ("e", SOURCES[0][1].upper())]
    assert exact_phrases([("a", "chu en fugue depuis")], copies)[0].confirmed


def test_another_ones_phrase_leads_to_nobody_here() -> None:
    assert not exact_phrases([("d", "chu en fugue depuis")], SOURCES)[0].confirmed


def test_a_paraphrase_that_keeps_the_rare_words_is_found_and_a_plain_one_is_not() -> None:
    kept, plain, twice = resemblances(
        [
            ("a", "Une jeune en fugue depuis quelques jours dort dans le métro de Longueuil."),
            ("d", "Une personne dit subir une pression financière."),
            ("b", "Quelqu'un cherche une place pour la fin de semaine."),
        ],
        lambda: SOURCES,
    )
    assert (kept.row, kept.confirmed) == (1, True)
    assert kept.lead > 1
    assert not plain.confirmed
    assert not twice.confirmed


@given(st.lists(TEXT, min_size=1, max_size=5), st.lists(TEXT, max_size=8))
@settings(max_examples=80, deadline=None)
def test_as_by_looking_at_every_source(released: list[str], sources: list[str]) -> None:
    owned = [(str(at % 3), text) for at, text in enumerate(sources)]
    made = exact_phrases([(str(at % 3), text) for at, text in enumerate(released)], owned)
    standing = defaultdict(set)
    for _, text in owned:
        words = text.split()
        for at in range(len(words) - 3):
            standing[tuple(words[at : at + 4])].add(text)
    for at, (risk, text) in enumerate(zip(made, released, strict=True)):
        words = text.split()
        phrases = {tuple(words[n : n + 4]) for n in range(len(words) - 3)}
        unique = {one for one in phrases if len(standing[one]) == 1}
        mine = {other for owner, other in owned if owner == str(at % 3)}
        assert (risk.phrases, risk.unique) == (len(phrases), len(unique))
        assert risk.own == sum(bool(standing[one] & mine) for one in phrases)
        assert risk.confirmed == any(standing[one] & mine for one in unique)


@given(st.lists(TEXT, min_size=1, max_size=4), st.lists(TEXT, max_size=6))
@settings(max_examples=50, deadline=None)
def test_a_text_that_is_its_source_word_by_word_comes_first(released: list[str], others: list[str]) -> None:
    sources = [
        *((f"own{at}", f"{text} mot{at}") for at, text in enumerate(released)),
        *(("x", text) for text in others),
    ]
    made = resemblances(((f"own{at}", f"{text} mot{at}") for at, text in enumerate(released)), lambda: sources)
    assert [(one.row, one.confirmed, one.lead > 1) for one in made] == [
        (n + 1, True, True) for n in range(len(released))
    ]
