"""`vigie text`: the reader of texts by itself, JSON Lines in and out. The store is never opened.

One answer a row, in input order. A row that cannot be used answers {"id", "line", "error"}; the others are answered
all the same, and the exit status is 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, BinaryIO, Literal

import typer
from pydantic import AfterValidator, BaseModel, BeforeValidator, PlainValidator, StrictStr

from nlp.clean import clean
from nlp.entities import entities
from nlp.link import LinkRow, link
from nlp.reader import Reader, assessment_as_dict
from nlp.redact import Numbering, redact
from nlp.searches import SearchScope, compare
from nlp.types import MAX_TEXT
from vigie.console import Console
from vigie.jsonl import Answer, Model, Row, answer_each, opened, read_rows, validated, write
from vigie.sharing import answer_shared, cores

app = typer.Typer(help="Read texts without the store: JSON Lines in (a file or standard input), JSON Lines out.")


def register(rooms: typer.Typer) -> None:
    """Add these verbs to the command line."""
    rooms.add_typer(app, name="text")


File = Annotated[Path | None, typer.Argument(help="JSONL file; standard input if none is named.", show_default=False)]

Workers = Annotated[int, typer.Option(min=0, max=64, help="Processes that read; 0 is one a core.")]


def _not_too_long(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise ValueError(f"the text is over {MAX_TEXT:,} characters")
    return text


def _plain_id(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("must be a string or a whole number")
    return clean(value) if isinstance(value, str) else value


Identity = Annotated[str | int, PlainValidator(_plain_id)]
Text = Annotated[StrictStr, AfterValidator(_not_too_long), AfterValidator(clean)]


class TextRow(BaseModel):
    """A text to read; offsets in the answer are Python indices into it."""

    id: Identity
    text: Text


class AssessRow(TextRow):
    """A text to assess; ads and posts are read with different eyes."""

    kind: Annotated[Literal["post", "ad"], BeforeValidator(lambda value: value or "post")] = "post"


class LinkedRow(TextRow):
    """A text to link to others."""

    posted_at: datetime | None = None
    city: Annotated[str, AfterValidator(clean)] | None = None


class SearchesRow(BaseModel):
    """Two searches, `a` the earlier."""

    id: Identity
    a: SearchScope
    b: SearchScope


@app.command("assess")
def assess_verb(context: typer.Context, file: File = None, workers: Workers = 0) -> None:
    """Assess texts: language, urgency, signals with their words, entities. In: {"id","text","kind"}.

    Example: echo '{"id":"p1","text":"chu en fugue, g 15 ans"}' | vigie text assess
    """
    reader = Reader.load()

    def answer(row: AssessRow) -> Answer:
        return {"id": row.id, **assessment_as_dict(reader.assess(row.text, row.kind))}

    with opened(file) as stream:
        _finish(context, _shared(stream, AssessRow, answer, workers))


@app.command("entities")
def entities_verb(context: typer.Context, file: File = None, workers: Workers = 0) -> None:
    """Find phones, e-mails, handles, ages, cities and prices, disguised or not. In: {"id","text"}.

    Example: echo '{"id":"p1","text":"texte au cinq un quatre 555 01 23"}' | vigie text entities
    """

    def answer(row: TextRow) -> Answer:
        found = entities(row.text)
        return {"id": row.id, "entities": {kind: [each.as_dict() for each in some] for kind, some in found.items()}}

    with opened(file) as stream:
        _finish(context, _shared(stream, TextRow, answer, workers))


@app.command("redact")
def redact_verb(
    context: typer.Context,
    file: File = None,
    corpus: Annotated[bool, typer.Option("--corpus", help="One person, one number over the whole input.")] = False,
) -> None:
    """Take out what identifies people: [PERSON_1], [PHONE_1], … In: {"id","text"}.

    Numbers start anew in each row; with --corpus, they hold over the whole input.

    Example: vigie text redact --corpus posts.jsonl > redacted.jsonl
    """
    shared = Numbering() if corpus else None

    def answer(row: TextRow) -> Answer:
        done = redact(row.text, shared)
        return {"id": row.id, "text": done.text, "redactions": [each.as_dict() for each in done.redactions]}

    with opened(file) as stream:
        _finish(context, answer_each(read_rows(stream), TextRow, answer))


@app.command("compare-searches")
def compare_verb(context: typer.Context, file: File = None) -> None:
    """Compare an earlier search with a later one: same, covered, overlap or different. In: {"id","a","b"}.

    Example: echo '{"id":"s1","a":{"query":"fugue laval"},"b":{"query":"laval fugues"}}' | vigie text compare-searches
    """

    def answer(row: SearchesRow) -> Answer:
        return {"id": row.id, "relation": compare(row.a, row.b)}

    with opened(file) as stream:
        _finish(context, answer_each(read_rows(stream), SearchesRow, answer))


@app.command("link")
def link_verb(context: typer.Context, file: File = None) -> None:
    """Link texts to campaigns by shared contacts and near-duplicate text. Reads every row first. In: {"id","text"}.

    Example: vigie text link ads.jsonl | grep -v '"campaign": null'
    """
    with opened(file) as stream:
        _finish(context, _linked(read_rows(stream)))


def _linked(rows: Iterable[Row]) -> Iterator[Answer]:
    """Yield the answers of `link` in input order, those of unusable rows in their places."""
    waiting: list[Answer | None] = []
    usable: list[LinkRow] = []
    for row in rows:
        value = validated(row, LinkedRow)
        if isinstance(value, str):
            waiting.append(row.failed(value))
        else:
            waiting.append(None)
            usable.append(LinkRow(value.id, value.text, value.posted_at, value.city))
    results = iter(link(usable))
    for ready in waiting:
        if ready is not None:
            yield ready
        else:
            result = next(results)
            yield {"id": result.id, "campaign": result.campaign, "because": list(result.because)}


def _shared(stream: BinaryIO, model: type[Model], answer: Callable[[Model], Answer], workers: int) -> Iterator[Answer]:
    """Yield the answers of rows that have nothing to do with one another."""
    return answer_shared(read_rows(stream), lambda rows: answer_each(rows, model, answer), workers or cores())


def _finish(context: typer.Context, answers: Iterable[Answer]) -> None:
    failed = write(answers)
    if failed:
        console: Console = context.obj
        console.tell(f'{failed} rows could not be used; each says why in "error".')
        raise typer.Exit(1)
