"""A made-up population of posts, and its tables as the open tier and the one under agreement release them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from random import Random

from disclosure.classes import Roles, count_classes
from disclosure.generalising import Generalisation, generalise, released
from disclosure.hierarchies import Hierarchy, dropped, grouped, months
from disclosure.measuring import OPEN
from pipeline.exports.package.shapes import About, Column, Table, TableShape
from store.exports import Tier

REGIONS = [f"Région {letter}" for letter in "ABCDEFGHIJKLMNOPQ"]
QUASI = ("month", "region", "kind", "language")
AREAS = {region: "Sud" if region < "Région I" else "Nord" for region in REGIONS}
HIERARCHIES: Sequence[Hierarchy] = (
    months("month"),
    grouped("region", ("group", AREAS)),
    dropped("kind"),
    dropped("language"),
)
SIGNALS = ["minor", "recruitment", "distress", "minor|recruitment", "distress|minor", "distress|recruitment"]


def population(size: int, seed: int = 1) -> Iterator[dict[str, object]]:
    """Yield posts, some regions and months far rarer than others."""
    chance = Random(seed)
    for _ in range(size):
        yield {
            "month": f"2026-{1 + min(chance.randrange(12), chance.randrange(12)):02}",
            "region": REGIONS[min(chance.randrange(17), chance.randrange(17), chance.randrange(17))],
            "kind": chance.choice(("post", "post", "ad")),
            "language": chance.choices(("fr", "en", "mixed"), (60, 33, 7))[0],
            "signals": chance.choice(SIGNALS),
            "weight": 1.0,
        }


def shape(*more: Column, name: str = "posts") -> TableShape:
    columns = [Column(name=one, role="quasi", fr=one, en=one, form=r"[\w* /’'.-]*") for one in QUASI]
    columns.append(Column(name="signals", role="sensitive", fr="signaux", en="signals", form=r"[a-z|]+"))
    columns.append(Column(name="weight", role="weight", type="number", fr="poids", en="weight", form=r"[\d.]+"))
    return TableShape(name=name, columns=[*columns, *more])


def generalised(rows: Sequence[Mapping[str, object]]) -> tuple[Generalisation, list[dict[str, object]]]:
    roles = Roles(QUASI, ("signals",))
    found = generalise(count_classes(rows, roles), HIERARCHIES, OPEN)
    return found, list(released(rows, found))


def about(tier: Tier = "open", **change: object) -> About:
    given: dict[str, object] = {
        "export": "x-0123",
        "study": "s-0123",
        "tier": tier,
        "purpose": "Compter ce qui se voit.",
        "made_at": datetime(2026, 11, 2, tzinfo=UTC),
        "ends_at": datetime(2027, 1, 31, tzinfo=UTC),
        "grid": "0.3.0",
        "models": ["2026.11.0"],
        "scope": {},
        "population": 20_000,
    }
    return About.model_validate(given | change)


def counts_shape() -> TableShape:
    return TableShape(
        name="counts",
        kind="counts",
        columns=[
            Column(name="label", role="plain", fr="étiquette", en="label", values=["minor", "distress"]),
            Column(name="region", role="quasi", fr="région", en="region", values=["*", *REGIONS[:4]]),
            Column(name="count", role="count", type="integer", fr="nombre", en="count", form=r"\d*"),
        ],
    )


def counts(label: str, *told: int | None, total: int | None) -> list[dict[str, object]]:
    cells = [*zip(REGIONS[:4], told, strict=True), ("*", total)]
    return [{"label": label, "region": region, "count": count} for region, count in cells]


def table(rows: Sequence[Mapping[str, object]]) -> Table:
    return Table(shape(), rows)
