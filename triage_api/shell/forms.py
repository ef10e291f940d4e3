"""Forms: from what a browser sends to the same validated models that programs send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData

from store.errors import BadInput

Model = TypeVar("Model", bound=BaseModel)
Choice = TypeVar("Choice", bound=str)


class BadForm(BadInput):
    """A form with fields that cannot be used; `problems` gives the kind of each problem by field."""

    def __init__(self, message: str, problems: Mapping[str, str] = MappingProxyType({})) -> None:
        super().__init__(message, field=next(iter(problems), None))
        self.problems = problems


def typed(form: FormData) -> dict[str, str | list[str]]:
    """Return what a person typed, to be shown again; a field sent more than once is a list."""
    names = {name: form.getlist(name) for name in form if name != "csrf"}
    texts = {name: [value for value in values if isinstance(value, str)] for name, values in names.items()}
    return {name: values[0] if len(values) == 1 else values for name, values in texts.items()}


def read_form(model: type[Model], form: FormData, *, lines: tuple[str, ...] = (), many: tuple[str, ...] = ()) -> Model:
    """Return the model that a form fills in, or raise `BadForm`.

    `lines` are fields with one value a line; `many` are fields that may be sent several times. An empty field counts
    as one that was not sent.
    """
    values: dict[str, Any] = {}
    for name in model.model_fields:
        sent = [value for value in form.getlist(name) if isinstance(value, str) and value.strip()]
        if name in lines:
            values[name] = [line.strip() for text in sent for line in text.splitlines() if line.strip()]
        elif name in many:
            values[name] = sent
        elif sent:
            values[name] = sent[0]
    return validated(model, values)


def validated(model: type[Model], values: Mapping[str, Any], *, parts: tuple[str, ...] = ()) -> Model:
    """Return the model of some values, or raise `BadForm`; a part of the fields of `parts` is named ``field.part``."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        wrong = {_place(one["loc"], parts): one for one in error.errors() if one["loc"]}
        told = "; ".join(f"{name}: {one['msg'][:200]}" for name, one in wrong.items())
        problems = {name: _kind(one["type"]) for name, one in wrong.items()}
        raise BadForm(f"Some fields cannot be used: {told[:500]}.", problems) from None


def one_of(choices: Sequence[Choice], value: str | None) -> Choice | None:
    """Return the choice that a page's address names; None for anything else, which is no filter."""
    return next((choice for choice in choices if choice == value), None)


def problems_of(error: BadInput) -> dict[str, str]:
    """Return the problems to show beside the fields; one that belongs to no field stands under an empty name."""
    if isinstance(error, BadForm):
        return dict(error.problems)
    return {error.field or "": error.code if error.code != "bad_input" else error.message}


def _place(loc: tuple[int | str, ...], parts: tuple[str, ...]) -> str:
    return ".".join(map(str, loc[:2] if loc[0] in parts else loc[:1]))


def _kind(kind: str) -> str:
    if kind in ("missing", "string_too_short", "too_short"):
        return "needed"
    return "too_long" if kind in ("string_too_long", "too_long") else "invalid"
