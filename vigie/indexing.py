"""Verbs of the unattended steps: set up, assess, index, work."""

from __future__ import annotations

import signal
from contextlib import closing
from threading import Event
from typing import Annotated

import typer
from sqlalchemy import func, select

from pipeline.assess import assess_batch
from pipeline.index import drain_batch
from pipeline.link import link_batch
from pipeline.loop import run_forever, run_until_idle, worker_name
from pipeline.rebuild import compare, rebuild
from store.errors import BadInput, IndexUnavailable
from store.index import Index, open_index
from store.links import LINK
from store.models import reader_in_force
from store.outbox import INDEX
from store.posts import ASSESS
from store.store import Store, set_up
from store.tables import Post
from store.work import count_work, revive_work
from triage_api.searches.blind import index_unindexed
from vigie.console import Console
from vigie.opening import opened_index, opened_store, settings
from vigie.unattended import STEPS, every_step


def register(app: typer.Typer) -> None:
    """Add these verbs to the command line."""
    app.command("setup-db")(setup_db)
    app.command("assess")(assess)
    app.command("index")(index)
    app.command("work")(work)


def setup_db(context: typer.Context) -> None:
    """Make or upgrade the data folder, its keys and the database. Safe to run again.

    Example: VIGIE_DATA_DIR=/srv/vigie vigie setup-db
    """
    chosen = settings()
    set_up(chosen)
    with opened_store() as store, opened_index(store, writer=True):
        console: Console = context.obj
        index_unindexed(store)  # searches made before earlier ones were found by keyed hashes
        console.say(f"Ready: {chosen.data_dir} (keys in {chosen.keys}; keep a copy of them apart from the data).")


def assess(
    context: typer.Context,
    retry: Annotated[bool, typer.Option("--retry", help="Try the posts that could not be read again.")] = False,
) -> None:
    """Read every post that waits, put what must be read in the queue, and link it to its campaign.

    Example: vigie assess
    """
    console: Console = context.obj
    with opened_store() as store:
        owner, reader, done = worker_name(), reader_in_force(store.settings), 0
        with store.database.writing() as session:
            if retry:
                revived = sum(revive_work(session, kind, store.clock()) for kind in (ASSESS, LINK))
                console.tell(f"{revived} posts are tried again")
            waiting = count_work(session, ASSESS)
        with console.progress("assessed", waiting) as tick:
            while count := assess_batch(store, reader, owner):
                done += count
                tick(done)
        while link_batch(store, owner):
            pass
        console.say(f"{done} posts assessed")


def index(
    context: typer.Context,
    rebuild_: Annotated[
        bool, typer.Option("--rebuild", help="Build the index anew beside the live one, check it, then swap it in.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Hold the index against the database; change nothing.")
    ] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Try the dead letters again.")] = False,
) -> None:
    """Bring every change into the search index, or build it anew, or hold it against the database.

    A rebuild that is stopped goes on where it was when it is called again; searches go on meanwhile.

    Example: vigie index --rebuild
    """
    if rebuild_ + check + retry > 1:
        raise BadInput("Choose one of --rebuild, --check and --retry.")
    console: Console = context.obj
    with opened_store() as store:
        if rebuild_:
            _rebuild(store, console)
        elif check:
            _check(store, console)
        else:
            _index(store, console, retry=retry)


def _index(store: Store, console: Console, *, retry: bool) -> None:
    with opened_index(store, writer=True) as engine:
        with store.database.writing() as session:
            if retry:
                console.tell(f"{revive_work(session, INDEX, store.clock())} dead letters are tried again")
            waiting = count_work(session, INDEX)
        done, owner = 0, worker_name()
        with console.progress("indexed", waiting) as tick:
            while count := drain_batch(store, engine, owner):
                done += count
                tick(done)
        console.say(f"{done} changes indexed")


def _rebuild(store: Store, console: Console) -> None:
    with store.database.reading() as session:
        posts = session.scalar(select(func.count()).select_from(Post).where(Post.status == "live"))
    with closing(open_index(store.settings)) as engine:  # as it is: what must be replaced may be too old
        with console.progress("brought into the new index", posts) as tick:
            count = rebuild(store, engine, tick)
        _bring_the_rest(store, engine, console)
        console.say(f"index {engine.generation()} is live: {count} posts, each as the database has it")


def _bring_the_rest(store: Store, engine: Index, console: Console) -> None:
    """Bring in what changed during a swap, unless a worker is there to do it."""
    owner = worker_name()
    try:
        while drain_batch(store, engine, owner):
            pass
    except IndexUnavailable as error:
        console.tell(f"{error.message} What changed meanwhile is brought in by the worker.")


def _check(store: Store, console: Console) -> None:
    with opened_index(store, writer=False) as engine:
        found = compare(store, engine)
    console.say(
        f"{found.documents} posts; the index has {len(found.behind)} not or in an older version, "
        f"{len(found.surplus)} that are gone, {len(found.wrong)} that differ"
    )
    if found:
        console.tell("`vigie index` brings in what waits; `vigie index --rebuild` mends the rest.")
        raise typer.Exit(1)


def work(
    context: typer.Context,
    steps_: Annotated[
        str, typer.Option("--steps", help=f"Which steps, separated by commas: {','.join(STEPS)}.")
    ] = ",".join(STEPS),
    once: Annotated[bool, typer.Option("--once", help="Stop when there is nothing left to do.")] = False,
) -> None:
    """Run the unattended steps until stopped.

    Example: vigie work --steps assess,index
    """
    names = tuple(steps_.split(","))
    if unknown := set(names) - set(STEPS):
        raise BadInput(f"No such step: {', '.join(sorted(unknown))}. There are {', '.join(STEPS)}.")
    console: Console = context.obj
    with opened_store() as store, opened_index(store, writer="index" in names, needed=False) as engine:
        stop = Event()
        reader = reader_in_force(store.settings) if "assess" in names else None
        todo = every_step(store, reader, engine, names, stop)
        if once:
            run_until_idle(todo)
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        console.tell(f"working: {', '.join(todo)}; Ctrl+C stops")
        run_forever(todo, stop)
