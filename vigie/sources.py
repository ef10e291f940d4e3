"""Verbs of sources: declare, check, approve, suspend, list."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import select

from crawlers.sources.approvals import State, standing
from crawlers.sources.declaration import SourceDeclaration, load_source
from crawlers.sources.dry_run import DryRun, dry_run
from crawlers.sources.register import COLLECTED, declare, declared_source
from store.clock import house_day
from store.errors import BadInput
from store.store import Store
from store.tables import Source
from triage_api.access.models import Person
from triage_api.shell.forms import BadForm, validated
from triage_api.sources import approving
from triage_api.sources.approving_models import GrantIn, LeaveIn, LeaveOut, SourceStanding, SuspendIn
from vigie.console import Console
from vigie.opening import As, AsJson, as_person, opened_store

sources = typer.Typer(
    help="Declare, check, approve, suspend and list sources.", no_args_is_help=True, rich_markup_mode=None
)

_WRONG = {"needed": "is needed", "too_long": "is too long", "invalid": "cannot be used"}
"""What is wrong with an option, by the kind of problem that `BadForm` tells."""


def register(app: typer.Typer) -> None:
    """Add these verbs to the command line."""
    app.add_typer(sources, name="sources")


@sources.command("add")
def add_source(context: typer.Context, file: Path) -> None:
    """Declare a source from its YAML file, or declare it anew after a change (which ends its approval).

    Example: vigie sources add examples/feed.yaml
    """
    console: Console = context.obj
    declaration = load_source(file)
    with opened_store() as store:
        before = _state(store, declaration.id)
        declare(store, declaration)
        after = _state(store, declaration.id)
    how = f"approve it with: vigie sources approve {declaration.id} --help"
    if after == "approved":
        console.say(f"{declaration.id} is declared; its approval holds")
    elif before in {"approved", "waiting"} and after != before:
        console.say(f"{declaration.id} is declared anew, which ended its approval; {how}")
    else:
        console.say(f"{declaration.id} is declared; {how}")


@sources.command("list")
def list_sources(context: typer.Context, as_json: AsJson = False) -> None:
    """List the sources and whether each may be collected; one JSON object a line with --json.

    Example: vigie sources list --json
    """
    console: Console = context.obj
    with opened_store() as store, store.database.reading() as session:
        for source in session.scalars(select(Source).order_by(Source.id)):
            found = standing(session, source.id, store.clock())
            in_force = found.leave if found.state == "approved" else None
            row = {"id": source.id, "kind": source.kind, "title": source.title, "state": found.state}
            told = found.problem or (f"until {house_day(in_force.expires_at)}" if in_force else "")
            if as_json:
                until = in_force.expires_at.isoformat() if in_force else None
                more = {"problem": found.problem, "until": until, "waiting": found.waiting is not None}
                console.say(json.dumps(row | more, ensure_ascii=False))
            else:
                console.say("  ".join(filter(None, (*row.values(), told))))


@sources.command("check")
def check_source(
    context: typer.Context,
    source: str,
    as_json: AsJson = False,
) -> None:
    """Show what a collection would request and why, sending nothing; exit status 1 if something stops it.

    Example: vigie sources check journal-de-quartier --json
    """
    console: Console = context.obj
    told = _dry_run(source)
    if as_json:
        console.say(json.dumps(told.as_dict(), ensure_ascii=False))
    else:
        for line in _lines(told):
            console.say(line)
    if told.stops:
        raise typer.Exit(1)


@sources.command("approve")
def approve_source(  # noqa: PLR0913, PLR0917 - Typer makes an argument or an option of each
    context: typer.Context,
    source: str,
    who: As,
    assessment: Annotated[str, typer.Option(help="Number of the privacy assessment (EFVP).")] = "",
    mandate: Annotated[str, typer.Option(help="Mandate under which it is collected.")] = "",
    ground: Annotated[str, typer.Option(help="Legal ground.")] = "",
    expires: Annotated[str, typer.Option(help="Last day of the approval, as 2027-06-30.")] = "",
    region: Annotated[str, typer.Option(help="Administrative region that it is for; none: all.")] = "",
    retention_days: Annotated[str, typer.Option(help="Days that unflagged texts stay, if fewer.")] = "",
    alone: Annotated[str, typer.Option(help="Why nobody else can grant it, where the house lets one.")] = "",
    as_json: AsJson = False,
) -> None:
    """Ask for leave to collect a source; run by a second supervisor, who needs no facts, grant it.

    Example: vigie sources approve journal-de-quartier --as lea.b --assessment EFVP-12 --mandate M-3
    --ground "LPJ 2.3" --expires 2027-06-30, and then: vigie sources approve journal-de-quartier --as dominique
    """
    console: Console = context.obj
    facts: dict[str, Any] = {"assessment": assessment, "mandate": mandate, "ground": ground, "expires_on": expires}
    facts |= {"region": region, "retention_days": retention_days}
    given = {name: value.strip() for name, value in facts.items() if value.strip()}
    with as_person(who) as (store, person):
        told = _approved(store, person, source, given, alone)
    _tell(console, told, as_json=as_json)


@sources.command("suspend")
def suspend_source(
    context: typer.Context,
    source: str,
    who: As,
    why: Annotated[str, typer.Option(help="The reason; no names.")],
    as_json: AsJson = False,
) -> None:
    """Suspend a source at once, also in the middle of a collection; one person is enough.

    Example: vigie sources suspend journal-de-quartier --as lea.b --why "Its terms changed"
    """
    console: Console = context.obj
    with as_person(who) as (store, person):
        told = approving.suspend(store, person, source, validated(SuspendIn, {"why": why}))
    _tell(console, told, as_json=as_json)


def _state(store: Store, source: str) -> State | None:
    """Return how a source stands; None if it is not declared."""
    with store.database.reading() as session:
        return standing(session, source, store.clock()).state if session.get(Source, source) else None


def _approved(store: Store, person: Person, source: str, given: dict[str, str], alone: str) -> SourceStanding:
    waiting = approving.standing_of(store, person, source).waiting
    if waiting is None:
        if not given:
            raise BadInput(f"Nothing waits for {source}: give --assessment, --mandate, --ground and --expires.")
        return approving.ask(store, person, source, _leave_of(given))
    _same(waiting, given)
    return approving.grant(store, person, source, GrantIn(approval=waiting.approval, reason=alone))


def _leave_of(given: dict[str, str]) -> LeaveIn:
    """Return the leave that is asked for; `BadInput` names options as they were typed, not the fields behind them."""
    try:
        return validated(LeaveIn, given)
    except BadForm as error:
        told = [f"{_option(name)} {_WRONG.get(kind, kind)}" for name, kind in error.problems.items()]
        raise BadInput(f"{'; '.join(told)}: see `vigie sources approve --help`.") from None


def _option(field: str) -> str:
    return "--expires" if field == "expires_on" else "--" + field.replace("_", "-")


def _same(waiting: LeaveOut, given: dict[str, str]) -> None:
    """Refuse facts that are not those of the leave that waits: a second person grants what the first asked for."""
    told = waiting.model_dump(mode="json") | {"expires_on": house_day(waiting.expires_at)}
    for name, value in given.items():
        if value != str(told[name]):
            raise BadInput(
                f"What waits says {_option(name)} {told[name]}: grant that without facts, or suspend it first."
            )


def _tell(console: Console, told: SourceStanding, *, as_json: bool) -> None:
    if as_json:
        console.say(told.model_dump_json())
        return
    if told.state == "approved" and told.leave is not None:
        console.say(f"{told.source} may be collected until {house_day(told.leave.expires_at)}")
    else:
        console.say(f"{told.source} {told.problem}")
    if told.waiting is not None:
        console.say(
            f"still missing: a second supervisor's `vigie sources approve {told.source} --as NAME`"
            + (f" (or yours with --alone WHY, from {told.alone_at:%Y-%m-%d %H:%M} UTC)" if told.alone_at else "")
        )


def _dry_run(source: str) -> DryRun:
    with opened_store() as store, store.database.reading() as session:
        row = declared_source(session, source)
        if row.kind not in COLLECTED:
            raise BadInput(f"{source} holds what people brought: it is never collected.")
        declaration = SourceDeclaration.model_validate(row.declaration)
        return dry_run(store.settings, declaration, standing(session, source, store.clock()))


def _lines(told: DryRun) -> Iterator[str]:
    yield f"{told.source}: {told.title} ({told.kind}); nothing was sent"
    yield f"approval: {', '.join(f'{name} {value}' for name, value in told.approval.items() if value)}"
    yield f"why it may be read: {told.legal_note}"
    yield f"as: {told.user_agent}"
    yield f"pace: {told.pace['seconds']:g} s between two requests, longer if robots.txt says so"
    yield f"budgets: {', '.join(f'{name} {value:.15g}' for name, value in told.budgets.items())}"
    for host, refused in told.hosts.items():
        yield f"host: {host}" + (f" REFUSED: {refused}" if refused else "")
    for number, one in enumerate(told.requests, 1):
        yield f"{number}. GET {one.url}" + (f" REFUSED: {one.refused}" if one.refused else f" ({one.why})")
    yield "then: links found on these pages, on the hosts above and within the budgets"
    again = f"{told.budgets['asked_again']:g}"
    yield f"last: at most {again} posts that these pages no longer list, each at its own address, to see if they stand"
    yield from (f"stopped: {reason}" for reason in told.stops)
