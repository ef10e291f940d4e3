"""Verbs of accounts: who may come in, and which programs for them."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from store.errors import NotFound
from triage_api.access.accounts import change_user, create_user, disable_user, list_users, renew_password
from triage_api.access.factors.service import reset_user
from triage_api.access.models import AccountChange, AccountIn
from triage_api.access.people import is_trained
from triage_api.access.policy import TRAINED
from triage_api.access.tokens.models import MAX_DAYS, TokenIn
from triage_api.access.tokens.service import end_token, list_tokens, make_token
from triage_api.shell.forms import validated
from vigie.console import Console
from vigie.opening import AsJson, as_person, opened_store

users = typer.Typer(help="Accounts of the people who use the pages.", no_args_is_help=True, rich_markup_mode=None)
tokens = typer.Typer(help="Tokens of the programs that call the API.", no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add these verbs to the command line."""
    app.add_typer(users, name="users")
    app.add_typer(tokens, name="tokens")


@users.command("add")
def add_user(  # noqa: PLR0913, PLR0917 - each is one option of the verb
    context: typer.Context,
    name: str,
    role: Annotated[list[str], typer.Option(help="A role; may be given several times.")],
    organisation: Annotated[str, typer.Option(help="Where the person works.")] = "",
    language: Annotated[str, typer.Option(help="Language of the pages: fr or en.")] = "",
    full_name: Annotated[str, typer.Option(help="First and last name, seen by oversight only.")] = "",
    trained: Annotated[str, typer.Option(help="Day of the last training, as 2026-11-01.")] = "",
    shift: Annotated[str, typer.Option(help="Working hours, as 'mon-fri 08:00-16:00'.")] = "",
) -> None:
    """Make an account and print its password, once.

    Example: vigie users add lea.b --role analyst --organisation "Maison X" --trained 2026-11-01
    """
    console: Console = context.obj
    asked: dict[str, object] = {"name": name, "roles": role, "organisation": organisation, "language": language}
    asked |= {"full_name": full_name, "trained_on": trained or None, "shift": shift}
    with opened_store() as store:
        made = create_user(store, validated(AccountIn, asked))
        waits = not TRAINED.isdisjoint(made.user.roles) and not is_trained(store, made.user.trained_on)
    console.tell(f"{made.user.name} is {made.user.pseudonym} in the register. Password, shown once:")
    console.say(made.password)
    if waits:
        console.tell(f"{name} reads nothing until trained: `vigie users train {name} --on DAY`.")


@users.command("train")
def train(
    context: typer.Context,
    name: str,
    on: Annotated[str, typer.Option(help="Day of the training, as 2026-11-01.")],
) -> None:
    """Note the day on which somebody was trained.

    Example: vigie users train lea.b --on 2026-11-01
    """
    console: Console = context.obj
    with opened_store() as store:
        change_user(store, name, validated(AccountChange, {"trained_on": on}))
    console.say(f"{name} was trained on {on}")


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
                trained = user.trained_on.isoformat() if user.trained_on else None
                told |= {"organisation": user.organisation, "trained_on": trained, "totp": user.totp is not None}
                console.say(json.dumps(told, ensure_ascii=False))
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
    """Give an account a new password, printed once, and end its sessions and tokens.

    Example: vigie users password lea.b
    """
    console: Console = context.obj
    with opened_store() as store:
        renewed = renew_password(store, name)
    if renewed is None:
        raise NotFound(f"There is no active account named {name}: see `vigie users list`.")
    console.say(renewed)


@users.command("totp")
def totp(
    context: typer.Context,
    name: str,
    reset: Annotated[bool, typer.Option("--reset", help="Take it away, for somebody who has lost it.")] = False,
) -> None:
    """Say whether an account has a second factor, or take it away and end its sessions and tokens.

    Example: vigie users totp lea.b --reset
    """
    console: Console = context.obj
    with opened_store() as store:
        if reset:
            reset_user(store, name)
        named = (user for user in list_users(store) if user.name == name and user.active)
        enrolled = next((user.totp is not None for user in named), None)
    if enrolled is None:
        raise NotFound(f"There is no active account named {name}: see `vigie users list`.")
    console.say(f"{name} has {'a' if enrolled else 'no'} second factor")


@tokens.command("add")
def add_token(
    context: typer.Context,
    name: str,
    label: Annotated[str, typer.Option(help="What it is for.")],
    scope: Annotated[list[str], typer.Option(help="An action of docs/access.md; may be given several times.")],
    days: Annotated[int, typer.Option(help=f"Days until it ends, at most {MAX_DAYS}.")] = 90,
) -> None:
    """Make a token for a program of an account and print it, once.

    Example: vigie tokens add lea.b --label tableau --scope queue.read --days 30
    """
    console: Console = context.obj
    given = validated(TokenIn, {"label": label, "scopes": scope, "days": days})
    with as_person(name) as (store, person):
        made = make_token(store, person, given)
    console.tell(f"{made.id} ends on {made.expires_at.date()}. Token, shown once:")
    console.say(made.token or "")


@tokens.command("list")
def list_tokens_verb(context: typer.Context, name: str, as_json: AsJson = False) -> None:
    """List the tokens of an account.

    Example: vigie tokens list lea.b
    """
    console: Console = context.obj
    with as_person(name) as (store, person):
        page = list_tokens(store, person)
    for token in page.items:
        if as_json:
            console.say(token.model_dump_json(exclude={"token"}))
        else:
            console.say(f"{token.id}  until {token.expires_at.date()}  {token.label}  {', '.join(token.scopes)}")


@tokens.command("end")
def end_token_verb(context: typer.Context, name: str, identity: str) -> None:
    """End a token of an account at once.

    Example: vigie tokens end lea.b t-0123456789abcdef
    """
    console: Console = context.obj
    with as_person(name) as (store, person):
        end_token(store, person, identity)
    console.say(f"{identity} is ended")
