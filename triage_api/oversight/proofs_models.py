"""Shapes of what the register proves. Hashes are hexadecimal; a checkpoint is the text of a signed note."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field


class CheckpointOut(BaseModel):
    """The newest signed head of the register; `verifier_key` is what its signature is checked with."""

    checkpoint: str
    size: int
    root: str
    at: datetime
    verifier_key: str


class InclusionOut(BaseModel):
    """The proof that entry `n` stands at `position` of the tree that the checkpoint signs."""

    n: int
    leaf: str
    position: int
    size: int
    path: list[str]
    checkpoint: str


class ConsistencyOut(BaseModel):
    """The proof that the tree of `to` entries begins with that of `from`."""

    old: int = Field(serialization_alias="from")
    new: int = Field(serialization_alias="to")
    path: list[str]


class LeafOut(BaseModel):
    """An entry's place, number, moment and hash; nothing of what it says."""

    position: int
    n: int
    at: datetime
    leaf: str


class LeafPage(BaseModel):
    """Leaves by position; `next` is the position after which the following ones begin."""

    items: list[LeafOut]
    next: str | None
