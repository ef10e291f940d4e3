"""The verb that lets go: what would go, by kind, what a legal hold keeps, and what went in a month."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Annotated

import typer

from pipeline.index import drain_batch
from pipeline.loop import worker_name
from pipeline.rebuild import erase_thoroughly
from pipeline.retain import purge
from store.errors import BadInput, IndexUnavailable
from store.store import Store
from triage_api.retention.reporting import month_of, read_month
from triage_api.retention.running import erase_over, over
from vigie.console import Console
from vigie.opening import AsJson, opened_index, opened_store


def register(app: typer.Typer) -> None:
    """Add this verb to the command line."""
    app.command("purge")(purge_verb)


def purge_verb(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go; erase nothing.")] = False,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Take what was erased out of the files of index and database now, too.")
    ] = False,
    report: Annotated[str, typer.Option(help="Say what went in a month, like 2026-11; erase nothing.")] = "",
    as_json: AsJson = False,
) -> None:
    """Erase what may no longer be kept, each kind after its own time; what is under a legal hold stays.

    What is erased is found no more at once; its bytes leave the files within VIGIE_ERASE_HOURS, or now with --thorough.

    Example: vigie purge --dry-run
    """
    console: Console = context.obj
    if report and (dry_run or thorough):
        raise BadInput("--report goes alone: it erases nothing.")
    with opened_store() as store:
        if report:
            month = month_of(store, read_month(report))
            _tell(console, month.kinds, {}, as_json, {"month": month.month})
            return
        gone, held = _purge(store, console, dry_run=dry_run)
        if not dry_run:
            _tell_index(store, console, thorough=thorough)
        _tell(console, gone, held, as_json, {"dry_run": dry_run})


def _purge(store: Store, console: Console, *, dry_run: bool) -> tuple[dict[str, int], dict[str, int]]:
    """Let go of everything, or look what would go; return how many of each kind went, and how many are held."""
    due, kept = over(store)
    requests = len(due) if dry_run else erase_over(store)
    with console.progress("erased") as tick:
        done = purge(store, dry_run=dry_run, progress=tick)
    gone = Counter(done.kinds)
    gone.update({"request": requests} if requests else {})
    return dict(sorted(gone.items())), dict(sorted((done.held | ({"request": len(kept)} if kept else {})).items()))


def _tell(
    console: Console, gone: Mapping[str, int], held: Mapping[str, int], as_json: bool, more: Mapping[str, object]
) -> None:
    if as_json:
        console.say(json.dumps({**more, "kinds": gone, "held": held}))
        return
    verb = "would be erased" if more.get("dry_run") else "erased"
    for kind, count in gone.items():
        console.say(f"{kind}: {count} {verb}")
    for kind, count in held.items():
        console.say(f"{kind}: {count} kept by a legal hold")
    posts = sum(count for kind, count in gone.items() if kind.startswith("post_"))
    console.say(f"{posts} posts {verb}, {gone.get('request', 0)} requests")


def _tell_index(store: Store, console: Console, *, thorough: bool) -> None:
    owner = worker_name()
    try:
        with opened_index(store, writer=True) as engine:
            while drain_batch(store, engine, owner):
                pass
            if erase_thoroughly(store, engine, owner, now=thorough):
                console.tell("the index was built anew: nothing of what was erased is left in its files")
    except IndexUnavailable as error:
        if thorough:  # it was asked for by name: whoever runs it from cron must hear that it was not done
            raise
        console.tell(f"{error.message} What was erased leaves the index as soon as a worker tells it.")
