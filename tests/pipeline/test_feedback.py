"""From decisions to a candidate, its report, a switch and back, with real training on few rows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from nlp.features import prepare
from nlp.grid import load_grid
from nlp.model_file import MODEL_NAME, ModelFileError, load, load_shipped
from nlp.reader import Reader
from nlp.space import feature_names
from nlp.types import URGENCIES
from pipeline import fairness
from pipeline.assess import assess_batch
from pipeline.card import CARD_NAME
from pipeline.feedback.candidate import REPORT_NAME, gather, report_of, train_candidate
from pipeline.feedback.decided import SETTLED_DAYS, decided_rows, label_of
from pipeline.feedback.masking import barred_features, made_ready
from pipeline.feedback.report import Figures, Read, as_text, broken_bars, compared
from pipeline.feedback.rereading import read_again
from pipeline.feedback.switching import cut_short, go_back, listed, switch
from pipeline.train import corpora_folder, train
from store.errors import BadInput, Conflict
from store.models import IN_FORCE, InForce, fitted_in_force, in_force, models_of, put_in_force, reader_in_force
from store.posts import same_text
from store.register import Event, append
from store.tables import AssessmentRow, Decision, Judgement, Post, QueueItem, RegisterEntry, User

_PHONE = "514-555-0132"
_LURE = "ça te tente de grimper la girouette avec nous {}? ajoute zaftoune_qx sur snap, demande Maëlie Thiffeaugue"
_TIRES = "à vendre {} roues de brouette quasi neuves, texte au 514-555-0132 ou jean.thiffeaugue@courriel.example"
_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "demain", "bientôt", "cet été")
_FUGUE = "chu en fugue depuis 2 jours jsais pu ou dormir j'ai 15 ans"
_LEFT = 60


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """A folder with some rows of three writers, and of a validation writer."""
    folder = tmp_path_factory.mktemp("corpora")
    for name in ("w2_annonces", "w4_melange", "w5_temoins", "w22_validation"):
        lines = (corpora_folder() / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        (folder / f"{name}.jsonl").write_text("\n".join(lines[:: len(lines) // _LEFT]), encoding="utf-8")
    return folder


@pytest.fixture
def _short_bench(monkeypatch) -> None:
    names, ways, adults = fairness.renderings()
    monkeypatch.setattr(fairness, "renderings", lambda: (names[:80], ways[:10], adults[:10]))


@pytest.fixture
def people(store):
    with store.database.writing() as session:
        for name, role in (("ana", "analyst"), ("bob", "analyst"), ("sup", "supervisor")):
            made = User(id=name, name=name, pseudonym=f"loutre-{name}", roles=[role], password="x")
            made.created_at = store.clock()
            session.add(made)


@pytest.fixture
def decide(store, people, take):
    """Take in a post that somebody decided on some days ago, and return its id."""

    def one(text, verdict, criteria=(), *, by="ana", days=SETTLED_DAYS, lane="at_risk", **more) -> str:
        identity = take(text, more.pop("key", text), **more)
        with store.database.writing() as session:
            post = session.scalars(select(Post).where(Post.id == identity)).one()
            item = session.scalar(select(QueueItem).where(QueueItem.post_id == identity))
            if item is None:
                item = QueueItem(id=f"q-{identity[2:]}", post_id=identity, lane=lane, urgency="none", rank=0)
                item.signals, item.same_text, item.status = [], post.same_text, "decided"
                item.created_at = store.clock()
                session.add(item)
                session.flush()
            made = Decision(item_id=item.id, post_id=identity, user_id=by, verdict=verdict, criteria=list(criteria))
            made.sealed, made.grid = b"", load_grid().version
            made.created_at = store.clock() - timedelta(days=days)
            session.add(made)
        return identity

    return one


@pytest.fixture
def filled(store, decide):
    """A store in which a way of luring was decided on that the corpora do not know, beside ordinary posts."""
    for n in range(40):
        lure = _LURE.format(f"{_DAYS[n % 10]} vers {n // 10 + 1}h")
        decide(lure, "watch", ["R01"], author=f"auteur{n}", days=90 - 2 * n / 2)
        decide(_TIRES.format(f"{n + 3}"), "dismiss", author=f"vendeur{n}", days=90 - 2 * n / 2)
    return store


def entering(store, actor="loutre-sup"):
    def make(session, said):
        append(session, event=Event.MODEL_SWITCHED, actor=actor, at=store.clock(), public=said)

    return make


def entries(store) -> list[dict[str, object]]:
    query = select(RegisterEntry.public).where(RegisterEntry.event == "model.switched").order_by(RegisterEntry.n)
    with store.database.reading() as session:
        return [json.loads(said) for said in session.scalars(query)]


def learnable(store) -> list[str]:
    with store.database.reading() as session:
        return [row.post for row in decided_rows(session, store.clock())]


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
    changed = decide("un texte dont l'avis a changé", "dismiss")
    decide("un texte dont l'avis a changé", "watch", ["R01"], days=SETTLED_DAYS + 1)
    settled = decide("un texte que la superviseure a tranché", "dismiss", days=20)
    decide("un texte que la superviseure a tranché", "watch", ["R01"], days=1, by="sup")
    with store.database.writing() as session:
        for post, verdicts in ((agreed, ("watch", "watch")), (differing, ("watch", "refer"))):
            for person, verdict in zip(("ana", "bob"), verdicts, strict=True):
                one = Judgement(item_id=f"q-{post[2:]}", user_id=person, verdict=verdict, criteria=["R01"])
                one.grid, one.at = load_grid().version, clock()
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
    decide("Le même texte, deux fois décidé.", "dismiss", key="a", days=30)
    newer = decide("le MEME texte deux fois decide", "watch", ["R01"], key="b", days=20)
    with store.database.reading() as session:
        (row,) = decided_rows(session, store.clock())
    assert same_text("Le même texte, deux fois décidé.") == same_text("le MEME texte deux fois decide")
    assert (row.post, row.signals) == (newer, frozenset({"recruitment"}))


def test_too_few_rows_are_told_in_one_line(store, decide, monkeypatch):
    decide("un seul texte décidé", "dismiss")
    with pytest.raises(Conflict, match="1 posts, 0 of them with a sign") as told:
        gather(store)
    assert told.value.code == "too_few_rows"
    assert "\n" not in told.value.message


def test_figures_of_a_report_are_the_plain_ones(reader, small):
    other = Reader(train(small).fitted, load_grid())
    lines = (small / "w22_validation.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    texts = [Read(row["id"], row["text"], row["kind"], frozenset(row["signals"]), row["urgency"]) for row in rows]
    told = compared("gold", texts, reader, other)
    was, now = ([one.assess(row["text"], row["kind"]) for row in rows] for one in (reader, other))
    for change in told.signals:
        newly = [
            r["id"] for r, a, b in zip(rows, was, now, strict=True) if change.signal in {*b.flagged} - {*a.flagged}
        ]
        fewer = [
            r["id"] for r, a, b in zip(rows, was, now, strict=True) if change.signal in {*a.flagged} - {*b.flagged}
        ]
        assert (change.newly.count, change.newly.ids) == (len(newly), newly[:5])
        assert (change.no_more.count, change.no_more.ids) == (len(fewer), fewer[:5])
    steps = [URGENCIES.index(b.urgency) - URGENCIES.index(a.urgency) for a, b in zip(was, now, strict=True)]
    assert told.sooner.count == sum(step > 0 for step in steps) > 0
    assert told.later.count == sum(step < 0 for step in steps)
    immediate = [b.urgency == "immediate" for row, b in zip(rows, now, strict=True) if row["urgency"] == "immediate"]
    negatives = [bool(b.flagged) for row, b in zip(rows, now, strict=True) if not row["signals"]]
    assert told.after.immediate_recall == round(sum(immediate) / len(immediate), 4)
    assert told.after.negatives_flagged == round(sum(negatives) / len(negatives), 4)
    assert told.before != told.after


def test_bars():
    good = Figures(immediate_recall=0.93, negatives_flagged=0.05, signs_found=None, flags_right=None)
    assert list(broken_bars("x", good)) == []
    assert len(list(broken_bars("x", good.model_copy(update={"immediate_recall": 0.9})))) == 1
    assert len(list(broken_bars("x", good.model_copy(update={"negatives_flagged": 0.2})))) == 1


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
    assert "w quarti" in none or "w quartier" in none


@pytest.mark.slow
@pytest.mark.usefixtures("_short_bench")
def test_a_candidate_learns_the_pattern_and_nothing_of_a_person(filled, small, take, reader):
    waiting = take("ça te tente de grimper la girouette à soir?", "waits")
    with filled.database.writing() as session:
        post = session.scalars(select(Post).where(Post.id == waiting)).one()
        session.add(
            QueueItem(
                id="q-w", post_id=waiting, lane="at_risk", urgency="soon", rank=2, signals=[], same_text=post.same_text,
                created_at=filled.clock(),
            )
        )  # fmt: skip
    shipped = load_shipped().digest
    report = train_candidate(filled, small, gather(filled))
    folder = models_of(filled.settings) / report.version
    fitted = load(folder / MODEL_NAME)
    assert (fitted.version, fitted.digest) == (report.version, report.digest)
    assert (report.learnt, report.held_out) == (64, 16)
    assert report.beside == load_shipped().version
    assert {one.name: one.texts for one in report.sets}["queue"] == 1
    assert load_shipped().digest == shipped
    assert in_force(filled.settings) == InForce(), "a candidate reads nothing"

    new, old = Reader(fitted, load_grid()), Reader(train(small).fitted, load_grid())
    fresh = "heille ça te tente-tu de grimper la girouette avec moi pis mes chums"
    assert new.assess(fresh).signals["recruitment"].score > old.assess(fresh).signals["recruitment"].score + 0.2
    assert any("girouet" in name for name in fitted.space.names), "a word that many voices use is learnt"

    learnt = "\n".join(fitted.space.names)
    for hidden in ("zaft", "aftou", "thiffeau", "hiffe", "eaugue", "0132", "555", "courriel.example"):
        assert hidden not in learnt
    kept = [(folder / CARD_NAME).read_text("utf-8"), (folder / REPORT_NAME).read_text("utf-8"), *as_text(report)]
    for hidden in ("girouette", "brouette", "zaftoune", "Thiffeaugue", _PHONE):
        assert not any(hidden in one for one in kept)
    assert "no real post" not in kept[0]
    assert "decided 64" in kept[0]


@pytest.fixture
def candidate(store, small):
    """A candidate in the store's folder, without learning: another fit, and a report that breaks nothing."""
    return made_candidate(store, small)


