"""What comes in from outside, validated: posts from collectors, imports and people."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from nlp.clean import clean

Origin = Literal["collect", "import", "paste"]


def _zoned(value: object) -> object:
    """Take a moment without a zone as UTC; other values are left to pydantic."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return value
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


def _possible(value: datetime | None) -> datetime | None:
    """Take a moment that no post can have, such as the year 1 of a program's empty date, as not known."""
    return value if value is not None and 1990 <= value.year < 2100 else None


Cleaned = BeforeValidator(lambda given: clean(given) if isinstance(given, str) else given)
"""Half a character and NUL are replaced first: pydantic would refuse the whole post for one of them."""
Moment = Annotated[AwareDatetime, BeforeValidator(_zoned)]
Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), Cleaned]
"""One line of at most 500 characters."""
Body = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000_000), Cleaned]
"""The text of a post, at most 1,000,000 characters."""


class PostIn(BaseModel):
    """A post or ad as it comes in. `external_id` is the source's own name for it; without one, the text's digest."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    text: Body
    external_id: Short = ""
    kind: Literal["post", "ad"] = "post"
    url: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), Cleaned] = ""
    title: Short = ""
    author: Short = ""
    city: Short = ""
    region: Short = ""
    posted_at: Annotated[Moment | None, AfterValidator(_possible)] = None
    provenance: dict[str, str] = Field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Return the SHA-256 of title and text: a change of it is an edit."""
        return hashlib.sha256(f"{self.title}\0{self.text}".encode()).hexdigest()

    @property
    def key(self) -> str:
        """Return what names the post within its source."""
        return self.external_id or self.url or self.digest


class CaptureIn(BaseModel):
    """The response a post was read from, cut to that post, with the digest of the whole."""

    url: str
    fetched_at: AwareDatetime
    content: bytes
    content_type: str
    response_sha256: str
    collector: str
