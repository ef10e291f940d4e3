"""The weights of the features, as `models/redactor.tsv.gz` holds them.

A line a feature: its name, its weight for "identifies somebody", and one for each type of find, tabs between; empty
is nought. The line named "bias" holds what every token starts from.
"""

from __future__ import annotations

import gzip
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import repeat
from operator import add

from nlp.redact.spans import TYPES, RedactionType

FILE = "redactor.tsv.gz"
BIAS = "bias"
_STEEPEST = 30.0
_HOPELESS = -6.0
"""Of 31,500 tokens of shipped texts below it, five ended above the lowest bar (-3.5), and none of those went."""
_MOST_REMEMBERED = 1 << 17


@dataclass(frozen=True, slots=True)
class Weights:
    """Two linear models over features that are there or not: is a token part of an identifier, and of what type.

    `of` holds the logistic weights of the first; `types` a row of weights for each feature of the second, in the
    order of `TYPES`. Both hold their biases under "bias".
    """

    of: Mapping[str, float]
    types: Mapping[str, tuple[float, ...]]
    _sums: dict[tuple[str, ...], float] = field(default_factory=dict, compare=False, repr=False)

    def probability(self, near: Iterable[tuple[str, ...]], rest: Iterable[tuple[str, ...]] = ()) -> float:
        """Return how probable it is that a token with these groups of features is part of an identifier.

        The rest is not asked for where what is near speaks so much against it that the rest has never made up for it.
        """
        total = self.of[BIAS] + sum(map(self._sum, near))
        if total > _HOPELESS:
            total += sum(map(self._sum, rest))
        return 1 / (1 + math.exp(-max(-_STEEPEST, min(_STEEPEST, total))))

    def _sum(self, group: tuple[str, ...]) -> float:
        known = self._sums.get(group)
        if known is None:
            if len(self._sums) >= _MOST_REMEMBERED:
                self._sums.clear()
            known = self._sums[group] = sum(map(self.of.get, group, repeat(0.0)))
        return known

    def type_of(self, tokens: Iterable[Iterable[str]]) -> RedactionType:
        """Return the type that the features of one or more tokens speak for together."""
        scores = [0.0] * len(TYPES)
        for features in tokens:
            for feature in (BIAS, *features):
                if row := self.types.get(feature):
                    scores = list(map(add, scores, row))
        return TYPES[scores.index(max(scores))]

    def packed(self) -> bytes:
        """Return the file that holds them: the same weights give the same bytes."""
        lines = (self._line(feature) for feature in sorted(self.of.keys() | self.types.keys()))
        return gzip.compress("".join(lines).encode(), mtime=0)

    def _line(self, feature: str) -> str:
        row = (self.of.get(feature, 0.0), *self.types.get(feature, ()))
        return "\t".join([feature, *(f"{weight:.2f}" if weight else "" for weight in row)]) + "\n"


def unpacked(data: bytes) -> Weights:
    """Read such a file."""
    of, types = {}, {}
    for line in gzip.decompress(data).decode().split("\n")[:-1]:
        feature, first, *rest = line.split("\t")
        if first:
            of[feature] = float(first)
        if rest:
            types[feature] = tuple(float(weight or 0) for weight in rest)
    return Weights(of, types)


@cache
def shipped() -> Weights:
    """Load the shipped weights, once."""
    return unpacked(files("models").joinpath(FILE).read_bytes())
