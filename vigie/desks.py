"""Verbs of the desks: searches. What is done here is entered as on the pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer
from pydantic import ValidationError

from store.errors import BadInput
from triage_api.desk import Desk
from triage_api.searches.models import HitOut, SearchIn, SearchOut
from triage_api.searches.service import search
from triage_api.shell.times import shown
from vigie.console import Console
from vigie.opening import As, AsJson, as_person, opened_index


def register(app: typer.Typer) -> None:
    """Add this verb to the command line."""
    app.command("search")(search_verb)


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
    with as_person(as_name) as (store, person), opened_index(store, writer=False) as index:
        made = search(Desk(store, index), person, _search_in(asked))
    if as_json:
        console.say(made.model_dump_json(indent=2))
    else:
        _tell_search(console, made)


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
    if made.overlaps:
        more = " or more" if made.overlaps_cut else ""
        console.tell(f"Earlier ones that share a part with it: {made.overlaps}{more}. Ask who made them:")
    for one in made.overlapping:
        console.tell(f"     {one.id}  {shown(one.opened_at)}  {one.relation:<9} {one.by}  {one.purpose}, {one.ground}")


def _hit(hit: HitOut) -> str:
    day = shown(hit.posted_at or hit.ingested_at)[:10]
    return f"{hit.id}  {hit.urgency:<9}  {day}  {'+'.join(hit.signals):<30} {hit.source}"
