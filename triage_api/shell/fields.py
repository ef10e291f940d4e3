"""Kinds of fields that forms and programs send: bounded, stripped, without what no database keeps."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from nlp.clean import clean

Cleaned = AfterValidator(clean)
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300), Cleaned]
"""One line, may be empty."""
Needed = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300), Cleaned]
"""One line that must be filled in."""
Paragraph = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000), Cleaned]
"""Some lines that must be filled in."""
ItemId = Annotated[str, Cleaned]
"""The id of an item, as it stands in an address; one that cannot exist is one that does not."""
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=400)]


def _listed(value: object) -> object:
    return [] if value is None else [value] if isinstance(value, str) else value


Lines = Annotated[list[Line], BeforeValidator(_listed), Field(max_length=50)]
"""Up to fifty lines; one alone may come without its list."""
