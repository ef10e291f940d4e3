"""What no text may hold: NUL and lone surrogates, which neither databases nor UTF-8 can keep."""

from __future__ import annotations

_BROKEN = str.maketrans({0: "\ufffd", **dict.fromkeys(range(0xD800, 0xE000), "\ufffd")})


def clean(text: str) -> str:
    """Replace each NUL and lone surrogate by U+FFFD; the length stays, so every offset still holds."""
    return text.translate(_BROKEN)
