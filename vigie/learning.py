"""Learning from what was decided: a candidate, its report, putting it in force and going back."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.orm import Session

from pipeline.feedback.candidate import gather, train_candidate
from pipeline.feedback.report import as_text
from pipeline.feedback.switching import Enter, go_back, listed, switch
from store.errors import BadInput
from store.register import Event
from store.store import Store
from triage_api.access.models import Person
from triage_api.access.policy import Action, require
from triage_api.shell.recording import enter
from vigie.console import Console
from vigie.opening import as_person, opened_store


def learn(console: Console, corpora: Path, *, as_json: bool) -> None:
    """Train a candidate on corpora and decided posts, and tell what it would change."""
    with opened_store() as store:
        material = gather(store)
        console.tell(
            f"training on {corpora} and {len(material.learnt)} decided posts; {len(material.held)} are held out;"
            " this takes some minutes"
        )
        report = train_candidate(store, corpora, material)
    if as_json:
        console.say(report.model_dump_json())
        return
    for line in as_text(report):
        console.say(line)
    console.say(f"vigie train --switch {report.version} --as NAME puts it in force")


def tell_models(console: Console) -> None:
    """List the models that there are; * is in force."""
    with opened_store() as store:
        for line in listed(store):
            console.say(line)


def put(console: Console, version: str | None, as_name: str | None, why: str | None) -> None:
    """Put a model in force, or with no version the one before, for a person who may."""
    if as_name is None:
        raise BadInput("Say who: --as NAME, a supervisor's account.")
    if why is not None and not why.strip():
        raise BadInput("--why needs a reason.")
    with as_person(as_name) as (store, person):
        require(person, Action.MODEL_SWITCH)
        entering = _entering(store, person, why)
        if version is not None:
            console.say(f"{switch(store, version, entering, why=why is not None).version} is in force")
            return
        chosen = go_back(store, entering)
        console.say(f"{'the shipped model' if chosen is None else chosen.version} is in force again")


def _entering(store: Store, person: Person, why: str | None) -> Enter:
    def make(session: Session, said: dict[str, object]) -> None:
        sealed = store.keys.sealed(why, f"model:{said['to']}") if why else None
        enter(session, store, person, Event.MODEL_SWITCHED, said, sealed)

    return make
