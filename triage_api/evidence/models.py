"""Shapes of verified evidence and of a fact sheet."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from store.evidence.checking import Fault
from store.evidence.verifying import CheckedCapture, Standing


class FaultOut(BaseModel):
    """One thing that is wrong with a capture, as `store.evidence.checking.FAULTS` has it."""

    code: str
    detail: str

    @property
    def text(self) -> str:
        """Return it in words, for programs and the command line."""
        return str(Fault(self.code, self.detail))


class CaptureFact(BaseModel):
    """One capture, and how it stood when it was verified for this answer."""

    version: int
    fetched_at: datetime
    collector: str
    """Program, kind of collector and version of the policy that it followed."""
    url: str
    """Address that answered; masked for whoever may not see it."""
    path: str
    """Where its file is, below the folder of captures."""
    sha256: str
    response_sha256: str
    """SHA-256 of the whole response that the post was read from."""
    standing: Standing
    entry: int | None
    """Number of the register's entry that its digest stands in."""
    faults: list[FaultOut]
    """Empty: file, record, row, words and register agree."""

    @classmethod
    def of(cls, checked: CheckedCapture, url: str) -> CaptureFact:
        """Return a capture with its address as it may be told."""
        said = {name: getattr(checked, name) for name in cls.model_fields if name not in {"url", "faults"}}
        faults = [FaultOut(code=fault.code, detail=fault.detail) for fault in checked.faults]
        return cls.model_validate(said | {"url": url, "faults": faults})


class ApprovalFact(BaseModel):
    """The leave under which a source was read."""

    assessment: str
    mandate: str
    ground: str
    granted_at: datetime
    expires_at: datetime


class CriterionFact(BaseModel):
    """A criterion of the grid, or something that speaks in the other sense, and the words of the text that meet it."""

    id: str
    name_fr: str
    name_en: str
    counter: bool
    words: list[str]


class EntityFact(BaseModel):
    """Contacts, ages, places and prices of one kind that stand in the text."""

    kind: str
    values: list[str]


class Evidence(BaseModel):
    """What is kept of a post, without its words."""

    post: str
    version: int
    kind: str
    origin: str
    source: str
    source_title: str
    posted_at: datetime | None
    ingested_at: datetime
    seen_at: datetime | None
    gone_at: datetime | None
    checked_at: datetime
    captures: list[CaptureFact]
    missing: list[int]
    """Versions whose captures are gone."""

    @property
    def stands(self) -> bool:
        """Tell whether nothing is wrong."""
        return not self.missing and not any(capture.faults for capture in self.captures)


class Sheet(Evidence):
    """A dated fact sheet; `digest` is the SHA-256 of all the rest, and stands in the register."""

    number: str
    """Chosen by chance: without it nobody can guess a text by the digest in the register."""
    house: str
    made_by: str
    title: str
    text: str
    address: str
    author: str
    city: str
    region: str
    provenance: dict[str, str]
    """For a pasted text: platform, where, when and by whom it was seen."""
    approval: ApprovalFact | None
    grid: str
    blind: bool = False
    """Whoever made the sheet was still to judge the post blind: it tells no criteria."""
    criteria: list[CriterionFact]
    entities: list[EntityFact]
    digest: str = ""
