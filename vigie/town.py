"""`vigie demo`: the main job on the fictional town, from the first request to the triage page."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import func, select

from crawlers.run import collect
from crawlers.sources.approvals import approve
from crawlers.sources.declaration import SourceDeclaration, load_source
from crawlers.sources.register import declare
from fixtures.town.directory import organisations
from fixtures.town.server import Town
from nlp.reader import Reader
from pipeline.assess import assess_batch
from pipeline.index import drain_batch
from pipeline.link import link_batch
from pipeline.loop import worker_name
from store.clock import house_day
from store.errors import BadInput
from store.index import Index
from store.models import reader_in_force
from store.settings import Settings
from store.store import Store, open_store, set_up
from store.tables import Organisation, Post, QueueItem, Source
from triage_api.access.accounts import create_user, renew_password
from triage_api.access.models import AccountIn
from triage_api.access.people import person_named
from triage_api.corpora.models import CorpusIn
from triage_api.corpora.service import ask, list_exports
from triage_api.directory.importing import bring_in
from triage_api.queue.ordering import ORDER
from vigie.console import Console
from vigie.opening import opened_index
from vigie.opening import settings as environment
from vigie.serving import serve_pages

ACCOUNTS = (
    ("analyste", ("analyst",), "Vigie"),
    ("superviseure", ("supervisor",), "Vigie"),
    ("pivot-ecole", ("partner",), "École de la Démo"),
    ("pivot-dpj", ("partner",), "DPJ de la Démo"),
    ("pivot-cavac", ("partner",), "CAVAC de la Démo"),
    ("chercheuse", ("researcher",), "Université de la Démo"),
    ("verificateur", ("auditor",), "Vigie"),
)
"""Name, roles and organisation of the demo's people."""

_KEEPER = "superviseure"
"""Who keeps the demo's directory."""
_RESEARCHER = "chercheuse"
_FIRST_WORDS = 60
_DELAY = 0.02
"""Seconds between two requests: the town is ours and on this machine; a real source gets `VIGIE_REQUEST_DELAY`."""


def register(app: typer.Typer) -> None:
    """Add this verb to the command line."""
    app.command("demo")(demo)


def demo(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Stop at the queue and print it.")] = False,
    data: Annotated[Path, typer.Option(help="Where the demo keeps its data.")] = Path("var/demo"),
    port: Annotated[int | None, typer.Option(help="Port of the pages; 0: a free one. Default: VIGIE_PORT.")] = None,
    browser: Annotated[bool, typer.Option(help="Open the triage page in a browser, where there is one.")] = True,
) -> None:
    """Run the main job on a fictional town: collect, read, index, queue; then serve the pages on loopback.

    Example: vigie demo --once
    """
    console: Console = context.obj
    settings = _settings(data, environment().port if port is None else port)
    set_up(settings)
    store = open_store(settings)
    try:
        with Town() as town, opened_index(store, writer=True) as index:
            sources = [load_source(text) for text in town.declarations().values()]
            names = [source.id for source in sources]
            _refuse_a_real_store(store, names)
            reader = reader_in_force(store.settings)
            _collect_town(store, sources, console)
            _read_all(store, reader, index, console)
            if once:
                _print_queue(store, names, console)
                return
            _print_accounts(store, console)
            _fill_directory(store, console)
            _ask_for_corpus(store)
            _serve(store, reader, index, console, browser=browser)
    finally:
        store.close()


def _settings(data: Path, port: int) -> Settings:
    # Whatever the environment names, the demo keeps to its own folder: its accounts belong in no real store.
    return Settings(
        data_dir=data,
        database_url="",
        index_url="",
        keys_dir=None,
        allow_loopback=True,
        request_delay=_DELAY,
        host="127.0.0.1",
        port=port,
    )


def _refuse_a_real_store(store: Store, names: list[str]) -> None:
    pasted = Source.kind == "paste"  # what one pastes while trying the demo belongs to it
    with store.database.reading() as session:
        others = session.scalars(select(Source.id).where(~pasted, Source.id.not_in(names))).all()
    if others:
        raise BadInput(f"{store.settings.data_dir} holds other sources than the demo's: choose another --data folder.")


