"""Verbs of the reader: train its classifiers and judge them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nlp.reader import Reader
from pipeline.card import write_card
from pipeline.evaluate import as_json, as_text, evaluate, read_gold
from pipeline.train import corpora_folder, models_folder, same_as_shipped, train
from store.errors import BadInput
from vigie.console import Console


def register(app: typer.Typer) -> None:
    """Add these verbs to the command line."""
    app.command("train")(train_verb)
    app.command("evaluate")(evaluate_verb)


def train_verb(
    context: typer.Context,
    corpora: Annotated[Path | None, typer.Option(help="Folder of labelled corpora. Default: those shipped.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the model and its card. Default: where it ships.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 unless training gives the shipped model.")
    ] = False,
) -> None:
    """Train the reader's classifiers on labelled corpora and write the model with its card.

    Example: vigie train --out /tmp/essai

    Example: vigie train --check
    """
    console: Console = context.obj
    folder = corpora or corpora_folder()
    if not folder.is_dir():
        raise BadInput(f"{folder} is no folder of corpora.")
    console.tell(f"training on {folder}; this takes about a minute")
    trained = train(folder)
    if check:
        same = same_as_shipped(trained)
        console.say(f"{'the same model' if same else 'another model'}: {trained.fitted.digest}")
        raise typer.Exit(0 if same else 1)
    target = out or models_folder()
    write_card(trained, folder, target)
    console.say(f"model {trained.fitted.version} and its card written to {target}; digest {trained.fitted.digest}")


def evaluate_verb(
    context: typer.Context,
    gold: Annotated[Path, typer.Option(help="Labelled texts, JSONL: id, text, kind, lang, signals, urgency.")],
    json_: Annotated[bool, typer.Option("--json", help="One JSON object instead of lines to read.")] = False,
) -> None:
    """Judge the shipped classifiers on labelled texts: precision, recall, calibration, urgency, worst errors.

    Example: vigie evaluate --gold fixtures/corpora/w6_validation.jsonl --json
    """
    console: Console = context.obj
    figures = evaluate(Reader.load(), read_gold(gold))
    for line in [as_json(figures)] if json_ else as_text(figures):
        console.say(line)
