"""The catalogue of legal grounds, and the least that each kind of organisation may be told: data, checked when read.

A summary, not legal advice. A ground or a field that is not in it does not exist: nothing is told on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from store.errors import BadInput
from triage_api.directory.kinds import KINDS, Kind
from triage_api.shell.forms import BadForm

_Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,40}$")]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Ground(_Frozen):
    """One ground: what it rests on, what must be stated, who may let something go on it, and to whom."""

    code: _Code
    law: Annotated[str, StringConstraints(min_length=3)]
    needs: Annotated[tuple[_Code, ...], Field(min_length=1)]
    """Names of what must be stated; the question of each is ``ground_need.NAME`` in the pages' words."""
    people: Literal[1, 2]
    """1: one person may let it go, and somebody else reviews it after."""
    urgent: bool = False
    """Help does not wait: no agreement narrows it, and its delays are the short ones."""
    kinds: Annotated[tuple[Kind, ...], Field(min_length=1)]
    """Kinds of organisations that may be told on it."""
    consent: bool = False
    """It rests on a consent that is in force and covers each field."""


class Catalogue(_Frozen):
    """The whole catalogue: every kind has fields, none of them unknown, and what is urgent needs one person alone."""

    version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")]
    date: date
    grounds: dict[_Code, Ground]
    fields: tuple[_Code, ...]
    identifying: frozenset[_Code]
    kinds: dict[Kind, frozenset[_Code]]

    @model_validator(mode="before")
    @classmethod
    def _named(cls, values: dict[str, object]) -> dict[str, object]:
        grounds = values.get("grounds")
        if isinstance(grounds, dict):
            values = values | {"grounds": {code: {**told, "code": code} for code, told in grounds.items()}}
        return values

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(set(self.fields)) != len(self.fields):
            raise ValueError("a field stands twice")
        if unknown := self.identifying.union(*self.kinds.values()).difference(self.fields):
            raise ValueError(f"unknown fields: {sorted(unknown)}")
        if missing := set(KINDS).difference(self.kinds):
            raise ValueError(f"kinds without fields: {sorted(missing)}")
        if wrong := [ground.code for ground in self.grounds.values() if ground.urgent and ground.people != 1]:
            raise ValueError(f"urgent, and two people: {wrong}")
        return self


@cache
def catalogue() -> Catalogue:
    """Return the catalogue in force."""
    text = files("triage_api").joinpath("grounds", "grounds.yaml").read_text(encoding="utf-8")
    return Catalogue.model_validate(yaml.safe_load(text))


GROUNDS: Mapping[str, Ground] = MappingProxyType(catalogue().grounds)
"""Every ground, by its code, in the order in which they are shown."""
FIELDS: tuple[str, ...] = catalogue().fields
"""All that can be told of a youth, from what tells least to what tells most."""
IDENTIFYING: frozenset[str] = catalogue().identifying
"""Fields that say who it is, alone or with little else: none of them in what is told without a name."""


def fields_for(kind: str) -> frozenset[str]:
    """Return the least that a kind of organisation may be told, whatever the ground; nothing for an unknown kind."""
    return next((told for known, told in catalogue().kinds.items() if known == kind), frozenset())


def check_ground(code: str, facts: Mapping[str, str], kind: str) -> Ground:
    """Return a ground on which this kind of organisation may be told, all that it needs stated.

    `BadInput` else: ``ground_unknown`` or ``ground_not_for_kind`` at ``ground``; each missing fact at ``facts.NAME``.
    """
    ground = GROUNDS.get(code)
    if ground is None:
        raise BadInput("No ground has this code: see /api/grounds.", code="ground_unknown", field="ground")
    if kind not in ground.kinds:
        raise BadInput("Nobody of this kind is told on this ground.", code="ground_not_for_kind", field="ground")
    if missing := [name for name in ground.needs if not facts.get(name, "").strip()]:
        told = ", ".join(missing)
        raise BadForm(f"This ground needs: {told}.", {f"facts.{name}": "needed" for name in missing})
    return ground
