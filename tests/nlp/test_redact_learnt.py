"""What the rules do not know, told by what stands around it; how that is learnt from marked texts, and kept."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.redaction.measure import leak, outcome, over_redaction
from benchmarks.redaction.planted import Planted, planted
from fixtures.corpora.check import content_errors, near_duplicates
from nlp.redact import left_by_rules, redact
from nlp.redact.learnt import LEARNT, UNLISTED, find_learnt, weights
from nlp.redact.learnt.features import Around
from nlp.redact.learnt.growing import Growth, runs
from nlp.redact.learnt.marked import Marked, faults_of, read_marks
from nlp.redact.learnt.tokens import tokens_of
from nlp.redact.learnt.training import NoMarks, disguised, learn, marked_by_rules, tokens_to_learn
from nlp.redact.learnt.weights import Weights, shipped, unpacked
from nlp.redact.page import Page
from pipeline.train import corpora_folder, marked_folder, read_marked, read_rows, train_redactor, training_files
from store.errors import BadInput

FILES = sorted(marked_folder().glob("*.jsonl"))


def weighed(text: str) -> list[str]:
    """Return what only the weights gave away."""
    return [text[one.start : one.end] for one in redact(text).redactions if one.why in (LEARNT, UNLISTED)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("perle a dit que le cours est annulé", "perle"),
        ("jai prêté mon manteau à marguerite hier soir", "marguerite"),
        ("lol destiny texted me at 3am", "destiny"),
        ("ta demande porte le no de dossier HK-2207-419", "HK-2207-419"),
        ("le numéro d'élève de mon gars est 7730219, il en a besoin", "7730219"),
    ],
)
def test_what_identifies_goes_by_what_stands_around_it(text: str, name: str) -> None:
    assert name not in redact(text).text


@pytest.mark.parametrize(
    "text",
    [
        "une perle de jardinier, appelez-le",
        "un collier en ambre, fait à la main",
        "merci pour votre patience et bonne chance à tous",
        "it gets busy in june, hope it helps",
        "السلام عليكم، نبيع طاولة وأربع كراسي",
        "le jean coutu ferme à 21 h, le canadian tire à 20 h",
        "rabais de 15 % sur les pneus d'hiver, 480 $ les quatre",
    ],
)
def test_words_amounts_and_brands_stay(text: str) -> None:
    assert weighed(text) == []


def test_rules_are_asked_first_and_again_after() -> None:
    text = "perle a dit que le cours est annulé, texte perle ou Maïka Tremblay"
    said = {text[one.start : one.end]: one.why for one in redact(text).redactions}
    assert said["Maïka Tremblay"] != LEARNT
    assert "perle" not in redact(text).text


def test_the_page_that_the_rules_leave_leads_back_to_the_text() -> None:
    text = "Écris à Kevens Tremblay,  514-555-0142, ou à la perle du coin"
    page, way_back = left_by_rules(text, [(text.index("perle"), text.index(" du"), "PERSON")])
    assert "perle" not in page.text
    assert "tremblay" not in page.text
    start = page.text.index("coin")
    assert text[slice(*way_back(start, start + 4))] == "coin"


def test_tokens_are_told_by_what_they_are() -> None:
    told = [token.told for token in tokens_of(Page("Dossier CJ-4471-B,\nà Laval"))]
    assert told == ["dossier", "cj", "-", "#4", "-", "b", ",", "¶", "a", "laval"]


def test_a_code_has_a_shape_and_the_words_before_it_are_told() -> None:
    around = Around(Page("dossier CJ-4471-B ce matin"))
    told = around.features(3)
    assert {"ch=aa-9999-a", "bag=dossier|n", "-2=cj"} <= set(told)
    assert not any(feature.startswith("ch=") for feature in around.features(0))


def test_half_a_code_takes_the_other_half_and_a_sure_word_its_like() -> None:
    page = Page("dossier CJ-4471-B, resto Le Vieux Poêle")
    around = Around(page)
    chances = dict.fromkeys(range(len(around.tokens)), 0.0) | {1: 0.04, 3: 0.9, 5: 0.04}
    gone = Growth(page.text, around, [True] * len(around.tokens), chances.__getitem__).grow([3])
    assert gone == {1, 3, 5}
    assert [(first, last) for first, last in runs(page.text, around.tokens, gone)] == [(1, 5)]


def test_marks_are_read_and_their_faults_told() -> None:
    case = read_marks("dis à {{PERSON|léa}} au {{ADDRESS|12, rue\nHaute}}")
    assert case == Marked("dis à léa au 12, rue\nHaute", ((6, 9, "PERSON"), (13, 26, "ADDRESS")))
    assert list(faults_of(case)) == []
    assert [*faults_of(read_marks("{{NAME| x}} {{PERSON|y}"))] == [
        "a mark is not closed",
        "unknown type NAME",
        "identifier is empty or has blanks at its ends: ' x'",
    ]


def test_a_broken_row_is_told_by_its_place(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": "1", "marked": "bonjour"}\n{"id": "2"}\n', "utf-8")
    with pytest.raises(BadInput, match=r"a\.jsonl:2"):
        list(read_marked([tmp_path / "a.jsonl"]))


def test_a_disguise_hides_a_name_and_keeps_the_marks_in_place() -> None:
    case = read_marks("dis à {{PERSON|Kevens}} d'appeler le {{PHONE|514-555-0142}}")
    other = disguised(case, random.Random(1))
    assert other is not None
    (start, end, type_), (from_, to, _) = other.spans
    assert type_ == "PERSON"
    assert other.text[start:end].lower() != "kevens"
    assert other.text[from_:to] == "514-555-0142"
    assert disguised(read_marks("rien ici"), random.Random(1)) is None


def test_what_the_rules_leave_is_learnt_with_its_type_and_once_more_without() -> None:
    told = list(tokens_to_learn(read_marks("dossier {{ID_NUMBER|CJ-4471-B}} ce matin")))
    assert [type_ for _, type_ in told].count("ID_NUMBER") == 3
    assert [type_ for _, type_ in told].count("") == 6


def test_nothing_is_learnt_where_nothing_is_marked() -> None:
    with pytest.raises(NoMarks, match="marked"):
        learn([read_marks("la rose est sur la table")])


def test_weights_come_back_from_their_file_and_the_same_give_the_same_bytes() -> None:
    some = Weights({"bias": -1.5, "-1=,": 0.25, "+1+2=¶ $": -0.12}, {"bias": (0.5, -1.0), "-1=<PERSON>": (0.0, 2.0)})
    assert unpacked(some.packed()) == some
    assert some.packed() == Weights(dict(reversed(some.of.items())), dict(reversed(some.types.items()))).packed()
    assert shipped().of["bias"] < 0


def test_remembered_sums_are_let_go_and_come_out_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "_MOST_REMEMBERED", 2)
    some = Weights({"bias": 0.0, "a": 1.0, "b": -1.0}, {})
    groups = [("a",), ("b",), ("a", "b"), ("a",)]
    assert [some.probability([group]) for group in groups] == [some.probability([group]) for group in groups]
    assert some.probability([("a",), ("b",)]) == 0.5


@given(st.text(max_size=200))
def test_any_text_is_weighed_and_what_is_found_comes_in_order(text: str) -> None:
    spans = list(find_learnt(Page(text)))
    assert all(one.end <= other.start for one, other in pairwise(spans))
    assert all(one.start < one.end for one in spans)


def test_marked_texts_keep_the_rules_of_content_and_none_is_in_the_bench() -> None:
    marked = [(f"{path.stem}:{row}", case.text) for path in FILES for row, case in enumerate(read_marked([path]))]
    assert len(marked) > 2000
    assert [fault for _, text in marked for fault in content_errors(text)] == []
    pairs = near_duplicates([*marked, *((case.id, case.text) for case in planted())])
    assert list(pairs) == []


@pytest.mark.thorough
def test_the_marked_texts_teach_the_shipped_weights() -> None:
    assert train_redactor(marked_folder(), corpora_folder()) == shipped()


@pytest.mark.thorough
def test_a_writer_never_learnt_from_loses_more_identifiers_than_by_rules_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    held = [path for path in FILES if path.stem in ("suivis", "quais")]
    cases = [Planted(str(row), "seen", case.text, case.spans) for row, case in enumerate(read_marked(held))]
    by_rules = [outcome(case, _rules(case.text)) for case in cases]
    texts = [row.text for row in read_rows(training_files(corpora_folder()))][::6]
    marked = read_marked([path for path in FILES if path not in held])
    others = learn([*marked, *map(marked_by_rules, texts)])
    monkeypatch.setattr("nlp.redact.learnt.shipped", lambda: others)
    told = [outcome(case, [(one.start, one.end) for one in redact(case.text).redactions]) for case in cases]
    assert leak(told).value < 0.6 * leak(by_rules).value
    assert over_redaction(told).value < 0.04


def _rules(text: str) -> list[tuple[int, int]]:
    """Return what is no word of the page that the rules leave."""
    page, way_back = left_by_rules(text)
    left = [way_back(word.start, word.end) for word in page.words]
    left += [way_back(place, place + 1) for place, char in enumerate(page.text) if char.isdecimal()]
    kept = {place for start, end in left for place in range(start, end)}
    return [(place, place + 1) for place in range(len(text)) if place not in kept]