_FITTED: dict[Path, object] = {}


def made_candidate(store, small, broken=()):
    from nlp.model_file import save
    from pipeline.feedback.report import Report

    fitted = _FITTED.setdefault(small, train(small)).fitted
    folder = models_of(store.settings) / fitted.version
    folder.mkdir(parents=True)
    save(fitted, folder / MODEL_NAME)
    report = Report(
        version=fitted.version, digest=fitted.digest, beside="x", made_at=store.clock(), learnt=1, held_out=0,
        queue_unread=0, sets=[], broken=list(broken),
    )  # fmt: skip
    (folder / REPORT_NAME).write_text(report.model_dump_json(), "utf-8")
    return fitted


def test_a_switch_reads_the_queue_again_and_back(store, clock, take, candidate):
    reader = reader_in_force(store.settings)
    decided, waiting = take(_FUGUE, "d"), take(f"{_FUGUE} aidez moi", "w")
    assert assess_batch(store, reader, "one") == 2
    with store.database.writing() as session:
        session.scalars(select(QueueItem).where(QueueItem.post_id == decided)).one().status = "decided"
    shipped = load_shipped().version

    def models(post) -> list[str]:
        query = select(AssessmentRow.model).where(AssessmentRow.post_id == post).order_by(AssessmentRow.id)
        with store.database.reading() as session:
            return list(session.scalars(query))

    def settle() -> None:
        clock.forward(minutes=1)
        while read_again(store, "one") or assess_batch(store, reader, "one"):
            pass

    switch(store, candidate.version, entering(store))
    assert reader.model_version == candidate.version, "the same reader, without a restart"
    settle()
    assert models(waiting) == [shipped, candidate.version]
    assert models(decided) == [shipped]
    with pytest.raises(Conflict, match="already"):
        switch(store, candidate.version, entering(store))
    assert go_back(store, entering(store)) is None
    assert reader.model_version == shipped
    settle()
    assert models(waiting) == [candidate.version, shipped]
    with pytest.raises(Conflict, match="shipped"):
        go_back(store, entering(store))
    told = entries(store)
    assert [(one["from"], one["to"]) for one in told] == [
        (shipped, candidate.version),
        (candidate.version, shipped),
    ]
    assert told[0]["to_digest"] == candidate.digest
    assert told[0]["read_again"] == 1


