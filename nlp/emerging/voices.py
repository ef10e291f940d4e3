"""Who speaks: posts that share an author, a campaign or their text are one voice."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def voices(ties: Sequence[Collection[str]]) -> list[str]:
    """Return a name of the voice of each post, by what ties it to others: posts with a common tie have one voice.

    A post without any tie is a voice of its own. Names hang on the ties alone, not on the posts' order.
    """
    above: dict[str, str] = {}
    for some in ties:
        for tie in some:
            _join(above, min(some), tie)
    return [_top(above, min(some)) if some else f"post:{place}" for place, some in enumerate(ties)]


def _top(above: dict[str, str], tie: str) -> str:
    while (higher := above.setdefault(tie, tie)) != tie:
        above[tie] = above[higher]  # each step halves the way of the next one
        tie = higher
    return tie


def _join(above: dict[str, str], one: str, two: str) -> None:
    lower, higher = sorted((_top(above, one), _top(above, two)))
    above[higher] = lower
