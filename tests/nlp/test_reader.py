from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.features import Prepared, prepare
from nlp.model_file import Fitted, ModelFileError, load, load_shipped, save
from nlp.reader import WINDOW, Reader, assessment_as_dict, windows
from nlp.types import MAX_TEXT, SIGNALS, URGENCIES

FLAGGED = [
    (
        "on cherche des hôtesses pour soirées privées, 500 par soir cash, amène une amie, dis-le à personne",
        "recruitment",
    ),
    (
        "models wanted, no experience, cash daily, flight paid, we hold your passport, don't tell your parents",
        "recruitment",
    ),
    ("j'ai 15 ans, chu en fugue de mon foyer depuis deux jours, les éducs me cherchent", "minor"),
    ("I'm 16 and I ran away from my group home, need a couch tonight", "minor"),
    ("j'ai peur de rentrer, il garde mon passeport pis y me laisse pas sortir", "distress"),
    ("he locked me in the basement and took my phone, please send help", "distress"),
]
PLAIN = [
    "Divan à vendre, 80 $, venez le chercher à Laval. 450-555-0143",
    "The library is open until eight on Thursday.",
    "Mon chat a fugué trois jours, il est rentré pour souper",
    "On embauche au restaurant : 18 $ de l'heure, envoyez votre CV",
    "Masseuse licenciée, 44 ans, je travaille seule, sur rendez-vous, reçus d'assurance",
]


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader.load()


@pytest.mark.parametrize(("text", "signal"), FLAGGED)
def test_a_plain_sign_is_flagged_with_its_words(reader: Reader, text: str, signal: str) -> None:
    result = reader.assess(text).signals[signal]  # type: ignore[index] # the parameter is one of SIGNALS
    assert result.flag
    assert result.evidence
    assert any(one.criterion for one in result.evidence)
    assert all(text[one.start : one.end] == one.text for one in result.evidence)


@pytest.mark.parametrize("text", PLAIN)
def test_ordinary_talk_is_not(reader: Reader, text: str) -> None:
    assert reader.assess(text, "ad").flagged == ()
    assert reader.assess(text).urgency == "none"


@pytest.mark.parametrize(
    "text",
    [
        "il m'a enfermée dans une chambre de motel, j'ai peur, appelez la police vite",
        "he locked the door and won't let me leave, please send someone now",
        "adieu tout le monde, c'est ce soir, pardonnez-moi maman",
    ],
)
def test_present_danger_is_immediate(reader: Reader, text: str) -> None:
    assert reader.assess(text).urgency == "immediate"


def test_a_flag_has_evidence_and_urgency_needs_a_flag(reader: Reader) -> None:
    for text, _ in FLAGGED:
        read = reader.assess(text)
        assert all(bool(result.evidence) == result.flag for result in read.signals.values())
        assert all(0 <= result.score <= 1 for result in read.signals.values())
        assert read.urgency in URGENCIES


def test_third_party_is_for_ads_only(reader: Reader) -> None:
    text = (
        "Lia, Roxy & Mimi, même ligne, notre gérant répond. Laval lundi, Gatineau mardi, elles tournent chaque semaine"
    )
    assert reader.assess(text, "ad").signals["third_party"].flag
    assert reader.assess(text, "post").signals["third_party"].score == 0


def test_a_criterion_raises_a_score_and_a_counter_lowers_it(reader: Reader) -> None:
    bare = reader.assess("on se parle demain").signals["recruitment"].score
    lure = "500 par jour cash, pas de questions, amène une amie"
    raised = reader.assess(lure).signals["recruitment"].score
    lowered = reader.assess(f"{lure} — atelier de prévention, exemple de message à signaler").signals["recruitment"]
    assert bare < raised
    assert lowered.score < raised
    assert reader.assess(f"atelier de prévention: {lure}").counter


def test_names_and_origin_change_nothing() -> None:
    def masked(text: str) -> tuple[str, ...]:
        return prepare(text, "post").masked

    assert masked("je suis haïtienne et j'ai peur") == masked("je suis marocaine et j'ai peur")
    assert masked("mon amie Aïcha a peur") == masked("mon amie Émilie a peur")
    assert masked("she is a muslim girl") == masked("she is a catholic girl")


def test_the_dictionary_is_the_contracts_shape(reader: Reader) -> None:
    told = assessment_as_dict(reader.assess("j'ai 16 ans, appelle-moi au 514-555-0123 à Montréal", "post"))
    assert json.loads(json.dumps(told)) == told
    assert list(told["signals"]) == list(SIGNALS)  # type: ignore[call-overload] # the shape is what is tested
    assert set(told) >= {"lang", "urgency", "signals", "counter", "entities", "grid", "model"}
    assert told["grid"] == "0.2.0"
    result = told["signals"]["minor"]  # type: ignore[index] # the shape is what is tested
    assert set(result) == {"score", "flag", "evidence"}
    assert all(set(one) == {"start", "end", "text", "criterion", "weight"} for one in result["evidence"])


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400))
def test_no_text_raises(text: str) -> None:
    read = Reader.load().assess(text, "ad")
    cleaned = text.replace("\0", "\ufffd")
    for one in (*read.counter, *(span for result in read.signals.values() for span in result.evidence)):
        assert one.text == cleaned[one.start : one.end]