def test_what_came_in_is_read_before_what_waits(store, clock, take, candidate):
    reader = reader_in_force(store.settings)
    take(_FUGUE, "w")
    assess_batch(store, reader, "one")
    switch(store, candidate.version, entering(store))
    clock.forward(minutes=1)
    take("un texte qui arrive", "new")
    assert read_again(store, "one") == 0
    assert assess_batch(store, reader, "one") == 1
    assert read_again(store, "one") == 1


def test_a_broken_bar_needs_a_reason(store, small):
    fitted = made_candidate(store, small, ["w22: too few"])
    with pytest.raises(Conflict, match="too few"):
        switch(store, fitted.version, entering(store))
    assert in_force(store.settings) == InForce()
    assert entries(store) == []
    switch(store, fitted.version, entering(store), why=True)
    assert entries(store)[0]["broken"] == ["w22: too few"]
    with pytest.raises(BadInput, match="There is no model"):
        switch(store, "../../etc", entering(store))


def test_a_report_of_another_model_is_none(store, candidate):
    folder = models_of(store.settings) / candidate.version
    report = report_of(store, candidate.version)
    (folder / REPORT_NAME).write_text(report.model_copy(update={"digest": "0"}).model_dump_json(), "utf-8")
    with pytest.raises(Conflict, match="no report of its own"):
        switch(store, candidate.version, entering(store))


