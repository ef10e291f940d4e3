"""Language of short informal posts."""

from __future__ import annotations

import json
from collections import Counter
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.language import language
from nlp.types import Language


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("chu tannée, jveux pu retourner là-bas", "fr"),
        ("jsp pk y fait ca, c pas correct pantoute", "fr"),
        ("J'ai checké mes mails, le boss est chill", "fr"),  # borrowed words do not make it mixed
        ("ma job est nice", "fr"),
        ("lol u coming tonight or nah", "en"),
        ("she won't let me leave the house", "en"),
        ("Merci beaucoup, see you at the rink tomorrow", "mixed"),
        ("tu viens à une soirée, you look around and you leave", "mixed"),
        ("Hola chica, busco trabajo para esta semana", "other"),
        ("mwen pa gen kote pou m dòmi", "other"),
        ("привет, как дела сегодня", "other"),
        ("مرحبا كيف حالك", "other"),
        ("514 555 0123 🔥🔥", "other"),
        ("", "other"),
        ("јe vеux pаrtir dе сhez mоi", "fr"),  # Cyrillic letters posing
    ],
)
def test_language(text: str, lang: Language) -> None:
    assert language(text) == lang


def test_accuracy_on_the_labelled_corpora() -> None:
    confusion: Counter[tuple[str, str]] = Counter()
    for corpus in resources.files("fixtures.corpora").iterdir():
        if corpus.name.startswith("w") and corpus.name.endswith(".jsonl"):
            rows = (json.loads(line) for line in corpus.read_text("utf-8").splitlines() if line.strip())
            confusion.update((row["lang"], language(row["text"])) for row in rows)
    right = sum(count for (gold, got), count in confusion.items() if gold == got)
    said_mixed = sum(count for (_, got), count in confusion.items() if got == "mixed")
    are_mixed = sum(count for (gold, _), count in confusion.items() if gold == "mixed")
    assert right / confusion.total() > 0.96
    assert 2 * confusion["mixed", "mixed"] / (said_mixed + are_mixed) > 0.85


@given(st.text(max_size=80))
def test_never_raises(text: str) -> None:
    assert language(text) in {"fr", "en", "mixed", "other"}
