"""What kinds of organisations there are, and which regions they can serve."""

from __future__ import annotations

from typing import Literal, get_args

from nlp.cities import OUTSIDE, gazetteer
from nlp.fold import fold

Kind = Literal["police", "dpj", "school", "cisss", "cavac", "community", "shelter"]
KINDS: tuple[Kind, ...] = get_args(Kind)
REGIONS: tuple[str, ...] = tuple(
    sorted(set(gazetteer().regions.values()) - {OUTSIDE}, key=lambda name: fold(name).text)
)
"""The administrative regions of Québec, in the order of the alphabet."""
