"""Verbs of keeping: erasing a subject, and changing the keys."""

from __future__ import annotations

from typing import Annotated

import typer
from pydantic import ValidationError

from store.errors import BadInput
from triage_api.subjects.erasing import erase_subject, unreadable_requests
from triage_api.subjects.models import EraseIn
from triage_api.subjects.rotation import rotate_hashing, rotate_wrapping
from vigie.console import Console
from vigie.opening import As, AsJson, as_person

subjects = typer.Typer(help="What is kept of the youths asked about.", no_args_is_help=True, rich_markup_mode=None)
keys = typer.Typer(help="The keys that all that is sealed rests on.", no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add these verbs to the command line."""
    app.add_typer(subjects, name="subjects")
    app.add_typer(keys, name="keys")


@subjects.command("erase")
def erase(
    context: typer.Context,
    request: Annotated[str, typer.Argument(help="Number of the partner's request.")],
    as_name: As,
    reason: Annotated[str, typer.Option(help="Why; it stays in the register, so name nobody.")],
    as_json: AsJson = False,
) -> None:
    """Erase what is kept of a request's youth, and destroy the key to it. This cannot be undone.

    Example: vigie subjects erase r-0f3a --as superviseure --reason "fin de la conservation"
    """
    console: Console = context.obj
    try:
        given = EraseIn(reason=reason)
    except ValidationError:
        raise BadInput("--reason needs from 1 to 5000 characters.") from None
    with as_person(as_name) as (store, person):
        done = erase_subject(store, person, request, given)
    if as_json:
        console.say(done.model_dump_json())
        return
    console.tell(f"{done.request} is erased, with {done.searches} searches and {done.posts} pasted texts")
    for other in done.beside:
        console.say(f"{other}: named a contact of it; erased by itself alone")


@subjects.command("unreadable")
def unreadable(context: typer.Context, as_name: As) -> None:
    """List requests whose key was destroyed although this database knows of no erasure: erase each again.

    Example: vigie subjects unreadable --as superviseure
    """
    console: Console = context.obj
    with as_person(as_name) as (store, person):
        for request in unreadable_requests(store, person):
            console.say(request)


@keys.command("rotate")
def rotate(
    context: typer.Context,
    as_name: As,
    wrapping: Annotated[bool, typer.Option("--wrapping", help="The key that wraps the data keys.")] = False,
    hashing: Annotated[bool, typer.Option("--hashing", help="The key that keyed hashes are made with.")] = False,
) -> None:
    """Change keys and destroy the old ones; everything opens and matches as before. Cut short, run it again.

    Example: vigie keys rotate --wrapping --hashing --as administratrice
    """
    console: Console = context.obj
    if not (wrapping or hashing):
        raise BadInput("Say which key: --wrapping, --hashing or both.")
    with as_person(as_name) as (store, person):
        if wrapping:
            console.tell(f"{rotate_wrapping(store, person)} data keys are wrapped anew")
        if hashing:
            done = rotate_hashing(store, person)
            console.tell(f"{done.subjects} requests and {done.searches} searches are hashed anew")
            if done.lost:
                console.tell(f"{done.lost} searches can be read no more and are matched no longer")
