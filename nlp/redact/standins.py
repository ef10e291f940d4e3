"""Characters that stand for what is already redacted: no letters, no digits, and the same length whatever they hide."""

from __future__ import annotations

from nlp.redact.spans import TYPES, RedactionType

_FIRST = 0xE000
STAND_IN: dict[RedactionType, str] = {type_: chr(_FIRST + place) for place, type_ in enumerate(TYPES)}
"""One private-use character for each type."""
PERSON = STAND_IN["PERSON"]


def is_stand_in(char: str) -> bool:
    """Tell whether a character stands for something redacted."""
    return _FIRST <= ord(char) < _FIRST + len(TYPES)
