"""Whether whoever stands in the rows of a corpus stands among enough others: k and l, and simulated intruders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from disclosure.classes import Roles, Row, count_classes
from disclosure.linkage import Attempt, Target, link, outcome, risks
from disclosure.measuring import Bar, measure, rows_at_fault
from disclosure.measuring import Fault as Short
from pipeline.exports.package.formats import read_table
from pipeline.exports.package.shapes import Fault, TableShape

TARGETS = 2_000
"""So many rows at most are looked for by an intruder; memory grows with them alone."""
_SHORT = {"k": "its class has {found} of {needed}", "l": "{column}: its class tells {found} of {needed} answers"}


def classes_at_fault(path: Path, shape: TableShape, bar: Bar, figures: dict[str, float]) -> Iterator[Fault]:
    """Yield the rows whose class falls short of a bar; put what the table reaches into `figures`."""
    roles = roles_of(shape)
    try:
        classes = count_classes(read_table(path, shape), roles)
    except ValueError as error:
        yield Fault(check="classes", file=path.name, why=str(error))
        return
    if not classes.counts:
        yield Fault(check="classes", file=path.name, why="it has no row")
    reached, risk = measure(classes, bar), risks(classes)
    told: dict[str, float] = {"rows": reached.rows, "k": reached.k, "classes": reached.classes}
    told |= {f"l.{column}": least for column, least in reached.l.items()}
    told |= {"prosecutor": risk.prosecutor, "marketer": risk.marketer}
    figures |= {f"{shape.name}.{name}": value for name, value in told.items()}
    if reached.at_fault:
        for row in rows_at_fault(read_table(path, shape), classes, bar):
            yield Fault(check="classes", file=path.name, row=row.row, why="; ".join(map(_said, row.faults)))


def intruders(path: Path, shape: TableShape, seed: str, figures: dict[str, float]) -> Iterator[Fault]:
    """Yield the rows that somebody finds for certain who knows some of the columns of a row, drawn by chance.

    Any column may be known but what is sensitive: one that was not taken for identifying is caught. The chance comes
    from the corpus's id, so that the same files give the same answer.
    """
    columns = shape.having("quasi", "plain")
    chance = Random(seed)  # noqa: S311 - a sample that anybody can draw again
    targets = _targets(read_table(path, shape), shape, chance)
    searches = 0
    for known in range(1, len(columns) + 1):
        attempts = link(_owned(read_table(path, shape), shape), targets, columns, known=known, chance=chance)
        searches += len(attempts)
        found = (attempt for attempt in attempts if attempt.confirmed)
        yield from (_confirmed(path, shape, targets, attempt) for attempt in found)
        best = outcome(attempts).best
        figures[f"{shape.name}.best_guess"] = max(best, figures.get(f"{shape.name}.best_guess", 0.0))
    figures[f"{shape.name}.searches"] = searches


def uneven_weights(path: Path, shape: TableShape) -> Iterator[Fault]:
    """Yield the first row whose weight is another than that of the first: weights of their own would single out."""
    for name in shape.having("weight"):
        first: object = None
        for number, row in enumerate(read_table(path, shape), 1):
            first = row[name] if first is None else first
            if row[name] != first:
                yield Fault(check="classes", file=path.name, row=number, why=f"its {name} is its own")
                break


def roles_of(shape: TableShape) -> Roles:
    """Return whose the rows of a table are, what of them may be known, and what must not be learnt."""
    return Roles(shape.having("quasi"), shape.having("sensitive"), next(iter(shape.having("subject")), None))


def _owned(rows: Iterator[Row], shape: TableShape) -> Iterator[tuple[str, Row]]:
    """Yield rows with whose they are: the person's where the file has a token for them, else nobody else's."""
    subject = next(iter(shape.having("subject")), None)
    for number, row in enumerate(rows, 1):
        yield (str(row[subject]) if subject else str(number)), row


def _targets(rows: Iterator[Row], shape: TableShape, chance: Random) -> list[Target]:
    """Return a sample of the rows, each equally likely, in one pass (Vitter 1985, ACM TOMS 11:1, algorithm R)."""
    drawn: list[Target] = []
    for number, (identity, row) in enumerate(_owned(rows, shape), 1):
        target = Target(identity, row)
        if len(drawn) < TARGETS:
            drawn.append(target)
        elif (place := chance.randrange(number)) < TARGETS:
            drawn[place] = target
    return drawn


def _confirmed(path: Path, shape: TableShape, targets: Sequence[Target], attempt: Attempt) -> Fault:
    row = None if shape.having("subject") else int(targets[attempt.target].identity)
    told = ", ".join(attempt.knew)
    return Fault(check="intruders", file=path.name, row=row, why=f"whoever knows {told} finds it for certain")


def _said(short: Short) -> str:
    if short.kind == "shared":
        return f"{short.column}: one label is in every answer of its class"
    return _SHORT[short.kind].format(found=short.found, needed=short.needed, column=short.column)
