"""What the tests of the feedback loop share: texts, entries, and a candidate without learning."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import select

from nlp.model_file import MODEL_NAME, Fitted, save
from pipeline.feedback.candidate import REPORT_NAME
from pipeline.feedback.decided import decided_rows
from pipeline.feedback.report import Report
from pipeline.train import train
from store.models import models_of
from store.register import Event, append
from store.tables import RegisterEntry

PHONE = "514-555-0132"
LURE = "ça te tente de grimper la girouette avec nous {}? ajoute zaftoune_qx sur snap, demande Maëlie Thiffeaugue"
TIRES = "à vendre {} roues de brouette quasi neuves, texte au 514-555-0132 ou jean.thiffeaugue@courriel.example"
DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "demain", "bientôt", "cet été")
FUGUE = "chu en fugue depuis 2 jours jsais pu ou dormir j'ai 15 ans"
_FITTED: dict[Path, Fitted] = {}


def _fitted(small) -> Fitted:
    if small not in _FITTED:
        _FITTED[small] = train(small).fitted
    return _FITTED[small]


def made_candidate(store, small, broken=()):
    fitted = _fitted(small)
    folder = models_of(store.settings) / fitted.version
    folder.mkdir(parents=True)
    save(fitted, folder / MODEL_NAME)
    report = Report(
        version=fitted.version, digest=fitted.digest, beside="x", made_at=store.clock(), learnt=1, held_out=0,
        queue_unread=0, sets=[], broken=list(broken),
    )  # fmt: skip
    (folder / REPORT_NAME).write_text(report.model_dump_json(), "utf-8")
    return fitted


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
