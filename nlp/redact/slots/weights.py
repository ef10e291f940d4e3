"""The weights of the features, as `models/slots.tsv.gz` holds them: a feature and its weight a line."""

from __future__ import annotations

import gzip
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

FILE = "slots.tsv.gz"
_BIAS = "bias"


@dataclass(frozen=True, slots=True)
class Weights:
    """A logistic regression over features that are there or not; `of` holds the bias under "bias"."""

    of: Mapping[str, float]

    def probability(self, features: Iterable[str]) -> float:
        """Return how probable it is that a word with these features is a name; a feature counts once."""
        total = self.of[_BIAS] + sum(self.of.get(feature, 0.0) for feature in set(features))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))

    def packed(self) -> bytes:
        """Return the file that holds them: the same weights give the same bytes."""
        lines = (f"{feature}\t{weight:.3f}\n" for feature, weight in sorted(self.of.items()))
        return gzip.compress("".join(lines).encode(), mtime=0)


def unpacked(data: bytes) -> Weights:
    """Read such a file."""
    rows = (line.rsplit("\t", 1) for line in gzip.decompress(data).decode().split("\n")[:-1])
    return Weights({feature: float(weight) for feature, weight in rows})


@cache
def shipped() -> Weights:
    """Load the shipped weights, once."""
    return unpacked(files("models").joinpath(FILE).read_bytes())
