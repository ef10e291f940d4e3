"""The verb that says who an account is at the identity provider."""

from __future__ import annotations

from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from store.errors import BadInput
from triage_api.access.oidc.linking import Subject, link_user
from vigie.accounts import users
from vigie.console import Console
from vigie.opening import opened_store

_SUBJECT = TypeAdapter[str](Subject)


def register(_app: typer.Typer) -> None:
    """Add the verb to those of accounts."""
    users.command("link")(link)


def link(
    context: typer.Context,
    name: str,
    subject: Annotated[str, typer.Option(help="What the provider calls the person (sub); empty: unlink.")],
) -> None:
    """Let an account log in at the identity provider of VIGIE_OIDC_ISSUER; its sessions and tokens end.

    Example: vigie users link lea.b --subject 248289761001
    """
    console: Console = context.obj
    try:
        subject = _SUBJECT.validate_python(subject)
    except ValidationError:
        raise BadInput("--subject is one line of at most 255 characters.") from None
    with opened_store() as store:
        link_user(store, name, subject)
    console.say(f"{name} is linked" if subject else f"{name} is linked to nobody")
