"""Word lists of the ground floor, kept as data in `nlp/data`, one YAML file a reader, folded words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib import resources

import yaml


@cache
def word_lists(name: str) -> dict[str, tuple[str, ...]]:
    """Return the lists of `nlp/data/NAME.yaml`: words or, where a list is written as items, phrases."""
    raw = yaml.safe_load(resources.files("nlp.data").joinpath(f"{name}.yaml").read_text("utf-8"))
    return {key: tuple(value.split() if isinstance(value, str) else value) for key, value in raw.items()}


def alternatives(words: Iterable[str]) -> str:
    """Return a regular expression for any of the words, the longest first."""
    return "|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word))))
