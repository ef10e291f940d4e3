"""Characters that stand for what is already redacted: no letters, no digits, and the same length whatever they hide."""

from __future__ import annotations

import re

from nlp.redact.spans import TYPES, RedactionType

_FIRST = 0xE000
STAND_IN: dict[RedactionType, str] = {type_: chr(_FIRST + place) for place, type_ in enumerate(TYPES)}
"""One private-use character for each type."""
PERSON = STAND_IN["PERSON"]
ANY = re.compile(f"[{''.join(STAND_IN.values())}]")
"""A stand-in, of whatever type."""
