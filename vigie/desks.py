"""Verbs of the desks: accounts, searches, the register, exports. What is done here is entered as on the pages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal, cast

import typer
from pydantic import ValidationError

from store.errors import BadInput, NotFound
from store.register import broken
from store.store import Store
from triage_api.access.accounts import create_user, disable_user, list_users, person_named, renew_password
from triage_api.access.models import Person
from triage_api.corpora.models import CorpusIn
from triage_api.corpora.service import as_csv, as_json, open_tier
from triage_api.desk import Desk
from triage_api.oversight.service import read_register
from triage_api.searches.models import HitOut, SearchIn, SearchOut
from triage_api.searches.service import search
from triage_api.shell.times import shown
from vigie.console import Console
from vigie.opening import opened_index, opened_store

users = typer.Typer(help="Accounts of the people who use the pages.", no_args_is_help=True, rich_markup_mode=None)
register_verbs = typer.Typer(help="The register of searches.", no_args_is_help=True, rich_markup_mode=None)

As = Annotated[str, typer.Option("--as", help="Name of the account under which this is entered in the register.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON, for programs.")]


def register(app: typer.Typer) -> None:
    """Add these verbs to the command line."""
    app.add_typer(users, name="users")
    app.add_typer(register_verbs, name="register")
    app.command("search")(search_verb)
    app.command("export")(export_verb)


@users.command("add")
def add_user(
    context: typer.Context,
    name: str,
    role: Annotated[list[str], typer.Option(help="A role; may be given several times.")],
    organisation: Annotated[str, typer.Option(help="Where the person works.")] = "",
    language: Annotated[str, typer.Option(help="Language of the pages: fr or en.")] = "",
) -> None:
    """Make an account and print its password, once.

    Example: vigie users add lea.b --role analyst --organisation "Maison X"
    """
    console: Console = context.obj
    if language not in ("", "fr", "en"):
        raise BadInput("--language is fr or en.")
    chosen = cast('Literal["fr", "en", ""]', language)
    with opened_store() as store:
        made = create_user(store, name=name, roles=role, organisation=organisation, language=chosen)
    console.tell(f"{made.user.name} is {made.user.pseudonym} in the register. Password, shown once:")
    console.say(made.password)


@users.command("list")
def list_verb(context: typer.Context, as_json: AsJson = False) -> None:
    """List the accounts.

    Example: vigie users list --json
    """
    console: Console = context.obj
    with opened_store() as store:
        for user in list_users(store):
            state = "active" if user.active else "disabled"
            if as_json:
                told = {"name": user.name, "pseudonym": user.pseudonym, "roles": user.roles, "active": user.active}
                console.say(json.dumps(told | {"organisation": user.organisation}, ensure_ascii=False))
            else:
                console.say(f"{user.name:<24} {user.pseudonym:<20} {state:<9} {', '.join(user.roles)}")


@users.command("disable")
def disable(context: typer.Context, name: str) -> None:
    """End an account and its sessions at once; what it did stays in the register.

    Example: vigie users disable lea.b
    """
    console: Console = context.obj
    with opened_store() as store:
        disable_user(store, name)
    console.say(f"{name} is disabled")


@users.command("password")
def password(context: typer.Context, name: str) -> None:
    """Give an account a new password, printed once, and end its sessions.

    Example: vigie users password lea.b
    """
    console: Console = context.obj
    with opened_store() as store:
        renewed = renew_password(store, name)
    if renewed is None:
        raise NotFound(f"There is no active account named {name}: see `vigie users list`.")
    console.say(renewed)


def search_verb(  # noqa: PLR0913, PLR0917 - each is one option of the verb
    context: typer.Context,
    as_name: As,
    purpose: Annotated[str, typer.Option(help="Why it is searched.")],
    ground: Annotated[str, typer.Option(help="Legal ground.")],
    query: Annotated[str, typer.Argument(help="Words, phrases in quotes, OR, -without.")] = "",
    identifier: Annotated[list[str], typer.Option(help="A phone, e-mail or handle; any of several.")] = [],  # noqa: B006 - Typer copies it
    city: Annotated[list[str], typer.Option(help="A city; any of several.")] = [],  # noqa: B006 - Typer copies it
    language: Annotated[list[str], typer.Option(help="fr, en, mixed or other; any of several.")] = [],  # noqa: B006 - Typer copies it
    source: Annotated[list[str], typer.Option(help="A source; any of several.")] = [],  # noqa: B006 - Typer copies it
    since: Annotated[str, typer.Option(help="First day, as 2026-01-31.")] = "",
    until: Annotated[str, typer.Option(help="Last day, inclusive.")] = "",
    request: Annotated[str, typer.Option(help="Number of the partner's request it serves.")] = "",
    again_reason: Annotated[str, typer.Option(help="Why a search that was made before must run anew.")] = "",
    as_json: AsJson = False,
) -> None:
    """Search, with its entries in the register; a search made before is brought back with what came since.

    Example: vigie search "gros cash" --as lea.b --purpose watch --ground "LPJ 39"
    """
    console: Console = context.obj
    asked = {
        "query": query,
        "identifiers": identifier,
        "cities": city,
        "languages": language,
        "sources": source,
        "since": since,
        "until": until,
        "purpose": purpose,
        "ground": ground,
        "request": request or None,
        "again_reason": again_reason or None,
    }
    with _as_person(as_name) as (store, person), opened_index(store, writer=False) as index:
        made = search(Desk(store, index), person, _search_in(asked))
    if as_json:
        console.say(made.model_dump_json(indent=2))
    else:
        _tell_search(console, made)


@register_verbs.command("list")
def list_register(
    context: typer.Context,
    as_name: As,
    after: Annotated[int, typer.Option(min=0, help="Begin after this number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Read the register, which is itself an entry.

    Example: vigie register list --as verificateur --after 120
    """
    console: Console = context.obj
    with _as_person(as_name) as (store, person):
        page = read_register(store, person, after=after, limit=limit)
    for entry in page.items:
        if as_json:
            console.say(entry.model_dump_json())
        else:
            said = json.dumps(entry.public, ensure_ascii=False)
            console.say(f"{entry.n:>6}  {entry.at:%Y-%m-%d %H:%M:%S}  {entry.event:<17} {entry.actor:<18} {said}")


