"""The words of the pages: French first, English beside it, each in a folder under `i18n`, one file a desk."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal, cast, get_args

import yaml

Lang = Literal["fr", "en"]
LANGS: tuple[Lang, ...] = get_args(Lang)


@cache
def catalogue(lang: Lang) -> Mapping[str, str]:
    """Return all words of a language under dotted keys."""
    desks = files("triage_api").joinpath("i18n", lang).iterdir()
    trees = (yaml.safe_load(desk.read_text(encoding="utf-8")) for desk in desks if desk.name.endswith(".yaml"))
    return dict(pair for tree in trees for pair in _flat("", tree))


def say(lang: Lang, key: str, **values: object) -> str:
    """Return the words of a key; one that is missing shows as the key itself (a test finds it)."""
    return catalogue(lang).get(key, key).format(**values)


def has(lang: Lang, key: str) -> bool:
    """Tell whether a language has words for a key."""
    return key in catalogue(lang)


def as_lang(value: str | None, otherwise: str) -> Lang:
    """Return the language that a cookie, an account or a setting names."""
    return cast("Lang", value if value in LANGS else otherwise)


def _flat(prefix: str, tree: Mapping[str, Any]) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for key, value in tree.items():
        name = f"{prefix}{key}"
        pairs += _flat(f"{name}.", value) if isinstance(value, dict) else [(name, str(value).strip())]
    return pairs
