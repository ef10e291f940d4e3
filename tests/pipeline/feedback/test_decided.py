"""Which decisions are learnt from, and what they say of a text."""

from __future__ import annotations

from datetime import timedelta

import pytest
from feedback_house import learnable
from sqlalchemy import select

from nlp.grid import load_grid
from pipeline.feedback.candidate import gather
from pipeline.feedback.decided import SETTLED_DAYS, decided_rows, label_of
from store.errors import Conflict
from store.posts import same_text
from store.tables import Decision, Judgement, Post, QueueItem


def test_labels_follow_the_verdict_and_the_grid():
    recruitment, minor = frozenset({"recruitment"}), frozenset({"minor"})
    assert label_of("dismiss", [], "post") == (frozenset(), "none")
    assert label_of("dismiss", ["M06"], "post") == (frozenset(), "none"), "M06 is context: it raises nothing"
    assert label_of("watch", ["R01"], "post") == (recruitment, "routine")
    assert label_of("watch", ["M08"], "post") == (minor, "immediate")
    assert label_of("refer", ["R01", "M01"], "post") == (recruitment | minor, "soon")
    assert label_of("escalate", ["C10"], "ad") == (frozenset({"third_party"}), "immediate")
    unsaid = [("dismiss", ["M01"], "post"), ("watch", [], "post"), ("escalate", ["C10"], "post")]
    assert [label_of(*one) for one in [*unsaid, ("quarantine", ["M08"], "post")]] == [None] * 4


def test_only_what_was_reviewed_is_learnt_from(store, clock, decide):
    old = decide("un vieux texte que personne ne conteste", "dismiss")
    decide("un texte tout frais d'hier", "dismiss", days=1)
    by_supervisor = decide("un texte frais d'une superviseure", "dismiss", days=1, by="sup")
    drawn = decide("un texte tiré au hasard hier", "dismiss", days=1, lane="sample")
    agreed = decide("un texte lu deux fois pareil", "watch", ["R01"], days=1)
    differing = decide("un texte lu deux fois autrement", "watch", ["R01"])
    edited = decide("un texte lu deux fois avant d'être modifié", "watch", ["R01"], days=1)
    changed = decide("un texte dont l'avis a changé", "dismiss")
    decide("un texte dont l'avis a changé", "watch", ["R01"], days=SETTLED_DAYS + 1)
    settled = decide("un texte que la superviseure a tranché", "dismiss", days=20)
    decide("un texte que la superviseure a tranché", "watch", ["R01"], days=1, by="sup")
    with store.database.writing() as session:
        for post, verdicts in ((agreed, ("watch",) * 2), (differing, ("watch", "refer")), (edited, ("watch",) * 2)):
            for person, verdict in zip(("ana", "bob"), verdicts, strict=True):
                one = Judgement(item_id=f"q-{post[2:]}", user_id=person, verdict=verdict, criteria=["R01"])
                one.grid, one.at = load_grid().version, clock() - timedelta(hours=post == edited)
                session.add(one)
    assert set(learnable(store)) == {old, by_supervisor, drawn, agreed, settled}
    assert changed not in learnable(store)


def test_what_must_not_be_learnt_from_is_left_out(store, clock, decide):
    names = ("undone", "quarantined", "erased", "gone", "edited", "withdrawn", "pasted", "at its end", "kept")
    posts = {name: decide(f"un texte ordinaire qui est {name}", "dismiss") for name in names}
    assert set(learnable(store)) == set(posts.values())
    with store.database.writing() as session:
        rows = {post.id: post for post in session.scalars(select(Post))}
        items = {item.post_id: item for item in session.scalars(select(QueueItem))}
        undone = session.scalars(select(Decision).where(Decision.post_id == posts["undone"])).one()
        undone.undone_at = clock()
        rows[posts["quarantined"]].status = "quarantined"
        rows[posts["erased"]].status = "erased"
        rows[posts["gone"]].gone_at = clock()
        rows[posts["edited"]].version = 2
        items[posts["withdrawn"]].status = "withdrawn"
        rows[posts["pasted"]].origin = "paste"
        rows[posts["at its end"]].expires_at = clock()
    assert learnable(store) == [posts["kept"]]


def test_each_text_is_learnt_from_once_by_its_newest_decision(store, decide):
    decide("Le même texte, deux fois décidé.", "watch", ["R01", "R05"], key="a", days=30)
    newer = decide("le MEME texte deux fois decide", "watch", ["R01"], key="b", days=20)
    with store.database.reading() as session:
        (row,) = decided_rows(session, store.clock())
    assert same_text("Le même texte, deux fois décidé.") == same_text("le MEME texte deux fois decide")
    assert (row.post, row.signals) == (newer, frozenset({"recruitment"}))


def test_whoever_decides_otherwise_on_a_copy_contradicts(store, decide):
    words = "un même texte que deux personnes ont décidé autrement"
    decide(words, "dismiss", key="a", days=30)
    fresh = decide(words, "escalate", ["M05"], by="bob", key="b", days=1)
    assert learnable(store) == [], "nobody reviewed either"
    settled = decide(words, "watch", ["M05"], by="sup", key="c", days=0)
    assert learnable(store) == [settled]
    assert fresh != settled


@pytest.mark.parametrize(
    ("text", "kind", "verdict", "criteria", "unsaid"),
    [
        ("j'ai 15 ans pis j'aime le hockey", "post", "dismiss", [], {"minor"}),
        ("à vendre des pneus d'hiver", "post", "dismiss", [], set()),
        ("chu en fugue j'ai 15 ans pis je veux mourir", "post", "refer", ["M05"], {"distress"}),
        ("chu en fugue j'ai 15 ans pis je veux mourir", "post", "dismiss", [], {"minor"}),
        ("chu en fugue j'ai 15 ans", "post", "refer", ["M05"], set()),
    ],
)
def test_what_a_decision_does_not_say_is_not_taken_for_denied(store, decide, text, kind, verdict, criteria, unsaid):
    decide(text, verdict, criteria, kind=kind)
    with store.database.reading() as session:
        (row,) = decided_rows(session, store.clock())
    assert row.unsaid == unsaid


def test_too_few_rows_are_told_in_one_line(store, decide, monkeypatch):
    decide("un seul texte décidé", "dismiss")
    with pytest.raises(Conflict, match="1 posts, 0 of them with a sign") as told:
        gather(store)
    assert told.value.code == "too_few_rows"
    assert "\n" not in told.value.message
