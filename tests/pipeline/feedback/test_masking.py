"""What identifies people is no feature of a model that learnt from their posts."""

from __future__ import annotations

from feedback_house import DAYS

from nlp.features import prepare
from nlp.space import feature_names
from pipeline.feedback.decided import decided_rows
from pipeline.feedback.masking import barred_features, made_ready


def test_what_identifies_people_gives_no_feature(filled):
    with filled.database.reading() as session:
        rows = decided_rows(session, filled.clock())
    ready = made_ready(rows)
    seen = set().union(*map(feature_names, ready))
    barred = barred_features(rows, ready, [prepare("on grimpe au mât", "post")])
    learnt = "\n".join(seen - barred)
    for hidden in ("zaft", "aftou", "thiffeau", "hiffe", "eaugue", "0132", "555", "courriel.example"):
        assert hidden not in learnt
    assert "w girouet" in learnt, "many voices used it"
    assert "w grimp" in learnt


def test_a_name_that_is_once_taken_for_one_gives_no_feature_anywhere(store, decide):
    decide("on cherche Maëlle Zoubidoune, partie de la maison hier", "dismiss", author="a0", days=20)
    for n in range(6):
        decide(f"qui a vu zoubidoune {DAYS[n]} passé", "dismiss", author=f"a{n + 1}", days=20)
    with store.database.reading() as session:
        rows = decided_rows(session, store.clock())
    ready = made_ready(rows)
    learnt = set().union(*map(feature_names, ready)) - barred_features(rows, ready, [])
    assert not [name for name in learnt if "zoub" in name or "bidou" in name]
    assert "w pass" in learnt or "w passe" in learnt, "what six voices used is learnt"


def test_what_few_voices_used_is_barred_unless_the_corpora_have_it(store, decide):
    for n in range(6):
        author = f"auteur{n % 4}"
        decide(f"la zoubidoune du quartier {'i' * (n + 3)}", "dismiss", author=author, days=30 + n)
    with store.database.reading() as session:
        rows = decided_rows(session, store.clock())
    ready = made_ready(rows)
    none, known = (barred_features(rows, ready, given) for given in ([], [prepare("une zoubidoune", "post")]))
    assert "w zoubidoun" in none, "six texts of four voices"
    assert "w zoubidoun" not in known
    learnt = set().union(*map(feature_names, ready)) - none
    assert not {"w quarti", "w quartier"} & learnt
