"""Contacts are found as contacts alone: neither they nor their pieces are among the words that engines index."""

from __future__ import annotations

import pytest
from engines import document
from hypothesis import given
from hypothesis import strategies as st

from nlp.entities import entities
from nlp.fold import fold
from nlp.words import GAP, index_words
from store.index.document import Document, search_words


def read(text: str, **more: object) -> Document:
    """Return the document of a text as the pipeline makes it."""
    made = document("p", text, **more)
    found = entities(made.reading_text)
    spans = [(one.start, one.end) for kind in ("phones", "emails", "handles") for one in found[kind]]
    return document("p", text, contact_spans=spans, **more)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("vente 514-555-0142 samedi", "vente samedi"),
        ("vente 5 1 4 5 5 5 0 1 4 2 samedi", "vente samedi"),
        ("vente, tel cinq un quatre cinq cinq cinq zéro un quatre deux", "vente tel"),
        ("écrivez à lea@courriel.example ou LEA@courriel.example!", "ecrivez a ou"),
        ("suivez @learoseb, oui @LeaRoseB. La learoseb", "suivez oui la learoseb"),
        ("insta: rose, laine rose, @rose, rosette dit", "insta laine rose rosette dit"),
        ("insta @lea22 et lea22, pas lea221 ni xlea22", "insta et pas lea221 ni xlea22"),
        ("mia_rose22 et encore mia_rose22", "et encore"),
        ("514-555-0142", ""),
        ("vente 12345, 2026-03-02, 20$", "vente 12345 2026 03 02 20"),
    ],
)
def test_contacts_and_their_repeats_are_no_words(text, words):
    held = search_words(read(text))[0].split()
    assert [word for word in held if word != GAP] == words.split()


def test_a_title_counts_and_an_elision_before_a_contact_stays_a_word():
    made = read("l'école de lea@courriel.example", title="Chez lea@courriel.example, l'été")
    words, stems = search_words(made)
    assert words.split() == ["chez", GAP, "lete", "lecole", "de", GAP, "ete", GAP, "ecole"]
    assert "courriel" not in f"{words} {stems}"


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=5))
def test_any_spans_leave_only_words_of_the_text(spans):
    text = "Bonjour l'ami, İ vente 514-555-0142 de vélos à Laval"
    held = set(search_words(document("p", text, contact_spans=spans))[0].split()) - {GAP}
    whole = "".join(filter(str.isalnum, fold(text).text))
    assert all(word in whole for word in held)
    assert "0142" not in held


def test_a_document_without_contacts_is_indexed_as_it_stands():
    text = "Vente de garage, l'été prochain"
    assert search_words(document("p", text)) == tuple(" ".join(field) for field in index_words(text))


def test_a_stored_document_keeps_its_spans():
    made = read("vente 514-555-0142 samedi")
    assert made.keywords["contacts"] == ["phone:+15145550142"]
    assert Document.model_validate_json(made.canonical()) == made
    assert made.contact_spans == [(6, 18)]
