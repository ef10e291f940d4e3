"""The verb that checks the house: `vigie doctor`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import typer
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crawlers.health import warnings as source_warnings
from nlp.grid import load_grid
from store.errors import VigieError
from store.index import Index, open_index
from store.links import LINK
from store.models import fitted_in_force
from store.outbox import INDEX
from store.posts import ASSESS
from store.register.verifying import verify
from store.store import Store
from store.tables import Post, QueueItem
from store.work import count_work, dead_letters
from triage_api.access.checks import warnings as account_warnings
from triage_api.directory.flags import warnings as directory_warnings
from triage_api.notices.checks import warnings as mail_warnings
from triage_api.quarantine.checks import lexicon_state
from triage_api.quarantine.checks import told as quarantine_told
from triage_api.rights.checks import warnings as rights_warnings
from vigie.console import Console
from vigie.opening import opened_store

_RETRIED = {ASSESS: "assess", LINK: "assess", INDEX: "index"}
"""Kinds of work that may leave dead letters, and the verb that tries each again."""


def register(app: typer.Typer) -> None:
    """Add this verb to the command line."""
    app.command("doctor")(doctor)


def doctor(context: typer.Context) -> None:
    """Check that everything is in place and say how much waits. Exit status 1 if something is wrong.

    Example: vigie doctor
    """
    console: Console = context.obj
    with opened_store() as store, closing(open_index(store.settings)) as engine, store.database.reading() as session:
        fitted, no_model = fitted_in_force(store.settings)
        console.say(f"grid {load_grid().version}, model {fitted.version}, index {type(engine).__name__}")
        if no_model:
            console.say(f"model: the shipped one reads, not the one chosen: {no_model}")
        for what, count in _counts(session).items():
            console.say(f"{what}: {count}")
        dead = list(_dead(session))
        wrong = verify(store).findings
        register_lines = [f"register: {finding}" for finding in wrong] or ["register: every entry is as it was written"]
        for line in (*dead, *register_lines, *_to_look_at(store, session)):
            console.say(line)
        away = _what_is_wrong_with(engine)
        console.say(f"search index: {away or 'it answers'}")
        refused = lexicon_state(store.settings)[1]
    if wrong or dead or away or refused or no_model:
        raise typer.Exit(1)


def _counts(session: Session) -> dict[str, int]:
    """Return how much there is and how much waits."""
    live = select(func.count()).select_from(Post).where(Post.status == "live")
    queued = select(func.count()).select_from(QueueItem).where(QueueItem.status == "open")
    return {
        "posts": session.scalar(live) or 0,
        "waiting to be assessed": count_work(session, ASSESS),
        "waiting to be linked": count_work(session, LINK),
        "waiting for the index": count_work(session, INDEX),
        "waiting in the queue": session.scalar(queued) or 0,
    }


def _dead(session: Session) -> Iterator[str]:
    """Yield a line for each piece of work that was given up."""
    for kind, verb in _RETRIED.items():
        for key, reason in dead_letters(session, kind).items():
            yield f"dead letter: {key}: {reason} (`vigie {verb} --retry` tries it again)"


def _to_look_at(store: Store, session: Session) -> Iterator[str]:
    """Yield what a person should look at, and how the quarantine stands."""
    yield from account_warnings(store, session)
    yield from source_warnings(session, store.clock())
    yield from directory_warnings(store, session)
    yield from mail_warnings(store, session)
    yield from rights_warnings(store, session)
    yield from quarantine_told(store, session)


def _what_is_wrong_with(engine: Index) -> str:
    """Return why the search index cannot be asked; empty if it can."""
    try:
        engine.require()
    except VigieError as error:
        return error.message
    return ""
