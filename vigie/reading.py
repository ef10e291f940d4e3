"""The verb that judges the reader: `vigie evaluate`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from nlp.model_file import ModelFileError
from nlp.reader import Reader
from nlp.types import Assessment
from pipeline import evaluate_tables, fairness, stream
from pipeline.evaluate import evaluate, read_all
from pipeline.gold import GoldRow, PlainRow, read_gold, read_plain
from store.errors import BadInput
from vigie.console import Console


def register(app: typer.Typer) -> None:
    """Add this verb to the command line."""
    app.command("evaluate")(evaluate_verb)


def evaluate_verb(
    context: typer.Context,
    gold: Annotated[
        Path | None, typer.Option(help="Labelled texts, JSONL: id, text, kind, lang, signals, urgency.")
    ] = None,
    posts: Annotated[
        Path | None,
        typer.Option(
            "--stream", help="Posts without labels, JSONL: id, text, kind. With --gold: where would signs stand?"
        ),
    ] = None,
    top: Annotated[int, typer.Option(help="Queue items that are looked at first, with --stream.", min=1)] = stream.TOP,
    fair: Annotated[
        bool, typer.Option("--fairness", help="Swap names, ways of speaking, girls and boys in fixed texts.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="One JSON object instead of lines to read.")] = False,
) -> None:
    """Judge the shipped classifiers: on labelled texts, in the queue of a stream, and on the fairness bench.

    Example: vigie evaluate --gold fixtures/corpora/w6_validation.jsonl

    Example: vigie evaluate --gold labelled.jsonl --stream posts.jsonl --top 200

    Example: vigie evaluate --fairness --json
    """
    if gold is None and not fair:
        raise BadInput("Say what to judge by: --gold FILE, --fairness, or both.")
    if posts is not None and gold is None:
        raise BadInput("--stream FILE needs the labelled posts to be mixed in: --gold FILE.")
    console: Console = context.obj
    rows = read_gold(gold) if gold else []
    others = read_plain(posts) if posts else []
    reader = _reader()
    told: dict[str, Any] = {}
    if rows:
        told |= _on_gold(console, reader, rows, others, top)
    if fair:
        with console.progress("reading the fairness bench", total=sum(map(len, fairness.renderings()))) as tick:
            told["fairness"] = fairness.fairness(reader, tick=tick)
    for line in [_as_json(told)] if json_ else _as_text(told):
        console.say(line)


def _reader() -> Reader:
    try:
        return Reader.load()
    except ModelFileError as error:
        raise BadInput(str(error)) from None


def _on_gold(console: Console, reader: Reader, rows: list[GoldRow], others: list[PlainRow], top: int) -> dict[str, Any]:
    with console.progress("reading", total=len(rows) + len(others)) as tick:
        read: list[Assessment] = list(read_all(reader, [*rows, *others], tick))
    own, theirs = read[: len(rows)], read[len(rows) :]
    told: dict[str, Any] = {"gold": evaluate(reader, rows, read=own)}
    return told | ({"queue": stream.simulate(rows, own, others, theirs, top)} if others else {})


def _as_json(told: dict[str, Any]) -> str:
    """Return one object: the figures on labelled texts, and under their own names the queue's and the bench's."""
    found = {name: figures.model_dump(mode="json") for name, figures in told.items()}
    return json.dumps(found.pop("gold", {}) | found, ensure_ascii=False)


def _as_text(told: dict[str, Any]) -> Iterator[str]:
    if "gold" in told:
        yield from evaluate_tables.as_text(told["gold"])
    if "queue" in told:
        yield from stream.as_text(told["queue"])
    if "fairness" in told:
        yield from fairness.as_text(told["fairness"])