def _collect_town(store: Store, sources: list[SourceDeclaration], console: Console) -> None:
    end = store.clock() + timedelta(days=1)
    for declaration in sources:
        declare(store, declaration)
        approve(
            store,
            declaration.id,
            assessment="EFVP-DEMO",
            mandate="Démonstration",
            ground="Fictional town on loopback",
            approvers=["Première personne", "Deuxième personne"],
            expires_at=end,
        )
        with console.progress(f"collecting {declaration.title}") as tick:
            report = collect(store, declaration.id, tick)
        console.tell(str(report))


def _read_all(store: Store, reader: Reader, index: Index, console: Console) -> None:
    owner, done = worker_name(), 0
    with console.progress("reading posts") as tick:
        while count := assess_batch(store, reader, owner):
            done += count
            tick(done)
    while link_batch(store, owner):
        pass
    while drain_batch(store, index, owner):
        pass
    console.tell(f"{done} posts read and indexed")


def _print_queue(store: Store, names: list[str], console: Console) -> None:
    lines = list(_queue_lines(store, names))
    with store.database.reading() as session:
        posts = session.scalar(select(func.count()).select_from(Post).where(Post.status == "live"))
    console.say("\n".join(lines))
    console.tell(f"{len(lines)} of {posts} posts wait in the queue")


def _queue_lines(store: Store, names: list[str]) -> Iterator[str]:
    # The town is fictional: only its posts' words are ever shown without an entry in the register.
    query = (
        select(QueueItem, Post, Source.title)
        .join(Post, Post.id == QueueItem.post_id)
        .join(Source, Source.id == Post.source_id)
        .where(QueueItem.status == "open", Source.id.in_(names))
        .order_by(*ORDER)
    )
    now = store.clock()
    with store.database.reading() as session:
        for item, post, source in session.execute(query):
            words = " ".join(f"{post.title} {post.text}".split())[:_FIRST_WORDS]
            signals = "+".join(item.signals)
            yield f"{item.urgency:<9}  {_waited(item.created_at, now):>6}  {signals:<32}  {source:<24}  {words}"


def _waited(since: datetime, now: datetime) -> str:
    minutes, seconds = divmod(max(0, int((now - since).total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}" if hours else f"{minutes}m{seconds:02}"


def _print_accounts(store: Store, console: Console) -> None:
    console.say("Accounts of the demo (these passwords are shown once; each start makes new ones):")
    for name, roles, organisation in ACCOUNTS:
        console.say(f"  {name:<14} {_password(store, name, roles, organisation):<24} {', '.join(roles)}")


def _fill_directory(store: Store, console: Console) -> None:
    with store.database.reading() as session:
        if session.scalar(select(Organisation.id).limit(1)):  # whoever tries the demo may have changed it
            return
    raw = [(one["name"], one) for one in organisations(house_day(store.clock()))]
    bring_in(store, person_named(store, _KEEPER), raw)
    console.tell(f"{len(raw)} organisations are in the directory")


def _ask_for_corpus(store: Store) -> None:
    """Leave an open corpus asked for, once: the supervisor of the demo has something to decide."""
    person = person_named(store, _RESEARCHER)
    if not list_exports(store, person).items:
        ask(store, person, CorpusIn(purpose="Ampleur des fugues par région"))


def _password(store: Store, name: str, roles: tuple[str, ...], organisation: str) -> str:
    renewed = renew_password(store, name)
    if renewed:
        return renewed
    given = {"name": name, "roles": roles, "organisation": organisation, "trained_on": house_day(store.clock())}
    return create_user(store, AccountIn.model_validate(given)).password


def _serve(store: Store, reader: Reader, index: Index, console: Console, *, browser: bool) -> None:
    def ready(address: str) -> None:
        console.say(f"The pages are on {address} — Ctrl+C stops.")
        if browser and _has_screen():
            webbrowser.open(address)

    serve_pages(store, reader, index, work=True, ready=ready)


def _has_screen() -> bool:
    return sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
