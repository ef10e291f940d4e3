"""The verb that trains the reader, and puts what was trained in force: `vigie train`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nlp.redact.learnt.weights import FILE, Weights
from nlp.training import Trained
from pipeline.card import write_card
from pipeline.train import are_in, corpora_folder, is_in, marked_folder, models_folder, train, train_redactor
from store.errors import BadInput
from vigie import learning
from vigie.console import Console

Corpora = Annotated[Path | None, typer.Option(help="Folder of labelled corpora. Default: those shipped.")]
Out = Annotated[Path | None, typer.Option(help="Folder for the model and its card. Default: where it ships.")]
Check = Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 unless training gives the shipped model.")]
FromDecisions = Annotated[
    bool, typer.Option("--from-decisions", help="Learn from reviewed decisions too: a candidate, with its report.")
]
Switch = Annotated[str | None, typer.Option("--switch", help="Put this candidate in force.")]
Back = Annotated[bool, typer.Option("--back", help="Put the model in force that was before.")]
List = Annotated[bool, typer.Option("--list", help="List the models; * is in force.")]
Why = Annotated[str | None, typer.Option(help="Why a candidate is put in force that breaks a bar.")]
AsName = Annotated[
    str | None, typer.Option("--as", help="Supervisor under whose name a switch is entered in the register.")
]
AsJson = Annotated[bool, typer.Option("--json", help="The report of --from-decisions as JSON.")]


def register(app: typer.Typer) -> None:
    """Add this verb to the command line."""
    app.command("train")(train_verb)


def train_verb(  # noqa: PLR0913, PLR0917 - options
    context: typer.Context,
    corpora: Corpora = None,
    out: Out = None,
    check: Check = False,
    from_decisions: FromDecisions = False,
    version: Switch = None,
    back: Back = False,
    list_: List = False,
    why: Why = None,
    as_name: AsName = None,
    json_: AsJson = False,
) -> None:
    """Train the reader's classifiers on labelled corpora and write the model with its card; the redactor's weights too.

    Corpora whose names end in _validation are never learnt from; the card tells how the model does on them.

    Example: vigie train --out /tmp/essai

    Example: vigie train --check

    Example: vigie train --from-decisions

    Example: vigie train --switch 2026.11.0-1a2b3c4d --as superviseure
    """
    console: Console = context.obj
    switching = back or version is not None
    if sum((check or out is not None, from_decisions, version is not None, back, list_)) > 1:
        raise BadInput("Choose one: --check or --out, --from-decisions, --switch, --back, --list.")
    if (as_name or why is not None) and not switching:
        raise BadInput("--as and --why go with --switch or --back.")
    if json_ and not from_decisions:
        raise BadInput("--json goes with --from-decisions.")
    if list_:
        learning.tell_models(console)
    elif switching:
        learning.put(console, version, as_name, why)
    elif from_decisions:
        learning.learn(console, _folder(corpora), as_json=json_)
    elif check:
        _check(console, _folder(corpora))
    else:
        _train(console, _folder(corpora), out or models_folder())


def _folder(given: Path | None) -> Path:
    folder = given or corpora_folder()
    if not folder.is_dir():
        raise BadInput(f"{folder} is no folder of corpora.")
    return folder


def _check(console: Console, corpora: Path) -> None:
    """Tell whether training gives the shipped model."""
    trained, weights = _trained(console, corpora)
    same, known = is_in(models_folder(), trained), are_in(models_folder(), weights)
    console.say(f"{'the same model' if same else 'another model'}: {trained.fitted.digest}")
    console.say(f"{'the same' if known else 'other'} weights of the redactor: {len(weights.of)}")
    raise typer.Exit(0 if same and known else 1)


def _train(console: Console, corpora: Path, out: Path) -> None:
    trained, weights = _trained(console, corpora)
    console.tell("measuring on the writers held out and on the fairness bench, for the card")
    write_card(trained, corpora, out)
    if not are_in(out, weights):
        (out / FILE).write_bytes(weights.packed())
    console.say(f"model {trained.fitted.version} and its card written to {out}; digest {trained.fitted.digest}")


def _trained(console: Console, corpora: Path) -> tuple[Trained, Weights]:
    console.tell(f"training on {corpora}, and the redactor on marked texts; this takes some minutes")
    return train(corpora), train_redactor(marked_folder(), corpora)
