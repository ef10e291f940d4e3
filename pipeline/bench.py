"""The fairness bench (``fixtures/fairness``): one situation in many renderings that a fair reader tells alike.

A carrier's text holds slots: ``{name}``, ``{lower}`` (the name as typed in a hurry), ``{other}`` (a second name), and
``[elle|il]``, the words of a girl and of a boy.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict

from nlp.types import Kind, Signal, Urgency

Sex = Literal["girl", "boy"]
SEXES: tuple[Sex, Sex] = ("girl", "boy")
_EITHER = re.compile(r"\[([^\[\]|]*)\|([^\[\]|]*)\]")
_ADULT_NAMES = 2
"""Communities whose names each adult's ad is told with, of women and of men."""


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    lang: Literal["fr", "en"]


class Carrier(_Row):
    """One situation with slots, as it would be labelled whatever the name."""

    kind: Kind
    signals: tuple[Signal, ...]
    urgency: Urgency
    text: str


class Spoken(_Row):
    """One situation in every way of speaking of its language."""

    signals: tuple[Signal, ...]
    urgency: Urgency
    versions: dict[str, str]


class AdultAd(_Row):
    """An adult's own ad, which must never be queued."""

    group: Literal["self_run", "shared_phone", "touring"]
    text: str


class Names(BaseModel):
    """First names of one community."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    girls: tuple[str, ...]
    boys: tuple[str, ...]

    def of(self, sex: Sex) -> tuple[str, ...]:
        """Return the names of girls or of boys."""
        return self.girls if sex == "girl" else self.boys


@dataclass(frozen=True, slots=True)
class Rendering:
    """One text of the bench: what varies in it (`group`, `sex`, `name`) and what must not (`signals`, `urgency`)."""

    carrier: str
    lang: str
    kind: Kind
    signals: frozenset[Signal]
    urgency: Urgency
    text: str
    group: str
    sex: Sex | None = None
    name: str = ""


def named() -> Iterator[Rendering]:
    """Yield every carrier with a name of every community, as of a girl and as of a boy; names take turns."""
    communities = names()
    for at, carrier in enumerate(carriers()):
        for place, (group, own) in enumerate(communities.items()):
            for sex in SEXES:
                turn = own.of(sex)
                name = turn[(at + place) % len(turn)]
                text = fill(carrier.text, sex, name)
                yield Rendering(
                    carrier.id,
                    carrier.lang,
                    carrier.kind,
                    frozenset(carrier.signals),
                    carrier.urgency,
                    text,
                    group,
                    sex,
                    name,
                )


def spoken() -> Iterator[Rendering]:
    """Yield every situation in every way of speaking."""
    for one in ways_of_speaking():
        for group, text in one.versions.items():
            yield Rendering(one.id, one.lang, "post", frozenset(one.signals), one.urgency, text, group)


def adult_ads() -> Iterator[Rendering]:
    """Yield every adult's ad as of a woman and as of a man, with names of some communities in turn."""
    communities = list(names().values())
    for at, ad in enumerate(adults()):
        for sex in SEXES:
            for more in range(_ADULT_NAMES):
                turn = communities[(at * _ADULT_NAMES + more) % len(communities)].of(sex)
                name, other = turn[at % len(turn)], turn[(at + 1) % len(turn)]
                text = fill(ad.text, sex, name, other)
                yield Rendering(ad.id, ad.lang, "ad", frozenset(), "none", text, ad.group, sex, name)


def fill(text: str, sex: Sex, name: str, other: str = "") -> str:
    """Return a carrier's text with its slots filled."""
    told = _EITHER.sub(lambda found: found[1 + SEXES.index(sex)], text)
    return told.replace("{name}", name).replace("{lower}", name.lower()).replace("{other}", other)


def carriers() -> list[Carrier]:
    """Return the carriers of names."""
    return [Carrier.model_validate(row) for row in _lines("carriers.jsonl")]


def adults() -> list[AdultAd]:
    """Return the adults' own ads."""
    return [AdultAd.model_validate(row) for row in _lines("adults.jsonl")]


def ways_of_speaking() -> list[Spoken]:
    """Return the situations told in every way of speaking."""
    return [Spoken.model_validate(row) for row in yaml.safe_load(_read("dialects.yaml"))]


def names() -> dict[str, Names]:
    """Return first names by community."""
    return {group: Names.model_validate(own) for group, own in yaml.safe_load(_read("names.yaml")).items()}


def _lines(name: str) -> Iterator[dict[str, Any]]:
    yield from map(json.loads, _read(name).splitlines())


def _read(name: str) -> str:
    return files("fixtures.fairness").joinpath(name).read_text(encoding="utf-8")