@pytest.mark.parametrize("text", ["", "\0", "\ud800", "😀" * 50, "\u200d\u202e", "1" * 5000])
def test_strange_texts_are_read(reader: Reader, text: str) -> None:
    assert reader.assess(text).urgency == "none"


def test_too_long_a_text_is_refused(reader: Reader) -> None:
    with pytest.raises(ValueError, match="characters"):
        reader.assess("a" * (MAX_TEXT + 1))


def test_one_cry_in_a_long_text_is_heard_where_it_stands(reader: Reader) -> None:
    cry = "aidez-moi svp, il m'a enfermée dans une chambre de motel pis il garde mon passeport, appelez la police."
    text = "La réunion du conseil est remise à mardi.\n" * 900 + cry + "\n" + "Il pleut sur le quai.\n" * 900
    read = reader.assess(text)
    assert read.signals["distress"].flag
    assert all(text[one.start : one.end] == one.text for one in read.signals["distress"].evidence)
    assert any(text.index(cry) <= one.start < text.index(cry) + len(cry) for one in read.signals["distress"].evidence)


def test_windows_cover_a_text_once() -> None:
    text = "mot " * 20_000
    parts = list(windows(text))
    assert "".join(text[start:end] for start, end in parts) == text
    assert max(end - start for start, end in parts) <= WINDOW


@pytest.mark.unmeasured
def test_time_grows_as_the_text() -> None:
    reader = Reader.load()
    text = "y garde mon passeport pis j'ai 15 ans, call 514-555-0123 at Montréal. "
    reader.assess(text * 100)

    def seconds(times: int) -> float:
        start = time.process_time()
        reader.assess(text * times)
        return time.process_time() - start

    assert seconds(2400) < 12 * max(seconds(300), 0.05)


def test_a_model_file_says_what_it_is(tmp_path: Path) -> None:
    shipped = load_shipped()
    path = tmp_path / "m.skops"
    save(shipped, path)
    again = load(path)
    assert again.digest == shipped.digest
    assert again.version == shipped.version


def test_an_untrusted_model_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.skops"
    with pytest.raises(ModelFileError, match="vigie train"):
        load(path)
    skops.io.dump({"harm": Prepared}, path)
    with pytest.raises(ModelFileError, match="not trusted"):
        load(path)


def test_a_changed_model_file_is_refused(tmp_path: Path) -> None:
    shipped = load_shipped()
    path = tmp_path / "m.skops"
    held = {
        "version": shipped.version,
        "digest": shipped.digest,
        "names": np.frombuffer("\n".join(shipped.space.names).encode(), dtype=np.uint8),
        "idf": shipped.space.idf * 2,
        "scales": shipped.space.scales,
        "estimators": shipped.estimators,
        "calibrators": shipped.calibrators,
        "thresholds": shipped.thresholds,
        "urgency_thresholds": shipped.urgency_thresholds,
    }
    skops.io.dump(held, path)
    with pytest.raises(ModelFileError, match="digest"):
        load(path)


def test_the_digest_sees_every_parameter() -> None:
    shipped = load_shipped()
    moved = {**shipped.thresholds, "minor": shipped.thresholds["minor"] + 0.01}
    parts = (shipped.space, shipped.estimators, shipped.calibrators)
    assert Fitted(*parts, moved, shipped.urgency_thresholds, "x").digest != shipped.digest
    assert Fitted(*parts, shipped.thresholds, shipped.urgency_thresholds, "x").digest == shipped.digest


@pytest.mark.parametrize(
    "text",
    [
        "je veux mourir",
        "je veux me tuer ce soir",
        "jai 14 ans pis je veux mourir",
        "I want to kill myself",
        "I am going to kill myself tonight",
        "i want to die",
        "je pense au suicide tous les jours",
    ],
)
def test_a_plain_wish_to_die_is_never_passed_over(reader: Reader, text: str) -> None:
    read = reader.assess(text)
    assert "distress" in read.flagged
    assert read.urgency in ("soon", "immediate")


@pytest.mark.parametrize(
    "text",
    [
        "mdr je veux mourir mon prof m'a appelé maman",
        "I want to die lol, my mom found my old tumblr",
        "je voulais mourir il y a dix ans, aujourd'hui je vais bien",
        "Si vous pensez au suicide, appelez le 988.",
    ],
)
def test_the_same_words_in_a_joke_the_past_or_a_leaflet_do_not_stand_alone(reader: Reader, text: str) -> None:
    assert "distress" not in reader.assess(text).flagged