@pytest.mark.parametrize("harm", ["cut", "other", "gone", "nonsense"])
def test_a_damaged_model_gives_way_to_the_shipped_one(store, candidate, caplog, harm):
    switch(store, candidate.version, entering(store))
    path = models_of(store.settings) / candidate.version / MODEL_NAME
    if harm == "cut":
        path.write_bytes(path.read_bytes()[:1000])
    elif harm == "other":
        path.write_bytes(path.read_bytes() + b"\0")
    elif harm == "gone":
        path.unlink()
    else:
        (models_of(store.settings) / IN_FORCE).write_text("{", "utf-8")
    reader = reader_in_force(store.settings)
    assert reader.model_version == load_shipped().version
    assert "MODEL IN FORCE CANNOT BE USED" in caplog.text
    assert fitted_in_force(store.settings)[1]
    assert any("the shipped model reads" in line for line in listed(store))
    assert reader.assess(_FUGUE).flagged
    assert caplog.text.count("CANNOT BE USED") == 1, "told once, not for every text"


def test_a_file_that_is_no_model_is_refused(tmp_path):
    (tmp_path / MODEL_NAME).write_bytes(b"nothing")
    with pytest.raises(ModelFileError, match="cannot be read"):
        load(tmp_path / MODEL_NAME)


_KILLED = """
import os, signal, sys
from pathlib import Path
from pipeline.feedback import switching
from store.register import Event, append
from store.settings import Settings
from store.store import open_store
import store.models
at = sys.argv[2]
real = os.fsync
if at == "entered":
    switching.put_in_force = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
else:
    def killing(handle):
        if "in-force" in os.readlink(f"/proc/self/fd/{handle}"):
            os.kill(os.getpid(), signal.SIGKILL)
        real(handle)
    os.fsync = killing
kept = open_store(Settings.model_validate_json(Path(sys.argv[3]).read_text()))
enter = lambda session, said: append(session, event=Event.MODEL_SWITCHED, actor="x", at=kept.clock(), public=said)
switching.switch(kept, sys.argv[1], enter)
"""


@pytest.mark.parametrize("at", ["entered", pytest.param("half written", marks=pytest.mark.slow)])
@pytest.mark.team_slow
def test_a_switch_that_is_killed_leaves_the_old_model_and_says_so(store, candidate, tmp_path, at):
    given = tmp_path / "settings.json"
    given.write_text(store.settings.model_dump_json(), "utf-8")
    run = [sys.executable, "-c", _KILLED, candidate.version, at, str(given)]
    ended = subprocess.run(run, check=False, timeout=60, env={**os.environ, "PYTHONPATH": Path.cwd()})
    assert ended.returncode == -signal.SIGKILL
    assert reader_in_force(store.settings).model_version == load_shipped().version
    assert cut_short(store) == candidate.version
    assert "cut short" in list(listed(store))[-1]
    switch(store, candidate.version, entering(store))
    assert cut_short(store) == ""
    assert reader_in_force(store.settings).model_version == candidate.version
    assert go_back(store, entering(store)) is None


def test_looking_at_what_is_in_force_costs_next_to_nothing(store, candidate):
    reader = reader_in_force(store.settings)
    start = time.perf_counter()
    for _ in range(1000):
        _ = reader.model_version
    assert time.perf_counter() - start < 0.5


def test_models_are_replaced_whole(store, candidate):
    from store.models import name_of

    chosen = InForce(model=name_of(store.settings, candidate.version), before=(None,))
    put_in_force(store.settings, chosen)
    assert in_force(store.settings) == chosen
    assert [path.name for path in models_of(store.settings).iterdir() if path.is_file()] == [IN_FORCE]
    assert (models_of(store.settings) / IN_FORCE).stat().st_mode & 0o777 == 0o600
