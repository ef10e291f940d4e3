"""The verb that trains the reader, and puts what was trained in force: `vigie train`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.card import write_card
from pipeline.train import corpora_folder, is_in, models_folder, train
from store.errors import BadInput
from vigie import learning
from vigie.console import Console


def register(app: typer.Typer) -> None:
    """Add this verb to the command line."""
    app.command("train")(train_verb)


def train_verb(  # noqa: PLR0913, PLR0917 - options
    context: typer.Context,
    corpora: Annotated[Path | None, typer.Option(help="Folder of labelled corpora. Default: those shipped.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the model and its card. Default: where it ships.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 unless training gives the shipped model.")
    ] = False,
    from_decisions: Annotated[
        bool, typer.Option("--from-decisions", help="Learn from reviewed decisions too: a candidate, with its report.")
    ] = False,
    version: Annotated[str | None, typer.Option("--switch", help="Put this candidate in force.")] = None,
    back: Annotated[bool, typer.Option("--back", help="Put the model in force that was before.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="List the models; * is in force.")] = False,
    why: Annotated[str | None, typer.Option(help="Why a candidate is put in force that breaks a bar.")] = None,
    as_name: Annotated[
        str | None, typer.Option("--as", help="Supervisor under whose name a switch is entered in the register.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="The report of --from-decisions as JSON.")] = False,
) -> None:
    """Train the reader's classifiers on labelled corpora and write the model with its card.

    Corpora whose names end in _validation are never learnt from; the card tells how the model does on them.

    Example: vigie train --out /tmp/essai

    Example: vigie train --check

    Example: vigie train --from-decisions

    Example: vigie train --switch 2026.11.0-1a2b3c4d --as superviseure
    """
    console: Console = context.obj
    if sum((check or out is not None, from_decisions, version is not None, back, list_)) > 1:
        raise BadInput("Choose one: --check or --out, --from-decisions, --switch, --back, --list.")
    if list_:
        learning.tell_models(console)
        return
    if back or version is not None:
        learning.put(console, version, as_name, why)
        return
    folder = corpora or corpora_folder()
    if not folder.is_dir():
        raise BadInput(f"{folder} is no folder of corpora.")
    if from_decisions:
        learning.learn(console, folder, as_json=json_)
        return
    console.tell(f"training on {folder}; this takes some minutes")
    trained = train(folder)
    if check:
        same = is_in(models_folder(), trained)
        console.say(f"{'the same model' if same else 'another model'}: {trained.fitted.digest}")
        raise typer.Exit(0 if same else 1)
    target = out or models_folder()
    console.tell("measuring on the writers held out and on the fairness bench, for the card")
    write_card(trained, folder, target)
    console.say(f"model {trained.fitted.version} and its card written to {target}; digest {trained.fitted.digest}")