@register_verbs.command("verify")
def verify(context: typer.Context) -> None:
    """Check that every entry is as it was written. Exit status 1 and the numbers of those that are not.

    Example: vigie register verify
    """
    console: Console = context.obj
    with opened_store() as store, store.database.reading() as session:
        wrong = list(broken(session))
    for number in wrong:
        console.say(f"{number}: changed since it was written")
    if wrong:
        raise typer.Exit(1)
    console.say("every entry is as it was written")


def export_verb(
    context: typer.Context,
    as_name: As,
    purpose: Annotated[str, typer.Option(help="What the export is for.")],
    output: Annotated[Path | None, typer.Option(help="File to write; without it, standard output.")] = None,
    form: Annotated[str, typer.Option("--format", help="csv or json.")] = "csv",
) -> None:
    """Export the open tier: counts by month, region, signal and criterion; no text, figures under 10 withheld.

    Example: vigie export --as chercheuse --purpose "Étude 12" --format json --output comptes.json
    """
    console: Console = context.obj
    if form not in ("csv", "json"):
        raise BadInput("--format is csv or json.")
    with _as_person(as_name) as (store, person):
        corpus = open_tier(store, person, CorpusIn(purpose=_needed("--purpose", purpose)))
    data = as_csv(corpus) if form == "csv" else as_json(corpus)
    if output is None:
        console.say(data.decode().rstrip("\n"))
        return
    try:
        output.write_bytes(data)
    except OSError as error:
        raise BadInput(f"{output} cannot be written: {error.strerror}.") from None
    console.tell(f"{len(corpus.cells)} cells in {output}, entered in the register as {corpus.id}")


@contextmanager
def _as_person(name: str) -> Iterator[tuple[Store, Person]]:
    with opened_store() as store:
        yield store, person_named(store, name)


def _needed(option: str, value: str) -> str:
    if not value.strip():
        raise BadInput(f"{option} may not be empty.")
    return value


def _search_in(asked: Mapping[str, object]) -> SearchIn:
    try:
        return SearchIn.model_validate(asked)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}.") from None


def _tell_search(console: Console, made: SearchOut) -> None:
    if made.reused_from:
        console.tell(f"{made.relation}: brought back from {made.reused_from}; nothing ran again")
    for hit in made.new_since:
        console.say(f"new  {_hit(hit)}")
    for hit in made.items:
        console.say(f"     {_hit(hit)}")
    if not made.items and not made.new_since:
        console.tell("Nothing in what is covered.")
    console.tell(
        f"{made.id}: {made.total} found in: {', '.join(s.title for s in made.coverage.sources) or 'no source'}"
    )
    console.tell(f"Not covered: {', '.join(made.coverage.not_covered)}")


def _hit(hit: HitOut) -> str:
    day = shown(hit.posted_at or hit.ingested_at)[:10]
    return f"{hit.id}  {hit.urgency:<9}  {day}  {'+'.join(hit.signals):<30} {hit.source}"
